package bank

// batch sends all writes that wait in one go, when the queue is full or when there
// are more than least of them and nothing else is going on.
type batch struct {
	full, least int
	left        int // of the batch
}

func (b *batch) writing(_, writes int, idle bool) bool {
	if b.left == 0 && (writes >= b.full || writes > b.least && idle) {
		b.left = writes
	}
	return b.left > 0
}

func (b *batch) took() { b.left-- }

func (b *batch) flush(writes int) { b.left = writes }
