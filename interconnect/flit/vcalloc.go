package flit

import "math/bits"

// allocateVCs gives output VCs to waiting heads.
func (r *Router) allocateVCs(now int64) {
	if r.multicasts > 0 {
		r.allocateMulticasts(now)
	}
	r.vcReqs = r.vcReqs[:0]
	for _, i := range r.waiting {
		v := &r.vc[i]
		if v.fan != nil {
			continue
		}
		if free := r.outputs[v.outPort].free & r.sets.of(v.class, v.lane); free != 0 {
			r.vcReqs = append(r.vcReqs, VCRequest{In: i, First: v.outPort * int32(r.vcs), Free: free, Got: -1})
		}
	}
	if len(r.vcReqs) > 0 {
		r.vcAllocator.Allocate(r.vcReqs)
		for k := range r.vcReqs {
			if q := &r.vcReqs[k]; q.Got >= 0 {
				r.activate(q.In, uint8(q.Got), now)
			} else {
				r.retry = true
			}
		}
	}
	r.returnWithheld()
	if len(r.won) > 0 {
		r.dropWinners()
	}
}

// activate gives an input VC a VC of its output.
func (r *Router) activate(i int32, outVC uint8, now int64) {
	v := &r.vc[i]
	v.state, v.outVC = vcActive, outVC
	r.hold(v.outPort, int(outVC), i, now-v.since)
	r.won = append(r.won, i)
}

// hold books an output VC for an input VC whose head has waited some cycles.
func (r *Router) hold(port int32, vc int, i int32, waited int64) {
	t := &r.outputs[port]
	t.free &^= 1 << vc
	t.vcs[vc].holder = i
	t.vcs[vc].stats.AllocationStallCycles += waited
}

// dropWinners takes the heads that got a VC off the waiting ones.
func (r *Router) dropWinners() {
	kept := r.waiting[:0]
	for _, i := range r.waiting {
		if r.vc[i].state == vcWaiting {
			kept = append(kept, i)
		}
	}
	r.waiting = kept
}

// allocateMulticasts gives the multicasts among the waiting heads VCs at all their
// outputs or at none, the oldest first. What the oldest of all could use is kept from
// the others while it has its turn.
func (r *Router) allocateMulticasts(now int64) {
	oldest := true
	since, last := int64(-1), int32(-1)
	for range r.multicasts {
		i := r.nextMulticast(since, last)
		since, last = r.vc[i].since, i
		if r.roomForCopies(i) {
			r.activateCopies(i, now)
			r.retry = true // what was kept for it is there for others
		} else if on, until := turnOfMulticast(now - since); oldest && on {
			r.withhold(i)
			r.turnOver = since + until
		}
		oldest = false
	}
	n := 0
	for _, i := range r.waiting {
		if v := &r.vc[i]; v.fan != nil && v.state == vcWaiting {
			n++
		}
	}
	r.multicasts = n
}

// turnOfMulticast says whether a multicast that has waited for some cycles may keep
// free VCs from others, and how long it will have waited when that ends. To keep some
// VCs while waiting for others can lock up where ways go up and down, so turns end: one
// of 64 cycles is followed by a pause of 64, a turn of 128, a pause of 256 and so on,
// until a turn is long enough for the packets that are in the way.
func turnOfMulticast(waited int64) (on bool, until int64) {
	n := bits.Len64(uint64(waited) | 63)
	return n%2 == 0, 1 << n
}

// nextMulticast is the oldest waiting multicast after the one that has waited since a
// cycle at input VC last.
func (r *Router) nextMulticast(since int64, last int32) int32 {
	best := int32(-1)
	for _, i := range r.waiting {
		v := &r.vc[i]
		if v.fan == nil || v.since < since || v.since == since && i <= last {
			continue
		}
		if best < 0 || v.since < r.vc[best].since || v.since == r.vc[best].since && i < best {
			best = i
		}
	}
	return best
}

func (r *Router) roomForCopies(i int32) bool {
	v := &r.vc[i]
	for k := range v.fan.copies {
		if r.outputs[v.fan.copies[k].port].free&r.sets.of(v.class, v.lane) == 0 {
			return false
		}
	}
	return true
}

func (r *Router) activateCopies(i int32, now int64) {
	v := &r.vc[i]
	v.state = vcActive
	p := v.buf[v.head].p
	for k := range v.fan.copies {
		c := &v.fan.copies[k]
		c.vc = uint8(bits.TrailingZeros64(r.outputs[c.port].free & r.sets.of(v.class, v.lane)))
		r.hold(c.port, int(c.vc), i, now-v.since)
		c.notBefore = now + r.spec.Delays.SA
		c.p = r.packets.get()
		*c.p = *p
		r.net.spec.Steering.Split(r.node, p, int(c.port), c.p)
	}
	r.won = append(r.won, i)
}

// withhold keeps one VC at every output that a multicast goes to from all others in
// this cycle.
func (r *Router) withhold(i int32) {
	v := &r.vc[i]
	for k := range v.fan.copies {
		port := v.fan.copies[k].port
		if free := r.outputs[port].free & r.sets.of(v.class, v.lane); free != 0 {
			bit := free & -free
			r.outputs[port].free &^= bit
			r.withheld = append(r.withheld, port*int32(r.vcs)+int32(bits.TrailingZeros64(bit)))
		}
	}
}

func (r *Router) returnWithheld() {
	for _, o := range r.withheld {
		r.outputs[o/int32(r.vcs)].free |= 1 << (o % int32(r.vcs))
	}
	r.withheld = r.withheld[:0]
}
