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
	p, ok := r.ports[in].PeekIn(vc).(*wire.Packet)
	if !ok {
		panic(fmt.Sprintf("%s: %T is not spoken here", r.Name(), r.ports[in].PeekIn(vc)))
	}
	r.inputs[lane(in, vc)] = input{
		packet: p, pending: r.targets(p), base: max(p.HeadCycle+max(1, r.spec.LatencyCycles), earliest),
	}
	r.request(in, vc)
}

// admitSum does the same for the reducer's next sum.
func (r *Router) admitSum(earliest int64) {
	p, ready := r.reducer.Peek()
	if p == nil {
		return
	}
	in, vc := r.reducerPort(), p.VC()
	if r.inputs[lane(in, vc)].packet != nil {
		return
	}
	r.inputs[lane(in, vc)] = input{packet: p, pending: 1 << r.route(p), base: max(ready, earliest)}
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

// targets is the set of ports that a packet moves to: the reducer, the children of
// a multicast, or the next one on the way.
func (r *Router) targets(p *wire.Packet) uint64 {
	switch {
	case p.Kind == wire.KindCombine && p.Reduce && p.FanIn > 1:
		return 1 << r.reducerPort()
	case p.Multicast() && p.Kind == wire.KindDispatch:
		if bits.Len64(p.Children) > min(len(r.ports), wire.MaxChildren) {
			panic(fmt.Sprintf("%s: multicast to ports %#b of %d", r.Name(), p.Children, len(r.ports)))
		}
		return p.Children
	}
	return 1 << r.route(p)
}

func (r *Router) route(p *wire.Packet) int {
	if p.Dest < 0 || int(p.Dest) >= len(r.wiring.Routes) || r.wiring.Routes[p.Dest] < 0 {
		panic(fmt.Sprintf("%s: no way to node %d for a %s from node %d", r.Name(), p.Dest, p.Kind, p.Source))
	}
	return r.wiring.Routes[p.Dest]
}

// take removes the oldest packet of an input lane. Its room is free when its tail
// is in, and the packet behind it may move from the next cycle on.
func (r *Router) take(in, vc int, now int64) *wire.Packet {
	i := &r.inputs[lane(in, vc)]
	p := i.packet
	i.packet = nil
	if in == r.reducerPort() {
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
	r.ports[in].TakeIn(vc, max(now, p.TailCycle))
	if r.ports[in].InLen(vc) > 0 {
		r.admit(in, vc, now+1)
	}
	return p
}

// retryReducer has the way into the reducer looked at again from a cycle on. It
// keeps nobody waiting who has an entry already.
func (r *Router) retryReducer(vc int, cycle int64) {
	o := &r.outputs[lane(r.reducerPort(), vc)]
	if o.requests != 0 && !o.full {
		r.active[vc] |= 1 << r.reducerPort()
		r.alarm.Set(max(cycle, o.notBefore))
	}
}
