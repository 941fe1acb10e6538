package engine

import "mozart/interconnect/port"

// farHeap is a four-way heap of events ordered by key, then by arrival.
type farHeap struct {
	entries []farEntry
	pushed  uint64
}

// farEntry repeats the key, so that a comparison does not touch the event.
type farEntry struct {
	key int64
	seq uint64
	ev  *port.Wake
}

func (a farEntry) before(b farEntry) bool {
	return a.key < b.key || a.key == b.key && a.seq < b.seq
}

// next is the earliest key held, or never.
func (h *farHeap) next() int64 {
	if len(h.entries) == 0 {
		return never
	}
	return h.entries[0].key
}

func (h *farHeap) push(ev *port.Wake) {
	x := farEntry{key: ev.Key, seq: h.pushed, ev: ev}
	h.pushed++
	h.entries = append(h.entries, x)
	i := len(h.entries) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !x.before(h.entries[up]) {
			break
		}
		h.entries[i] = h.entries[up]
		i = up
	}
	h.entries[i] = x
}

// pop removes and returns the first event. The heap must not be empty.
func (h *farHeap) pop() *port.Wake {
	first := h.entries[0]
	end := len(h.entries) - 1
	x := h.entries[end]
	h.entries[end] = farEntry{}
	h.entries = h.entries[:end]
	if end > 0 {
		h.sink(x)
	}
	return first.ev
}

// sink puts x in the place of the root that has gone.
func (h *farHeap) sink(x farEntry) {
	i := 0
	for {
		child := 4*i + 1
		if child >= len(h.entries) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(h.entries)); c++ {
			if h.entries[c].before(h.entries[least]) {
				least = c
			}
		}
		if !h.entries[least].before(x) {
			break
		}
		h.entries[i] = h.entries[least]
		i = least
	}
	h.entries[i] = x
}
