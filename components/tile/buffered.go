package tile

import (
	"errors"
	"fmt"
)

// Buffers are the memories that feed a single array: one for each operand and one
// for the results, all alike. Each is double-buffered: one half is filled (or
// emptied) while the array works on the other.
type Buffers struct {
	// Elements is the size of each, both halves together.
	Elements int64
	// ElementsPerCycle is the rate from, or to, the memory behind each.
	ElementsPerCycle int64
}

const (
	minBuffer = 2
	maxBuffer = 1 << 40
	// maxDimension keeps products of sizes in an int64.
	maxDimension = 1 << 20
	// maxWalkCycles bounds the time that a walk takes, some 40 ns per cycle, to minutes.
	maxWalkCycles = 1 << 32
)

// Validate reports every field out of range, joined.
func (b Buffers) Validate() error {
	var errs []error
	if b.Elements < minBuffer || b.Elements > maxBuffer {
		errs = append(errs, fmt.Errorf("a buffer of %d elements, want %d to %d", b.Elements, int64(minBuffer), int64(maxBuffer)))
	}
	if b.ElementsPerCycle < 1 || b.ElementsPerCycle > maxBuffer {
		errs = append(errs, fmt.Errorf("%d elements per cycle, want 1 to %d", b.ElementsPerCycle, int64(maxBuffer)))
	}
	return errors.Join(errs...)
}

// Buffered is what a GEMM takes on one array behind Buffers.
type Buffered struct {
	// Cycles is the time from the first operand at the array to the last result,
	// StallCycles the part of it in which the array waits. SCALE-Sim reports one
	// cycle less than Cycles.
	Cycles, StallCycles int64
	// PrefetchCycles go by before, while half a buffer of each operand is fetched,
	// and DrainCycles after, until the last result has left its buffer.
	PrefetchCycles, DrainCycles int64
	// FetchedA and FetchedB are the elements of each operand that are fetched, as
	// whole bursts, and Written those of the result.
	FetchedA, FetchedB, Written int64
}

// Buffered estimates a product of an m x k by a k x n matrix on a single array
// behind buffers: in the mapping scalesim by a walk over every cycle, in the others
// by formula, with operands that the next fold needs fetched during this one. It is
// an error if the sizes or the buffers are out of range, or if there are more arrays.
func (t *Timing) Buffered(m, k, n int64, b Buffers) (Buffered, error) {
	if err := b.Validate(); err != nil {
		return Buffered{}, err
	}
	if t.arrays != 1 {
		return Buffered{}, fmt.Errorf("buffers feed one array, not %d", t.arrays)
	}
	for _, size := range [...]int64{m, k, n} {
		if size < 1 || size > maxDimension {
			return Buffered{}, fmt.Errorf("a GEMM of %d x %d x %d, want 1 to %d each", m, k, n, int64(maxDimension))
		}
	}
	g := t.shape(m, k, n, 1)
	if t.spec.Mapping != ScaleSim {
		return t.fed(&g, b), nil
	}
	length := t.FirstFold(g.stream)
	if folds := g.rowFolds * g.colFolds; folds > maxWalkCycles/length {
		return Buffered{}, fmt.Errorf("%d folds of %d cycles are too many to walk through, want at most %d cycles", folds, length, int64(maxWalkCycles))
	}
	return t.newWalk(g, b).run(), nil
}

// fed is the formula: every fold but the first, whose operands are there at the
// start, takes the time of the array or that of the slowest transfer.
func (t *Timing) fed(g *shape, b Buffers) Buffered {
	e := t.Gemm(g.m, g.k, g.n, 1)
	half := b.Elements / 2
	folds := e.Folds
	traffic := t.Traffic(g.m, g.k, g.n, 1, e)
	f := Buffered{Cycles: e.Cycles, Written: traffic.Results + traffic.Sums}
	// Folds follow each other along the rows first. What they have in common, the
	// operand of the columns, is fetched once if that of a fold fits; the other one
	// once if it fits as a whole, else once for each column of folds.
	rows, cols := g.rowDim*g.stream, g.colDim*g.stream
	if rows > half {
		rows *= g.colFolds
	}
	if t.spec.Dataflow != OutputStationary {
		cols = g.rowDim * g.colDim * e.Splits * e.Blocks // each fold's own
	} else if t.cols*g.stream > half {
		cols *= g.rowFolds
	}
	f.FetchedA, f.FetchedB = rows, cols
	if t.spec.Dataflow == InputStationary {
		f.FetchedA, f.FetchedB = cols, rows
	}
	transfer := ceilDiv(ceilDiv(max(rows, cols, f.Written), folds), b.ElementsPerCycle)
	f.StallCycles = (folds - 1) * max(0, transfer-t.NextFold(e.Stream))
	f.Cycles += f.StallCycles
	f.PrefetchCycles = ceilDiv(min(half, max(t.rows, t.cols)*e.Stream), b.ElementsPerCycle)
	f.DrainCycles = ceilDiv(ceilDiv(f.Written, folds), b.ElementsPerCycle)
	return f
}
