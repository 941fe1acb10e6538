package flit

import (
	"math/bits"

	"mozart/interconnect/port"
)

// sink is the way out of the network at an endpoint.
type sink struct {
	up       upstream
	arrivals calendar[flit]
	// bounded says that packets are taken as there is room for them; vcs, room and the
	// others are of use only then.
	bounded bool
	vcs     []inputVC
	// busy is the set of VCs with a flit, open of those whose packet has been let in.
	busy, open uint64
	turn       int32
	taken      []int64 // flits by VC
	room       []room  // by class
}

// room is what the owner of an endpoint takes of a class, in the unit of Packet.room.
type room struct {
	left int64
	// fresh was given in cycle at and counts from the next one on.
	fresh, at int64
	unbounded bool
}

// room is what a packet takes of a bounded sink: the bytes of its wire packet, as in a
// buffer of a port, or its flits if they carry none.
func (p *Packet) room() int64 {
	if p.Payload == nil {
		return int64(p.Flits)
	}
	return int64(port.BufferBytes(int(p.Payload.Bytes)))
}

// BoundEjection makes the endpoint take packets of a class only when there is room for
// them: for the bytes of the wire packets that they carry, or for their flits if they
// carry none. It is called before anything is sent.
func (e *Endpoint) BoundEjection(class uint8, most int64) {
	s := &e.in
	if !s.bounded {
		s.bounded = true
		s.vcs = make([]inputVC, e.net.sets.vcs)
		s.room = make([]room, len(e.queues))
		for c := range s.room {
			s.room[c].unbounded = true
		}
	}
	s.room[class] = room{left: most}
}

// AddRoom gives room for packets of a class, which counts from the next cycle on. The
// unit is that of BoundEjection.
func (e *Endpoint) AddRoom(class uint8, more int64) {
	now := e.alarm.Now()
	r := &e.in.room[class]
	if r.at != now {
		r.left += r.fresh
		r.fresh, r.at = 0, now
	}
	r.fresh += more
	if e.in.busy != 0 {
		e.alarm.Set(now + 1)
	}
}

// receive takes a flit that arrives in a cycle to come. A sink without bound gives the
// credit back at once and waits for tails alone.
func (e *Endpoint) receive(f flit, cycle int64) {
	if !e.in.bounded {
		e.stats.TakenFlits++
		e.in.taken[f.vc]++
		e.in.up.credit(f.vc, cycle)
		if f.kind&tailFlit == 0 {
			return
		}
	}
	e.in.arrivals.add(cycle, f)
	e.alarm.Set(cycle)
}

// takeArrivals takes the flits that have arrived.
func (e *Endpoint) takeArrivals(now int64) {
	s := &e.in
	for _, f := range s.arrivals.take(now) {
		if !s.bounded {
			e.eject(f.p, now)
			continue
		}
		s.vcs[f.vc].push(f)
		s.busy |= 1 << f.vc
	}
	if s.busy != 0 {
		e.drain(now)
	}
}

// drain takes one flit of the VC next in turn whose packet has been or can be let in.
func (e *Endpoint) drain(now int64) {
	s := &e.in
	for set := s.busy; set != 0; {
		vc := nextBit(set, s.turn)
		set &^= 1 << vc
		if s.open>>vc&1 == 0 && !e.letIn(vc, now) {
			continue
		}
		e.takeFlit(vc, now)
		return
	}
}

// letIn opens the sink for the packet at the front of a VC if there is room.
func (e *Endpoint) letIn(vc int32, now int64) bool {
	s := &e.in
	v := &s.vcs[vc]
	p := v.buf[v.head].p
	r := &s.room[p.Class]
	if r.fresh != 0 && r.at < now {
		r.left += r.fresh
		r.fresh = 0
	}
	if !r.unbounded {
		if r.left < p.room() {
			return false
		}
		r.left -= p.room()
	}
	s.open |= 1 << vc
	return true
}

func (e *Endpoint) takeFlit(vc int32, now int64) {
	s := &e.in
	v := &s.vcs[vc]
	f := v.pop()
	if v.n == 0 {
		s.busy &^= 1 << vc
	}
	s.turn = vc + 1
	e.stats.TakenFlits++
	s.taken[vc]++
	s.up.credit(uint8(vc), now)
	if f.kind&tailFlit != 0 {
		s.open &^= 1 << vc
		e.eject(f.p, now)
	}
}

func (e *Endpoint) eject(p *Packet, now int64) {
	e.stats.TakenPackets++
	p.EjectedCycle = now
	if e.client == nil {
		e.FreePacket(p)
		return
	}
	e.client.Ejected(e, p, now)
}

// next is the next cycle in which the sink has something to do by itself.
func (s *sink) next(now int64) int64 {
	next := s.arrivals.next(now)
	for m := s.busy; m != 0; m &= m - 1 {
		if vc := bits.TrailingZeros64(m); s.canGoOn(vc) {
			return now + 1
		}
	}
	return next
}

// canGoOn reports whether the front flit of a VC can be taken as far as is known;
// AddRoom wakes the endpoint if not.
func (s *sink) canGoOn(vc int) bool {
	if s.open>>vc&1 != 0 {
		return true
	}
	p := s.vcs[vc].buf[s.vcs[vc].head].p
	r := &s.room[p.Class]
	return r.unbounded || r.left+r.fresh >= p.room()
}
