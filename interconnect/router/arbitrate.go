package router

import (
	"fmt"
	"math"
	"math/bits"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Wake implements port.Sleeper: every output lane that has something to decide
// takes at most one packet.
func (r *Router) Wake(_ *port.Alarm, now int64) {
	r.stats.Wakes++
	links := uint64(1)<<r.reducerSlot() - 1
	// The reducer comes last, so that nothing passes it in no time.
	for _, set := range [2]uint64{links, ^links} {
		for vc := range vcs {
			for m := r.active[vc] & set; m != 0; m &= m - 1 {
				r.arbitrate(bits.TrailingZeros64(m), vc, now)
			}
		}
	}
}

// arbitrate moves the packet whose turn it is to an output lane, if the lane may
// take one, and sets the alarm for the next.
func (r *Router) arbitrate(out, vc int, now int64) {
	o := &r.outputs[lane(out, vc)]
	if o.requests == 0 || o.full {
		r.active[vc] &^= 1 << out
		return
	}
	if now < o.notBefore {
		r.alarm.Set(o.notBefore)
		return
	}
	in, next := r.choose(o, out, vc, now)
	if in >= 0 {
		r.move(in, out, vc, now)
		o.next = in + 1
		if r.arrivals != nil && o.requests != 0 {
			r.noteLosers(o, out, vc, now)
		}
		r.postpone(o, now+1)
		_, next = r.choose(o, out, vc, now)
		next = max(next, o.notBefore)
	}
	switch {
	case o.requests == 0 || o.full || next == never:
		r.active[vc] &^= 1 << out
	default:
		r.active[vc] |= 1 << out
		r.alarm.Set(next)
	}
}

// never is the next cycle of a lane that waits for something without a date.
const never = math.MaxInt64

// choose is the next input in turn that may move to an output now. If there is
// none (-1) it is the earliest cycle at which there will be one.
func (r *Router) choose(o *output, out, vc int, now int64) (in int, next int64) {
	next = never
	turn := o.requests >> o.next << o.next
	for _, set := range [2]uint64{turn, o.requests &^ turn} {
		for m := set; m != 0; m &= m - 1 {
			in := bits.TrailingZeros64(m)
			i := &r.inputs[lane(in, vc)]
			cycle := r.eligible(i, in, out)
			if cycle <= now && out == r.reducerSlot() {
				cycle = r.admissible(i.packet, now)
			}
			if cycle <= now {
				return in, cycle
			}
			next = min(next, cycle)
		}
	}
	return -1, next
}

// eligible is the first cycle at which the packet of an input lane may move to an
// output.
func (r *Router) eligible(i *input, in, out int) int64 {
	switch {
	case in == r.reducerSlot():
		return i.base
	case out == r.reducerSlot():
		return max(i.base, i.packet.TailCycle) // an adder wants all of it
	}
	serial := r.serial[out].Cycles(i.packet.SizeBytes())
	return eligibleCycle(i.base, i.packet.TailCycle, r.spec.LatencyCycles, serial)
}

// admissible is the cycle at which the reducer takes a packet, as far as is known.
func (r *Router) admissible(p *wire.Packet, now int64) int64 {
	if free := r.reducer.FreeAt(); free > now {
		return free
	}
	switch {
	case r.reducer.CanAdd(p, now):
		return now
	case r.reducer.Freed(now) > 0:
		return now + 1
	}
	r.starved = true
	r.reducer.MakeRoom(now)
	r.admitSum(now + 1)
	return never
}

// move hands the packet of an input lane, or a copy of it, to an output lane.
func (r *Router) move(in, out, vc int, now int64) {
	i := &r.inputs[lane(in, vc)]
	o := &r.outputs[lane(out, vc)]
	o.requests &^= 1 << in
	i.pending &^= 1 << out
	o.full = true // who comes next needs no alarm here: arbitrate looks again
	if r.arrivals != nil && i.pending == 0 && in != r.reducerSlot() {
		r.noteArrival(i, in, out, vc, now)
	}
	if out == r.reducerSlot() {
		r.reducer.Add(r.take(in, vc, now), now)
		o.full = false
		r.admitSum(now + 1)
		return
	}
	p := r.leaves(i, in, out)
	if i.pending == 0 {
		r.take(in, vc, now)
	}
	r.stats.Packets++
	r.stats.Bytes += int64(p.Bytes)
	to := &r.slots[out]
	p.Lane = to.lane
	if err := to.port.Send(p); err != nil {
		panic(fmt.Sprintf("%s: sent to a full %s", r.Name(), to.port.Name()))
	}
	o.full = r.outLen(out, vc) >= r.spec.OutMessages
}
