package bank

// writeSet is the set of bursts with a write waiting: a hash table with linear
// probing, twice as large as it ever must hold.
type writeSet struct {
	keys []uint64 // burst + 1; 0 is free
	mask uint64
}

func newWriteSet(n int) writeSet {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return writeSet{keys: make([]uint64, size), mask: uint64(size - 1)}
}

func (s *writeSet) slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 32 & s.mask }

func (s *writeSet) has(burst uint64) bool {
	for i := s.slot(burst + 1); s.keys[i] != 0; i = (i + 1) & s.mask {
		if s.keys[i] == burst+1 {
			return true
		}
	}
	return false
}

func (s *writeSet) add(burst uint64) {
	i := s.slot(burst + 1)
	for s.keys[i] != 0 {
		i = (i + 1) & s.mask
	}
	s.keys[i] = burst + 1
}

// remove takes out a burst that is there, and moves up those that it had pushed on.
func (s *writeSet) remove(burst uint64) {
	hole := s.slot(burst + 1)
	for s.keys[hole] != burst+1 {
		hole = (hole + 1) & s.mask
	}
	for i := (hole + 1) & s.mask; s.keys[i] != 0; i = (i + 1) & s.mask {
		home := s.slot(s.keys[i])
		if (i-home)&s.mask >= (i-hole)&s.mask {
			s.keys[hole], hole = s.keys[i], i
		}
	}
	s.keys[hole] = 0
}
