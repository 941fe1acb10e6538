package sram

import (
	"fmt"
	"math"

	"mozart/configs/units"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"

	"github.com/sarchlab/akita/v4/sim"
)

// portDepth is the number of commands a port buffers in each direction, and of
// answers that may wait for their latency or for room.
const portDepth = 16

// never is a cycle that does not come.
const never = math.MaxInt64

// answer is a finished access and the cycle at which its answer may leave.
type answer struct {
	msg *wire.Access
	due int64
}

// lane is one port with the access that it is served.
type lane struct {
	port *port.Port
	// cur is the access in service, or nil, and left its remaining half-bits.
	cur  *wire.Access
	left int64
	// spare is what cycle spareAt, in which an access ended, has left for the
	// next one, in half-bits. It holds for the whole cycle, so that it does not
	// matter whether the next one arrives before or after the alarm rings.
	spare, spareAt int64
	done           []answer
}

// Comp is the SRAM of a chiplet, with the ports Seq and Tile.
type Comp struct {
	*sim.ComponentBase

	alarm    *port.Alarm
	capacity int64
	bits     int64 // per cycle
	latency  int64 // cycles
	lanes    [2]lane
	since    int64 // the cycle up to which left is accounted
	occupied int64
	stepping bool
	again    bool // see step
	stats    Stats
}

// New makes an SRAM with the ports name+".Seq" and name+".Tile". The bandwidth
// must be a whole number of bits per cycle of freq.
func New(name string, engine sim.Engine, freq sim.Freq, spec Spec) (*Comp, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	clock := units.Frequency(freq)
	bits, err := spec.Bandwidth.BitsPerCycle(clock)
	if err != nil {
		return nil, fmt.Errorf("%s: bandwidth: %w", name, err)
	}
	c := &Comp{
		ComponentBase: sim.NewComponentBase(name),
		capacity:      int64(spec.Capacity), bits: bits, latency: spec.Latency.Cycles(clock),
	}
	for i, role := range [...]string{"Seq", "Tile"} {
		p, err := port.New(c, name+"."+role, i, port.Spec{VCs: 1, InBytes: portDepth, OutMessages: portDepth})
		if err != nil {
			return nil, err
		}
		c.AddPort(role, p)
		c.lanes[i].port = p
	}
	c.alarm = port.NewAlarm(port.NewClock(engine, freq), c, 0)
	return c, nil
}

// Seq is the sequencer's port.
func (c *Comp) Seq() *port.Port { return c.lanes[0].port }

// Tile is the tile array's port.
func (c *Comp) Tile() *port.Port { return c.lanes[1].port }

// Occupied is the number of bytes allocated now.
func (c *Comp) Occupied() int64 { return c.occupied }

// NotifyRecv implements sim.Component.
func (c *Comp) NotifyRecv(sim.Port) { c.step(c.alarm.Now()) }

// NotifyPortFree implements sim.Component.
func (c *Comp) NotifyPortFree(sim.Port) { c.step(c.alarm.Now()) }

// Wake implements port.Sleeper.
func (c *Comp) Wake(_ *port.Alarm, now int64) { c.step(now) }

// Handle implements sim.Handler. The SRAM's only events are its alarm's.
func (c *Comp) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", c.Name(), e)
}

// step does everything that is due. A port may call back in the middle of it;
// such a call only asks for another round, so that nothing is done out of order.
func (c *Comp) step(now int64) {
	if c.stepping {
		c.again = true
		return
	}
	c.stepping, c.again = true, true
	c.advance(now)
	for c.again {
		c.again = false
		for i := range c.lanes {
			c.answer(&c.lanes[i], now)
			c.serve(&c.lanes[i], now)
		}
	}
	c.stepping = false
	if next := c.nextCycle(now); next != never {
		c.alarm.Set(next)
	}
}

// active is the number of lanes with an access in service.
func (c *Comp) active() int {
	n := 0
	for i := range c.lanes {
		if c.lanes[i].cur != nil {
			n++
		}
	}
	return n
}

