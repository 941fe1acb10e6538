package micro

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"mozart/components/tile"
	"mozart/configs/units"
)

// GemmSpec is one matrix product on systolic arrays. Sizes are in elements.
type GemmSpec struct {
	// Rows and Cols are those of the processing elements of an array.
	Rows, Cols int
	// Tiles share the product, each with ArraysPerTile arrays.
	Tiles, ArraysPerTile int
	Dataflow             tile.Dataflow
	Mapping              tile.Mapping
	FillDrain            tile.FillDrain
	// M x K times K x N, Count times.
	M, K, N, Count int64
	// SRAMKB is the size of each operand's buffer and of the results', in KiB of
	// elements of a byte; OperandBandwidth the elements per cycle that move to or from
	// each. Both are 0 for buffers that never make the array wait.
	SRAMKB, OperandBandwidth int64
}

// DefaultGemmSpec is a product of 1024 x 1024 matrices on one output-stationary
// array of 16 x 16, under the best mapping.
func DefaultGemmSpec() GemmSpec {
	return GemmSpec{
		Rows: 16, Cols: 16, Tiles: 1, ArraysPerTile: 1, Dataflow: tile.OutputStationary, Mapping: tile.Best, FillDrain: tile.Overlapped,
		M: 1024, K: 1024, N: 1024, Count: 1,
	}
}

const (
	maxArraySide = 1 << 12
	maxTiles     = 1 << 14
	maxArrays    = 1 << 10
	maxGemmSize  = 1 << 20
	maxGemmCount = 1 << 20
	maxSRAMKB    = 1 << 29
	maxBandwidth = 1 << 40
)

// Validate reports every wrong field, one a line, by the name of its flag at the
// command line.
func (s GemmSpec) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	within := func(name string, v, low, high int64) {
		if v < low || v > high {
			fail("%s: found %d, want %d to %d", name, v, low, high)
		}
	}
	within("array: rows", int64(s.Rows), 1, maxArraySide)
	within("array: columns", int64(s.Cols), 1, maxArraySide)
	within("tiles", int64(s.Tiles), 1, maxTiles)
	within("arrays-per-tile", int64(s.ArraysPerTile), 1, maxArrays)
	oneOf("dataflow", string(s.Dataflow), names(tile.Dataflows()), fail)
	oneOf("mapping", string(s.Mapping), names(tile.Mappings()), fail)
	oneOf("fill-drain", string(s.FillDrain), names(tile.FillDrains()), fail)
	within("m", s.M, 1, maxGemmSize)
	within("k", s.K, 1, maxGemmSize)
	within("n", s.N, 1, maxGemmSize)
	within("count", s.Count, 1, maxGemmCount)
	if float64(s.M)*float64(s.K)*float64(s.N)*float64(s.Count) > math.MaxInt64/64 {
		fail("m, k, n, count: found a product of more than 2^57 multiplications")
	}
	if s.SRAMKB == 0 && s.OperandBandwidth == 0 {
		return errors.Join(errs...)
	}
	within("sram-kb", s.SRAMKB, 1, maxSRAMKB)
	within("operand-bandwidth", s.OperandBandwidth, 1, maxBandwidth)
	if s.Tiles > 1 || s.ArraysPerTile > 1 || s.Count > 1 {
		fail("sram-kb, operand-bandwidth: buffers feed one product on one array, found %d on %d tiles of %d arrays", s.Count, s.Tiles, s.ArraysPerTile)
	}
	return errors.Join(errs...)
}

// oneOf reports a name that is not one of those that are known.
func oneOf(field, name string, known []string, fail func(string, ...any)) {
	if !slices.Contains(known, name) {
		fail("%s: found %q, want one of %s", field, name, strings.Join(known, ", "))
	}
}

// names are the values of a kind of name.
func names[T ~string](values []T) []string {
	var list []string
	for _, v := range values {
		list = append(list, string(v))
	}
	return list
}

// tiles is the tile array. Elements are of a byte, as in SCALE-Sim; SRAM has room for
// both operands' buffers, or for everything, and is as fast as can be.
func (s GemmSpec) tiles() tile.Spec {
	t := tile.DefaultSpec()
	t.Tiles, t.ArraysPerTile = s.Tiles, s.ArraysPerTile
	t.ArrayRows, t.ArrayCols = s.Rows, s.Cols
	t.Dataflow, t.Mapping, t.FillDrain = s.Dataflow, s.Mapping, s.FillDrain
	t.ElementBytes, t.SRAMPerTile, t.SRAMBandwidth = 1, units.TiB, tile.MaxSRAMBandwidth
	if s.SRAMKB > 0 {
		t.SRAMPerTile = 2 * units.Bytes(s.SRAMKB) * units.KiB
	}
	return t
}

