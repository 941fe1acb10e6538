package tile

import "math/bits"

// steps is a GEMM fold by fold, as fidelity tile runs it. All arrays work on a fold at
// the same time; when the last jobs do not fill all arrays, the others rest.
type steps struct {
	// count steps of group folds each; the last one has what is left of folds.
	count, group, folds int64
	// next is what a fold adds, drain what the last one takes beyond that, add the time
	// of the vector unit for partial sums of different arrays.
	next, drain, add int64
	// read and write are the bytes of all folds, tailRead and tailWrite those of the
	// partial sums that are added at the end and of what that gives.
	read, write         int64
	tailRead, tailWrite int64
	// In each of rounds, perRound folds follow each other on the same arrays: on all of
	// them but in the last round.
	perRound, rounds int64
	all, busiest     arrays
	jobFolds         int64 // over all arrays
}

// arrays is how many arrays work, in every round but the last and in the last.
type arrays struct{ often, last int64 }

const (
	// maxSteps bounds the events of an op. A GEMM with more folds moves several at a time.
	maxSteps = 4096
	// stepCycles is what the buffers at the edge of an array hold at least, one half of
	// them: operands of shorter folds move several folds at a time. It covers the way to
	// the SRAM and back.
	stepCycles = 64
)

// steps cuts count products of an m x k by a k x n matrix that were estimated as e,
// which has FLOPs.
func (t *Timing) steps(m, k, n, count int64, e *Estimate) steps {
	g := t.shape(m, k, n, count)
	p := t.planOf(&g, e.Mapping, e.Splits)
	s := steps{
		folds: e.Folds, perRound: p.folds * e.Blocks, rounds: ceilDiv(p.jobs, t.arrays),
		next: t.NextFold(e.Stream), read: e.ReadBytes, write: e.WriteBytes,
	}
	s.drain = t.FirstFold(e.Stream) - s.next
	s.add = e.Cycles - s.drain - s.folds*s.next
	if parts := t.parts(&g, p); parts > 1 {
		results := m * n * count
		s.tailRead, s.tailWrite = parts*results*t.sum, results*t.element
		s.read -= s.tailRead
		s.write -= s.tailWrite
	}
	last := p.jobs - (s.rounds-1)*t.arrays
	s.all = arrays{t.arrays, last}
	s.busiest = arrays{int64(t.spec.ArraysPerTile), ceilDiv(last, int64(t.spec.Tiles))}
	s.jobFolds = p.jobs * s.perRound
	s.group = min(s.folds, max(ceilDiv(s.folds, maxSteps), stepCycles/s.next, 1))
	s.count = ceilDiv(s.folds, s.group)
	return s
}

// before is the number of folds before step i.
func (s *steps) before(i int64) int64 { return min(s.folds, i*s.group) }

// cycles is the time of the arrays for step i, the end of the last one aside.
func (s *steps) cycles(i int64) int64 { return (s.before(i+1) - s.before(i)) * s.next }

// share is what of a number of bytes of all folds belongs to step i, over all tiles and
// in the busiest one. The shares of all steps add up to it.
func (s *steps) share(bytes, i int64) (all, busiest int64) {
	from, to := s.before(i), s.before(i+1)
	part := func(a arrays) int64 {
		return mulDiv(bytes, s.jobs(to, a), s.jobFolds) - mulDiv(bytes, s.jobs(from, a), s.jobFolds)
	}
	return part(s.all), part(s.busiest)
}

// jobs is the number of folds that arrays have run when each has run so many.
func (s *steps) jobs(folds int64, a arrays) int64 {
	whole := min(folds, (s.rounds-1)*s.perRound)
	return whole*a.often + (folds-whole)*a.last
}

// mulDiv is a * b / c rounded down, for b <= c.
func mulDiv(a, b, c int64) int64 {
	if b == c {
		return a
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(high, low, uint64(c))
	return int64(q)
}
