package collective

// leavingRing lists the entries whose sum is on its way out, in order, with the
// cycle from which each stands. There are never more than there are entries.
type leavingRing struct {
	slot  []int32
	ready []int64
	head  int
	len   int
	last  int64
}

func newLeavingRing(entries int) leavingRing {
	return leavingRing{slot: make([]int32, entries), ready: make([]int64, entries)}
}

// push adds an entry; it never stands before the one ahead of it.
func (l *leavingRing) push(slot int32, ready int64) {
	l.last = max(l.last, ready)
	i := (l.head + l.len) % len(l.slot)
	l.slot[i], l.ready[i] = slot, l.last
	l.len++
}

func (l *leavingRing) front() (slot int32, ready int64) { return l.slot[l.head], l.ready[l.head] }

func (l *leavingRing) pop() (slot int32, ready int64) {
	slot, ready = l.front()
	l.head = (l.head + 1) % len(l.slot)
	l.len--
	return slot, ready
}