// GemmResult is what a product takes. Counts of elements are over all arrays.
type GemmResult struct {
	// Cycles is the time from the first operand at an array to the last result,
	// StallCycles the part of it in which arrays wait for operands, or for room for
	// results.
	Cycles      int64 `json:"cycles"`
	StallCycles int64 `json:"stall_cycles"`
	// Utilization is the share of multiplications that are done of those that the
	// arrays could have done in Cycles.
	Utilization float64 `json:"utilization"`
	// ChosenMapping is the mapping that was used, the one asked for or the one that the search
	// for the best has found; Splits are the parts of the streaming dimension on
	// different arrays, Blocks the parts in which SRAM has room for it.
	ChosenMapping tile.Mapping `json:"chosen_mapping"`
	Splits        int64        `json:"splits"`
	Blocks        int64        `json:"blocks"`
	// Folds is how often the busiest array is filled, FirstFoldCycles how long it is
	// busy the first time and NextFoldCycles how much each further time adds.
	Folds           int64 `json:"folds"`
	FirstFoldCycles int64 `json:"first_fold_cycles"`
	NextFoldCycles  int64 `json:"next_fold_cycles"`
	// FLOPs are two for each multiplication.
	FLOPs int64 `json:"flops"`
	// Reads and writes of SRAM by the arrays, in elements; partial sums are written and
	// read as often.
	SRAMReadsA       int64 `json:"sram_reads_a"`
	SRAMReadsB       int64 `json:"sram_reads_b"`
	SRAMReadsSums    int64 `json:"sram_reads_sums"`
	SRAMWritesSums   int64 `json:"sram_writes_sums"`
	SRAMWritesResult int64 `json:"sram_writes_result"`
	// Memory is what buffers of a limited size and rate cost; nil without limits.
	Memory *GemmMemory `json:"memory,omitempty"`
	// SCALESimCycles is what SCALE-Sim calls total cycles, which is one less; only in
	// the mapping scalesim on one array.
	SCALESimCycles *int64 `json:"scalesim_total_cycles,omitempty"`
}

// GemmMemory is what goes on behind the buffers.
type GemmMemory struct {
	// PrefetchCycles go by before Cycles begin, DrainCycles after they end.
	PrefetchCycles int64 `json:"prefetch_cycles"`
	DrainCycles    int64 `json:"drain_cycles"`
	// Elements that are moved into the buffers of operands, in whole bursts, and out
	// of that of results.
	FetchedA int64 `json:"fetched_a"`
	FetchedB int64 `json:"fetched_b"`
	Written  int64 `json:"written"`
}

// Gemm estimates a product. The error lists every wrong field of the spec.
func Gemm(s GemmSpec) (*GemmResult, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	t, err := tile.NewTiming(s.tiles(), units.GHz) // the clock scales nothing that is asked for
	if err != nil {
		return nil, err
	}
	e := t.Gemm(s.M, s.K, s.N, s.Count)
	traffic := t.Traffic(s.M, s.K, s.N, s.Count, e)
	r := &GemmResult{
		Cycles: e.Cycles, Utilization: e.Utilization, ChosenMapping: e.Mapping, Splits: e.Splits, Blocks: e.Blocks,
		Folds: e.Folds, FirstFoldCycles: t.FirstFold(e.Stream), NextFoldCycles: t.NextFold(e.Stream), FLOPs: e.FLOPs,
		SRAMReadsA: traffic.A, SRAMReadsB: traffic.B, SRAMReadsSums: traffic.Sums,
		SRAMWritesSums: traffic.Sums, SRAMWritesResult: traffic.Results,
	}
	if s.SRAMKB > 0 {
		if err := r.buffer(t, s); err != nil {
			return nil, err
		}
	}
	if s.Mapping == tile.ScaleSim && s.Tiles == 1 && s.ArraysPerTile == 1 && s.Count == 1 {
		reported := r.Cycles - 1
		r.SCALESimCycles = &reported
	}
	return r, nil
}

// buffer adds what buffers cost.
func (r *GemmResult) buffer(t *tile.Timing, s GemmSpec) error {
	b, err := t.Buffered(s.M, s.K, s.N, tile.Buffers{Elements: s.SRAMKB * int64(units.KiB), ElementsPerCycle: s.OperandBandwidth})
	if err != nil {
		return fmt.Errorf("m, k, n: %w", err)
	}
	r.Utilization *= float64(r.Cycles) / float64(b.Cycles)
	r.Cycles, r.StallCycles = b.Cycles, b.StallCycles
	r.Memory = &GemmMemory{
		PrefetchCycles: b.PrefetchCycles, DrainCycles: b.DrainCycles,
		FetchedA: b.FetchedA, FetchedB: b.FetchedB, Written: b.Written,
	}
	return nil
}
