package bank

// A Completion is a read whose data are there.
type Completion struct {
	ID           uint64
	Submit, Done int64 // cycles; the latency is the difference
}

// answer is a completion with the first cycle at which the requester can act on it.
type answer struct {
	usable int64
	Completion
}

// answers is a queue in the order of usable, in a ring that grows when it must.
type answers struct {
	ring []answer
	head int
	n    int
}

func newAnswers(n int) answers {
	size := 1
	for size < n {
		size *= 2
	}
	return answers{ring: make([]answer, size)}
}

func (q *answers) at(k int) *answer { return &q.ring[(q.head+k)&(len(q.ring)-1)] }

// push puts an answer behind all that are not later. Column commands push in order;
// only an answer without one may pass others.
func (q *answers) push(a answer) {
	if q.n == len(q.ring) {
		bigger := make([]answer, 2*len(q.ring))
		for k := range q.n {
			bigger[k] = *q.at(k)
		}
		q.ring, q.head = bigger, 0
	}
	k := q.n
	q.n++
	for ; k > 0 && q.at(k-1).usable > a.usable; k-- {
		*q.at(k) = *q.at(k - 1)
	}
	*q.at(k) = a
}

// first is the cycle of the first answer.
func (q *answers) first() int64 {
	if q.n == 0 {
		return forever
	}
	return q.ring[q.head].usable
}

func (q *answers) pop() Completion {
	c := q.ring[q.head].Completion
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return c
}
