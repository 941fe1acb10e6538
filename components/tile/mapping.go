package tile

import "math"

// shape is a GEMM as the dataflow sees it.
type shape struct {
	m, k, n, count int64
	// rowDim and colDim are the sizes of the dimensions laid out over the rows
	// and columns of an array, stream that of the third.
	rowDim, colDim, stream int64
	// rowFolds and colFolds are how often an array is filled in each.
	rowFolds, colFolds int64
}

func (t *Timing) shape(m, k, n, count int64) shape {
	g := shape{m: m, k: k, n: n, count: count}
	switch t.spec.Dataflow {
	case OutputStationary:
		g.rowDim, g.colDim, g.stream = m, n, k
	case WeightStationary:
		g.rowDim, g.colDim, g.stream = k, n, m
	default:
		g.rowDim, g.colDim, g.stream = k, m, n
	}
	g.rowFolds = ceilDiv(g.rowDim, t.rows)
	g.colFolds = ceilDiv(g.colDim, t.cols)
	return g
}

// spread says which dimensions a mapping spreads over arrays.
func (t *Timing) spread(m Mapping) (rows, cols, stream bool) {
	switch m {
	case SplitK:
		return true, true, true
	case ScaleSim:
		return true, true, false
	}
	overM, overN := m != SpreadN, m != SpreadM
	switch t.spec.Dataflow {
	case OutputStationary:
		return overM, overN, false
	case WeightStationary:
		return false, overN, overM
	default:
		return false, overM, overN
	}
}

// search evaluates a mapping with a few numbers of splits and returns the best
// of them and of best, which has FLOPs 0 if there is none yet. The numbers are
// those that fill the arrays once or twice, and small ones that even out the
// last round.
func (t *Timing) search(g *shape, m Mapping, best Estimate) Estimate {
	rows, cols, stream := t.spread(m)
	p := plan{mapping: m, jobs: g.count, folds: 1, splits: 1}
	split(rows, g.rowFolds, &p)
	split(cols, g.colFolds, &p)
	if !stream {
		return better(best, t.evaluate(g, p))
	}
	once := min(t.arrays/p.jobs, g.stream)
	twice := min(2*t.arrays/p.jobs, g.stream)
	base, last := p.jobs, int64(0)
	for _, s := range [...]int64{1, 2, 4, once, twice} {
		// The list is not sorted, but a repeated value costs only time.
		if s < 1 || s > g.stream || s == last {
			continue
		}
		last = s
		p.splits = ceilDiv(g.stream, ceilDiv(g.stream, s))
		p.jobs = base * p.splits
		best = better(best, t.evaluate(g, p))
	}
	return best
}

// split gives the folds of one dimension to jobs of their own, or to each job.
func split(spread bool, folds int64, p *plan) {
	if spread {
		p.jobs *= folds
	} else {
		p.folds *= folds
	}
}

// plan is a way to cut a GEMM into jobs, each of which runs on one array.
type plan struct {
	mapping Mapping
	jobs    int64 // over all products of the batch
	folds   int64 // of one job
	splits  int64 // of the streaming dimension
}

// evaluate is the cost of a plan.
func (t *Timing) evaluate(g *shape, p plan) Estimate {
	piece := ceilDiv(g.stream, p.splits)
	rounds := ceilDiv(p.jobs, t.arrays) * p.folds
	blocks := t.blocks(g, p, piece, rounds)
	piece = ceilDiv(piece, blocks)
	parts := t.parts(g, p)
	results := g.m * g.n * g.count

	e := Estimate{Mapping: p.mapping, Splits: p.splits, Blocks: blocks, FLOPs: 2 * results * g.k}
	e.Cycles = t.FirstFold(piece) + (rounds*blocks-1)*t.NextFold(piece) + t.addCycles((parts-1)*results)
	e.ReadBytes = t.operandBytes(g, p.splits*blocks)
	e.WriteBytes = results * t.element
	sums := t.spilledSums(g, p, parts, blocks) * results * t.sum
	e.ReadBytes += sums
	e.WriteBytes += sums
	e.FillBytes = min(e.ReadBytes, t.reused(min(p.jobs, t.arrays)*(t.rows+t.cols)*t.element))
	perTile := ceilDiv(p.jobs, int64(t.spec.Tiles)) * ceilDiv(e.SRAMBytes(), p.jobs)
	e.PortCycles = ceilDiv(8*perTile, t.tileBits)
	e.Utilization = float64(e.FLOPs) / (float64(e.Cycles) * t.peak)
	return e
}

