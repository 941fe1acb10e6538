package engine

import (
	"fmt"
	"sync/atomic"

	"mozart/interconnect/port"
)

// Crossing describes one direction of a link between two domains, for one kind of
// item.
type Crossing struct {
	// Name is for errors.
	Name string
	// From and To are the domains, by number.
	From, To int
	// LookaheadCycles is the least time between the event that hands an item over and
	// its effect, at least 1.
	LookaheadCycles int64
}

// Cross makes a crossing. The order of calls numbers crossings, and all of them
// are made before the first run. It is an error if the lookahead is less than 1,
// for then domains cannot run side by side.
func Cross[T any](p *Parallel, s Crossing, near port.Near, far port.Far[T]) (port.Outlet[T], error) {
	switch n := len(p.domains); {
	case s.From < 0 || s.From >= n || s.To < 0 || s.To >= n || s.From == s.To:
		return nil, fmt.Errorf("engine: crossing %s: no way from domain %d to %d of %d", s.Name, s.From, s.To, n)
	case s.LookaheadCycles < 1:
		return nil, fmt.Errorf("engine: crossing %s: lookahead must be at least 1 cycle, got %d", s.Name, s.LookaheadCycles)
	case p.sealed:
		return nil, fmt.Errorf("engine: crossing %s: made after the first run", s.Name)
	}
	first := &chunk[T]{}
	q := &queue[T]{tail: first, head: first, far: far}
	c := &q.crossing
	*c = crossing{
		index: len(p.crossings), name: s.Name, from: p.domains[s.From], to: p.domains[s.To],
		lookahead: s.LookaheadCycles, near: near, items: q, first: never,
	}
	c.reply.peer = c.from.peerOf(s.To)
	c.due = never
	p.crossings = append(p.crossings, c)
	c.from.out = append(c.from.out, c)
	c.to.in = append(c.to.in, c)
	return q, nil
}

// padding keeps what different threads write on different cache lines, those
// that the hardware fetches in pairs included.
type padding [128]byte

// crossing is what does not depend on the type of the items.
type crossing struct {
	index     int
	name      string
	from, to  *domain
	lookahead int64
	near      port.Near
	items     inbox

	_ padding
	// The sender's: what it has promised, the items so far, the first effect of those
	// that the far domain has not been told of, the promise to be published, and how
	// soon an answer may come.
	promised int64
	pushed   int64
	first    int64
	promise  port.Promise
	reply    reply

	_ padding
	// The receiver's: the items published and taken so far, the cycle of the first
	// one that is due, and what it is about to publish.
	published int64
	taken     int64
	due       int64
	heeds     port.Promise
	_         padding
}

// inbox is the receiver's side of a queue.
type inbox interface {
	// accept takes n published items out of the queue and returns the cycle of the
	// first one that is due.
	accept(n int64) int64
	// apply gives the far end what is due up to a cycle and returns the cycle of the
	// next one.
	apply(cycle int64) int64
	heeds() port.Promise
}

// chunkItems is how many items lie in one piece of a queue.
const chunkItems = 64

type chunk[T any] struct {
	items [chunkItems]timed[T]
	next  *chunk[T]
}

type timed[T any] struct {
	cycle int64
	item  T
}

// queue has one writer, who adds to the tail, and one reader. The reader learns
// under the lock of the table how many items there are.
type queue[T any] struct {
	crossing

	tail   *chunk[T]
	tailAt int

	_      padding
	head   *chunk[T]
	headAt int
	far    port.Far[T]
	// waiting is what has been taken in and is not due yet, a ring in order of
	// (cycle, sequence).
	waiting []timed[T]
	start   int
	len     int

	_ padding
	// spare is a chunk on its way back to the writer.
	spare atomic.Pointer[chunk[T]]
}

// Hand implements port.Outlet.
func (q *queue[T]) Hand(cycle int64) *T {
	c := &q.crossing
	c.hand(cycle)
	if q.tailAt == chunkItems {
		next := q.spare.Swap(nil)
		if next == nil {
			next = &chunk[T]{}
		}
		q.tail.next = next
		q.tail, q.tailAt = next, 0
	}
	slot := &q.tail.items[q.tailAt]
	slot.cycle = cycle
	q.tailAt++
	return &slot.item
}

// hand notes an item and has the domain stop in time for the answer.
func (c *crossing) hand(cycle int64) {
	d := c.from
	if cycle < c.promised || cycle < d.serial.cycle+c.lookahead {
		panic(fmt.Sprintf("%s: item for cycle %d at cycle %d, promised not before %d, lookahead %d",
			c.name, cycle, d.serial.cycle, c.promised, c.lookahead))
	}
	c.pushed++
	c.first = min(c.first, cycle)
	if reply := c.reply.to(cycle); reply <= d.limit {
		d.limit = reply - 1
		d.serial.stopBefore(reply)
	}
}

func (q *queue[T]) accept(n int64) int64 {
	for range n {
		if q.headAt == chunkItems {
			used := q.head
			q.head, q.headAt = used.next, 0
			used.next = nil
			q.spare.Store(used)
		}
		q.insert(&q.head.items[q.headAt])
		q.headAt++
	}
	return q.first()
}

// insert puts an item behind those that are due at its cycle or before. Items
// come almost in order of their cycles.
func (q *queue[T]) insert(t *timed[T]) {
	if q.len == len(q.waiting) {
		q.grow()
	}
	at := q.len
	for at > 0 && q.slot(at-1).cycle > t.cycle {
		*q.slot(at) = *q.slot(at - 1)
		at--
	}
	*q.slot(at) = *t
	q.len++
}

func (q *queue[T]) slot(i int) *timed[T] { return &q.waiting[(q.start+i)&(len(q.waiting)-1)] }

func (q *queue[T]) grow() {
	next := make([]timed[T], max(8, 2*len(q.waiting)))
	for i := range q.len {
		next[i] = *q.slot(i)
	}
	q.waiting, q.start = next, 0
}

func (q *queue[T]) first() int64 {
	if q.len == 0 {
		return never
	}
	return q.slot(0).cycle
}

func (q *queue[T]) apply(cycle int64) int64 {
	for q.len > 0 {
		t := q.slot(0)
		if t.cycle > cycle {
			return t.cycle
		}
		q.start = (q.start + 1) & (len(q.waiting) - 1)
		q.len--
		q.far.Take(&t.item, t.cycle)
	}
	return never
}

func (q *queue[T]) heeds() port.Promise { return q.far.Heeds() }
