package tile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mozart/configs/units"
)

// Dataflow says what stays in an array while a fold runs.
type Dataflow string

// The dataflows.
const (
	OutputStationary Dataflow = "os" // M x N in space, K streams
	WeightStationary Dataflow = "ws" // K x N in space, M streams
	InputStationary  Dataflow = "is" // K x M in space, N streams
)

// Dataflows lists every dataflow.
func Dataflows() []Dataflow {
	return []Dataflow{OutputStationary, WeightStationary, InputStationary}
}

// Mapping says how a GEMM is spread over the arrays.
type Mapping string

// The mappings.
const (
	// Best takes the fastest of MN and SplitK with a few numbers of splits.
	Best Mapping = "best"
	// SpreadMN gives each array whole outputs: tiles of M x N with all of K.
	SpreadMN Mapping = "mn"
	// SpreadM gives each array rows of the output, SpreadN columns.
	SpreadM Mapping = "m"
	SpreadN Mapping = "n"
	// SplitK spreads K as well and adds the partial sums on the vector unit.
	SplitK Mapping = "split-k"
	// ScaleSim spreads single folds, without split, block, overlap of fill and
	// drain, or cost for adding partial sums: what SCALE-Sim counts.
	ScaleSim Mapping = "scalesim"
)

const numMappings = 6

var mappings = [numMappings]Mapping{Best, SpreadMN, SpreadM, SpreadN, SplitK, ScaleSim}

// Mappings lists every mapping.
func Mappings() []Mapping { return slices.Clone(mappings[:]) }

// FillDrain says whether an array fills for the next fold while it drains.
type FillDrain string

// The two kinds of arrays.
const (
	Overlapped FillDrain = "overlapped" // double-buffered registers at the edges
	Serial     FillDrain = "serial"
)

// FillDrains lists both.
func FillDrains() []FillDrain { return []FillDrain{Overlapped, Serial} }

// Fidelity is how a tile array runs a GEMM.
type Fidelity string

// The fidelities.
const (
	// ClosedForm moves the operands of all folds together.
	ClosedForm Fidelity = "closed-form"
	// FoldByFold moves the operands of a fold while the arrays work on the one before.
	FoldByFold Fidelity = "tile"
)

// Fidelities lists them.
func Fidelities() []Fidelity { return []Fidelity{ClosedForm, FoldByFold} }

// Spec is everything that can be chosen about a tile array. It is plain data
// and never changes after New.
type Spec struct {
	Tiles         int `yaml:"tiles" min:"1" doc:"tiles of the chiplet" source:"[P] machine: 36 to 100; [A] 100"`
	ArraysPerTile int `yaml:"arrays_per_tile" min:"1" doc:"systolic arrays of a tile" source:"[P] machine: 16"`
	ArrayRows     int `yaml:"array_rows" min:"1" doc:"rows of processing elements of an array" source:"[P] machine: 16 to 24; [A] 16"`
	ArrayCols     int `yaml:"array_cols" min:"1" doc:"columns of processing elements of an array" source:"[P] machine: 16 to 24; [A] 16"`

	Dataflow  Dataflow  `yaml:"dataflow" enum:"os,ws,is" doc:"what stays in an array: os outputs, ws weights, is inputs" source:"[A] os"`
	Mapping   Mapping   `yaml:"mapping" enum:"best,mn,m,n,split-k,scalesim" doc:"how a GEMM is spread over the arrays" source:"[A] best"`
	FillDrain FillDrain `yaml:"fill_drain" enum:"overlapped,serial" doc:"whether an array fills for the next fold while it drains" source:"[A] overlapped"`

	ElementBytes     int     `yaml:"element_bytes" min:"1" max:"8" doc:"bytes of an operand or result" source:"[P] machine: FP16"`
	AccumulatorBytes int     `yaml:"accumulator_bytes" min:"1" max:"8" doc:"bytes of a partial sum that leaves an array" source:"[A] FP32 accumulation"`
	OperandReuse     float64 `yaml:"operand_reuse" min:"1" doc:"arrays or folds that one operand element read from SRAM feeds" source:"[A] 1: every array streams its own; may be calibrated"`

	SRAMPerTile   units.Bytes     `yaml:"sram_per_tile" min:"1 B" doc:"capacity of a tile's SRAM" source:"[P] machine: 2.265 MB"`
	SRAMBandwidth units.Bandwidth `yaml:"sram_bandwidth_per_tile" min:"1 b/s" doc:"rate of a tile's SRAM; a whole number of bits per cycle" source:"[P] machine: 32 GB/s"`
	Bonds         Bonds           `yaml:"sram_bonds" doc:"3D bonds between a tile and its SRAM; what they carry can be the rate, instead of sram_bandwidth_per_tile"`

	VectorLanes       int `yaml:"vector_lanes" min:"1" doc:"lanes of a tile's vector unit" source:"[A] 64"`
	VectorCyclesPerOp int `yaml:"vector_cycles_per_op" min:"1" doc:"cycles a lane takes for one operation on one element" source:"[A] 1"`

	// Fidelity is that of the whole run, where its key is.
	Fidelity Fidelity `yaml:"-"`
}

