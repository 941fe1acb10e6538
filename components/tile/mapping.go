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

// search evaluates a mapping with a few numbers of splits and leaves the best of them
// and of best there, which has FLOPs 0 if there is none yet. The numbers are
// those that fill the arrays once or twice, and small ones that even out the
// last round.
func (t *Timing) search(g *shape, m Mapping, best *Estimate) {
	p := t.planOf(g, m, 1)
	if _, _, stream := t.spread(m); !stream {
		t.consider(g, p, best)
		return
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
		if s > 1 {
			p.splits = ceilDiv(g.stream, ceilDiv(g.stream, s))
			p.jobs = base * p.splits
		}
		t.consider(g, p, best)
	}
}

// planOf is how a mapping cuts a GEMM with a number of splits.
func (t *Timing) planOf(g *shape, m Mapping, splits int64) plan {
	rows, cols, _ := t.spread(m)
	p := plan{mapping: m, jobs: g.count * splits, folds: 1, splits: splits}
	split(rows, g.rowFolds, &p)
	split(cols, g.colFolds, &p)
	return p
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

// consider makes a plan the best if it is better. Most are not, and are dropped as
// soon as their arrays alone take longer than the best takes in all.
func (t *Timing) consider(g *shape, p plan, best *Estimate) {
	limit := max(best.Cycles, best.PortCycles)
	if best.FLOPs == 0 {
		limit = math.MaxInt64
	}
	piece := g.stream
	if p.splits > 1 {
		piece = ceilDiv(piece, p.splits)
	}
	rounds := ceilDiv(p.jobs, t.arrays) * p.folds
	unblocked := t.arrayCycles(rounds, piece)
	if unblocked > limit {
		return // blocks and sums only add to it
	}
	e := Estimate{Mapping: p.mapping, Splits: p.splits, Blocks: t.blocks(g, p, piece, rounds), Stream: piece}
	e.Folds, e.Cycles = rounds, unblocked
	if e.Blocks > 1 {
		e.Stream = ceilDiv(piece, e.Blocks)
		e.Folds *= e.Blocks
		e.Cycles = t.arrayCycles(e.Folds, e.Stream)
		e.CapacityCycles = e.Cycles - unblocked
	}
	results := g.m * g.n * g.count
	parts := t.parts(g, p)
	if parts > 1 {
		e.Cycles += t.addCycles((parts - 1) * results)
	}
	if e.Cycles > limit {
		return
	}
	e.FLOPs = 2 * results * g.k
	t.addBytes(g, p, parts, &e)
	if better(&e, best) {
		*best = e
	}
}

// addBytes completes an estimate with what moves between SRAM and arrays.
func (t *Timing) addBytes(g *shape, p plan, parts int64, e *Estimate) {
	results := g.m * g.n * g.count
	e.ReadBytes = t.operandBytes(g, p.splits*e.Blocks)
	e.WriteBytes = results * t.element
	sums := t.spilledSums(g, p, parts, e.Blocks) * results * t.sum
	e.ReadBytes += sums
	e.WriteBytes += sums
	e.FillBytes = min(e.ReadBytes, t.reused(min(p.jobs, t.arrays)*(t.rows+t.cols)*t.element))
	e.PortCycles = t.portCycles(ceilDiv(p.jobs, int64(t.spec.Tiles)) * ceilDiv(e.SRAMBytes(), p.jobs))
}

// arrayCycles is the time of so many folds of a stream on an array.
func (t *Timing) arrayCycles(folds, stream int64) int64 {
	return t.FirstFold(stream) + (folds-1)*t.NextFold(stream)
}

// blocks is the number of pieces that the streaming dimension must come in, so
// that the distinct operands of the folds that run at once on a tile fit half
// of its SRAM. An output-stationary array that runs a single fold keeps its
// sums, so that its operands just stream through.
func (t *Timing) blocks(g *shape, p plan, piece, rounds int64) int64 {
	if p.mapping == ScaleSim || t.outputs && rounds == 1 {
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
	case t.outputs:
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
	if !t.outputs {
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

// better says whether a is: by the lower time, then the fewer array cycles, then the
// fewer bytes. A b without FLOPs is none.
func better(a, b *Estimate) bool {
	timeA, timeB := max(a.Cycles, a.PortCycles), max(b.Cycles, b.PortCycles)
	switch {
	case b.FLOPs == 0:
		return true
	case timeA != timeB:
		return timeA < timeB
	case a.Cycles != b.Cycles:
		return a.Cycles < b.Cycles
	}
	return a.SRAMBytes() < b.SRAMBytes()
}
