package tile

// walk takes a GEMM cycle by cycle through a single array with serial folds behind
// Buffers, and adds up the time in which operands are not there or results have no
// room.
//
// It is what SCALE-Sim v3 does (double_buffered_scratchpad): each operand is fetched
// in the order of the folds, in lots of 1% of its buffer. Half a buffer of lots can
// be read; an element outside of it moves that window on by half a buffer, which
// takes the time to fetch so much after the fetch before. A wait counts twice
// there, once for itself and once for the offset that it leaves to the elements
// after it; so it does here.
type walk struct {
	g      shape
	length int64 // of a fold
	// rowOperand feeds the rows of the array; colOperand the columns of an output-
	// stationary one, or what stays in the array.
	rowOperand, colOperand operand
	results                outlet
	flow                   Dataflow
	rows, cols             int64
}

func (t *Timing) newWalk(g shape, b Buffers) *walk {
	w := &walk{g: g, length: t.FirstFold(g.stream), results: newOutlet(b), flow: t.spec.Dataflow, rows: t.rows, cols: t.cols}
	if w.flow == OutputStationary {
		w.rowOperand = newOperand(newStream(g.stream, g.rowDim, t.rows, 0), b)
		w.colOperand = newOperand(newStream(g.stream, g.colDim, t.cols, 0), b)
		return w
	}
	w.rowOperand = newOperand(newStream(g.stream, g.rowDim, t.rows, t.rows), b)
	w.colOperand = newOperand(&resident{rows: g.rowDim, cols: g.colDim, height: t.rows, width: t.cols}, b)
	return w
}

// run walks through all folds, those of a column of folds one after another.
func (w *walk) run() Buffered {
	now := int64(0) // stalls included
	var r Buffered
	for c := range w.g.colFolds {
		for f := range w.g.rowFolds {
			w.rowOperand.enter(f, 0)
			w.enterCols(c, f)
			for at := range w.length {
				stall := max(
					w.rowOperand.wait(at, now),
					w.colOperand.wait(at, now),
					w.results.wait(w.produced(c, f, at), now))
				r.StallCycles += stall
				now += stall + 1
			}
		}
	}
	r.Cycles = now
	r.DrainCycles = w.results.empty(now-1) - (now - 1)
	r.PrefetchCycles = max(w.rowOperand.firstCycles, w.colOperand.firstCycles)
	r.FetchedA, r.FetchedB, r.Written = w.rowOperand.fetched, w.colOperand.fetched, w.results.written
	if w.flow == InputStationary {
		r.FetchedA, r.FetchedB = r.FetchedB, r.FetchedA
	}
	return r
}

func (w *walk) enterCols(c, f int64) {
	if w.flow == OutputStationary {
		w.colOperand.enter(c, 0)
	} else {
		w.colOperand.enter(c, f)
	}
}

// produced is the number of results that leave the array in a cycle of a fold: a
// diagonal of what it makes, one column a cycle later than the one before. Output
// stationary, those are the outputs, last row first, once the last of K has gone in;
// else they are a row of partial sums for each element that streams by.
func (w *walk) produced(c, f, at int64) int64 {
	width := min(w.cols, w.g.colDim-c*w.cols)
	first, count := 2*w.rows-1, w.g.stream
	if w.flow == OutputStationary {
		count = min(w.rows, w.g.rowDim-f*w.rows)
		first = w.g.stream - 1 + w.rows - count
	}
	// Column x makes results in the cycles first+x to first+x+count-1.
	return max(0, min(width-1, at-first)-max(0, at-first-count+1)+1)
}
