package engine_test

import (
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// The benchmark's system: a star of five domains, each with parts that wake up
// every thousand cycles or so, work for about 100 ns and now and then send a word.
const (
	benchDomains   = 5
	benchParts     = 30
	benchLookahead = 1000
	benchMemory    = 1 << 14 // words of 8 bytes per domain
)

type benchDomain struct {
	memory []uint64
	near   []*benchEnd
}

type benchPart struct {
	domain *benchDomain
	state  uint64
	left   int
}

// Wake implements port.Sleeper.
func (p *benchPart) Wake(a *port.Alarm, now int64) {
	p.work()
	if p.left--; p.left <= 0 {
		return
	}
	if p.state%10 == 0 {
		end := p.domain.near[int(p.state>>8)%len(p.domain.near)]
		*end.outlet.Hand(now + benchLookahead) = word{value: p.state}
	}
	a.Set(now + 1 + int64(p.state>>16%(2*benchLookahead)))
}

func (p *benchPart) work() {
	m := p.domain.memory
	for range 10 {
		p.state = mix(p.state, m[p.state%benchMemory])
		m[p.state>>20%benchMemory] = p.state
	}
}

type benchEnd struct {
	domain *benchDomain
	outlet port.Outlet[word]
	part   benchPart
}

// Promise implements port.Near.
func (*benchEnd) Promise() port.Promise { return port.Promise{DelayCycles: benchLookahead} }

// Take implements port.Far.
func (e *benchEnd) Take(w *word, _ int64) {
	e.part.state = mix(e.part.state, w.value)
	e.part.work()
}

// Heeds implements port.Far.
func (*benchEnd) Heeds() port.Promise { return port.Promise{} }

// benchStar makes the system: engineOf gives a domain's engine, connect an outlet.
func benchStar(engineOf func(i int) sim.Engine, wakes int, connect func(from, to int, near, far *benchEnd) port.Outlet[word]) {
	domains := make([]*benchDomain, benchDomains)
	for i := range domains {
		d := &benchDomain{memory: make([]uint64, benchMemory)}
		clock := port.NewClock(engineOf(i), sim.GHz)
		for k := range benchParts {
			part := &benchPart{domain: d, state: mix(uint64(i), uint64(k)), left: wakes / (benchDomains * benchParts)}
			port.NewAlarm(clock, part, 0).Set(int64(k))
		}
		domains[i] = d
	}
	for i := 1; i < benchDomains; i++ {
		for _, way := range [][2]int{{0, i}, {i, 0}} {
			near, far := &benchEnd{domain: domains[way[0]]}, &benchEnd{domain: domains[way[1]]}
			far.part.domain = domains[way[1]]
			near.outlet = connect(way[0], way[1], near, far)
			near.domain.near = append(near.domain.near, near)
		}
	}
}

func BenchmarkStar(b *testing.B) {
	b.Run("serial", func(b *testing.B) {
		e := newSerial(b, sim.GHz)
		clock := port.NewClock(e, sim.GHz)
		benchStar(func(int) sim.Engine { return e }, b.N, func(_, _ int, _, far *benchEnd) port.Outlet[word] {
			w := &wire{far: far}
			w.alarm = port.NewAlarm(clock, w, 0)
			return w
		})
		b.ResetTimer()
		if err := e.Run(); err != nil {
			b.Fatal(err)
		}
	})
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p, err := engine.NewParallel(sim.GHz, benchDomains, threads)
			if err != nil {
				b.Fatal(err)
			}
			benchStar(func(i int) sim.Engine { return p.Domain(i) }, b.N, func(from, to int, near, far *benchEnd) port.Outlet[word] {
				o, err := engine.Cross(p, engine.Crossing{
					Name: fmt.Sprintf("Way[%d][%d]", from, to), From: from, To: to, LookaheadCycles: benchLookahead,
				}, near, port.Far[word](far))
				if err != nil {
					b.Fatal(err)
				}
				return o
			})
			b.ResetTimer()
			if err := p.Run(); err != nil {
				b.Fatal(err)
			}
			syncs := uint64(0)
			for _, s := range p.Stats() {
				syncs += s.Syncs
			}
			b.ReportMetric(float64(p.Events())/float64(syncs), "events/sync")
		})
	}
}

// pingPong is both ends of a domain that answers every word.
type pingPong struct {
	out  port.Outlet[word]
	left int
}

// Promise implements port.Near.
func (*pingPong) Promise() port.Promise { return port.Promise{DelayCycles: 10} }

// Take implements port.Far.
func (e *pingPong) Take(_ *word, cycle int64) {
	if e.left > 0 {
		e.left--
		*e.out.Hand(cycle + 10) = word{}
	}
}

// Heeds implements port.Far.
func (*pingPong) Heeds() port.Promise { return port.Promise{} }

// BenchmarkPingPong is the cost of a synchronisation: an operation is a turn of a
// domain that takes one word and hands over one.
func BenchmarkPingPong(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p, err := engine.NewParallel(sim.GHz, 2, threads)
			if err != nil {
				b.Fatal(err)
			}
			ends := [2]*pingPong{{left: b.N / 2}, {left: b.N / 2}}
			for i, e := range ends {
				e.out, err = engine.Cross(p, engine.Crossing{Name: "Way", From: i, To: 1 - i, LookaheadCycles: 10}, e, port.Far[word](ends[1-i]))
				if err != nil {
					b.Fatal(err)
				}
			}
			wakeAt(p.Domain(0), sim.GHz, 1, func(now int64) { ends[0].Take(nil, now) })
			b.ResetTimer()
			if err := p.Run(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
