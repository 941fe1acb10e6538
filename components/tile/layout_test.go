package tile

import "slices"

// layout is a GEMM whose operands and requests are written down element by element.
type layout struct {
	buffers Buffers
	a, b    listed
	// results[cycle] is how many results leave the array then.
	results []int
	swapped bool // a is the right operand
}

// listed is an operand: its elements in the order in which they are fetched, and
// those that are asked for in each cycle.
type listed struct {
	fetch  []element
	asked  [][]element
	padded int64 // elements, with those that pad folds
}

// element is one of an operand, by the position along the streaming dimension or row,
// and lane or column.
type element struct{ at, lane int64 }

func layOut(t *Timing, m, k, n int64, b Buffers) *layout {
	l := &layout{buffers: b, swapped: t.spec.Dataflow == InputStationary}
	rows, cols := t.rows, t.cols
	var rowDim, colDim, stream, delay int64
	switch t.spec.Dataflow {
	case OutputStationary:
		rowDim, colDim, stream = m, n, k
	case WeightStationary:
		rowDim, colDim, stream, delay = k, n, m, rows
	default:
		rowDim, colDim, stream, delay = k, m, n, rows
	}
	resident := t.spec.Dataflow != OutputStationary
	l.a = diagonals(rowDim, rows, stream)
	if resident {
		l.b = rowByRow(rowDim, colDim, cols)
	} else {
		l.b = diagonals(colDim, cols, stream)
	}
	for c := int64(0); c < colDim; c += cols {
		for r := int64(0); r < rowDim; r += rows {
			height, width := min(rows, rowDim-r), min(cols, colDim-c)
			length := stream + delay + rows + cols - 2
			a, b := make([][]element, length), make([][]element, length)
			out := make([]int, length)
			for lane := range height {
				for s := range stream {
					a[delay+s+lane] = append(a[delay+s+lane], element{s, r + lane})
				}
			}
			for lane := range width {
				first, made := 2*rows-1, stream
				if resident {
					for row := range height {
						at := rows - 1 - row
						b[at] = append(b[at], element{r + row, c + lane})
					}
				} else {
					for s := range stream {
						b[s+lane] = append(b[s+lane], element{s, c + lane})
					}
					first, made = stream-1+rows-height, height
				}
				for x := range made {
					out[first+x+lane]++
				}
			}
			l.a.asked, l.b.asked, l.results = append(l.a.asked, a...), append(l.b.asked, b...), append(l.results, out...)
		}
	}
	return l
}

// diagonals is an operand of size lanes of elements, width of them in a fold.
func diagonals(size, width, length int64) listed {
	folds := (size + width - 1) / width
	rows := folds * length
	l := listed{padded: rows * width}
	for d := range rows + width - 1 {
		for lane := range width {
			row := d - lane
			if row < 0 || row >= rows {
				continue
			}
			if lane += row / length * width; lane < size {
				l.fetch = append(l.fetch, element{row % length, lane})
			}
		}
	}
	return l
}

// rowByRow is an operand that stays in the array, width columns of it at a time.
func rowByRow(rows, cols, width int64) listed {
	var l listed
	for first := int64(0); first < cols; first += width {
		l.padded += rows * width
		for row := range rows {
			for col := first; col < min(first+width, cols); col++ {
				l.fetch = append(l.fetch, element{row, col})
			}
		}
	}
	return l
}

// cache is a buffer of an operand.
type cache struct {
	lotOf               map[element]int
	lots                int
	held                []int // lots that can be read
	step                int
	ready               int64
	fetchCycles, burst  int64
	fetched             int64
	beforeFirst, bursts int64
}

func newCache(l listed, b Buffers) *cache {
	c := &cache{burst: b.ElementsPerCycle, ready: -1, lotOf: map[element]int{}}
	lot := int((b.Elements + 99) / 100)
	for i, e := range l.fetch {
		c.lotOf[e] = i / lot
	}
	c.lots = len(l.fetch)/lot + 1 // the last one has been begun, if no more
	active := (b.Elements + 1) / 2
	other := b.Elements - active
	for i := range min(c.lots, int(ceilDiv(active, int64(lot)))) {
		c.held = append(c.held, i)
	}
	c.step = min(c.lots-len(c.held), int(ceilDiv(other, int64(lot))))
	c.bursts = ceilDiv(other, c.burst)
	c.fetchCycles = c.bursts + 1
	c.beforeFirst = min(ceilDiv(active, c.burst), ceilDiv(l.padded, c.burst))
	c.fetched = c.beforeFirst * c.burst
	return c
}

func (c *cache) has(e element) bool { return slices.Contains(c.held, c.lotOf[e]) }

// wait serves the elements of a cycle one by one.
func (c *cache) wait(asked []element, now int64) int64 {
	const hit = 1
	at := now + hit
	for _, e := range asked {
		for !c.has(e) {
			for i := range c.held {
				c.held[i] = (c.held[i] + c.step) % c.lots
			}
			c.ready += c.fetchCycles
			c.fetched += c.bursts * c.burst
			late := c.ready - at
			at += late + max(0, late)
		}
	}
	return at - hit - now
}

// pile is the buffer of results.
type pile struct {
	buffers      Buffers
	free, busy   int64
	begun        int64
	bursts       []int64 // elements of each that is closed and has not left
	written      int64
	halfSize     int64
	lastDeparted int64
}

func newPile(b Buffers) *pile {
	return &pile{buffers: b, free: b.Elements, halfSize: (b.Elements + 1) / 2}
}

func (p *pile) wait(results int, now int64) int64 {
	at := now
	for range results {
		p.free--
		if p.begun++; p.begun == p.buffers.ElementsPerCycle {
			p.close()
		}
		switch {
		case at < p.busy:
			if p.free <= 0 {
				at = p.busy
			}
		case p.free < p.halfSize:
			p.close()
			p.send(at)
		}
	}
	return at - now
}

func (p *pile) close() {
	if p.begun > 0 {
		p.bursts, p.begun = append(p.bursts, p.begun), 0
	}
}

func (p *pile) send(at int64) {
	n := min(len(p.bursts), int(ceilDiv(p.buffers.Elements-p.halfSize, p.buffers.ElementsPerCycle)))
	elements := int64(n-1)*p.buffers.ElementsPerCycle + p.bursts[n-1]
	p.bursts = p.bursts[n:]
	p.free += elements
	p.written += elements
	p.busy = at + int64(n) - 1
	p.lastDeparted = max(p.lastDeparted, p.busy)
}

func (l *layout) walk() Buffered {
	a, b, out := newCache(l.a, l.buffers), newCache(l.b, l.buffers), newPile(l.buffers)
	var r Buffered
	for i, results := range l.results {
		now := int64(i) + r.StallCycles
		r.StallCycles += max(a.wait(l.a.asked[i], now), b.wait(l.b.asked[i], now), out.wait(results, now))
	}
	r.Cycles = int64(len(l.results)) + r.StallCycles
	out.close()
	out.lastDeparted = max(out.lastDeparted, r.Cycles-1)
	for at := r.Cycles - 1; len(out.bursts) > 0; at = out.busy + 1 {
		out.send(at)
	}
	r.DrainCycles = out.lastDeparted - (r.Cycles - 1)
	r.PrefetchCycles = max(a.beforeFirst, b.beforeFirst)
	r.FetchedA, r.FetchedB, r.Written = a.fetched, b.fetched, out.written
	if l.swapped {
		r.FetchedA, r.FetchedB = r.FetchedB, r.FetchedA
	}
	return r
}
