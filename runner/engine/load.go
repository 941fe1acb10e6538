package engine

import (
	"errors"
	"fmt"
	"math/bits"

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
// until no event is left. On a Parallel the handlers are dealt out to its domains,
// which have nothing to say to each other.
func (l Load) Run(e sim.Engine, freq sim.Freq) (LoadResult, error) {
	if l.Handlers < 1 || l.Events < int64(l.Handlers) {
		return LoadResult{}, fmt.Errorf("engine: load needs at least 1 handler and 1 event each, got %d handlers and %d events", l.Handlers, l.Events)
	}
	clocks := []port.Clock{port.NewClock(e, freq)}
	if p, ok := e.(*Parallel); ok {
		clocks = clocks[:0]
		for d := range p.Domains() {
			clocks = append(clocks, port.NewClock(p.Domain(d), freq))
		}
	}
	loaders := make([]loader, l.Handlers)
	for i := range loaders {
		l.start(&loaders[i], clocks[i%len(clocks)], i)
	}
	if err := e.Run(); err != nil {
		return LoadResult{}, err
	}
	var r LoadResult
	for _, c := range clocks {
		r.LastCycle = max(r.LastCycle, c.Now())
	}
	for i := range loaders {
		h := &loaders[i]
		r.Events += l.share(i) - h.left
		r.CycleSum += h.sum
	}
	if r.Events != l.Events {
		return r, errors.New("engine: events were lost")
	}
	return r, nil
}

// start makes h handler number i and schedules its first event.
func (l Load) start(h *loader, clock port.Clock, i int) {
	// A draw each for seed and number, so that near ones start far apart.
	seed := splitMix(l.Seed)
	number := splitMix(seed.next() ^ uint64(i))
	h.rng = splitMix(number.next())
	h.left = l.share(i)
	h.alarm.Init(clock, h, i)
	h.alarm.Set(clock.Now() + h.delay())
}

// share is how many events handler number i handles.
func (l Load) share(i int) int64 {
	n := l.Events / int64(l.Handlers)
	if int64(i) < l.Events%int64(l.Handlers) {
		n++
	}
	return n
}

// loader is one handler of a Load. It holds its alarm by value, so that an event
// touches two neighboring cache lines.
type loader struct {
	rng   splitMix
	left  int64
	sum   uint64
	alarm port.Alarm
}

// Wake implements port.Sleeper.
func (h *loader) Wake(alarm *port.Alarm, now int64) {
	h.left--
	h.sum += uint64(now)
	if h.left > 0 {
		alarm.Set(now + h.delay())
	}
}

// delay draws once: the upper bits of the number decide between near and far,
// the lower ones are the delay.
func (h *loader) delay() int64 {
	r := h.rng.next()
	kind, _ := bits.Mul64(r, farOneIn)
	if kind == 0 {
		return farDelays + 1 + int64(r&(farDelays-1))
	}
	return 1 + int64(r&(nearDelays-1))
}

// splitMix is the generator SplitMix64 of Steele, Lea and Flood ("Fast splittable
// pseudorandom number generators", OOPSLA 2014): cheap beside the events that it
// draws for.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
