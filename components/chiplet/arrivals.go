package chiplet

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// arrival is what a chiplet keeps of a packet that is on its way to it.
type arrival struct {
	cycle, sent          int64
	op, token            int32
	bytes                int32
	fanIn, contributions uint16
	upperFanIn           fanIns
	kind                 wire.Kind
}

// fanIns are those of the switches above the first one.
type fanIns = [wire.MaxTreeLevels - 1]uint8

func arrivalOf(pk *wire.Packet, cycle int64) arrival {
	return arrival{
		cycle: cycle, sent: pk.SentCycle, op: pk.Op, token: pk.Token, bytes: pk.Bytes,
		fanIn: pk.FanIn, contributions: pk.Contributions,
		upperFanIn: pk.UpperFanIn, kind: pk.Kind,
	}
}

// expected sums up the arrivals of one op that are still on their way: their
// bytes, their packets and the expert outputs in them.
type expected struct {
	bytes, contributions int64
	packets              int32
}

func (e *expected) add(a *arrival, sign int64) {
	e.bytes += sign * int64(a.bytes)
	e.contributions += sign * int64(a.contributions)
	e.packets += int32(sign)
}

// arrivals are the packets on their way to a chiplet. Most of them change nothing
// but counters, and are counted when the chiplet has another reason to wake; only
// those that something may follow from wake it at their cycle.
type arrivals struct {
	// ports[p] are those that come in at port p, in order.
	ports []arrivalRing
	// now is one that was not expected.
	now arrival
	// ops[i] sums up those of op i.
	ops []expected
}

// Expect implements port.Expecter. The packet's room is free as soon as it has
// arrived.
func (c *Comp) Expect(p *port.Port, m port.Message, cycle int64) {
	pk := m.(*wire.Packet)
	p.TakeIn(pk.VC(), cycle)
	a := c.coming.ports[p.Index].grow()
	*a = arrivalOf(pk, cycle)
	c.env.Pool.Put(pk)
	c.coming.ops[a.op].add(a, 1)
	if c.pressing(a) {
		c.alarm.Set(cycle)
	}
}

// pressing reports whether something may follow from an arrival: an op that is
// complete, or a batch of bytes that is full, by then.
func (c *Comp) pressing(a *arrival) bool {
	e := &c.coming.ops[a.op]
	switch a.kind {
	case wire.KindReadData:
		return c.reader.remaining[a.op] <= e.bytes || c.reader.fillsBatch(a.op, e.bytes)
	case wire.KindDispatch, wire.KindCombine:
		return c.reader.fillsBatch(a.op, e.bytes) || c.tokens.completes(a.op, e)
	default:
		return true
	}
}

// receive counts everything that has arrived.
func (c *Comp) receive(now int64) {
	c.local.receive(now)
	for p := range c.coming.ports {
		ring := &c.coming.ports[p]
		for ring.len > 0 && ring.oldest().cycle <= now {
			a := ring.oldest()
			c.coming.ops[a.op].add(a, -1)
			c.take(a)
			ring.drop()
		}
	}
}

// Settle counts what has arrived by now. It is for a run that ended before its
// last op.
func (c *Comp) Settle() {
	c.awake = true // nothing follows any more
	c.receive(c.clock.Now())
}

// await sets the alarm for the first arrival at each port that is pressing.
func (c *Comp) await() {
	c.local.await()
	for p := range c.coming.ports {
		ring := &c.coming.ports[p]
		for i := range ring.len {
			if a := ring.at(i); c.pressing(a) {
				c.alarm.Set(a.cycle)
				break
			}
		}
	}
}

func (c *Comp) take(a *arrival) {
	c.stats.PacketsIn++
	c.stats.BytesIn += int64(a.bytes)
	switch a.kind {
	case wire.KindReadData:
		c.reader.arrived(a.op, int64(a.bytes))
	case wire.KindWriteAck:
		c.writer.acknowledged(a.op)
	case wire.KindSignal:
		c.seq.signalled(a.op)
	case wire.KindDispatch, wire.KindCombine:
		c.tokens.arrived(a)
	default:
		panic(fmt.Sprintf("%s: a %v packet is not for a chiplet", c.Name(), a.kind))
	}
}

// arrivalRing is a queue in a buffer whose size is a power of two and which grows
// to its working size once.
type arrivalRing struct {
	buf  []arrival
	head int
	len  int
}

func (r *arrivalRing) at(i int) *arrival { return &r.buf[(r.head+i)&(len(r.buf)-1)] }

func (r *arrivalRing) oldest() *arrival { return &r.buf[r.head] }

// grow adds an arrival and returns it, to be filled in.
func (r *arrivalRing) grow() *arrival {
	if r.len == len(r.buf) {
		next := make([]arrival, max(4, 2*len(r.buf)))
		for i := range r.len {
			next[i] = *r.at(i)
		}
		r.buf, r.head = next, 0
	}
	r.len++
	return r.at(r.len - 1)
}

// drop removes the oldest one.
func (r *arrivalRing) drop() {
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.len--
}
