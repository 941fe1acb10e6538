package router

import (
	"math/bits"

	"mozart/interconnect/stats"
)

// InputStats is what was seen of the packets that came in on a virtual channel of a
// port and have moved on. A multicast counts once, with the copy that moved last.
type InputStats struct {
	// Buffer is the bytes in the input buffer, each packet counting from the arrival of
	// its head until its room is free.
	Buffer stats.Histogram
	// Wait is the time in cycles from the arrival of the head until the packet moved to
	// its output, of which the router's latency is a part.
	Wait stats.Histogram
	// FullStallCycles is the time that the oldest packet of the channel could have
	// moved, but for room at its output: until there was some, whoever took it.
	FullStallCycles int64
	// ArbitrationStallCycles is the time that followed, if that packet was not the one.
	ArbitrationStallCycles int64
}

// arrivals watches an input lane.
type arrivals struct {
	buffer            stats.Buffer
	wait              stats.Histogram
	full, arbitration int64
}

// Record sets what the router records. It is called before the first packet.
func (r *Router) Record(d stats.Detail) {
	r.arrivals = nil
	if d >= stats.DetailFull {
		r.arrivals = make([]arrivals, len(r.slots)*vcs)
	}
}

// Input is what was seen of a virtual channel of an input port. It is empty unless the
// router records at DetailFull.
func (r *Router) Input(port, vc int) InputStats {
	if r.arrivals == nil {
		return InputStats{}
	}
	a := &r.arrivals[lane(r.first[port]+vc/vcs, vc%vcs)]
	return InputStats{
		Buffer: a.buffer.Level(), Wait: a.wait.Clone(), FullStallCycles: a.full, ArbitrationStallCycles: a.arbitration,
	}
}

// noteLosers marks the packets that could have moved to an output lane in the cycle in
// which it has taken another one.
func (r *Router) noteLosers(o *output, out, vc int, now int64) {
	for m := o.requests; m != 0; m &= m - 1 {
		in := bits.TrailingZeros64(m)
		if i := &r.inputs[lane(in, vc)]; i.lostAt == 0 && r.eligible(i, in, out) <= now {
			i.lostAt = now
		}
	}
}

// noteArrival counts the packet of an input lane that moves to the last of its outputs.
func (r *Router) noteArrival(i *input, in, out, vc int, now int64) {
	a := &r.arrivals[lane(in, vc)]
	p := i.packet
	a.wait.Count(now - p.HeadCycle)
	a.buffer.Pass(p.HeadCycle, max(now, p.TailCycle), int64(p.Bytes))
	if now <= i.base {
		return
	}
	able, lost := r.eligible(i, in, out), now
	if i.lostAt != 0 {
		lost = max(i.lostAt, able)
	}
	a.full += lost - able
	a.arbitration += now - lost
}
