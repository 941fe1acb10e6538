package analytic

import (
	"cmp"
	"slices"

	"mozart/workloads/op"
)

// queued is a load of weights at the stacks of a group.
type queued struct {
	device, index int
	item          item
	priority      int32
	free          float64 // when its place is free
}

// arrivals tells for every device when each of its loads of weights has come, cycles
// from the dispatch on. The stacks of a group serve one load after another, the most
// urgent first, each when its place is free. elapsed is the time since the experts of
// the exchange before began.
func (c *composer) arrivals(e *exchange, elapsed float64) [][]float64 {
	out := make([][]float64, len(e.before))
	for _, group := range c.groups() {
		var all []queued
		for _, d := range group {
			s := &e.before[d]
			out[d] = make([]float64, len(s.weights))
			for i, w := range s.weights {
				all = append(all, queued{d, i, item{bytes: w.bytes, load: true}, w.priority, c.free(s, d, i, elapsed, len(group))})
			}
		}
		slices.SortStableFunc(all, func(a, b queued) int { return cmp.Compare(a.priority, b.priority) })
		clock := c.ahead(e, group)
		for _, q := range all {
			clock = max(clock+c.moving(q.device, q.item, 0), q.free+c.transfer(q.device, q.item, 0))
			out[q.device][q.index] = clock - elapsed
		}
	}
	return out
}

// ahead is the time that the stacks of a group are busy with what is more urgent than
// weights: in the backward pass, the activations that may come before their use.
func (c *composer) ahead(e *exchange, group []int) float64 {
	sum := 0.0
	if !c.overlap.Activations {
		return sum
	}
	for _, d := range group {
		items := e.during[d].items
		for _, it := range items[:min(3, len(items))] { // copies, and two experts'
			if it.load {
				sum += c.moving(d, it, 0)
			}
		}
	}
	return sum
}

// free is when the i-th place for weights of a chiplet becomes free, cycles from the
// beginning of the experts' work in the exchange before: with the last work on what is
// there, or when an update has written it back, for which so many chiplets share
// stacks.
func (c *composer) free(s *segment, d, i int, elapsed float64, sharers int) float64 {
	switch {
	case !c.overlap.WeightsWithAttention:
		return elapsed
	case c.before.finished == nil:
		return 0
	}
	k := &c.before.finished[d]
	if stores := s.ops[op.UpdateMemory]; stores > 0 {
		all := s.work[op.Update] + c.transfer(d, item{bytes: s.store[op.UpdateMemory]}, float64(sharers-1))
		return k.end + all*float64(min(i+1, stores))/float64(stores)
	}
	if i < len(k.works) {
		return k.works[i].to
	}
	return k.end
}

// latest is the last of all arrivals.
func latest(arrivals [][]float64) float64 {
	last := 0.0
	for _, at := range arrivals {
		for _, t := range at {
			last = max(last, t)
		}
	}
	return last
}

// updates charges the experts' updates, which begin when a chiplet's last work in the
// exchange before has ended, and go on during its way up.
func (c *composer) updates(segments []segment) {
	if c.before.finished == nil {
		return
	}
	work, end := 0.0, 0.0
	if c.serial(op.UpdateMemory, true) {
		for _, group := range c.groups() {
			w, over := c.chainedUpdates(segments, group)
			work += w
			end = max(end, over)
		}
	} else {
		for d := 1; d < len(segments); d++ {
			update := segments[d].work[op.Update]
			work = max(work, min(update, c.before.finished[d].end+update-c.before.middle))
		}
	}
	work = c.charge(op.Update, min(work, c.before.up), expertWork)
	c.charges[c.before.upPhase].cycles -= work // arithmetic comes first
	c.charge(op.UpdateMemory, end-c.before.up, groupStacks)
}

// chainedUpdates is how long the updates of a group go on after the experts' work has
// ended, and how much arithmetic is in that time, if each update waits for the store
// of the one before: chiplets come to the stacks when they are done, one after
// another.
func (c *composer) chainedUpdates(segments []segment, group []int) (work, over float64) {
	finished := c.before.finished
	slices.SortStableFunc(group, func(a, b int) int { return cmp.Compare(finished[a].end, finished[b].end) })
	clock, arithmetic, all := 0.0, 0.0, 0.0
	for _, d := range group {
		s := &segments[d]
		if s.ops[op.UpdateMemory] == 0 {
			continue
		}
		time := s.work[op.Update] + c.moving(d, item{bytes: s.store[op.UpdateMemory]}, 0) + float64(s.ops[op.UpdateMemory])*c.answer(d, false)
		clock = max(clock, finished[d].end) + time
		arithmetic += s.work[op.Update]
		all += time
	}
	over = clock - c.before.middle
	if over <= 0 || all == 0 {
		return 0, 0
	}
	return arithmetic * min(1, over/all), over
}
