package bank

import "math/bits"

// lowest is the lowest member of a set that is not empty.
func lowest(set uint64) int { return bits.TrailingZeros64(set) }

// log2 of a power of two.
func log2(n int) uint { return uint(bits.Len(uint(n)) - 1) }

// none is the index of no request.
const none = -1

// pending is a request inside a controller.
type pending struct {
	id, burst uint64 // burst is the address in bursts
	submit    int64
	seq       int64 // of its controller, in order of arrival; once its row is opened for it, in order of opening
	row       int32
	column    int32
	prev      int32 // neighbors in a list, or none
	next      int32
	bank      int16 // of the channel
	write     bool
	touched   outcome
}

// outcome is what a request found in its bank.
type outcome uint8

const (
	rowHit      outcome = iota // its row was open
	rowMiss                    // the bank was closed
	rowConflict                // another row was open
)

// pool holds a controller's requests in one block.
type pool struct {
	items []pending
	free  []int32
}

func newPool(n int) pool {
	p := pool{items: make([]pending, n), free: make([]int32, n)}
	for i := range p.free {
		p.free[i] = int32(n - 1 - i)
	}
	return p
}

// take returns the index of an unused place; there is one because the queues that
// share the pool are no larger together.
func (p *pool) take() int32 {
	i := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return i
}

func (p *pool) give(i int32) { p.free = append(p.free, i) }

// list is a doubly linked list of requests of a pool, in order of arrival.
type list struct {
	head, tail int32
	n          int
}

func newList() list { return list{head: none, tail: none} }

func (l *list) push(p *pool, i int32) {
	p.items[i].prev, p.items[i].next = l.tail, none
	if l.tail == none {
		l.head = i
	} else {
		p.items[l.tail].next = i
	}
	l.tail = i
	l.n++
}

func (l *list) remove(p *pool, i int32) {
	e := &p.items[i]
	if e.prev == none {
		l.head = e.next
	} else {
		p.items[e.prev].next = e.next
	}
	if e.next == none {
		l.tail = e.prev
	} else {
		p.items[e.next].prev = e.prev
	}
	l.n--
}
