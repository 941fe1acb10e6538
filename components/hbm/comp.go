package hbm

import (
	"fmt"
	"math"

	"mozart/configs/units"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"

	"github.com/sarchlab/akita/v4/sim"
)

// never is a cycle that does not come.
const never = math.MaxInt64

// writeClasses are the classes that writes come in.
var writeClasses = [...]wire.Class{wire.ClassWeight, wire.ClassActivation}

// request is a read request, waiting or being served.
type request struct {
	source   wire.NodeID
	op       int32
	priority int32
	class    wire.Class
	chunk    int64
	amount   int64
	left     int64 // bytes not yet read
	arrived  int64 // cycle in which it was in the queue
	ready    int64 // cycle of the first word
	rate     Rate
}

// lengthRate is the rate of accesses of a length.
type lengthRate struct {
	bytes int64
	rate  Rate
}

// direction is what the data bus does.
type direction uint8

const (
	idle direction = iota
	reading
	writing
)

// Comp is a memory stack with one port, NoP.
type Comp struct {
	*sim.ComponentBase

	node   wire.NodeID
	port   *port.Port
	pool   *wire.Pool
	alarm  *port.Alarm
	spec   Spec
	timing Timing

	queue  []request // in order of arrival
	stream request   // the one being served, if left > 0

	// The data bus: what it does until busEnd, and what it did last.
	bus     direction
	last    direction
	busEnd  int64
	bytes   int64      // of the chunk on the bus
	class   wire.Class // of the chunk on the bus
	mixed   lengthRate // the last one where both directions have work
	written lengthRate // the last one of writes alone
	nextVC  int        // index into writeClasses where the next search starts
	blocked int64      // since when the stream has waited for the port, or never

	again bool // see step
	stats Stats

	banks *banks // nil at stream level
}

// New makes a stack with the port name+".NoP". node is its place in the
// topology; pool is that of its engine domain; layout says where in the stack things
// lie, and may be nil unless the stack is at bank level.
func New(name string, engine sim.Engine, freq sim.Freq, spec Spec, node wire.NodeID, pool *wire.Pool, layout Layout) (*Comp, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	timing, err := NewTiming(spec, units.Frequency(freq))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Comp{
		ComponentBase: sim.NewComponentBase(name), node: node, pool: pool,
		spec: spec, timing: timing, blocked: never,
	}
	if spec.AtBankLevel() {
		if c.banks, err = newBanks(spec, units.Frequency(freq), layout); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.timing.LatencyCycles = 0 // the banks take their time
	}
	c.port, err = port.New(c, name+".NoP", 0, port.Spec{
		VCs: int(wire.NumClasses), InBytes: int(spec.WriteBuffer), OutMessages: spec.ReadBuffer,
	})
	if err != nil {
		return nil, err
	}
	c.port.Foresee(c)
	c.AddPort("NoP", c.port)
	c.alarm = port.NewLateAlarm(port.NewClock(engine, freq), c, 0)
	return c, nil
}

// Port is the stack's port on the NoP.
func (c *Comp) Port() *port.Port { return c.port }

// Node is the stack's place in the topology.
func (c *Comp) Node() wire.NodeID { return c.node }

// NotifyRecv implements sim.Component. The stack decides when everything of this
// cycle has arrived, so that the order of arrivals does not matter; while the bus
// is busy there is nothing to decide.
func (c *Comp) NotifyRecv(sim.Port) {
	now := c.alarm.Now()
	if c.bus != idle {
		c.accept(now)
		return
	}
	c.alarm.Set(now)
}

// Expect implements port.Expecter. A request for which the queue has room now
// finds it there when it arrives too, since nothing else enters the queue.
func (c *Comp) Expect(*port.Port, port.Message, int64) {
	now := c.alarm.Now()
	c.accept(now)
	if c.bus != idle {
		return
	}
	if next := c.nextCycle(now); next != never {
		c.alarm.Set(max(now, next))
	}
}

// NotifyPortFree implements sim.Component. Where arrivals are announced, nothing
// that is still to happen in this cycle can change what the stack decides.
func (c *Comp) NotifyPortFree(sim.Port) {
	switch now := c.alarm.Now(); {
	case c.banks != nil:
		if !c.banks.stepping {
			c.alarm.Set(now)
		}
	case c.bus != idle:
	case c.port.Foresees():
		c.step(now)
	default:
		c.alarm.Set(now)
	}
}

// Wake implements port.Sleeper.
func (c *Comp) Wake(_ *port.Alarm, now int64) { c.step(now) }

// Handle implements sim.Handler. The stack's only events are its alarm's.
func (c *Comp) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", c.Name(), e)
}

// step does everything that is due, until nothing of it makes room for more.
func (c *Comp) step(now int64) {
	if c.banks != nil {
		c.stepBanks(now)
		return
	}
	for c.again = true; c.again; {
		c.again = false
		c.finish(now)
		c.accept(now)
		c.start(now)
	}
	if next := c.nextCycle(now); next != never {
		c.alarm.Set(next)
	}
}

