package stats

// Line is what was seen of a first-in-first-out queue.
type Line struct {
	// Level is the time in cycles for which so many messages were in it, of all that
	// have left. The time in which it was empty is left out.
	Level Histogram
	// Stay counts the messages that have left by the cycles that they stayed. Those that
	// did not stay are left out.
	Stay Histogram
}

// Queue watches a first-in-first-out queue of messages. The zero value is an empty
// queue at cycle 0.
type Queue struct {
	// waiting is a ring of the cycles from which messages wait.
	waiting   []int64
	head, len int
	stays     Histogram
	length    Buffer
}

// Enter adds a message that waits from a cycle on, which is not before that of an
// earlier one.
func (q *Queue) Enter(cycle int64) {
	if q.len == len(q.waiting) {
		q.waiting, q.head = grown(q.waiting, q.head), 0
	}
	q.waiting[(q.head+q.len)&(len(q.waiting)-1)] = cycle
	q.len++
}

// Leave takes the oldest message out and returns for how many cycles it has waited. It
// leaves at a cycle, now or later, that is not before the one from which it waits or the
// one at which another has left. The queue must not be empty.
func (q *Queue) Leave(cycle int64) (waited int64) {
	from := q.waiting[q.head&(len(q.waiting)-1)]
	q.head++
	q.len--
	if waited = cycle - from; waited > 0 {
		q.stays.Count(waited)
		q.length.Pass(from, cycle, 1)
	}
	return waited
}

// Line is what has been seen of the messages that have left, as a copy.
func (q *Queue) Line() Line { return Line{Level: q.length.Level(), Stay: q.stays.Clone()} }

// grown is a ring whose size is a power of two with twice the room, its oldest entry
// first.
func grown[T any](ring []T, head int) []T {
	const least = 4
	next := make([]T, max(least, 2*len(ring)))
	for i := range ring {
		next[i] = ring[(head+i)&(len(ring)-1)]
	}
	return next
}
