package bank

// bankQueue holds the requests of one kind, by bank, each bank's in order of
// arrival.
type bankQueue struct {
	n     int
	banks []list
	// hit is the oldest request of a bank for its open row, or none.
	hit []int32
	// some, hits and early are sets of banks: those with a request, those with a
	// hit, and those whose oldest request arrived in a cycle before any hit did.
	some, hits, early uint64
}

func newBankQueue(banks int) bankQueue {
	q := bankQueue{banks: make([]list, banks), hit: make([]int32, banks)}
	for b := range q.banks {
		q.banks[b], q.hit[b] = newList(), none
	}
	return q
}

func (q *bankQueue) add(c *channel, i int32) {
	e := &c.pool.items[i]
	b := int(e.bank)
	q.banks[b].push(&c.pool, i)
	q.n++
	q.some |= 1 << b
	if q.hit[b] == none && c.dev.open>>b&1 != 0 && c.dev.banks[b].row == e.row {
		q.found(c, b, i)
	} else if q.banks[b].n == 1 {
		q.found(c, b, none)
	}
}

// remove takes a request out.
func (q *bankQueue) remove(c *channel, i int32) {
	b := int(c.pool.items[i].bank)
	q.banks[b].remove(&c.pool, i)
	q.n--
	if q.banks[b].n == 0 {
		q.some &^= 1 << b
	}
	q.refind(c, b)
}

// refind looks for the oldest hit of a bank.
func (q *bankQueue) refind(c *channel, b int) {
	if c.dev.open>>b&1 == 0 {
		q.found(c, b, none)
		return
	}
	row := c.dev.banks[b].row
	i := q.banks[b].head
	for i != none && c.pool.items[i].row != row {
		i = c.pool.items[i].next
	}
	q.found(c, b, i)
}

// found records the oldest hit of a bank.
func (q *bankQueue) found(c *channel, b int, i int32) {
	bit := uint64(1) << b
	q.hit[b] = i
	q.hits &^= bit
	q.early &^= bit
	if i != none {
		q.hits |= bit
	}
	if head := q.banks[b].head; head != none && (i == none || c.pool.items[head].submit < c.pool.items[i].submit) {
		q.early |= bit
	}
}

// closed forgets the hits of banks.
func (q *bankQueue) closed(banks uint64) {
	for set := q.hits & banks; set != 0; set &= set - 1 {
		q.hit[lowest(set)] = none
	}
	q.hits &^= banks
	q.early |= q.some & banks
}
