package engine

import (
	"math"
	"math/bits"

	"mozart/interconnect/port"
)

const (
	// wheelSlots is how many cycles the wheel looks ahead. It is the square of
	// the word size, so that one summary word covers the bitmap.
	wheelSlots = wordBits * wordBits
	slotMask   = wheelSlots - 1
	wordBits   = 64
	wordShift  = 6

	// never is later than any cycle.
	never = math.MaxInt64
)

// wheel holds scheduled events by cycle. With the present cycle p, the events
// of cycles p to p+wheelSlots-1 are in slots, one cycle a slot; later ones are
// in far. turn must be told whenever p grows, before anything is pushed.
type wheel struct {
	// slots hold the last event of a circular list whose order is first in,
	// first out; nil is an empty list.
	slots [wheelSlots]*port.Wake
	// busy has a bit for every slot that is not empty, summary one for every
	// word of busy that is not zero.
	busy    [wordBits]uint64
	summary uint64
	far     farHeap
}

// push adds an event behind all others of its cycle.
func (w *wheel) push(present, cycle int64, ev *port.Wake) {
	if cycle-present >= wheelSlots {
		w.far.push(cycle, ev)
		return
	}
	w.link(cycle, ev)
}

func (w *wheel) link(cycle int64, ev *port.Wake) {
	slot := cycle & slotMask
	last := w.slots[slot]
	w.slots[slot] = ev
	if last != nil {
		ev.Next = last.Next
		last.Next = ev
		return
	}
	ev.Next = ev
	w.busy[slot>>wordShift] |= 1 << (slot & (wordBits - 1))
	w.summary |= 1 << (slot >> wordShift)
}

// take removes and returns the first event of the present cycle, or nil.
func (w *wheel) take(present int64) *port.Wake {
	slot := present & slotMask
	last := w.slots[slot]
	if last == nil {
		return nil
	}
	first := last.Next
	if first != last {
		last.Next = first.Next
		return first
	}
	w.slots[slot] = nil
	word := slot >> wordShift
	w.busy[word] &^= 1 << (slot & (wordBits - 1))
	if w.busy[word] == 0 {
		w.summary &^= 1 << word
	}
	return first
}

// next is the earliest cycle that has an event, or never.
func (w *wheel) next(present int64) int64 {
	if w.summary == 0 {
		return w.far.next()
	}
	slot := w.firstBusy(uint64(present) & slotMask)
	return present + (slot-present)&slotMask
}

// firstBusy is the first slot that is not empty from slot from on, wrapping
// around. There must be one.
func (w *wheel) firstBusy(from uint64) int64 {
	word := from >> wordShift
	if b := w.busy[word] >> (from & (wordBits - 1)); b != 0 {
		return int64(from) + int64(bits.TrailingZeros64(b))
	}
	// Later words come first; without one, the search wraps around, and may end
	// in the part of the first word that lies before from.
	s := w.summary &^ (2<<word - 1)
	if s == 0 {
		s = w.summary
	}
	i := bits.TrailingZeros64(s)
	return int64(i<<wordShift + bits.TrailingZeros64(w.busy[i]))
}

// turn moves into the wheel what has come within its reach. Events that are
// pushed to the same cycles afterwards queue behind.
func (w *wheel) turn(present int64) {
	for w.far.next()-present < wheelSlots {
		cycle, ev := w.far.pop()
		w.link(cycle, ev)
	}
}