// advance moves the bytes of the time since the last step. The alarm rings at
// every end of an access, so the set of active lanes did not change in it.
func (c *Comp) advance(now int64) {
	elapsed := now - c.since
	c.since = now
	n := c.active()
	if n == 0 || elapsed == 0 {
		return
	}
	c.stats.BusyCycles += elapsed
	if n == 2 {
		c.stats.SharedCycles += elapsed
	}
	moved := share(c.bits, n) * elapsed
	for i := range c.lanes {
		if c.lanes[i].cur != nil {
			c.lanes[i].left -= moved
		}
	}
}

// serve ends the access that has moved its last byte and starts the next, as
// often as that happens in this cycle.
func (c *Comp) serve(l *lane, now int64) {
	for {
		if l.cur != nil {
			if l.left > 0 {
				return
			}
			c.end(l, now)
		}
		if len(l.done) >= portDepth || !c.begin(l, now) {
			return
		}
	}
}

func (c *Comp) begin(l *lane, now int64) bool {
	m := l.port.TakeIn(0, now)
	if m == nil {
		return false
	}
	a, ok := m.(*wire.Access)
	if !ok {
		panic(fmt.Sprintf("%s: %T is not spoken on %s", c.Name(), m, l.port.Name()))
	}
	if a.Reply || a.Bytes < 0 || a.Bytes > maxAccess || a.Allocate < 0 || a.Release < 0 {
		panic(fmt.Sprintf("%s: op %d asks for an impossible access: %d bytes, allocate %d, release %d, reply %v",
			c.Name(), a.Op, a.Bytes, a.Allocate, a.Release, a.Reply))
	}
	c.occupied += a.Allocate
	if c.occupied > c.capacity {
		panic(fmt.Sprintf("%s: op %d allocates %d bytes: %d occupied of %d", c.Name(), a.Op, a.Allocate, c.occupied, c.capacity))
	}
	c.stats.PeakBytes = max(c.stats.PeakBytes, c.occupied)
	l.cur, l.left = a, halfBits(a.Bytes)
	if l.spareAt == now {
		l.left -= l.spare
	}
	l.spare = 0
	return true
}

func (c *Comp) end(l *lane, now int64) {
	a := l.cur
	l.cur, l.spare, l.spareAt = nil, -l.left, now
	c.occupied -= a.Release
	if c.occupied < 0 {
		panic(fmt.Sprintf("%s: op %d releases %d bytes: %d are occupied then", c.Name(), a.Op, a.Release, c.occupied))
	}
	c.stats.Accesses++
	if a.Write {
		c.stats.WrittenBytes += a.Bytes
	} else {
		c.stats.ReadBytes += a.Bytes
	}
	l.done = append(l.done, answer{msg: a, due: now + c.latency})
	c.again = true // the answer may be due at once
}

// answer sends what is due while there is room.
func (c *Comp) answer(l *lane, now int64) {
	for len(l.done) > 0 && l.done[0].due <= now && l.port.CanSendVC(0) {
		a := l.done[0].msg
		l.done = append(l.done[:0], l.done[1:]...)
		c.again = true // there is room for another access to end
		a.Reply = true
		a.Dst = a.Src
		if err := l.port.Send(a); err != nil {
			panic(fmt.Sprintf("%s: %s had room and has none", c.Name(), l.port.Name()))
		}
	}
}

// nextCycle is when an access ends or an answer is due, or never.
func (c *Comp) nextCycle(now int64) int64 {
	next := int64(never)
	rate := share(c.bits, c.active())
	for i := range c.lanes {
		l := &c.lanes[i]
		if l.cur != nil {
			next = min(next, now+ceilDiv(l.left, rate))
		}
		if len(l.done) > 0 && l.done[0].due > now {
			next = min(next, l.done[0].due)
		}
	}
	return next
}
