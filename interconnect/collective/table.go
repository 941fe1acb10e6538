package collective

// sumKey names the sum that a contribution belongs to.
type sumKey struct{ op, token int32 }

// progress is what is known of a sum that is not finished.
type progress struct {
	key  sumKey
	used bool
	// left is the number of packets still to come.
	left uint16
	// slot is the entry that holds the partial sum, or noSlot after an eviction.
	slot int32
}

const noSlot = -1

// table maps keys to progress by open addressing with linear probing. Its size
// is a power of two and at most half of it is in use. Pointers into it hold until
// the next insert or remove.
type table struct {
	cells []progress
	used  int
	shift uint
}

func newTable(entries int) table {
	t := table{shift: 63}
	for 1<<(64-t.shift) < 2*entries {
		t.shift--
	}
	t.cells = make([]progress, 1<<(64-t.shift))
	return t
}

// home is the cell where a key would best lie: Fibonacci hashing, which spreads
// the consecutive tokens of an op.
func (t *table) home(k sumKey) int {
	packed := uint64(uint32(k.op))<<32 | uint64(uint32(k.token))
	return int((packed * 0x9E3779B97F4A7C15) >> t.shift)
}

func (t *table) find(k sumKey) *progress {
	mask := len(t.cells) - 1
	for i := t.home(k); t.cells[i].used; i = (i + 1) & mask {
		if t.cells[i].key == k {
			return &t.cells[i]
		}
	}
	return nil
}

// insert adds a key that is not in the table.
func (t *table) insert(k sumKey, left uint16) *progress {
	if 2*(t.used+1) > len(t.cells) {
		t.grow()
	}
	mask := len(t.cells) - 1
	i := t.home(k)
	for t.cells[i].used {
		i = (i + 1) & mask
	}
	t.cells[i] = progress{key: k, used: true, left: left, slot: noSlot}
	t.used++
	return &t.cells[i]
}

// remove takes a key out and moves back those that were pushed past its cell, so
// that probing never meets a hole.
func (t *table) remove(k sumKey) {
	mask := len(t.cells) - 1
	hole := t.home(k)
	for t.cells[hole].key != k || !t.cells[hole].used {
		hole = (hole + 1) & mask
	}
	t.used--
	for i := (hole + 1) & mask; t.cells[i].used; i = (i + 1) & mask {
		if (i-t.home(t.cells[i].key))&mask >= (i-hole)&mask {
			t.cells[hole] = t.cells[i]
			hole = i
		}
	}
	t.cells[hole] = progress{}
}

func (t *table) grow() {
	old := t.cells
	t.shift--
	t.cells = make([]progress, 2*len(old))
	t.used = 0
	for _, c := range old {
		if c.used {
			*t.insert(c.key, c.left) = c
		}
	}
}
