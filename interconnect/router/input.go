package router

import (
	"fmt"
	"math/bits"

	"mozart/interconnect/wire"
)

// admit looks at the packet that is now the oldest of an input lane, and asks for
// the outputs it wants from cycle earliest on. The packet may still be on its way:
// it moves in the cycle after its head has come in, or later.
func (r *Router) admit(in, vc int, earliest int64) {
	from := &r.slots[in]
	p, ok := from.port.PeekIn(from.vc + vc).(*wire.Packet)
	if !ok {
		panic(fmt.Sprintf("%s: %T is not spoken here", r.Name(), from.port.PeekIn(from.vc+vc)))
	}
	r.inputs[lane(in, vc)] = input{
		packet: p, pending: r.targets(p, in), base: max(p.HeadCycle+max(1, r.spec.LatencyCycles), earliest),
	}
	r.request(in, vc)
}

// admitSum does the same for the reducer's next sum.
func (r *Router) admitSum(earliest int64) {
	p, ready := r.reducer.Peek()
	if p == nil {
		return
	}
	in, vc := r.reducerSlot(), int(p.Class)
	if r.inputs[lane(in, vc)].packet != nil {
		return
	}
	r.inputs[lane(in, vc)] = input{packet: p, pending: 1 << r.route(p, p.Dest, in), base: max(ready, earliest)}
	r.request(in, vc)
}

// request enters an input lane with every output it wants.
func (r *Router) request(in, vc int) {
	i := &r.inputs[lane(in, vc)]
	for m := i.pending; m != 0; m &= m - 1 {
		out := bits.TrailingZeros64(m)
		o := &r.outputs[lane(out, vc)]
		o.requests |= 1 << in
		if !o.full {
			r.active[vc] |= 1 << out
			r.alarm.Set(max(r.eligible(i, in, out), o.notBefore))
		}
	}
}

// targets is the set of slots that a packet from slot in moves to: the reducer, those
// on the way to the destinations of a multicast, or the next one on the way.
func (r *Router) targets(p *wire.Packet, in int) uint64 {
	switch {
	case p.Kind == wire.KindCombine && p.Reduce && p.FanIn > 1:
		return 1 << r.reducerSlot()
	case p.Multicast():
		return r.spread(p, in)
	}
	return 1 << r.route(p, p.Dest, in)
}

// spread is the set of slots on the way to the destinations of a multicast.
func (r *Router) spread(p *wire.Packet, in int) uint64 {
	set := uint64(0)
	for i := range p.BranchCount {
		set |= 1 << r.route(p, p.Branches[i].Dest, in)
	}
	return set
}

// route is the slot that a packet from slot in takes to a node.
func (r *Router) route(p *wire.Packet, dest wire.NodeID, in int) int {
	if dest < 0 || int(dest) >= len(r.wiring.Routes) || r.wiring.Routes[dest] < 0 {
		panic(fmt.Sprintf("%s: no way to node %d for a %s from node %d", r.Name(), dest, p.Kind, p.Source))
	}
	if r.wiring.Turns != nil {
		return int(r.wiring.Turns[in][dest])
	}
	return r.wiring.Routes[dest]
}

// leaves is the packet that leaves slot in through slot out for the oldest one there.
func (r *Router) leaves(i *input, in, out int) *wire.Packet {
	p := i.packet
	switch {
	case p.Multicast():
		return r.branch(i, in, out)
	case p.Reduce && in != r.reducerSlot():
		p.Climb()
	}
	return p
}

// branch is the copy of a multicast that leaves through slot out, with the
// destinations on that way; at the node behind the port it is a multicast no more. The
// last copy is the packet itself.
func (r *Router) branch(i *input, in, out int) *wire.Packet {
	r.stats.Copies++
	whole := i.packet
	copies := bits.OnesCount64(r.spread(whole, in))
	p := whole
	if i.pending != 0 {
		p = r.pool.Get()
		*p = *whole
		p.Side = nil
		r.pool.Equip(p)
	}
	r.divide(whole, p, in, out)
	p.Dest, p.Op = p.Branches[0].Dest, p.Branches[0].Op
	p.Descend(copies)
	if p.BranchCount == 1 && p.Dest == r.wiring.Neighbors[r.slots[out].number] {
		r.pool.Strip(p)
	}
	return p
}

// divide leaves in a copy the destinations of the whole that are behind slot out.
func (r *Router) divide(whole, part *wire.Packet, in, out int) {
	n := whole.BranchCount
	part.BranchCount, part.Contributions = 0, 0
	for i := range n {
		if b := whole.Branches[i]; r.route(whole, b.Dest, in) == out {
			part.Branch(b)
		}
	}
}

// take removes the oldest packet of an input lane. Its room is free when its tail
// is in, and the packet behind it may move from the next cycle on.
func (r *Router) take(in, vc int, now int64) *wire.Packet {
	i := &r.inputs[lane(in, vc)]
	p := i.packet
	i.packet = nil
	if in == r.reducerSlot() {
		r.reducer.Take(now)
		r.admitSum(now + 1)
		if r.starved { // the entry is free: who waits for one may try again
			r.starved = false
			for other := range vcs {
				r.retryReducer(other, now+1)
			}
		}
		return p
	}
	from := &r.slots[in]
	from.port.TakeIn(from.vc+vc, max(now, p.TailCycle))
	if r.inLen(in, vc) > 0 {
		r.admit(in, vc, now+1)
	}
	return p
}

// retryReducer has the way into the reducer looked at again from a cycle on. It
// keeps nobody waiting who has an entry already.
func (r *Router) retryReducer(vc int, cycle int64) {
	o := &r.outputs[lane(r.reducerSlot(), vc)]
	if o.requests != 0 && !o.full {
		r.active[vc] |= 1 << r.reducerSlot()
		r.alarm.Set(max(cycle, o.notBefore))
	}
}
