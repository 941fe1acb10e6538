package engine

import (
	"container/heap"
	"math"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

// A carrier takes an event that is not a *port.Wake through the queues. Its
// link carries the carrier's number, counted from 1, in Seq, where a *port.Wake
// of an alarm has 0.
type carrier struct {
	link  port.Wake
	event sim.Event
	time  sim.VTimeInSec
}

// carriers is a pool.
type carriers struct {
	all  []*carrier
	idle []*carrier
}

func (p *carriers) get(evt sim.Event, t sim.VTimeInSec) *carrier {
	var c *carrier
	if n := len(p.idle); n > 0 {
		c = p.idle[n-1]
		p.idle = p.idle[:n-1]
	} else {
		c = &carrier{}
		p.all = append(p.all, c)
		c.link.Mark = uint32(len(p.all))
	}
	c.event, c.time = evt, t
	return c
}

func (p *carriers) put(c *carrier) {
	c.event = nil
	p.idle = append(p.idle, c)
}

// of returns the carrier that a link belongs to.
func (p *carriers) of(link *port.Wake) *carrier { return p.all[link.Mark-1] }

// offGrid is a heap of events between two cycles.
type offGrid []offGridEntry

type offGridEntry struct {
	time      sim.VTimeInSec
	cycle     int64 // the next whole one
	secondary bool
	seq       uint64
	carrier   *carrier
}

// key is the primary key of the whole cycle after the earliest event, or never.
func (h offGrid) key() int64 {
	if len(h) == 0 {
		return never
	}
	return 2 * h[0].cycle
}

// Len implements heap.Interface.
func (h offGrid) Len() int { return len(h) }

// Swap implements heap.Interface.
func (h offGrid) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Less implements heap.Interface.
func (h offGrid) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.time != b.time {
		return a.time < b.time
	}
	if a.secondary != b.secondary {
		return b.secondary
	}
	return a.seq < b.seq
}

// Push implements heap.Interface.
func (h *offGrid) Push(x any) { *h = append(*h, x.(offGridEntry)) }

// Pop implements heap.Interface.
func (h *offGrid) Pop() any {
	end := len(*h) - 1
	x := (*h)[end]
	(*h)[end] = offGridEntry{}
	*h = (*h)[:end]
	return x
}

func (h *offGrid) take() *carrier { return heap.Pop(h).(offGridEntry).carrier }

// gridTolerance is how far from a whole cycle a time may lie and still mean it,
// in cycles. gridUlps covers times so late that the product with the frequency
// is coarser than that: the time and the product are each off by half a unit in
// the last place, and a sum of times by a few more.
const (
	gridTolerance = 1e-6
	gridUlps      = 8
)

// locate converts a time to cycles of hz. On the grid it is the cycle meant;
// off the grid it is the next whole cycle. It reports false for a time that is
// no number or beyond what an int64 counts.
func locate(t sim.VTimeInSec, hz float64) (cycle int64, onGrid, ok bool) {
	pos := float64(t) * hz
	if !(math.Abs(pos) < maxCycle) {
		return 0, false, false
	}
	near := math.Round(pos)
	tolerance := max(gridTolerance, math.Abs(pos)*gridUlps*0x1p-52)
	if math.Abs(pos-near) <= tolerance {
		return int64(near), true, true
	}
	return int64(math.Ceil(pos)), false, true
}
