package stats

import "math"

// Buffer watches the level of a first-in-first-out buffer by what has left it. The
// zero value is an empty buffer at cycle 0.
type Buffer struct {
	// left is a ring of what was still there when the last one that has left came.
	left      []departure
	head, len int
	// level is how much there is from cycle since on, of all that has left.
	level, since int64
	levels       Histogram
}

type departure struct{ cycle, amount int64 }

// Pass counts an amount that was there from a cycle on until another, which is later,
// both not before those of the call before.
func (b *Buffer) Pass(from, to, amount int64) {
	b.leaveUntil(from)
	b.advance(from)
	b.level += amount
	if b.len == len(b.left) {
		b.left, b.head = grown(b.left, b.head), 0
	}
	b.left[(b.head+b.len)&(len(b.left)-1)] = departure{to, amount}
	b.len++
}

// leaveUntil takes out what leaves up to a cycle.
func (b *Buffer) leaveUntil(cycle int64) {
	for b.len > 0 {
		first := b.left[b.head&(len(b.left)-1)]
		if first.cycle > cycle {
			return
		}
		b.advance(first.cycle)
		b.level -= first.amount
		b.head++
		b.len--
	}
}

// advance accounts for the time up to a cycle.
func (b *Buffer) advance(cycle int64) {
	if b.level > 0 && cycle > b.since {
		b.levels.Add(b.level, cycle-b.since)
	}
	b.since = cycle
}

// Level is the time in cycles for which so much was in the buffer, of all that has
// left, as a copy. The time in which it was empty is left out.
func (b *Buffer) Level() Histogram {
	c := *b
	c.left = append([]departure(nil), b.left...)
	c.levels = b.levels.Clone()
	c.leaveUntil(math.MaxInt64)
	return c.levels.Clone()
}
