package hbm

import (
	"errors"
	"math"
	"math/bits"

	"mozart/components/hbm/bank"
	"mozart/configs/units"
	"mozart/interconnect/wire"
)

// Layout says where in a stack the bytes of a read or write lie. It never changes
// during a run.
type Layout interface {
	// Address is that of the first byte of what an op of a source moves, below the
	// capacity. The op's other bytes follow it, around the end of the stack if need be.
	Address(source wire.NodeID, op int32) int64
}

// readAheadBytes is what may have been asked of the banks and not yet have left: as
// much as they hold in their queues and on the way covers their latency. At least two
// chunks may always be on the way.
const readAheadBytes = 128 << 10

// banks is what serves the chunks of a stack at bank fidelity: the timing model of
// package bank, fed burst by burst in the order in which chunks are decided on.
type banks struct {
	stack    *bank.Stack
	layout   Layout
	clock    ratio
	burst    int64 // bytes of one transaction
	capacity int64

	feed    feed
	reads   []readChunk // on the way, in order
	head    int         // index into reads of the oldest, which is number first
	first   uint64
	ahead   int64 // bytes of reads
	next    int64 // address of the stream's next chunk
	writes  []writeTo
	arrived func(bank.Completion)
	// stepping is set while the stack sends, so that it is not called back by a link
	// that takes a packet at once.
	stepping bool
}

// feed is the chunk whose bursts go to the banks.
type feed struct {
	kind    direction
	at, end int64 // addresses of the next burst and behind the last, not wrapped
	number  uint64
	class   wire.Class
}

// readChunk is a chunk that was asked of the banks.
type readChunk struct {
	source wire.NodeID
	op     int32
	class  wire.Class
	last   bool
	bytes  int64
	bursts int64 // still to come
	since  int64 // when it could not leave, or never
}

// writeTo is a write whose chunks still come, and where the next one goes.
type writeTo struct {
	source wire.NodeID
	op     int32
	at     int64
}

func newBanks(s Spec, clock units.Frequency, layout Layout) (*banks, error) {
	if layout == nil {
		return nil, errors.New("a stack at bank level needs a layout")
	}
	spec, err := s.Bank.Resolve()
	if err != nil {
		return nil, err
	}
	stack, err := bank.New(spec)
	if err != nil {
		return nil, err
	}
	b := &banks{
		stack: stack, layout: layout, burst: int64(spec.TransactionBytes()), capacity: spec.CapacityBytes(),
		clock: newRatio(1e12, uint64(clock)*uint64(spec.TCKPs)),
	}
	b.arrived = b.complete
	return b, nil
}

// ratio converts cycles of the package to those of the memory.
type ratio struct{ num, den uint64 }

func newRatio(num, den uint64) ratio {
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	return ratio{num / a, den / a}
}

// memory is the memory cycle that is on at the start of a cycle of the package.
func (r ratio) memory(cycle int64) int64 {
	high, low := bits.Mul64(uint64(cycle), r.num)
	q, _ := bits.Div64(high, low, r.den)
	return int64(q)
}

// wall is the first cycle of the package at whose start a memory cycle is on.
func (r ratio) wall(memory int64) int64 {
	if memory >= math.MaxInt64/2 {
		return never
	}
	high, low := bits.Mul64(uint64(memory), r.den)
	low, carry := bits.Add64(low, r.num-1, 0)
	q, _ := bits.Div64(high+carry, low, r.num)
	return int64(q)
}

// stepBanks does everything that is due.
func (c *Comp) stepBanks(now int64) {
	b := c.banks
	b.stepping = true
	b.stack.Advance(b.clock.memory(now), b.arrived)
	for c.again = true; c.again; {
		c.again = false
		c.deliver(now)
		c.accept(now)
		c.feedBanks(now)
	}
	b.stepping = false
	if next := c.nextBankCycle(now); next != never {
		c.alarm.Set(next)
	}
}

// complete counts a burst that has been read.
func (b *banks) complete(d bank.Completion) {
	b.reads[b.head+int(d.ID-b.first)].bursts--
}

// deliver sends the chunks that have been read, in order.
func (c *Comp) deliver(now int64) {
	b := c.banks
	for r := b.oldest(); r != nil && r.bursts == 0; r = b.oldest() {
		if !c.port.CanSendVC(int(r.class)) {
			r.since = min(r.since, now)
			break
		}
		if r.since != never {
			c.stats.StalledCycles += now - r.since
		}
		done := *r
		b.ahead -= done.bytes
		b.head++
		b.first++
		c.stats.Chunks++
		c.stats.Read[done.class] += done.bytes
		pk := c.packet(wire.KindReadData, done.class, done.source, now)
		pk.Op, pk.Bytes, pk.Last = done.op, int32(done.bytes), done.last
		c.send(pk)
	}
	if b.head > len(b.reads)/2 {
		b.reads, b.head = b.reads[:copy(b.reads, b.reads[b.head:])], 0
	}
}

