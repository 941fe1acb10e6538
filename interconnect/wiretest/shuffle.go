package wiretest

import (
	"container/heap"
	"math/rand/v2"

	"github.com/sarchlab/akita/v4/sim"
)

// ShuffledEngine is a serial engine that handles events of equal time in an order
// drawn from a seed. A part whose result depends on it depends on the order of events
// within a cycle, which no two engines agree on. Primary events still come before
// secondary ones.
type ShuffledEngine struct {
	sim.HookableBase

	rng   *rand.Rand
	now   sim.VTimeInSec
	queue shuffledQueue
}

// NewShuffledEngine makes an engine whose order is drawn from seed.
func NewShuffledEngine(seed uint64) *ShuffledEngine {
	return &ShuffledEngine{rng: rand.New(rand.NewPCG(seed, 0))}
}

// Schedule implements sim.Engine.
func (e *ShuffledEngine) Schedule(evt sim.Event) {
	if evt.Time() < e.now {
		panic("ShuffledEngine: event in the past")
	}
	heap.Push(&e.queue, shuffledEvent{evt, e.rng.Uint64()})
}

// Run implements sim.Engine. It returns the first error of a handler.
func (e *ShuffledEngine) Run() error {
	for len(e.queue) > 0 {
		evt := heap.Pop(&e.queue).(shuffledEvent).Event
		e.now = evt.Time()
		if err := evt.Handler().Handle(evt); err != nil {
			return err
		}
	}
	return nil
}

// CurrentTime implements sim.Engine.
func (e *ShuffledEngine) CurrentTime() sim.VTimeInSec { return e.now }

// Pause implements sim.Engine. The engine runs on the caller's goroutine and is never
// paused.
func (e *ShuffledEngine) Pause() {}

// Continue implements sim.Engine.
func (e *ShuffledEngine) Continue() {}

type shuffledEvent struct {
	sim.Event
	order uint64
}

type shuffledQueue []shuffledEvent

func (q shuffledQueue) Len() int      { return len(q) }
func (q shuffledQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q shuffledQueue) Less(i, j int) bool {
	a, b := q[i], q[j]
	switch {
	case a.Time() < b.Time():
		return true
	case b.Time() < a.Time():
		return false
	case a.IsSecondary() != b.IsSecondary():
		return b.IsSecondary()
	}
	return a.order < b.order
}
func (q *shuffledQueue) Push(x any) { *q = append(*q, x.(shuffledEvent)) }
func (q *shuffledQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