// blocks is the number of pieces that the streaming dimension must come in, so
// that the distinct operands of the folds that run at once on a tile fit half
// of its SRAM. An output-stationary array that runs a single fold keeps its
// sums, so that its operands just stream through.
func (t *Timing) blocks(g *shape, p plan, piece, rounds int64) int64 {
	if p.mapping == ScaleSim || t.spec.Dataflow == OutputStationary && rounds == 1 {
		return 1
	}
	q := min(ceilDiv(p.jobs, int64(t.spec.Tiles)), int64(t.spec.ArraysPerTile))
	wide := min(t.gridRows[q]*t.rows, g.rowDim) + min(t.gridCols[q]*t.cols, g.colDim)
	return min(piece, ceilDiv(wide*piece*t.element, t.halfSRAM))
}

// parts is the number of partial sums of a result that different arrays make.
func (t *Timing) parts(g *shape, p plan) int64 {
	switch {
	case p.mapping != SplitK:
		return 1
	case t.spec.Dataflow == OutputStationary:
		return p.splits
	default:
		return g.rowFolds
	}
}

// addCycles is the time the vector unit takes to add.
func (t *Timing) addCycles(additions int64) int64 {
	lanes := int64(t.spec.Tiles) * int64(t.spec.VectorLanes)
	return ceilDiv(additions, lanes) * int64(t.spec.VectorCyclesPerOp)
}

// operandElements is what folds read of each operand: a (m x k) and b (k x n).
// The streaming operands are read once per fold across; the stationary one once
// per pass, that is, per split and block of the streaming dimension.
func (t *Timing) operandElements(g *shape, passes int64) (a, b int64) {
	a, b = g.m*g.k*g.count, g.k*g.n*g.count
	switch t.spec.Dataflow {
	case OutputStationary:
		return a * g.colFolds, b * g.rowFolds
	case WeightStationary:
		return a * g.colFolds, b * passes
	default:
		return a * passes, b * g.colFolds
	}
}

// operandBytes is what is read of both operands, at least each of them once.
func (t *Timing) operandBytes(g *shape, passes int64) int64 {
	a, b := t.operandElements(g, passes)
	once := (g.m*g.k + g.k*g.n) * g.count * t.element
	return max(once, t.reused((a+b)*t.element))
}

// reused is what of a number of bytes is left to read with operand reuse.
func (t *Timing) reused(bytes int64) int64 {
	if t.spec.OperandReuse == 1 {
		return bytes
	}
	return int64(math.Ceil(float64(bytes) / t.spec.OperandReuse))
}

// spilledSums is how many partial sums of each result leave an array and come
// back: all of those that the vector unit adds, and those of an array that
// works on a result more than once, but for the last time.
func (t *Timing) spilledSums(g *shape, p plan, parts, blocks int64) int64 {
	visits := blocks
	if t.spec.Dataflow != OutputStationary {
		visits = g.rowFolds
		if p.mapping == SplitK {
			visits = 1
		}
	}
	spilled := parts * (visits - 1)
	if parts > 1 {
		spilled += parts
	}
	return spilled
}

// better is the estimate with the lower time, then the fewer array cycles, then
// the fewer bytes; a if all are equal. An a without FLOPs counts as none.
func better(a, b Estimate) Estimate {
	if a.FLOPs == 0 {
		return b
	}
	timeA, timeB := max(a.Cycles, a.PortCycles), max(b.Cycles, b.PortCycles)
	switch {
	case timeA != timeB:
		if timeB < timeA {
			return b
		}
	case a.Cycles != b.Cycles:
		if b.Cycles < a.Cycles {
			return b
		}
	case b.SRAMBytes() < a.SRAMBytes():
		return b
	}
	return a
}
