package bank

import (
	"math/bits"

	"mozart/interconnect/stats"
)

// channel is one channel and its controller.
type channel struct {
	id      int32
	dev     device
	refresh refresh
	page    pagePolicy
	sched   scheduler
	pool    pool
	writes  writeSet // bursts with a write waiting
	answers answers  // reads on their way out
	// next is the first cycle at which the controller may do something: for the
	// requests inside at work, or because a refresh falls due.
	next, work int64
	seq        int64
	// waiting counts the requests inside without their column command yet.
	waitingReads, waitingWrites int
	response                    int64
	burstCycles                 int64
	stats                       ChannelStats
	latency                     *stats.Latencies // of the stack
	counted                     int64            // occupancy is counted up to here
	log                         func(Command)
}

// scheduler chooses what a controller does next.
type scheduler interface {
	// room says whether a queue takes another request.
	room(write bool) bool
	// add takes a request that arrives at this cycle.
	add(i int32)
	// tick issues commands at cycle t and returns the first later cycle at which it
	// may do something, if nothing arrives.
	tick(t int64) int64
	// closed is told which banks another part has closed.
	closed(banks uint64)
	// flush makes the writes inside go without waiting for more of them.
	flush()
}

func newChannel(id int, s Spec, latency *stats.Latencies) *channel {
	c := &channel{
		id: int32(id), dev: newDevice(s), refresh: newRefresh(s), page: newPagePolicy(s.Page),
		work: forever, latency: latency, response: int64(s.ResponseCycles), burstCycles: int64(s.Timing.BL),
	}
	places := s.ReadQueue + s.WriteQueue + s.banksPerChannel()*(1+s.BankQueue)
	c.pool = newPool(places)
	c.writes = newWriteSet(places)
	c.answers = newAnswers(places + int(c.dev.readData))
	c.sched = newScheduler(c, s)
	c.next = c.refresh.due
	return c
}

// submit takes a request at cycle t, or refuses it.
func (c *channel) submit(t int64, r Request, l Location, bank int, burst uint64) bool {
	if !c.sched.room(r.Write) {
		return false
	}
	c.count(t)
	if c.writes.has(burst) {
		if r.Write { // the newer data replace the older in their place
			c.stats.Coalesced++
		} else { // the data are here
			c.stats.Forwarded++
			c.answer(r.ID, t, t+1)
		}
		return true
	}
	i := c.pool.take()
	c.pool.items[i] = pending{id: r.ID, burst: burst, submit: t, seq: c.seq, row: l.Row, column: l.Column,
		prev: none, next: none, bank: int16(bank), write: r.Write}
	c.seq++
	if r.Write {
		c.waitingWrites++
		c.writes.add(burst)
	} else {
		c.waitingReads++
	}
	c.sched.add(i)
	c.wake(t)
	return true
}

// run does all cycles before to.
func (c *channel) run(to int64) {
	for c.next < to {
		t := c.next
		if t >= c.refresh.due {
			c.refresh.fallDue(t, &c.dev)
		}
		c.work = c.sched.tick(t)
		c.next = min(c.work, c.refresh.due)
	}
}

// wake makes the controller look at cycle t.
func (c *channel) wake(t int64) { c.work, c.next = min(c.work, t), min(c.next, t) }

// count brings the occupancy up to cycle t; called before it changes.
func (c *channel) count(t int64) {
	c.stats.QueueCycles += (t - c.counted) * int64(c.waitingReads+c.waitingWrites)
	c.counted = t
}

// column issues the column command of a request at cycle t and releases it; more
// says that another request waits for the row.
func (c *channel) column(i int32, t int64, more bool) {
	e := &c.pool.items[i]
	b := int(e.bank)
	c.count(t)
	kind := RD
	if e.write {
		kind = WR
		c.dev.wr(b, t)
		c.waitingWrites--
		c.writes.remove(e.burst)
		c.stats.WR++
	} else {
		c.dev.rd(b, t)
		c.waitingReads--
		c.stats.RD++
		c.answer(e.id, e.submit, t+c.dev.readData)
	}
	c.stats.found(e.touched)
	c.stats.BusyCycles += c.burstCycles
	if !c.page.keep(more) {
		kind++ // RDA, WRA
		c.dev.autoPrecharge(b)
		c.stats.PRE++
	}
	if c.log != nil {
		c.emit(kind, t, c.location(b, e.row, e.column))
	}
	c.pool.give(i)
}

// answer sends a read's data, whose last beat is in cycle last.
func (c *channel) answer(id uint64, submit, last int64) {
	done := last + c.response
	c.answers.push(answer{usable: max(last+1, done), Completion: Completion{ID: id, Submit: submit, Done: done}})
	c.stats.LatencyCycles += done - submit
	c.latency.Add(done - submit)
}

// activate opens the row of a request at cycle t.
func (c *channel) activate(e *pending, t int64) {
	b := int(e.bank)
	if e.touched == rowHit {
		e.touched = rowMiss
	}
	c.dev.act(b, e.row, t)
	c.stats.ACT++
	if c.log != nil {
		c.emit(ACT, t, c.location(b, e.row, 0))
	}
}

// precharge closes a bank at cycle t for a request.
func (c *channel) precharge(e *pending, t int64) {
	e.touched = rowConflict
	c.issuePRE(int(e.bank), t)
}

func (c *channel) issuePRE(b int, t int64) {
	c.dev.pre(b, t)
	c.sched.closed(1 << b)
	c.stats.PRE++
	if c.log != nil {
		c.emit(PRE, t, c.location(b, 0, 0))
	}
}

func (c *channel) issuePREA(p int, t int64) {
	banks := c.pseudoBanks(p)
	c.stats.PRE += int64(bits.OnesCount64(c.dev.open & banks))
	c.dev.prea(p, t)
	c.sched.closed(banks)
	if c.log != nil {
		c.emit(PREA, t, Location{PseudoChannel: int32(p)})
	}
}

func (c *channel) issueREF(p int, t int64) {
	c.dev.ref(p, t)
	c.stats.REF++
	if c.log != nil {
		c.emit(REF, t, Location{PseudoChannel: int32(p)})
	}
}

func (c *channel) issueREFB(b int, t int64) {
	c.dev.refb(b, t)
	c.stats.REFB++
	if c.log != nil {
		c.emit(REFB, t, c.location(b, 0, 0))
	}
}

// pseudoBanks is the set of banks of a pseudo-channel.
func (c *channel) pseudoBanks(p int) uint64 {
	return (uint64(1)<<(1<<c.dev.pseudoShift) - 1) << (p << c.dev.pseudoShift)
}

func (c *channel) location(b int, row, column int32) Location {
	d := &c.dev
	group := b >> d.groupShift
	return Location{
		PseudoChannel: int32(b >> d.pseudoShift), BankGroup: int32(group & (1<<(d.pseudoShift-d.groupShift) - 1)),
		Bank: int32(b & (1<<d.groupShift - 1)), Row: row, Column: column,
	}
}

func (c *channel) emit(k Kind, t int64, l Location) {
	l.Channel = c.id
	c.log(Command{Cycle: t, Kind: k, Location: l})
}
