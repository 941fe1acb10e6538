package flit

import "math/bits"

// fan is the copies of a multicast at an input VC. The flits of the packet lie in the
// buffer until every copy has taken them.
type fan struct {
	copies []branch
}

// branch is one copy.
type branch struct {
	port int32
	vc   uint8
	// done says that the copy's tail has left.
	done bool
	// taken is how many of the flits in the buffer the copy has taken.
	taken int32
	// notBefore is the first cycle in which the copy may ask for the switch.
	notBefore int64
	// dueAt is the last cycle that the copy has been put down for in the calendar.
	dueAt int64
	// since is from when on the copy has been able to go.
	since int64
	p     *Packet
}

// steer asks Steering for the way of a packet and reports whether it knows one.
func (r *Router) steer(v *inputVC, inPort int, p *Packet) bool {
	b := r.net.spec.Steering.Branches(r.node, inPort, p)
	if b.Ports == 0 {
		return false
	}
	v.lane = b.Lane
	if b.Ports&(b.Ports-1) == 0 {
		v.outPort = int32(bits.TrailingZeros64(b.Ports))
		return true
	}
	if v.spareFan == nil {
		v.spareFan = &fan{}
	}
	v.fan = v.spareFan
	v.fan.copies = v.fan.copies[:0]
	for m := b.Ports; m != 0; m &= m - 1 {
		v.fan.copies = append(v.fan.copies, branch{port: int32(bits.TrailingZeros64(m))})
	}
	return true
}

// offerCopies lets the copies of a multicast ask for the switch that have a flit and
// credit.
func (r *Router) offerCopies(i int32, cycle int64) {
	v := &r.vc[i]
	for k := range v.fan.copies {
		c := &v.fan.copies[k]
		if c.done || c.taken == v.n {
			continue
		}
		if c.notBefore > cycle {
			r.offerLater(i, c, c.notBefore)
			continue
		}
		t := &r.outputs[c.port]
		if t.blocked>>c.vc&1 != 0 {
			continue
		}
		if !t.hasCredit(int(c.vc), r.now) {
			r.stall(t, int(c.vc), cycle)
			continue
		}
		c.since = max(c.since, cycle)
		r.setReady(int(i)/r.vcs, int(i)%r.vcs)
	}
}

// offerLater has the copies of a multicast offered again for the sake of one of them.
func (r *Router) offerLater(i int32, c *branch, cycle int64) {
	if c.dueAt != cycle {
		c.dueAt = cycle
		r.due.add(cycle, i)
	}
}

// askForCopies makes the requests of a multicast.
func (r *Router) askForCopies(crossbarIn, i int32, now int64) {
	v := &r.vc[i]
	for k := range v.fan.copies {
		c := &v.fan.copies[k]
		if c.done || c.taken == v.n || c.notBefore > now {
			continue
		}
		if t := &r.outputs[c.port]; t.blocked>>c.vc&1 == 0 && t.hasCredit(int(c.vc), now) {
			r.request(crossbarIn, c.port, i, v.class, now)
		}
	}
}

// anyCopyFree reports whether the wire is free in a cycle for a copy that has a flit.
func (r *Router) anyCopyFree(f *fan, cycle int64) bool {
	for k := range f.copies {
		if c := &f.copies[k]; !c.done && r.outputs[c.port].freeFrom <= cycle {
			return true
		}
	}
	return false
}

// grantCopy sends a flit of a multicast to one output.
func (r *Router) grantCopy(i int32, in, vc int, out int32, now int64) {
	v := &r.vc[i]
	var c *branch
	for k := range v.fan.copies {
		if v.fan.copies[k].port == out {
			c = &v.fan.copies[k]
		}
	}
	t := &r.outputs[out]
	f := v.buf[(v.head+c.taken)&int32(len(v.buf)-1)]
	original := f.p
	f.p = c.p
	if f.kind&headFlit != 0 {
		c.p.Hops++
	}
	t.arbitrated(int(c.vc), c.since, now, r.spec.Delays.ST)
	t.put(f, int(c.vc), now+r.spec.Delays.ST)
	c.taken++
	c.notBefore = now + r.spec.Delays.SA
	c.since = c.notBefore
	if f.kind&tailFlit != 0 {
		c.done = true
		r.freeVC(out, int(c.vc))
	}
	r.dropTaken(v, in, vc, now)
	if v.fan.over() {
		v.fan = nil
		r.clearReady(in, vc)
		r.net.spec.Steering.Merged(r.node, original)
		r.packets.put(original)
		r.nextPacket(i, now)
		return
	}
	r.nextCopies(i, in, vc, now)
}

// dropTaken frees the buffers of flits that every copy has taken.
func (r *Router) dropTaken(v *inputVC, in, vc int, now int64) {
	least := v.n
	for k := range v.fan.copies {
		least = min(least, v.fan.copies[k].taken)
	}
	for range least {
		f := v.pop()
		r.leaveBuffer(v, in, vc, f.at, now)
	}
	for k := range v.fan.copies {
		v.fan.copies[k].taken -= least
	}
}

// over reports whether the tail has left to every output.
func (f *fan) over() bool {
	for k := range f.copies {
		if !f.copies[k].done {
			return false
		}
	}
	return true
}

// nextCopies decides whether a multicast goes on asking in the next cycle.
func (r *Router) nextCopies(i int32, in, vc int, now int64) {
	v := &r.vc[i]
	stays := false
	for k := range v.fan.copies {
		c := &v.fan.copies[k]
		if c.done || c.taken == v.n {
			continue
		}
		t := &r.outputs[c.port]
		if t.blocked>>c.vc&1 != 0 {
			continue
		}
		if !t.hasCredit(int(c.vc), now) {
			r.stall(t, int(c.vc), max(now+1, c.notBefore))
			continue
		}
		if c.notBefore > now+1 {
			r.offerLater(i, c, c.notBefore)
			continue
		}
		stays = true
	}
	if !stays {
		r.clearReady(in, vc)
	}
}
