package bank

// fcfs is first come, first served: only the oldest request may issue commands, so
// that nothing is overtaken and no bank works ahead.
type fcfs struct{}

func (fcfs) columns(s *shared, q *bankQueue) uint64 {
	b := s.oldest(q)
	if b == none || q.hit[b] != q.banks[b].head {
		return 0
	}
	return 1 << b
}

func (fcfs) rows(s *shared, q *bankQueue) uint64 {
	b := s.oldest(q)
	if b == none || q.hit[b] == q.banks[b].head {
		return 0
	}
	return 1 << b
}

// oldest is the bank of the oldest request of a queue, or none while a row that was
// opened for a request waits for its access.
func (s *shared) oldest(q *bankQueue) int {
	if s.opening != 0 {
		return none
	}
	first := none
	for set := q.some; set != 0; set &= set - 1 {
		if b := lowest(set); first == none || s.c.pool.items[q.banks[b].head].seq < s.c.pool.items[q.banks[first].head].seq {
			first = b
		}
	}
	return first
}
