package stats

const (
	// MaxWindows is how many windows a run is cut into at most; there are at least half
	// as many once it has lasted for MaxWindows x FirstWindowCycles.
	MaxWindows = 256
	// FirstWindowCycles is the length of a window at first.
	FirstWindowCycles = 64
)

// Windows says when what a set of counters has counted came about. Its memory is
// bounded by MaxWindows numbers per counter.
type Windows struct {
	end      int64
	length   int64
	counters []windowed
}

// windowed is a counter cut into windows.
type windowed struct {
	counts []int64 // nil while the counter stands at 0
	noted  int64
}

// NewWindows returns the windows of some counters that stand at 0.
func NewWindows(counters int) *Windows {
	return &Windows{length: FirstWindowCycles, end: FirstWindowCycles, counters: make([]windowed, counters)}
}

// Length is the length of the windows so far, in cycles.
func (w *Windows) Length() int64 { return w.length }

// EndCycle is the end of the present window. Whoever counts something at or after
// it calls Note for every counter first, and then Advance: until then nothing has
// to be done, so that a count costs a comparison.
func (w *Windows) EndCycle() int64 { return w.end }

// Note puts what a counter, now at total, has gained into the present window.
func (w *Windows) Note(counter int, total int64) {
	c := &w.counters[counter]
	gain := total - c.noted
	if gain == 0 {
		return
	}
	if c.counts == nil {
		c.counts = make([]int64, MaxWindows)
	}
	c.counts[w.end/w.length-1] += gain
	c.noted = total
}

// Advance makes the window of a cycle the present one and returns its end.
func (w *Windows) Advance(cycle int64) (end int64) {
	for cycle >= MaxWindows*w.length {
		w.length *= 2
		for i := range w.counters {
			fold(w.counters[i].counts)
		}
	}
	w.end = (cycle/w.length + 1) * w.length
	return w.end
}

// fold makes windows twice as long.
func fold(counts []int64) {
	for i := range len(counts) / 2 {
		counts[i] = counts[2*i] + counts[2*i+1]
	}
	clear(counts[len(counts)/2:])
}

// LengthFor is the length of the windows of a run of so many cycles.
func LengthFor(cycles int64) int64 {
	length := int64(FirstWindowCycles)
	for cycles > MaxWindows*length {
		length *= 2
	}
	return length
}

// Series is what a counter, now at total, has gained in each window of a length,
// which is FirstWindowCycles times a power of two and not below Length.
func (w *Windows) Series(counter int, total, length int64) []int64 {
	c := &w.counters[counter]
	out := make([]int64, MaxWindows)
	copy(out, c.counts)
	out[w.end/w.length-1] += total - c.noted
	for l := w.length; l < length; l *= 2 {
		fold(out)
	}
	last := len(out)
	for last > 0 && out[last-1] == 0 {
		last--
	}
	return out[:last]
}
