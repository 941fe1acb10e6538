package bank

// banked is a controller with a short queue at each bank, fed in order from one
// queue of reads and one of writes, one request a cycle. Each cycle it asks the
// banks in turn, starting behind the last that had something, for the first command
// in their queue that may go; a second command may go with it if one of the two is
// a column command.
type banked struct {
	c     *channel
	drain drainPolicy
	lists [2]list // reads, writes not yet at their bank
	limit [2]int
	banks []waitingBank
	some  uint64 // banks with a queue
	full  uint64 // banks whose queue is full
	asked int    // the bank that last had something
	depth int
	hits  int32 // accesses after which a row may be closed; 0 is no limit
	// idle is a cycle before which no bank has a command that may go; 0 if not known.
	idle int64
}

// waitingBank is the queue of one bank.
type waitingBank struct {
	queue []int32 // in order of arrival
	// read and write are the places in the queue of the first read and the first
	// write of the open row, or none; known says that they are up to date.
	read, write int
	known       bool
}

func newBanked(c *channel, s Spec) *banked {
	k := &banked{c: c, drain: newDrainPolicy(s), lists: [2]list{newList(), newList()}, limit: [2]int{s.ReadQueue, s.WriteQueue},
		banks: make([]waitingBank, s.banksPerChannel()), depth: s.BankQueue, hits: int32(s.RowHitLimit)}
	for b := range k.banks {
		k.banks[b].queue = make([]int32, 0, s.BankQueue)
	}
	return k
}

func (k *banked) room(write bool) bool { n := kindOf(write); return k.lists[n].n < k.limit[n] }

func (k *banked) add(i int32) { k.lists[kindOf(k.c.pool.items[i].write)].push(&k.c.pool, i) }

func (k *banked) closed(banks uint64) {
	for set := banks; set != 0; set &= set - 1 {
		k.banks[lowest(set)].known = false
	}
}

func (k *banked) flush() { k.drain.flush(k.lists[1].n) }

func (k *banked) tick(t int64) int64 {
	at := k.idle
	if len(k.c.refresh.waiting) > 0 || t >= k.idle {
		at = k.issue(t)
	}
	if k.feed(t) {
		at = t
	}
	return max(at, t+1)
}

// issue issues what may go at cycle t, and returns t; if nothing may, the first cycle
// at which something will.
func (k *banked) issue(t int64) int64 {
	k.idle = 0
	refreshed, at := k.c.stepRefresh(t, 0)
	if refreshed {
		k.second(t, false)
		return t
	}
	b, place, command, ready := k.find(t, k.c.dev.rowBus)
	if ready <= t {
		k.do(b, place, command, t)
		return k.second(t, command.Column())
	}
	if len(k.c.refresh.waiting) == 0 {
		k.idle = ready
	}
	return min(at, ready)
}

// second issues the next command in turn beside another of cycle t, if they differ
// in their bus. The turn passes even if they do not: whose turn it is is settled
// before the bus is looked at. It returns the first cycle at which something may go,
// or t if that is not known.
func (k *banked) second(t int64, column bool) int64 {
	rowBus := k.c.dev.rowBus
	if !column {
		rowBus = t
	}
	b, place, command, ready := k.find(t, rowBus)
	switch {
	case ready > t && len(k.c.refresh.waiting) == 0:
		k.idle = ready
		return ready
	case ready > t:
	case command.Column() != column:
		k.do(b, place, command, t)
	default:
		k.asked = b
	}
	return t
}

// find asks the banks in turn for a command that may go at cycle t, with the row bus
// free from cycle rowBus on. If none has one, ready is the first cycle at which one
// will.
func (k *banked) find(t, rowBus int64) (b, place int, command Kind, ready int64) {
	ready = forever
	set := k.some &^ k.c.refresh.blocked()
	before := uint64(2)<<k.asked - 1
	for _, part := range [2]uint64{set &^ before, set & before} {
		for ; part != 0; part &= part - 1 {
			b = lowest(part)
			at := int64(0)
			if place, command, at = k.first(b, t, rowBus); at <= t {
				return b, place, command, at
			}
			ready = min(ready, at)
		}
	}
	return b, place, command, ready
}

// first is the first command in a bank's queue that may go at cycle t, with the
// place of its request; if none may, at is the first cycle at which one will.
func (k *banked) first(b int, t, rowBus int64) (place int, command Kind, at int64) {
	c, w := k.c, &k.banks[b]
	if c.dev.open>>b&1 == 0 {
		return 0, ACT, max(c.dev.actAt(b), rowBus)
	}
	if !w.known {
		w.look(c, b)
	}
	at = forever
	if w.read != 0 && w.write != 0 && (w.read == none && w.write == none || k.hits > 0 && c.dev.banks[b].accesses >= k.hits) {
		if at = max(c.dev.preAt(b), rowBus); at <= t {
			return 0, PRE, at
		}
	}
	rd, wr := int64(forever), int64(forever)
	if w.read != none {
		rd = c.dev.rdAt(b)
	}
	if w.write != none {
		wr = c.dev.wrAt(b)
	}
	if rd <= t && (wr > t || w.read < w.write) {
		return w.read, RD, rd
	}
	if wr <= t {
		return w.write, WR, wr
	}
	return none, 0, min(at, rd, wr)
}

// look finds the first read and the first write of the open row.
func (w *waitingBank) look(c *channel, b int) {
	w.read, w.write, w.known = none, none, true
	for place, i := range w.queue {
		e := &c.pool.items[i]
		if e.row != c.dev.banks[b].row {
			continue
		}
		if e.write && w.write == none {
			w.write = place
		} else if !e.write && w.read == none {
			w.read = place
		}
	}
}

// do issues a command of a bank for the request at a place of its queue.
func (k *banked) do(b, place int, command Kind, t int64) {
	c, w := k.c, &k.banks[b]
	k.asked = b
	i := w.queue[place]
	e := &c.pool.items[i]
	switch command {
	case ACT:
		c.activate(e, t)
	case PRE:
		c.precharge(e, t)
	default:
		w.queue = append(w.queue[:place], w.queue[place+1:]...)
		k.full &^= 1 << b
		if len(w.queue) == 0 {
			k.some &^= 1 << b
		}
		w.look(c, b)
		c.column(i, t, w.read != none || w.write != none)
	}
	w.known = false
}

// feed moves the first request that finds room to its bank.
func (k *banked) feed(t int64) bool {
	n := kindOf(k.drain.writing(k.lists[0].n, k.lists[1].n, k.some == 0))
	l, items := &k.lists[n], k.c.pool.items
	for i := l.head; i != none; i = items[i].next {
		b := int(items[i].bank)
		if k.full>>b&1 != 0 {
			continue
		}
		l.remove(&k.c.pool, i)
		if n == 1 {
			k.drain.took()
		}
		w := &k.banks[b]
		w.queue = append(w.queue, i)
		w.known = false
		k.some |= 1 << b
		if len(w.queue) == k.depth {
			k.full |= 1 << b
		}
		if k.idle > 0 {
			_, _, at := k.first(b, t, k.c.dev.rowBus)
			k.idle = max(min(k.idle, at), 1)
		}
		return true
	}
	return false
}
