package engine

import (
	"math/bits"

	"mozart/interconnect/port"
)

const (
	wordBits = 64
	// ringSlots is the square of the word size, so that one summary word covers the
	// bitmap.
	ringSlots = wordBits * wordBits
)

// ring is one level of the wheel: lists of events at ringSlots positions in a
// row, one list a slot, and a two-level bitmap that finds the next list.
//
// Lists are last in, first out: adding an event then touches no other one, and
// has no branch that could be mispredicted. Whoever takes a list turns it
// around.
type ring struct {
	// summary has a bit for every word of busy that is not zero, busy one for
	// every slot that is not empty.
	summary uint64
	busy    [wordBits]uint64
	slots   [ringSlots]*port.Wake
}

// link adds an event at a position.
func (r *ring) link(pos int64, ev *port.Wake) {
	slot := uint64(pos) % ringSlots
	ev.Next = r.slots[slot]
	r.slots[slot] = ev
	r.busy[slot/wordBits] |= 1 << (slot % wordBits)
	r.summary |= 1 << (slot / wordBits)
}

// next is the first position that has events, of the ringSlots from from on, or
// never.
func (r *ring) next(from int64) int64 {
	if b := r.close(from); b != 0 {
		return from + int64(bits.TrailingZeros64(b))
	}
	return r.later(from)
}

// close is the part of the word of a position that does not lie before it, as a
// bitmap whose lowest bit is the position.
func (r *ring) close(from int64) uint64 {
	slot := uint64(from) % ringSlots
	return r.busy[slot/wordBits] >> (slot % wordBits)
}

// later is next if the word of from has nothing close.
func (r *ring) later(from int64) int64 {
	// The word itself comes last: what it has left is a turn later.
	word := uint64(from)%ringSlots/wordBits + 1
	words := bits.RotateLeft64(r.summary, -int(word))
	if words == 0 {
		return never
	}
	word = (word + uint64(bits.TrailingZeros64(words))) % wordBits
	pos := int64(word*wordBits) + int64(bits.TrailingZeros64(r.busy[word]))
	return from + (pos-from)&(ringSlots-1)
}

// has reports whether there are events at a position.
func (r *ring) has(pos int64) bool {
	return r.close(pos)&1 != 0
}

// peek is what take would return.
func (r *ring) peek(pos int64) *port.Wake { return r.slots[uint64(pos)%ringSlots] }

// take empties a position that has events and returns them.
func (r *ring) take(pos int64) *port.Wake {
	slot := uint64(pos) % ringSlots
	list := r.slots[slot]
	r.slots[slot] = nil
	word := slot / wordBits
	busy := r.busy[word] &^ (1 << (slot % wordBits))
	r.busy[word] = busy
	// Without a branch: when few events are scheduled, it would often be
	// mispredicted.
	idle := uint64(0)
	if busy == 0 {
		idle = 1
	}
	r.summary &^= idle << word
	return list
}

// putBack adds a list, first in, first out, as if it had come before all events
// of its position.
func (r *ring) putBack(pos int64, list *port.Wake) {
	later := reverse(r.take(pos))
	for _, l := range [...]*port.Wake{list, later} {
		for l != nil {
			next := l.Next
			r.link(pos, l)
			l = next
		}
	}
}

// reverse turns a list around.
func reverse(list *port.Wake) *port.Wake {
	var turned *port.Wake
	for list != nil {
		list, list.Next, turned = list.Next, turned, list
	}
	return turned
}
