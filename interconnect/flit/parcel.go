package flit

import "mozart/interconnect/wire"

// parcel takes a packet from one engine domain to another: by value, so that no packet
// changes its domain, and with it the wire packet that the flits carry.
type parcel struct {
	carries, sided bool
	packet         Packet
	payload        wire.Packet
	side           wire.Side
}

// fill takes over a packet whose head leaves the domain, and puts its wire packet back.
func (x *parcel) fill(p *Packet, pool *wire.Pool) {
	w := p.Payload
	p.Payload = nil
	x.packet, x.carries, x.sided = *p, w != nil, false
	x.packet.next = nil
	if w == nil {
		return
	}
	x.payload = *w
	if w.Side != nil {
		x.sided, x.side = true, *w.Side
		x.payload.Side = nil
	}
	pool.Put(w)
}

// unpack makes the packet in the domain that it has come to.
func (x *parcel) unpack(packets *packetPool, pool *wire.Pool) *Packet {
	p := packets.get()
	*p = x.packet
	if !x.carries {
		return p
	}
	w := pool.Get()
	*w = x.payload
	if x.sided {
		pool.Equip(w)
		*w.Side = x.side
	}
	p.Payload = w
	return p
}

// parcels are those of a VC. A parcel is used again when the credit of its head is home:
// the far domain has unpacked it by then. So there are never more of them than the buffer
// of the VC holds flits.
type parcels struct {
	// out is the parcels on their way, oldest first, a circle that grows to its working
	// size once; the slots behind keep those that have come back.
	out       []outParcel
	head, len int
	// sent counts the flits of the VC, returned their credits.
	sent, returned int64
}

// outParcel is a parcel and the number of the flit that it went with.
type outParcel struct {
	*parcel
	flit int64
}

// next is the parcel for the head that is about to be sent.
func (s *parcels) next() *parcel {
	if s.len > 0 && s.out[s.head].flit < s.returned {
		s.head = (s.head + 1) & (len(s.out) - 1)
		s.len--
	}
	if s.len == len(s.out) {
		s.grow()
	}
	slot := &s.out[(s.head+s.len)&(len(s.out)-1)]
	s.len++
	if slot.parcel == nil {
		slot.parcel = &parcel{}
	}
	slot.flit = s.sent
	return slot.parcel
}

func (s *parcels) grow() {
	next := make([]outParcel, max(2, 2*len(s.out)))
	for i := range s.len {
		next[i] = s.out[(s.head+i)&(len(s.out)-1)]
	}
	s.out, s.head = next, 0
}
