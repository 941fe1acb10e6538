package engine

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

// Load is the synthetic load of `mozart micro engine`: handlers that reschedule
// themselves after a delay drawn uniformly from 1..1024 cycles, or, once in a
// hundred, from 65,537..131,072 cycles. Every handler has its own random stream
// and its own share of the events, so all engines do the same work.
type Load struct {
	// Handlers is how many handlers take part, at least 1.
	Handlers int
	// Events is how many events they handle in total, at least Handlers.
	Events int64
	// Seed selects the random streams.
	Seed uint64
}

const (
	nearDelays = 1024
	farDelays  = 65536
	farOneIn   = 100
)

// LoadResult is what a Load did; equal for equal loads on any engine.
type LoadResult struct {
	// Events is the number of events handled.
	Events int64
	// LastCycle is the cycle of the last event.
	LastCycle int64
	// CycleSum is the sum of the cycles of all events, modulo 2^64.
	CycleSum uint64
}

// Run puts the load on an engine that counts in cycles of freq and runs it
// until no event is left.
func (l Load) Run(e sim.Engine, freq sim.Freq) (LoadResult, error) {
	if l.Handlers < 1 || l.Events < int64(l.Handlers) {
		return LoadResult{}, fmt.Errorf("engine: load needs at least 1 handler and 1 event each, got %d handlers and %d events", l.Handlers, l.Events)
	}
	clock := port.NewClock(e, freq)
	loaders := make([]*loader, l.Handlers)
	for i := range loaders {
		loaders[i] = l.start(clock, i)
	}
	if err := e.Run(); err != nil {
		return LoadResult{}, err
	}
	var r LoadResult
	for _, h := range loaders {
		r.Events += h.handled
		r.LastCycle = max(r.LastCycle, h.last)
		r.CycleSum += h.sum
	}
	if r.Events != l.Events {
		return r, errors.New("engine: events were lost")
	}
	return r, nil
}

// start makes handler number i and schedules its first event.
func (l Load) start(clock port.Clock, i int) *loader {
	h := &loader{rng: rand.NewPCG(l.Seed, uint64(i))}
	h.left = l.Events / int64(l.Handlers)
	if int64(i) < l.Events%int64(l.Handlers) {
		h.left++
	}
	port.NewAlarm(clock, h, i).Set(clock.Now() + h.delay())
	return h
}

// loader is one handler of a Load.
type loader struct {
	rng           *rand.PCG
	left, handled int64
	last          int64
	sum           uint64
}

// Wake implements port.Sleeper.
func (h *loader) Wake(alarm *port.Alarm, now int64) {
	h.handled++
	h.left--
	h.last = now
	h.sum += uint64(now)
	if h.left > 0 {
		alarm.Set(now + h.delay())
	}
}

// delay draws once: the upper bits of the number decide between near and far,
// the lower ones are the delay.
func (h *loader) delay() int64 {
	r := h.rng.Uint64()
	kind, _ := bits.Mul64(r, farOneIn)
	if kind == 0 {
		return farDelays + 1 + int64(r&(farDelays-1))
	}
	return 1 + int64(r&(nearDelays-1))
}