// feedBanks gives bursts to the banks until they take no more or none is left.
func (c *Comp) feedBanks(now int64) {
	b := c.banks
	for {
		if b.feed.kind == idle && !c.nextFeed(now) {
			return
		}
		if !b.pump(now) {
			return
		}
		done := b.feed.kind
		b.feed.kind, c.last = idle, done
		if done == writing {
			c.stats.Chunks++
			c.retireWrite(b.feed.class, now)
			c.again = true // there may be a read that waited behind it
		}
	}
}

// pump submits bursts of the chunk; true if all of them have been taken.
func (b *banks) pump(now int64) bool {
	f := &b.feed
	cycle := b.clock.memory(now)
	for f.at < f.end {
		r := bank.Request{Addr: uint64(f.at % b.capacity), Write: f.kind == writing, ID: f.number}
		if !b.stack.Submit(cycle, r) {
			return false
		}
		f.at += b.burst
	}
	return true
}

// nextFeed decides which chunk is next, the direction that was not last first.
func (c *Comp) nextFeed(now int64) bool {
	if c.last == reading {
		return c.feedWrite(now) || c.feedRead(now)
	}
	return c.feedRead(now) || c.feedWrite(now)
}

func (c *Comp) feedRead(now int64) bool {
	b, s := c.banks, &c.stream
	if s.left == 0 && !c.nextStream(now) {
		return false
	}
	bytes := min(s.chunk, s.left)
	if b.ahead > 0 && b.ahead+bytes > max(readAheadBytes, 2*s.chunk) {
		return false
	}
	if s.left == s.amount {
		b.next = b.layout.Address(s.source, s.op)
	}
	s.left -= bytes
	b.ahead += bytes
	number := b.first + uint64(len(b.reads)-b.head)
	b.feed = b.chunk(reading, s.class, b.next, bytes)
	b.feed.number = number
	b.reads = append(b.reads, readChunk{
		source: s.source, op: s.op, class: s.class, last: s.left == 0, bytes: bytes,
		bursts: (b.feed.end - b.feed.at) / b.burst, since: never,
	})
	b.next += bytes
	return true
}

func (c *Comp) feedWrite(now int64) bool {
	b := c.banks
	in := c.nextWrite(now)
	if in == nil {
		return false
	}
	b.feed = b.chunk(writing, in.Class, b.place(in), int64(in.Bytes))
	return true
}

// chunk is so many bytes from an address on, as whole bursts.
func (b *banks) chunk(d direction, class wire.Class, address, bytes int64) feed {
	from := address / b.burst * b.burst
	to := (address + bytes + b.burst - 1) / b.burst * b.burst
	return feed{kind: d, class: class, at: from, end: to}
}

// place is where a chunk of a write goes: behind the one before.
func (b *banks) place(in *wire.Packet) int64 {
	for i := range b.writes {
		w := &b.writes[i]
		if w.source != in.Source || w.op != in.Op {
			continue
		}
		at := w.at
		w.at += int64(in.Bytes)
		if in.Last {
			b.writes = append(b.writes[:i], b.writes[i+1:]...)
		}
		return at
	}
	at := b.layout.Address(in.Source, in.Op)
	if !in.Last {
		b.writes = append(b.writes, writeTo{in.Source, in.Op, at + int64(in.Bytes)})
	}
	return at
}

// nextBankCycle is when there will be something to do that no notification tells
// of, or never.
func (c *Comp) nextBankCycle(now int64) int64 {
	b := c.banks
	next := int64(never)
	switch {
	case b.feed.kind != idle: // it was refused
		next = b.clock.wall(min(b.stack.NextRoom(uint64(b.feed.at%b.capacity)), b.stack.NextCompletion()))
	case b.head < len(b.reads):
		next = b.clock.wall(b.stack.NextCompletion())
	case !b.stack.Idle():
		b.stack.Flush()
		next = b.clock.wall(b.stack.NextEvent())
	}
	if next != never {
		next = max(next, now+1)
	}
	if b.feed.kind == idle {
		next = min(next, c.nextArrival(now))
	}
	return next
}

// oldest is the chunk that leaves next, or nil.
func (b *banks) oldest() *readChunk {
	if b.head == len(b.reads) {
		return nil
	}
	return &b.reads[b.head]
}

// stats is how long, in cycles of the package, all data buses together would have
// moved what they did, and the counters of the banks.
func (b *banks) stats() (busyCycles int64, s BankStats) {
	spec, t := b.stack.Spec(), b.stack.Stats().Total
	buses := int64(spec.Channels * spec.PseudoChannels)
	return b.clock.wall((t.BusyCycles + buses - 1) / buses), BankStats{
		Activates: t.ACT, Precharges: t.PRE, Reads: t.RD, Writes: t.WR, Refreshes: t.REF + t.REFB,
		RowHits: t.Hits, RowMisses: t.Misses, RowConflicts: t.Conflicts,
	}
}

// idle tells whether nothing is left to do, posted writes included.
func (b *banks) idle() bool {
	return b.feed.kind == idle && b.head == len(b.reads) && len(b.writes) == 0 && b.stack.Idle()
}