// DefaultSpec is the default chiplet: 100 tiles of 16 arrays of 16 x 16.
func DefaultSpec() Spec {
	return Spec{
		Tiles: 100, ArraysPerTile: 16, ArrayRows: 16, ArrayCols: 16,
		Dataflow: OutputStationary, Mapping: Best, FillDrain: Overlapped,
		ElementBytes: 2, AccumulatorBytes: 4, OperandReuse: 1,
		SRAMPerTile: 2265 * units.KB, SRAMBandwidth: 32 * units.GBPerSecond,
		Bonds:       Bonds{Pitch: 50 * units.Micrometer, Width: 800 * units.Micrometer, Height: 800 * units.Micrometer, Rate: 125 * units.MBPerSecond},
		VectorLanes: 64, VectorCyclesPerOp: 1, Fidelity: ClosedForm,
	}
}

// Bonds are the wires between a tile and the SRAM that is stacked on it face to face: a
// grid of pads.
type Bonds struct {
	Derive bool            `yaml:"derive" doc:"true: what the bonds carry is the rate of a tile's SRAM, instead of sram_bandwidth_per_tile" source:"[A] false; by default both are 32 GB/s"`
	Pitch  units.Length    `yaml:"pitch" min:"1 nm" max:"1 mm" doc:"distance of two bonds" source:"[P] machine: 50 um"`
	Width  units.Length    `yaml:"width" min:"1 nm" max:"100 mm" doc:"of the area of a tile whose bonds carry data" source:"[D] 16 x 16 bonds of 50 um and 0.125 GB/s are the 32 GB/s"`
	Height units.Length    `yaml:"height" min:"1 nm" max:"100 mm" doc:"of the same" source:"[D] as width"`
	Rate   units.Bandwidth `yaml:"rate" min:"1 b/s" max:"1 TB/s" doc:"of one bond, reads and writes together" source:"[P] machine: 0.125 GB/s per wire, 3D too"`
}

// Wires is the number of bonds: horizontal times vertical.
func (b Bonds) Wires() int64 {
	if b.Pitch <= 0 {
		return 0
	}
	return int64(b.Width/b.Pitch) * int64(b.Height/b.Pitch)
}

// Bandwidth is what all bonds carry, at most MaxSRAMBandwidth.
func (b Bonds) Bandwidth() units.Bandwidth {
	wires := b.Wires()
	if b.Rate > 0 && wires > int64(MaxSRAMBandwidth/b.Rate) {
		return MaxSRAMBandwidth
	}
	return units.Bandwidth(wires) * b.Rate
}

// Arrays is the number of systolic arrays of all tiles.
func (s Spec) Arrays() int64 { return int64(s.Tiles) * int64(s.ArraysPerTile) }

// PeakFLOPsPerCycle is what all arrays do in a cycle at best: a multiplication
// and an addition per processing element.
func (s Spec) PeakFLOPsPerCycle() int64 {
	return 2 * s.Arrays() * int64(s.ArrayRows) * int64(s.ArrayCols)
}