// finish ends the service of the chunk on the bus.
func (c *Comp) finish(now int64) {
	if c.bus == idle || now < c.busEnd {
		return
	}
	done := c.bus
	c.bus, c.last = idle, done
	c.stats.Chunks++
	if done == reading {
		c.sendChunk(now)
	} else {
		c.retireWrite(c.class, now)
	}
}

// sendChunk sends the chunk that has been read. Room was seen at its start and
// nothing else uses the channel.
func (c *Comp) sendChunk(now int64) {
	s := &c.stream
	s.left -= c.bytes
	c.stats.Read[c.class] += c.bytes
	pk := c.packet(wire.KindReadData, c.class, s.source, now)
	pk.Op, pk.Bytes, pk.Last = s.op, int32(c.bytes), s.left == 0
	c.send(pk)
}

// retireWrite takes the written chunk of a class out of the port and, if it was the
// last one of its write, acknowledges it.
func (c *Comp) retireWrite(class wire.Class, now int64) {
	in := c.port.TakeIn(int(class), now).(*wire.Packet)
	c.stats.Written[class] += int64(in.Bytes)
	if in.Last {
		c.stats.Writes++
		ack := c.packet(wire.KindWriteAck, wire.ClassControl, in.Source, now)
		ack.Op, ack.Bytes = in.Op, int32(c.spec.AckBytes)
		c.send(ack)
	}
	c.pool.Put(in)
}

func (c *Comp) packet(k wire.Kind, class wire.Class, dest wire.NodeID, now int64) *wire.Packet {
	pk := c.pool.Get()
	pk.Kind, pk.Class, pk.Source, pk.Dest, pk.TailCycle = k, class, c.node, dest, now
	return pk
}

func (c *Comp) send(pk *wire.Packet) {
	if err := c.port.Send(pk); err != nil {
		panic(fmt.Sprintf("%s: no room for a %v that was given room", c.Name(), pk.Kind))
	}
}

// accept moves read requests from the port to the queue.
func (c *Comp) accept(now int64) {
	if m := c.port.PeekIn(int(wire.ClassToken)); m != nil {
		panic(fmt.Sprintf("%s: a %v packet at a memory stack", c.Name(), m.(*wire.Packet).Kind))
	}
	for len(c.queue) < c.spec.QueueDepth {
		m := c.port.PeekIn(int(wire.ClassControl))
		if m == nil {
			return
		}
		in := m.(*wire.Packet)
		c.checkRequest(in)
		c.queue = append(c.queue, request{
			source: in.Source, op: in.Op, priority: in.Priority, class: in.DataClass,
			chunk: int64(in.Chunk), amount: in.Amount, left: in.Amount,
			arrived: max(now, in.TailCycle),
			ready:   max(now, in.TailCycle) + c.timing.LatencyCycles,
			rate:    c.timing.Rate(in.Amount, 0),
		})
		c.stats.Reads++
		c.port.TakeIn(int(wire.ClassControl), max(now, in.TailCycle))
		c.pool.Put(in)
	}
}

func (c *Comp) checkRequest(in *wire.Packet) {
	switch {
	case in.Kind != wire.KindReadReq:
		panic(fmt.Sprintf("%s: a %v packet where read requests belong", c.Name(), in.Kind))
	case in.Side == nil:
		panic(fmt.Sprintf("%s: a read request that asks for nothing", c.Name()))
	case in.Amount <= 0 || in.Chunk <= 0:
		panic(fmt.Sprintf("%s: a read of %d bytes in chunks of %d", c.Name(), in.Amount, in.Chunk))
	case in.DataClass == wire.ClassControl || in.DataClass >= wire.NumClasses:
		// Data on the control channel would take the room kept for acknowledgements.
		panic(fmt.Sprintf("%s: a read answered in class %v", c.Name(), in.DataClass))
	}
}

// start gives the data bus to the next chunk, the direction that did not have
// it last first.
func (c *Comp) start(now int64) {
	if c.bus != idle {
		return
	}
	if c.last == reading {
		if !c.startWrite(now) {
			c.startRead(now)
		}
		return
	}
	if !c.startRead(now) {
		c.startWrite(now)
	}
}

func (c *Comp) startRead(now int64) bool {
	s := &c.stream
	if s.left == 0 && !c.nextStream(now) {
		return false
	}
	if !c.port.CanSendVC(int(s.class)) {
		c.blocked = min(c.blocked, now)
		return false
	}
	if c.blocked != never {
		c.stats.StalledCycles += now - c.blocked
		c.blocked = never
	}
	bytes, rate := min(s.chunk, s.left), s.rate
	if c.timing.KnowsWrites() && c.writeWaits(now) {
		rate = c.mixedRate(bytes)
	}
	c.occupy(reading, s.class, bytes, rate, now)
	return true
}

// mixedRate is the rate of chunks of both directions that take turns.
func (c *Comp) mixedRate(bytes int64) Rate { return c.mixed.of(&c.timing, bytes, 0.5) }

