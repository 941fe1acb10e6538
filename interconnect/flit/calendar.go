package flit

// calendar keeps what is due in the cycles to come: a list per cycle, in a circle of
// them that is longer than anything lies ahead. An owner that is woken in every cycle
// with something due never finds an older entry.
type calendar[T any] struct {
	slots   [][]T
	mask    int64
	pending int64
}

// newCalendar makes a calendar for entries up to ahead cycles away. Its lists grow to
// their working size once.
func newCalendar[T any](ahead int64) calendar[T] {
	n := int64(2)
	for n <= ahead {
		n *= 2
	}
	return calendar[T]{slots: make([][]T, n), mask: n - 1}
}

func (c *calendar[T]) add(cycle int64, v T) {
	slot := &c.slots[cycle&c.mask]
	*slot = append(*slot, v)
	c.pending++
}

// take empties the list of a cycle. It is valid until something is added that is due a
// full circle later.
func (c *calendar[T]) take(cycle int64) []T {
	slot := &c.slots[cycle&c.mask]
	due := *slot
	if len(due) > 0 {
		*slot = due[:0]
		c.pending -= int64(len(due))
	}
	return due
}

// next is the first cycle after now with an entry, or never.
func (c *calendar[T]) next(now int64) int64 {
	if c.pending == 0 {
		return never
	}
	for cycle := now + 1; ; cycle++ {
		if len(c.slots[cycle&c.mask]) > 0 {
			return cycle
		}
	}
}
