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
	// Folds is how many the busiest array runs, and Stream the elements of the
	// streaming dimension in each: FirstFold(Stream) + (Folds-1) NextFold(Stream) is
	// the time of the arrays. Both are 0 for vector work.
	Folds, Stream int64
	// CapacityCycles is what of Cycles the cutting into Blocks costs.
	CapacityCycles int64
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
	outputs  bool // stay in the arrays
	serial   bool // folds do not overlap
	// gridRows and gridCols lay out a number of folds of one tile (the index) as
	// square as possible, so that they share operands.
	gridRows, gridCols []int64
}

// NewTiming resolves a valid Spec at a clock. It is an error if a tile's SRAM
// bandwidth is not a whole number of bits per cycle.
func NewTiming(s Spec, clock units.Frequency) (*Timing, error) {
	bits, err := s.TileBandwidth().BitsPerCycle(clock)
	if err != nil {
		return nil, fmt.Errorf("sram_bandwidth_per_tile: %w", err)
	}
	t := &Timing{
		spec: s, arrays: s.Arrays(), rows: int64(s.ArrayRows), cols: int64(s.ArrayCols),
		element: int64(s.ElementBytes), sum: int64(s.AccumulatorBytes),
		halfSRAM: max(1, int64(s.SRAMPerTile)/2), tileBits: bits,
		peak: float64(s.PeakFLOPsPerCycle()), outputs: s.Dataflow == OutputStationary,
		serial: s.FillDrain == Serial || s.Mapping == ScaleSim,
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
	if t.outputs {
		return stream + t.rows + t.cols - 2
	}
	return stream + 2*t.rows + t.cols - 2
}

// NextFold is what a fold adds after another one on the same array. With
// overlap an array takes new operands as long as they stream, but not faster
// than its rows shift out results or shift in weights.
func (t *Timing) NextFold(stream int64) int64 {
	if t.serial {
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
	var e Estimate
	if t.spec.Mapping == Best {
		for _, m := range [...]Mapping{SpreadMN, SplitK, SpreadM, SpreadN} {
			t.search(&g, m, &e)
		}
	} else {
		t.search(&g, t.spec.Mapping, &e)
	}
	e.Utilization = float64(e.FLOPs) / (float64(e.Cycles) * t.peak)
	return e
}

// Traffic is what crosses between SRAM and the arrays for a GEMM, in elements.
type Traffic struct {
	// A and B are reads of the operands, m x k and k x n, by all folds. What of it
	// operand_reuse spares is still in it.
	A, B int64
	// Results are written once, Sums are partial sums that are written and read back.
	Results, Sums int64
}

// Traffic counts the elements of count products of an m x k by a k x n matrix that
// has been estimated as e.
func (t *Timing) Traffic(m, k, n, count int64, e Estimate) Traffic {
	if e.FLOPs == 0 {
		return Traffic{}
	}
	g := t.shape(m, k, n, count)
	p := plan{mapping: e.Mapping, splits: e.Splits}
	a, b := t.operandElements(&g, e.Splits*e.Blocks)
	results := m * n * count
	return Traffic{A: a, B: b, Results: results, Sums: results * t.spilledSums(&g, p, t.parts(&g, p), e.Blocks)}
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
		PortCycles: t.portCycles(ceilDiv(max(0, streamBytes), tiles)),
		ReadBytes:  max(0, streamBytes),
		FillBytes:  min(max(0, streamBytes), lanes*t.element),
		FLOPs:      max(0, elements) * ops,
		Splits:     1, Blocks: 1,
	}
}

// portCycles is the time that a tile's SRAM port takes for bytes.
func (t *Timing) portCycles(bytes int64) int64 { return ceilDiv(8*bytes, t.tileBits) }

// ceilDiv is a / b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