// of is the rate at a share of writes, the same in every call. Most chunks are of one
// length.
func (r *lengthRate) of(t *Timing, bytes int64, writes float64) Rate {
	if r.bytes != bytes {
		r.bytes, r.rate = bytes, t.Rate(bytes, writes)
	}
	return r.rate
}

// writeWaits tells whether a chunk could be written now.
func (c *Comp) writeWaits(now int64) bool {
	for _, class := range writeClasses {
		if c.writable(class, now) != nil {
			return true
		}
	}
	return false
}

// readWaits tells whether a chunk could be read now.
func (c *Comp) readWaits(now int64) bool {
	if c.stream.left > 0 {
		return c.port.CanSendVC(int(c.stream.class))
	}
	next := c.mostUrgent(now)
	return next >= 0 && c.port.CanSendVC(int(c.queue[next].class))
}

// mostUrgent is the place in the queue of the most urgent request whose first word
// is there, or -1. The queue is short and in order of arrival, so the scan decides
// ties.
func (c *Comp) mostUrgent(now int64) int {
	best := -1
	for i := range c.queue {
		if c.queue[i].ready <= now && (best < 0 || c.queue[i].priority < c.queue[best].priority) {
			best = i
		}
	}
	return best
}

// nextStream makes the most urgent request whose first word is there the stream.
func (c *Comp) nextStream(now int64) bool {
	best := c.mostUrgent(now)
	if best < 0 {
		return false
	}
	c.stats.QueueMax = max(c.stats.QueueMax, c.waiting(now))
	c.stream = c.queue[best]
	c.queue = append(c.queue[:best], c.queue[best+1:]...)
	c.again = true // there is room for a request that waits in the port
	return true
}

// waiting is the number of requests in the queue. Those on their way to it do not
// count. It is greatest before one is taken out.
func (c *Comp) waiting(now int64) int64 {
	n := int64(0)
	for i := range c.queue {
		if c.queue[i].arrived <= now {
			n++
		}
	}
	return n
}

func (c *Comp) startWrite(now int64) bool {
	in := c.nextWrite(now)
	if in == nil {
		return false
	}
	c.occupy(writing, in.Class, int64(in.Bytes), c.writeRate(int64(in.Bytes), now), now)
	return true
}

// nextWrite is the chunk to write next, or nil: classes take turns.
func (c *Comp) nextWrite(now int64) *wire.Packet {
	for i := range writeClasses {
		at := (c.nextVC + i) % len(writeClasses)
		if in := c.writable(writeClasses[at], now); in != nil {
			c.nextVC = (at + 1) % len(writeClasses)
			return in
		}
	}
	return nil
}

func (c *Comp) writeRate(bytes, now int64) Rate {
	if c.timing.KnowsWrites() && c.readWaits(now) {
		return c.mixedRate(bytes)
	}
	return c.written.of(&c.timing, bytes, 1)
}

// writable is the oldest chunk of a class if it can be written now: all of it
// has arrived, and its acknowledgement, if it asks for one, has room. It stays
// in the port until it is written.
func (c *Comp) writable(class wire.Class, now int64) *wire.Packet {
	m := c.port.PeekIn(int(class))
	if m == nil {
		return nil
	}
	in := m.(*wire.Packet)
	if in.Kind != wire.KindWriteData || in.Bytes <= 0 {
		panic(fmt.Sprintf("%s: a %v packet of %d bytes where chunks to write belong", c.Name(), in.Kind, in.Bytes))
	}
	if in.TailCycle > now || in.Last && !c.port.CanSendVC(int(wire.ClassControl)) {
		return nil
	}
	return in
}

// occupy puts a chunk on the data bus.
func (c *Comp) occupy(d direction, class wire.Class, bytes int64, r Rate, now int64) {
	begin := now
	if c.last != idle && c.last != d {
		begin = max(now, c.busEnd+c.timing.TurnaroundCycles)
		c.stats.TurnaroundCycles += begin - now
	}
	service := ServiceCycles(bytes, r)
	c.bus, c.class, c.bytes, c.busEnd = d, class, bytes, begin+service
	c.stats.BusyCycles += service
}

// nextCycle is when there will be something to do that no notification tells
// of, or never.
func (c *Comp) nextCycle(now int64) int64 {
	switch {
	case c.banks != nil:
		return c.nextBankCycle(now)
	case c.bus != idle:
		return c.busEnd
	}
	return c.nextArrival(now)
}

// nextArrival is when the next request will be ready or the next chunk to write there,
// or never.
func (c *Comp) nextArrival(now int64) int64 {
	next := int64(never)
	if c.stream.left == 0 {
		for i := range c.queue {
			next = min(next, c.queue[i].ready)
		}
	}
	for _, class := range writeClasses {
		if m := c.port.PeekIn(int(class)); m != nil {
			if tail := m.(*wire.Packet).TailCycle; tail > now {
				next = min(next, tail)
			}
		}
	}
	return next
}
