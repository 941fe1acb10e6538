package tile

import "sort"

// order is the order in which the elements of an operand are fetched, and what of
// it a fold asks for.
type order interface {
	// size is the number of elements, padded the number with those that pad the
	// last fold to the width of the array.
	size() (elements, padded int64)
	// enter begins the fold at those numbers.
	enter(col, row int64)
	// asks returns the range of elements that the current fold reads in a cycle; ok
	// is false if there is none.
	asks(at int64) (first, last int64, ok bool)
	// span is the range of cycles [from, to) in which the current fold reads, in each
	// of them, and whether its elements come in the order of the fetch or against it.
	span() (from, to int64, ascending bool)
}

// stream is an operand that streams through the array, skewed: in each fold, lane c
// reads its element t-c in cycle t. Its folds lie one below the other in a matrix
// of the array's width, which is fetched along its diagonals, as a fold reads it.
type stream struct {
	length, width, delay int64
	folds, lastWidth     int64 // lastWidth is that of the last fold
	fold                 int64
}

// newStream is an operand of size lanes, each of length elements, on an array with
// so many lanes, whose folds begin to read after delay cycles.
func newStream(length, size, lanes, delay int64) *stream {
	folds := ceilDiv(size, lanes)
	return &stream{length: length, width: lanes, delay: delay, folds: folds, lastWidth: size - (folds-1)*lanes}
}

// before is the number of elements on the diagonals before one: in lane c, as many
// as diagonal - c, but not more than the lane has.
func (s *stream) before(diagonal int64) int64 {
	whole := s.folds * s.length // lanes that the last fold fills
	return ramp(diagonal, whole) - ramp(diagonal-s.lastWidth, whole) +
		ramp(diagonal-s.lastWidth, whole-s.length) - ramp(diagonal-s.width, whole-s.length)
}

// ramp is the sum of min(i, most) for i from 1 to n. It may overflow, but differences
// that fit an int64 come out right.
func ramp(n, most int64) int64 {
	switch {
	case n <= 0:
		return 0
	case n > most:
		return triangle(most) + (n-most)*most
	}
	return triangle(n)
}

// triangle is the sum of 1 to n.
func triangle(n int64) int64 {
	if n%2 == 0 {
		return n / 2 * (n + 1)
	}
	return n * ((n + 1) / 2)
}

// absent is the number of places between lanes first and last of a diagonal that
// the last fold does not fill.
func (s *stream) absent(first, last, diagonal int64) int64 {
	return max(0, min(last, diagonal-(s.folds-1)*s.length)-max(first, s.lastWidth)+1)
}

func (s *stream) size() (elements, padded int64) {
	return ((s.folds-1)*s.width + s.lastWidth) * s.length, s.folds * s.length * s.width
}

func (s *stream) enter(col, _ int64) { s.fold = col }

func (s *stream) lanes() int64 {
	if s.fold == s.folds-1 {
		return s.lastWidth
	}
	return s.width
}

func (s *stream) span() (from, to int64, ascending bool) {
	return s.delay, s.delay + s.length + s.lanes() - 1, true
}

func (s *stream) asks(at int64) (first, last int64, ok bool) {
	t := at - s.delay
	from, to := max(0, t-s.length+1), min(s.lanes()-1, t)
	if t < 0 || from > to {
		return 0, 0, false
	}
	d := s.fold*s.length + t
	start := max(0, d-s.folds*s.length+1) // the first lane of the diagonal
	first = s.before(d) + from - start - s.absent(start, from-1, d)
	return first, first + to - from, true
}

// resident is an operand that is moved into the array before a fold, last row
// first. Its columns of folds lie one below the other in a matrix of the array's
// width, which is fetched row by row.
type resident struct {
	rows, cols    int64 // of the operand
	height, width int64 // of the array
	col, row      int64 // of the fold
}

func (r *resident) size() (elements, padded int64) {
	return r.rows * r.cols, r.rows * ceilDiv(r.cols, r.width) * r.width
}

func (r *resident) enter(col, row int64) { r.col, r.row = col, row }

func (r *resident) span() (from, to int64, ascending bool) {
	return max(0, (r.row+1)*r.height-r.rows), r.height, false
}

