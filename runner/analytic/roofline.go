package analytic

import (
	"math"

	"mozart/components/chiplet"
	"mozart/components/tile"
	"mozart/configs/units"
	"mozart/workloads/op"
)

// roof is the roofline of one chiplet: what its arrays, its vector unit and its
// SRAM can do in a cycle.
type roof struct {
	spec tile.Spec
	// sram is the bandwidth of all tiles' SRAM together, bytes per cycle.
	sram float64
	// latency is paid by every op, cycles: from the sequencer to the arrays and back,
	// and twice from there to the SRAM and back, for the first operands and the last
	// result; a wire takes a cycle.
	latency float64
}

func newRoof(s chiplet.Spec, clock units.Frequency) roof {
	return roof{
		spec: s.Tile, sram: s.Tile.TotalSRAMBandwidth().BytesPerCycle(clock),
		latency: 2 + 2*(2+float64(s.SRAMLatency.Cycles(clock))),
	}
}

// op is the time of a Gemm or Vector, in cycles.
func (r *roof) op(o *op.Op) float64 {
	if o.Kind == op.Vector {
		lanes := float64(r.spec.VectorLanes * r.spec.Tiles)
		work := math.Ceil(float64(o.M)/lanes) * float64(o.K*int64(r.spec.VectorCyclesPerOp))
		return r.latency + max(work, float64(o.Bytes)/r.sram)
	}
	return r.latency + r.gemm(float64(o.M), float64(o.K), float64(o.N), float64(o.Count))
}

// gemm is the time of count products of m x k by k x n: the slower of the arrays
// and the SRAM, under the best split of the dimension that streams.
func (r *roof) gemm(m, k, n, count float64) float64 {
	g := r.fold(m, k, n, count)
	best := g.time(r, 1)
	if !r.splits() {
		return best
	}
	arrays := float64(r.spec.Arrays())
	for _, s := range [...]float64{2, 3, 4, 6, 8, math.Floor(arrays / g.jobs), math.Floor(2 * arrays / g.jobs)} {
		if s >= 1 && s <= g.stream {
			best = min(best, g.time(r, s))
		}
	}
	return best
}

// splits tells whether the mapping may split the dimension that streams.
func (r *roof) splits() bool {
	switch r.spec.Mapping {
	case tile.Best, tile.SplitK:
		return true
	case tile.ScaleSim:
		return false
	default:
		return r.spec.Dataflow != tile.OutputStationary
	}
}

// folded is a product as the arrays see it: jobs that may run at once, of folds one
// after another, each of which streams so many elements.
type folded struct {
	jobs, folds, stream float64
	// once is what folds read if the stream is not split, again what each further
	// split reads once more, results what they write; bytes.
	once, again, results float64
	// sums are the bytes of partial sums that come and go: always, and per split.
	sums, sumsPerSplit float64
}

func (r *roof) fold(m, k, n, count float64) folded {
	rows, cols := float64(r.spec.ArrayRows), float64(r.spec.ArrayCols)
	element, sum := float64(r.spec.ElementBytes), float64(r.spec.AccumulatorBytes)
	a, b, out := m*k*count*element, k*n*count*element, m*n*count
	f := folded{results: out * element}
	switch r.spec.Dataflow {
	case tile.OutputStationary:
		down, across := math.Ceil(m/rows), math.Ceil(n/cols)
		f.jobs, f.folds, f.stream = down*across*count, 1, k
		f.once = a*across + b*down
		f.sumsPerSplit = 2 * out * sum
	case tile.WeightStationary:
		down, across := math.Ceil(k/rows), math.Ceil(n/cols)
		f.jobs, f.folds, f.stream = across*count, down, m
		f.once, f.again = a*across+b, b
		f.sums = 2 * (down - 1) * out * sum
	default:
		down, across := math.Ceil(k/rows), math.Ceil(m/cols)
		f.jobs, f.folds, f.stream = across*count, down, n
		f.once, f.again = b*across+a, a
		f.sums = 2 * (down - 1) * out * sum
	}
	f.once = max(a+b, f.once/r.spec.OperandReuse)
	f.again /= r.spec.OperandReuse
	return f
}

// time is how long the product takes with its stream split in s: the slower of the
// arrays and of the fullest tile's SRAM.
func (f *folded) time(r *roof, s float64) float64 {
	jobs := f.jobs * s
	side := float64(r.spec.ArrayRows + r.spec.ArrayCols)
	rounds := math.Ceil(jobs/float64(r.spec.Arrays())) * f.folds
	piece := math.Ceil(f.stream / s)
	cycles := rounds*max(piece, float64(r.spec.ArrayRows)) + side
	if r.spec.FillDrain == tile.Serial || r.spec.Mapping == tile.ScaleSim {
		cycles = rounds * (piece + side)
	}
	bytes := f.once + (s-1)*f.again + f.results + f.sums
	if s > 1 {
		bytes += s * f.sumsPerSplit
	}
	tiles := float64(r.spec.Tiles)
	fullest := math.Ceil(jobs/tiles) * tiles / jobs
	return max(cycles, bytes*fullest/r.sram)
}
