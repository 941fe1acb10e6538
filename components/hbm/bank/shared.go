package bank

// shared is a controller with one queue of reads and one of writes for all banks,
// and room beside them for a request of each bank whose row is being opened. Each
// cycle it may issue one column and one row command. A request that has opened its
// row goes before all others, and its row stays open until it is served.
type shared struct {
	c      *channel
	order  order
	drain  drainPolicy
	queues [2]bankQueue // reads, writes
	// opening are the banks whose row was opened for the request in opened, which
	// has left its queue.
	opening uint64
	opened  []int32
	opens   int64 // rows opened, which numbers the requests in opened
	limit   [2]int
}

// order chooses among the requests of one queue.
type order interface {
	// columns is the set of banks whose first row hit may use the open row.
	columns(s *shared, q *bankQueue) uint64
	// rows is the set of banks whose oldest request may open or close a row.
	rows(s *shared, q *bankQueue) uint64
}

// Schedulers lists the values of Spec.Scheduler.
func Schedulers() []string { return []string{"fr-fcfs", "fcfs", "fr-fcfs-banked"} }

func newScheduler(c *channel, s Spec) scheduler {
	if s.Scheduler == "fr-fcfs-banked" {
		return newBanked(c, s)
	}
	sh := &shared{c: c, order: frfcfs{}, drain: newDrainPolicy(s), opened: make([]int32, s.banksPerChannel()), limit: [2]int{s.ReadQueue, s.WriteQueue}}
	if s.Scheduler == "fcfs" {
		sh.order = fcfs{}
	}
	for i := range sh.queues {
		sh.queues[i] = newBankQueue(s.banksPerChannel())
	}
	return sh
}

func kindOf(write bool) int {
	if write {
		return 1
	}
	return 0
}

func (s *shared) room(write bool) bool { k := kindOf(write); return s.queues[k].n < s.limit[k] }

func (s *shared) add(i int32) {
	e := &s.c.pool.items[i]
	s.queues[kindOf(e.write)].add(s.c, i)
}

func (s *shared) closed(banks uint64) {
	for k := range s.queues {
		s.queues[k].closed(banks)
	}
}

func (s *shared) flush() { s.drain.flush(s.queues[1].n) }

// queue is the one the controller works on now.
func (s *shared) queue() *bankQueue {
	return &s.queues[kindOf(s.drain.writing(s.queues[0].n, s.queues[1].n, s.opening == 0))]
}

func (s *shared) tick(t int64) int64 {
	column := s.tickColumn(t)
	row := s.tickRow(t)
	if column <= t || row <= t {
		return t + 1
	}
	return min(column, row)
}

// tickColumn issues a column command at cycle t if it can, and returns t; otherwise
// the first cycle it could.
func (s *shared) tickColumn(t int64) int64 {
	c := s.c
	first, at := int32(none), int64(forever)
	for set := s.opening; set != 0; set &= set - 1 {
		b := lowest(set)
		i := s.opened[b]
		e := &c.pool.items[i]
		if ready := c.dev.columnAt(b, e.write); ready > t {
			at = min(at, ready)
		} else if first == none || e.before(&c.pool.items[first]) {
			first = i
		}
	}
	if first != none {
		b := int(c.pool.items[first].bank)
		s.opening &^= 1 << b
		s.serve(first, t, s.waitsFor(b))
		return t
	}
	q := s.queue()
	write := q == &s.queues[1]
	for set := s.order.columns(s, q) &^ c.refresh.blocked(); set != 0; set &= set - 1 {
		b := lowest(set)
		i := q.hit[b]
		if ready := c.dev.columnAt(b, write); ready > t {
			at = min(at, ready)
		} else if first == none || c.pool.items[i].seq < c.pool.items[first].seq {
			first = i
		}
	}
	if first == none {
		return at
	}
	b := int(c.pool.items[first].bank)
	q.remove(c, first)
	if write {
		s.drain.took()
	}
	s.serve(first, t, s.waitsFor(b))
	return t
}

// before says which of two requests in opened goes first: the one that arrived in an
// earlier cycle, and of one cycle the one whose row was opened first.
func (e *pending) before(o *pending) bool {
	return e.submit < o.submit || e.submit == o.submit && e.seq < o.seq
}

// serve issues the column command of a request that has left its queue.
func (s *shared) serve(i int32, t int64, more bool) {
	b := int(s.c.pool.items[i].bank)
	s.c.column(i, t, more)
	if s.c.dev.open>>b&1 == 0 {
		s.closed(1 << b)
	}
}

// waitsFor says whether a request waits for the open row of a bank.
func (s *shared) waitsFor(b int) bool {
	return s.queues[0].hit[b] != none || s.queues[1].hit[b] != none || s.opening>>b&1 != 0
}

// tickRow is tickColumn for row commands.
func (s *shared) tickRow(t int64) int64 {
	c := s.c
	issued, at := c.stepRefresh(t, s.opening)
	if issued {
		return t
	}
	q := s.queue()
	first := int32(none)
	for set := s.order.rows(s, q) &^ c.refresh.blocked(); set != 0; set &= set - 1 {
		b := lowest(set)
		var ready int64
		switch {
		case c.dev.open>>b&1 == 0:
			ready = c.dev.actAt(b)
		case s.opening>>b&1 != 0:
			continue
		default:
			ready = c.dev.preAt(b)
		}
		i := q.banks[b].head
		if ready = max(ready, c.dev.rowBus); ready > t {
			at = min(at, ready)
		} else if first == none || c.pool.items[i].seq < c.pool.items[first].seq {
			first = i
		}
	}
	if first == none {
		return at
	}
	e := &c.pool.items[first]
	b := int(e.bank)
	if c.dev.open>>b&1 != 0 {
		c.precharge(e, t)
		return t
	}
	q.remove(c, first)
	if e.write {
		s.drain.took()
	}
	e.seq = s.opens
	s.opens++
	s.opening |= 1 << b
	s.opened[b] = first
	c.activate(e, t)
	for k := range s.queues {
		s.queues[k].refind(c, b)
	}
	return t
}
