package tile

import (
	"fmt"
	"math"

	"mozart/configs/units"
)

// Estimate is what the tile array alone can say about one op.
type Estimate struct {
	// Cycles is the time the arrays (or lanes) work, adding of partial sums
	// included. PortCycles is the time the SRAM port of the busiest tile works.
	Cycles, PortCycles int64
	// ReadBytes and WriteBytes cross between SRAM and the arrays. FillBytes, a
	// part of ReadBytes, must be there before the first multiplication.
	ReadBytes, WriteBytes, FillBytes int64
	// FLOPs is two for each multiplication and addition of the GEMM; for vector
	// work it is operations.
	FLOPs int64
	// Utilization is FLOPs over peak FLOPs in Cycles; 0 for vector work.
	Utilization float64
	// Mapping is the one used, with the number of Splits of the streaming
	// dimension over arrays and of Blocks that it is cut into for capacity.
	Mapping        Mapping
	Splits, Blocks int64
}

// SRAMBytes is all that crosses between SRAM and the arrays.
func (e Estimate) SRAMBytes() int64 { return e.ReadBytes + e.WriteBytes }

// Timing is the closed-form part of a tile array at one clock. It is read only:
// one value may serve any number of goroutines.
type Timing struct {
	spec     Spec
	arrays   int64
	rows     int64
	cols     int64
	element  int64
	sum      int64
	halfSRAM int64 // bytes
	tileBits int64 // of a tile's SRAM per cycle
	peak     float64
	// gridRows and gridCols lay out a number of folds of one tile (the index) as
	// square as possible, so that they share operands.
	gridRows, gridCols []int64
}

// NewTiming resolves a valid Spec at a clock. It is an error if a tile's SRAM
// bandwidth is not a whole number of bits per cycle.
func NewTiming(s Spec, clock units.Frequency) (*Timing, error) {
	bits, err := s.SRAMBandwidth.BitsPerCycle(clock)
	if err != nil {
		return nil, fmt.Errorf("sram_bandwidth_per_tile: %w", err)
	}
	t := &Timing{
		spec: s, arrays: s.Arrays(), rows: int64(s.ArrayRows), cols: int64(s.ArrayCols),
		element: int64(s.ElementBytes), sum: int64(s.AccumulatorBytes),
		halfSRAM: max(1, int64(s.SRAMPerTile)/2), tileBits: bits,
		peak: float64(s.PeakFLOPsPerCycle()),
	}
	for q := range int64(s.ArraysPerTile) + 1 {
		r := max(1, int64(math.Sqrt(float64(q))))
		t.gridRows = append(t.gridRows, r)
		t.gridCols = append(t.gridCols, ceilDiv(q, r))
	}
	return t, nil
}

// Spec returns what the timing was made of.
func (t *Timing) Spec() Spec { return t.spec }

// FirstFold is the time of one fold on an idle array, in cycles (SCALE-Sim,
// zero stall): K + R + C - 2 for output stationary, M + 2R + C - 2 for weight
// and N + 2R + C - 2 for input stationary; stream is that K, M or N.
func (t *Timing) FirstFold(stream int64) int64 {
	if t.spec.Dataflow == OutputStationary {
		return stream + t.rows + t.cols - 2
	}
	return stream + 2*t.rows + t.cols - 2
}

// NextFold is what a fold adds after another one on the same array. With
// overlap an array takes new operands as long as they stream, but not faster
// than its rows shift out results or shift in weights.
func (t *Timing) NextFold(stream int64) int64 {
	if t.spec.FillDrain == Serial || t.spec.Mapping == ScaleSim {
		return t.FirstFold(stream)
	}
	return max(stream, t.rows)
}

// Gemm estimates count products of an m x k by a k x n matrix, in elements.
// Sizes are not negative; a product without elements takes no time.
func (t *Timing) Gemm(m, k, n, count int64) Estimate {
	if m <= 0 || k <= 0 || n <= 0 || count <= 0 {
		return Estimate{Mapping: t.spec.Mapping}
	}
	g := t.shape(m, k, n, count)
	if t.spec.Mapping != Best {
		return t.search(&g, t.spec.Mapping, Estimate{})
	}
	best := Estimate{}
	for _, m := range [...]Mapping{SpreadMN, SplitK, SpreadM, SpreadN} {
		best = t.search(&g, m, best)
	}
	return best
}

// Vector estimates element-wise work: opsPerElement operations on each element,
// which moves streamBytes between SRAM and the lanes. Elements and bytes are
// spread evenly over the tiles.
func (t *Timing) Vector(elements, opsPerElement, streamBytes int64) Estimate {
	tiles := int64(t.spec.Tiles)
	lanes := tiles * int64(t.spec.VectorLanes)
	ops := max(0, opsPerElement)
	return Estimate{
		Cycles:     ceilDiv(max(0, elements), lanes) * ops * int64(t.spec.VectorCyclesPerOp),
		PortCycles: ceilDiv(8*ceilDiv(max(0, streamBytes), tiles), t.tileBits),
		ReadBytes:  max(0, streamBytes),
		FillBytes:  min(max(0, streamBytes), lanes*t.element),
		FLOPs:      max(0, elements) * ops,
		Splits:     1, Blocks: 1,
	}
}

// ceilDiv is a / b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
