package bank

// frfcfs is first ready, first come first served: the oldest request whose command
// may go now, so that accesses to open rows overtake the others. A row is closed
// for a request only if no request that came before or with it hits the row.
type frfcfs struct{}

func (frfcfs) columns(_ *shared, q *bankQueue) uint64 { return q.hits }

func (frfcfs) rows(s *shared, q *bankQueue) uint64 {
	return q.some&^s.c.dev.open | q.early
}