func (r *resident) asks(at int64) (first, last int64, ok bool) {
	row := (r.row+1)*r.height - 1 - at
	if at >= r.height || row >= r.rows {
		return 0, 0, false
	}
	width := min(r.width, r.cols-r.col*r.width)
	first = r.col*r.width*r.rows + row*width
	return first, first + width - 1, true
}

// operand is the buffer of an operand: lots in the order of the fetch, of which a
// window can be read.
type operand struct {
	order
	lot           int64 // elements
	lots          int64
	start, window int64 // first lot and number of lots that can be read
	step          int64 // lots that a fetch moves the window on by
	fetchCycles   int64 // of a fetch
	fetchElements int64
	ready         int64 // cycle in which the last fetch ended
	// quiet is the first cycle of the fold that may read outside of the window.
	quiet int64

	firstCycles int64 // of the fetch before the first cycle
	fetched     int64 // elements, in whole bursts
}

// lotsPerBuffer is the number of lots that a buffer is divided into.
const lotsPerBuffer = 100

func newOperand(o order, b Buffers) operand {
	elements, padded := o.size()
	half := (b.Elements + 1) / 2
	p := operand{order: o, lot: ceilDiv(b.Elements, lotsPerBuffer), ready: -1}
	p.lots = elements/p.lot + 1
	p.window = min(p.lots, ceilDiv(half, p.lot))
	p.step = min(p.lots-p.window, ceilDiv(b.Elements-half, p.lot))
	bursts := ceilDiv(b.Elements-half, b.ElementsPerCycle)
	p.fetchCycles, p.fetchElements = bursts+1, bursts*b.ElementsPerCycle
	first := min(ceilDiv(half, b.ElementsPerCycle), ceilDiv(padded, b.ElementsPerCycle))
	p.firstCycles, p.fetched = first, first*b.ElementsPerCycle
	return p
}

// enter begins a fold.
func (p *operand) enter(col, row int64) {
	p.order.enter(col, row)
	p.quiet = p.next(0)
}

// wait is how long the array waits for what a cycle of the fold reads.
func (p *operand) wait(at, now int64) int64 {
	if at < p.quiet {
		return 0
	}
	first, last, ok := p.asks(at)
	if !ok {
		return 0
	}
	served := now
	for lot := first / p.lot; lot <= last/p.lot; lot++ {
		for !p.holds(lot) {
			served = p.fetch(served)
		}
	}
	p.quiet = p.next(at + 1)
	return served - now
}

// past is how many lots after the start of the window a lot is. The window goes
// round: after the last lot comes the first.
func (p *operand) past(lot int64) int64 {
	if lot < p.start {
		return lot - p.start + p.lots
	}
	return lot - p.start
}

// holds says whether a lot can be read.
func (p *operand) holds(lot int64) bool { return p.past(lot) < p.window }

// fetch moves the window on and returns when what is read at cycle now is served.
func (p *operand) fetch(now int64) int64 {
	p.start = (p.start + p.step) % p.lots
	p.ready += p.fetchCycles
	p.fetched += p.fetchElements
	served := p.ready - 1 // a cycle later, which every element takes that is there
	if served > now {
		served += served - now
	}
	return served
}

// next is the first cycle of the fold, from at on, that reads outside of the
// window. Within a fold elements come in one direction, so that the cycle in which
// they leave the window is found by bisection.
func (p *operand) next(at int64) int64 {
	from, to, ascending := p.span()
	at = max(at, from)
	if at >= to || p.window == p.lots {
		return to
	}
	first, last, _ := p.asks(at)
	low, high := first/p.lot, last/p.lot
	for lot := low; lot <= high; lot++ {
		if !p.holds(lot) {
			return at
		}
	}
	if ascending {
		left := p.window - 1 - p.past(low)
		return p.until(at, to, func(_, last int64) bool { return last/p.lot-low > left })
	}
	left := p.past(high)
	return p.until(at, to, func(first, _ int64) bool { return high-first/p.lot > left })
}

// until is the first cycle between from and to, to itself if there is none, for
// whose elements it is true that they have left the window.
func (p *operand) until(from, to int64, left func(first, last int64) bool) int64 {
	return from + int64(sort.Search(int(to-from), func(i int) bool {
		first, last, _ := p.asks(from + int64(i))
		return left(first, last)
	}))
}