// PeakFLOPs is the peak in FLOPs per second at a clock.
func (s Spec) PeakFLOPs(clock units.Frequency) float64 {
	return float64(s.PeakFLOPsPerCycle()) * clock.Hertz()
}

// VectorOpsPerCycle is what all vector units do in a cycle at best.
func (s Spec) VectorOpsPerCycle() float64 {
	return float64(s.Tiles) * float64(s.VectorLanes) / float64(s.VectorCyclesPerOp)
}

// SRAMCapacity is the SRAM capacity of all tiles together.
func (s Spec) SRAMCapacity() units.Bytes { return units.Bytes(s.Tiles) * s.SRAMPerTile }

// TileBandwidth is the rate of a tile's SRAM: sram_bandwidth_per_tile, or what the bonds
// carry.
func (s Spec) TileBandwidth() units.Bandwidth {
	if s.Bonds.Derive {
		return s.Bonds.Bandwidth()
	}
	return s.SRAMBandwidth
}

// TotalSRAMBandwidth is the SRAM bandwidth of all tiles together.
func (s Spec) TotalSRAMBandwidth() units.Bandwidth {
	return units.Bandwidth(s.Tiles) * s.TileBandwidth()
}

// Upper limits, low enough that no count of a sensible op overflows an int64.
const (
	maxTiles    = 1 << 14
	maxArrays   = 1 << 10
	maxSide     = 1 << 12
	maxLanes    = 1 << 16
	maxReuse    = 1 << 20
	maxCapacity = units.TiB
)

// MaxSRAMBandwidth is the highest rate of a tile's SRAM.
const MaxSRAMBandwidth = 1_000_000 * units.GBPerSecond

// Validate reports every wrong field at once, joined; nil means that the Spec can
// be used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var c checker
	c.within("tiles", s.Tiles, 1, maxTiles)
	c.within("arrays_per_tile", s.ArraysPerTile, 1, maxArrays)
	c.within("array_rows", s.ArrayRows, 1, maxSide)
	c.within("array_cols", s.ArrayCols, 1, maxSide)
	oneOf(&c, "dataflow", s.Dataflow, Dataflows())
	oneOf(&c, "mapping", s.Mapping, Mappings())
	oneOf(&c, "fill_drain", s.FillDrain, FillDrains())
	c.within("element_bytes", s.ElementBytes, 1, 8)
	c.within("accumulator_bytes", s.AccumulatorBytes, 1, 8)
	if math.IsNaN(s.OperandReuse) || s.OperandReuse < 1 || s.OperandReuse > maxReuse {
		c.failf("operand_reuse must be 1 to %d, got %v", maxReuse, s.OperandReuse)
	}
	if s.SRAMPerTile <= 0 || s.SRAMPerTile > maxCapacity {
		c.failf("sram_per_tile must be above 0 B and at most %v, got %v", maxCapacity, s.SRAMPerTile)
	}
	if s.SRAMBandwidth <= 0 || s.SRAMBandwidth > MaxSRAMBandwidth {
		c.failf("sram_bandwidth_per_tile must be above 0 B/s and at most %v, got %v", MaxSRAMBandwidth, s.SRAMBandwidth)
	}
	if b := s.Bonds; b.Derive && (b.Pitch <= 0 || b.Bandwidth() <= 0) {
		c.failf("sram_bonds must have a rate above 0 B/s and a pitch that fits width and height, got %v and %v for %v x %v", b.Rate, b.Pitch, b.Width, b.Height)
	}
	c.within("vector_lanes", s.VectorLanes, 1, maxLanes)
	c.within("vector_cycles_per_op", s.VectorCyclesPerOp, 1, maxLanes)
	oneOf(&c, "fidelity", s.Fidelity, Fidelities())
	return errors.Join(c.errs...)
}

type checker struct{ errs []error }

func (c *checker) failf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *checker) within(key string, v, low, high int) {
	if v < low || v > high {
		c.failf("%s must be %d to %d, got %d", key, low, high, v)
	}
}

func oneOf[T ~string](c *checker, key string, v T, values []T) {
	if !slices.Contains(values, v) {
		c.failf("%s must be one of %v, got %q", key, values, v)
	}
}
