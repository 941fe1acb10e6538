package engine

import (
	"testing"

	"mozart/interconnect/port"
)

// fixedEnd is both ends of a crossing that says what it is told to.
type fixedEnd struct {
	promise port.Promise
	heeds   port.Promise
}

// Promise implements port.Near.
func (e *fixedEnd) Promise() port.Promise { return e.promise }

// Take implements port.Far.
func (e *fixedEnd) Take(*int, int64) {}

// Heeds implements port.Far.
func (e *fixedEnd) Heeds() port.Promise { return e.heeds }

// ringTable is a ring of domains 0, 1, 2 with a crossing from 1 back to 0 besides.
// The next cycles are 100, 300 and never.
func ringTable(t *testing.T) (*Parallel, []*fixedEnd) {
	p, err := NewParallel(1e9, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	ways := []struct {
		from, to  int
		lookahead int64
	}{{0, 1, 5}, {1, 2, 7}, {2, 0, 11}, {1, 0, 13}}
	var ends []*fixedEnd
	for _, w := range ways {
		e := &fixedEnd{promise: port.Promise{DelayCycles: w.lookahead}}
		ends = append(ends, e)
		c := Crossing{Name: "Way", From: w.from, To: w.to, LookaheadCycles: w.lookahead}
		if _, err := Cross(p, c, e, port.Far[int](e)); err != nil {
			t.Fatal(err)
		}
	}
	return p, ends
}

// publishNext fills the table as if the domains had stopped with such next cycles.
func publishNext(p *Parallel, next ...int64) {
	p.begin(never)
	for i, n := range next {
		p.table.domains[i].next = n
	}
}

func TestHorizon(t *testing.T) {
	for name, x := range map[string]struct {
		change func(ends []*fixedEnd)
		next   []int64
		want   []int64
	}{
		"what others do, or pass on": {
			next: []int64{100, 300, never}, want: []int64{300 + 13, 100 + 5, 100 + 5 + 7},
		},
		"a floor on the way": {
			change: func(e []*fixedEnd) { e[1].promise.FloorCycle = 400 },
			next:   []int64{100, 300, never}, want: []int64{313, 105, 400},
		},
		"a floor on all ways": {
			change: func(e []*fixedEnd) { e[1].promise.FloorCycle, e[3].promise.FloorCycle = 400, 500 },
			next:   []int64{100, 300, never}, want: []int64{400 + 11, 105, 400},
		},
		"a delay beyond the lookahead": {
			change: func(e []*fixedEnd) { e[0].promise.DelayCycles = 50 },
			next:   []int64{100, never, never}, want: []int64{never, 150, 157},
		},
		"what the receiver does not heed": {
			change: func(e []*fixedEnd) { e[0].heeds.FloorCycle = 250 },
			next:   []int64{100, 300, never}, want: []int64{313, 250, 257},
		},
		"what the receiver does not heed after its next cycle": {
			change: func(e []*fixedEnd) { e[0].heeds.DelayCycles, e[3].heeds.DelayCycles = 50, 30 },
			next:   []int64{100, 300, never}, want: []int64{313, 350, 162},
		},
		"who is calm acts only when it is reached": {
			change: func(e []*fixedEnd) { e[1].promise.CalmCycle, e[3].promise.CalmCycle = never, 900 },
			next:   []int64{100, 300, never}, want: []int64{900, 105, 105 + 7},
		},
		"its own deeds do not count": {
			next: []int64{never, 300, never}, want: []int64{313, never, 307},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, ends := ringTable(t)
			if x.change != nil {
				x.change(ends)
			}
			publishNext(p, x.next...)
			s := newSearch(3)
			for d, want := range x.want {
				if got := p.table.horizon(d, never, &s); got != want {
					t.Errorf("domain %d: %d, want %d", d, got, want)
				}
			}
			if got := p.table.horizon(0, 7, &s); got != 7 {
				t.Errorf("limited to 7: %d", got)
			}
		})
	}
}

// What comes back from an item that reaches domain 1 at a cycle.
func TestAnswers(t *testing.T) {
	for name, x := range map[string]struct {
		change func(ends []*fixedEnd)
		want   map[int64]int64
	}{
		"directly": {
			want: map[int64]int64{200: 213, 299: 312, 301: 314},
		},
		"on another way": {
			change: func(e []*fixedEnd) { e[3].promise.DelayCycles = 60 },
			want:   map[int64]int64{200: 200 + 7 + 11},
		},
		"after a floor": {
			change: func(e []*fixedEnd) { e[1].promise.FloorCycle, e[3].promise.FloorCycle = 270, 290 },
			want:   map[int64]int64{200: 270 + 11, 299: 312},
		},
		"when it is heeded": {
			change: func(e []*fixedEnd) { e[0].heeds.FloorCycle = 250 },
			want:   map[int64]int64{200: 263},
		},
		"when the answer is heeded": {
			change: func(e []*fixedEnd) { e[1].promise.FloorCycle, e[3].heeds.FloorCycle = 1000, 700 },
			want:   map[int64]int64{200: 700},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, ends := ringTable(t)
			if x.change != nil {
				x.change(ends)
			}
			publishNext(p, 100, 300, never)
			w := &p.workers[0]
			d := p.domains[0]
			p.setOff(d, w, p.table.horizon(0, never, &w.search))
			for cycle, want := range x.want {
				if got := p.crossings[0].reply.to(cycle); got != want {
					t.Errorf("at %d: %d, want %d", cycle, got, want)
				}
			}
		})
	}
}
