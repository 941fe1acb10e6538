package engine

import (
	"math"
	"math/bits"

	"mozart/interconnect/port"
)

const (
	// blockKeys is how many keys one position of the outer ring stands for.
	blockKeys = 512
	// nearBlocks is how many blocks the inner ring holds, that of the present
	// cycle included.
	nearBlocks = ringSlots / blockKeys
	// nearKeys is how far ahead of the present cycle a key is in one of them
	// wherever in its block the present cycle is.
	nearKeys = (nearBlocks - 1) * blockKeys

	// maxCycle is the last one that has keys.
	maxCycle = 1<<61 - 1
	// never is later than any cycle, block and key.
	never = math.MaxInt64
)

// wheel holds scheduled events by key (port.Wake.Key). With base the primary key
// of the present cycle and b = base/blockKeys, the events
//
//   - of the blocks b to b+nearBlocks-1 are in near, by key;
//   - of the blocks up to b+ringSlots-1 are in outer, by block;
//   - of all others are in far.
//
// turn must be told whenever base grows beyond due, before anything is pushed.
type wheel struct {
	near  ring
	outer ring
	far   farHeap

	// rest is what is left of the list of restKey that has been taken out of near,
	// first in, first out.
	rest    *port.Wake
	restKey int64
}

// push adds an event behind all others of its key, which must not be before
// base. It returns the last base that needs no turn for it.
func (w *wheel) push(base int64, ev *port.Wake) int64 {
	block := ev.Key / blockKeys
	switch ahead := block - base/blockKeys; {
	case ahead < nearBlocks:
		w.near.link(ev.Key, ev)
		return never
	case ahead < ringSlots:
		w.outer.link(block, ev)
		return lastBefore(block - nearBlocks + 1)
	default:
		w.far.push(ev)
		return lastBefore(block - ringSlots + 1)
	}
}

// lastBefore is the last key before those of a block.
func lastBefore(block int64) int64 { return block*blockKeys - 1 }

// take removes and returns the events of the first key, last in, first out, and
// the key, if that is in near and not beyond horizon. Otherwise it returns nil.
func (w *wheel) take(base, horizon int64) (*port.Wake, int64) {
	var key int64
	// This is near.next, which is too large to be inlined.
	if b := w.near.close(base); b != 0 {
		key = base + int64(bits.TrailingZeros64(b))
	} else {
		key = w.near.later(base)
	}
	if key > horizon {
		return nil, key
	}
	return w.near.take(key), key
}

// settle puts the rest back where it was taken from.
func (w *wheel) settle() {
	if w.rest != nil {
		w.near.putBack(w.restKey, w.rest)
		w.rest = nil
	}
}

// next is the earliest key that has an event, or never.
func (w *wheel) next(base int64) int64 {
	w.settle()
	if key := w.near.next(base); key != never {
		return key
	}
	block := w.outer.next(base / blockKeys)
	if block == never {
		return w.far.next()
	}
	key := int64(never)
	for ev := w.outer.peek(block); ev != nil; ev = ev.Next {
		key = min(key, ev.Key)
	}
	return key
}

// due is the last base that needs no turn.
func (w *wheel) due(base int64) int64 {
	due := int64(never)
	if block := w.outer.next(base / blockKeys); block != never {
		due = lastBefore(block - nearBlocks + 1)
	}
	if key := w.far.next(); key != never {
		due = min(due, lastBefore(key/blockKeys-ringSlots+1))
	}
	return due
}

// turn moves inwards what has come within reach. Events that are pushed to the
// same keys afterwards queue behind.
func (w *wheel) turn(base int64) {
	present := base / blockKeys
	for w.far.next()/blockKeys-present < ringSlots {
		ev := w.far.pop()
		w.outer.link(ev.Key/blockKeys, ev)
	}
	for {
		block := w.outer.next(present)
		if block-present >= nearBlocks {
			return
		}
		for ev := reverse(w.outer.take(block)); ev != nil; {
			next := ev.Next
			w.near.link(ev.Key, ev)
			ev = next
		}
	}
}
