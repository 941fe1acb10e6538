package micro

import (
	"strings"
	"testing"
)

func TestSettled(t *testing.T) {
	for name, tc := range map[string]struct {
		before, now tally
		want        bool
	}{
		"the same":                {tally{1000, 20_000}, tally{1000, 20_000}, true},
		"latency grew by 4%":      {tally{1000, 20_000}, tally{1000, 20_800}, true},
		"latency grew by 6%":      {tally{1000, 20_000}, tally{1000, 21_200}, false},
		"latency fell":            {tally{1000, 20_000}, tally{1000, 15_000}, true},
		"more arrivals by chance": {tally{100, 2000}, tally{120, 2400}, true},
		"more arrivals":           {tally{10_000, 200_000}, tally{11_000, 220_000}, false},
		"nothing arrives":         {tally{}, tally{}, true},
		"the first arrivals":      {tally{}, tally{100, 2000}, false},
	} {
		if got := settled(tc.before, tc.now); got != tc.want {
			t.Errorf("%s: settled is %v", name, got)
		}
	}
}

// overloaded makes a measurement whose window saw packets, evenly created in 20 batches
// whose mean latencies go from first to last.
func overloaded(arrived, first, last int64) *measurement {
	m := &measurement{load: &load{}}
	m.load.arrivals.latency.N = arrived
	for i := range int64(batchCount) {
		mean := first + (last-first)*i/(batchCount-1)
		m.load.measured.batches[i] = tally{packets: 100, latency: 100 * mean}
	}
	return m
}

func TestOverload(t *testing.T) {
	for name, tc := range map[string]struct {
		generated, arrived, first, last int64
		want                            string
	}{
		"all is well":              {100_000, 99_900, 20, 22, ""},
		"more comes out than in":   {100_000, 100_500, 20, 20, ""},
		"2% missing":               {100_000, 98_000, 20, 20, "2.0% of the flits offered in the window were not accepted"},
		"2% of few missing":        {1000, 980, 20, 20, ""},
		"half of few missing":      {100, 50, 20, 20, "50.0% of the flits"},
		"latency grows":            {100_000, 99_900, 50, 500, "the mean latency grew from 97."},
		"latency grows moderately": {100_000, 99_900, 50, 80, ""},
	} {
		got := overloaded(tc.arrived, tc.first, tc.last).overload(tc.generated)
		if (tc.want == "") != (got == "") || !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// A window that is doubled keeps its packets: two batches become one, and the packet
// that a source has given early counts if it is created in what was added.
func TestExtend(t *testing.T) {
	l := &load{sources: make([]source, 2)}
	l.sources[0].given, l.sources[1].given = 90, 150
	l.open(window{50, 90})
	if l.taken != 0 || l.batch != 2 {
		t.Fatalf("%d packets given, batches of %d cycles", l.taken, l.batch)
	}
	for i := range l.measured.batches {
		l.measured.batches[i] = tally{packets: int64(i), latency: 10 * int64(i)}
	}
	l.extend(window{50, 130})
	if l.taken != 1 || l.batch != 4 {
		t.Errorf("%d packets given, batches of %d cycles, want 1 and 4", l.taken, l.batch)
	}
	for i, b := range l.measured.batches {
		want := tally{}
		if i < batchCount/2 {
			want = tally{packets: int64(4*i + 1), latency: int64(10 * (4*i + 1))}
		}
		if b != want {
			t.Errorf("batch %d is %v, want %v", i, b, want)
		}
	}
}
