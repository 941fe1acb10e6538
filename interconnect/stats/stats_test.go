package stats_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/stats"
)

func TestBucketsAreExactThenEighthsOfAnOctave(t *testing.T) {
	for _, tc := range []struct{ value, highest int64 }{
		{0, 0}, {1, 1}, {15, 15}, {16, 17}, {17, 17}, {18, 19}, {31, 31}, {32, 35}, {36, 39}, {63, 63}, {64, 71},
		{4096, 4607}, {1 << 40, 1<<40 + 1<<37 - 1},
	} {
		if got := stats.Highest(stats.Bucket(tc.value)); got != tc.highest {
			t.Errorf("the bucket of %d ends at %d, want %d", tc.value, got, tc.highest)
		}
	}
}

// Buckets are in the order of their values, with no gap: the value after the end of one
// opens the next.
func TestBucketsLeaveNoGap(t *testing.T) {
	last := stats.Bucket(1 << 50)
	for b := range last {
		if next := stats.Bucket(stats.Highest(b) + 1); next != b+1 {
			t.Fatalf("bucket %d ends at %d, the next value falls into %d", b, stats.Highest(b), next)
		}
	}
}

func TestQuantileIsExactOrAnEighthAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Int64Range(0, 1<<40).Draw(t, "largest possible")
		values := rapid.SliceOfN(rapid.Int64Range(0, most), 1, 60).Draw(t, "values")
		zeros := rapid.Int64Range(0, 100).Draw(t, "values of 0 left out")
		q := rapid.Float64Range(0, 1).Draw(t, "quantile")
		var h stats.Histogram
		sum := int64(0)
		for _, v := range values {
			h.Count(v)
			sum += v
		}
		total := int64(len(values)) + zeros
		all := append(make([]int64, zeros), values...)
		slices.Sort(all)
		exact := all[max(1, int64(math.Ceil(q*float64(total))))-1]
		got := h.Quantile(q, total)
		if got < exact || got > exact+exact/8 {
			t.Errorf("quantile %g of %v is %d, want %d to %d", q, all, got, exact, exact+exact/8)
		}
		if h.Sum != sum || h.Max != slices.Max(values) || h.Total() != int64(len(values)) {
			t.Errorf("sum %d, maximum %d, total %d of %v", h.Sum, h.Max, h.Total(), values)
		}
		if got, want := h.Mean(total), float64(sum)/float64(total); got != want {
			t.Errorf("mean %g, want %g", got, want)
		}
	})
}

func TestEmptyHistogram(t *testing.T) {
	var h stats.Histogram
	if h.Mean(0) != 0 || h.Mean(10) != 0 || h.Quantile(0.99, 0) != 0 || h.Quantile(0.99, 10) != 0 {
		t.Errorf("means %g and %g, quantiles %d and %d of nothing", h.Mean(0), h.Mean(10), h.Quantile(0.99, 0), h.Quantile(0.99, 10))
	}
}

func TestMergeIsAddingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := func(who string) []int64 {
			return rapid.SliceOfN(rapid.Int64Range(0, 1<<20), 0, 20).Draw(t, who)
		}
		var a, b, both stats.Histogram
		for _, v := range values("a") {
			a.Add(v, 3)
			both.Add(v, 3)
		}
		for _, v := range values("b") {
			b.Add(v, 2)
			both.Add(v, 2)
		}
		a.Merge(&b)
		if diff := cmp.Diff(both.Clone(), a.Clone()); diff != "" {
			t.Errorf("-added one by one +merged\n%s", diff)
		}
	})
}

// stay is a message that is somewhere from one cycle to another.
type stay struct{ from, to, bytes int64 }

// drawStays draws stays in first-in-first-out order, each of some cycles at least.
func drawStays(t *rapid.T, least int64) []stay {
	var out []stay
	from, to := int64(0), int64(0)
	for range rapid.IntRange(0, 40).Draw(t, "messages") {
		from += rapid.Int64Range(0, 5).Draw(t, "gap")
		to = max(to, from+least) + rapid.Int64Range(0, 9).Draw(t, "stay")
		out = append(out, stay{from, to, rapid.Int64Range(0, 100).Draw(t, "bytes")})
	}
	return out
}

// levels is the exact time with each level above 0, from the definition.
func levels(stays []stay, weight func(stay) int64) stats.Histogram {
	var h stats.Histogram
	end := int64(0)
	for _, s := range stays {
		end = max(end, s.to)
	}
	for cycle := range end {
		level := int64(0)
		for _, s := range stays {
			if s.from <= cycle && cycle < s.to {
				level += weight(s)
			}
		}
		if level > 0 {
			h.Add(level, 1)
		}
	}
	return h.Clone()
}

// TestLittlesLaw: what a queue says of its length is the definition, cycle by cycle,
// and messages times cycles is the same summed over messages and over cycles. Messages
// may be said to leave before their cycle has come.
func TestLittlesLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stays := drawStays(t, 0)
		q := stats.NewQueues(3)
		const vc = 2
		waited, some, turns, in := int64(0), int64(0), int64(0), 0
		for i, s := range stays {
			able := rapid.Int64Range(0, 20).Draw(t, "able")
			waited += s.to - s.from
			some += min(s.to-s.from, 1)
			turns += min(able, s.to-s.from)
			if in == i && rapid.Bool().Draw(t, "at once") {
				q.Pass(vc, s.from, s.to, able)
				in++
				continue
			}
			for in <= i || in < len(stays) && rapid.Bool().Draw(t, "enter first") {
				q.Enter(vc, stays[in].from)
				in++
			}
			q.Leave(vc, s.to, able)
			if rapid.IntRange(0, 9).Draw(t, "look") == 0 {
				q.Line(vc) // changes nothing
			}
		}
		got := q.Line(vc)
		if diff := cmp.Diff(levels(stays, func(stay) int64 { return 1 }), got.Level); diff != "" {
			t.Errorf("length (-by definition +got)\n%s", diff)
		}
		if got.Stay.Sum != waited || got.Level.Sum != waited || got.Stay.Total() != some {
			t.Errorf("%d messages waited %d cycles, the queue counts %d that waited %d and held them for %d",
				some, waited, got.Stay.Total(), got.Stay.Sum, got.Level.Sum)
		}
		if n := q.TurnCycles(vc); n != turns {
			t.Errorf("waited %d cycles for its turn, want %d", n, turns)
		}
		if other := q.Line(0); other.Stay.Total() != 0 {
			t.Errorf("another channel has seen %+v", other)
		}
	})
}

func TestLongQueue(t *testing.T) {
	q := stats.NewQueues(1)
	const n = 400 // longer than the log
	for range n {
		q.Enter(0, 1)
	}
	for i := range int64(n) {
		q.Leave(0, 11+i, 0)
	}
	l := q.Line(0)
	if l.Level.Max != n || l.Level.Sum != 10*n+n*(n-1)/2 || l.Stay.Max != 10+n-1 {
		t.Errorf("%+v", l)
	}
}

// TestBufferHoldsByDefinition: the level is known from what has left alone.
func TestBufferHoldsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stays := drawStays(t, 1)
		var b stats.Buffer
		for _, s := range stays {
			b.Pass(s.from, s.to, s.bytes)
			_ = b.Level() // looking at it changes nothing
		}
		got := b.Level()
		if diff := cmp.Diff(levels(stays, func(s stay) int64 { return s.bytes }), got); diff != "" {
			t.Errorf("bytes (-by definition +got)\n%s", diff)
		}
		area := int64(0)
		for _, s := range stays {
			area += s.bytes * (s.to - s.from)
		}
		if got.Sum != area {
			t.Errorf("%d bytes times cycles, want %d", got.Sum, area)
		}
	})
}

func TestWindowsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := stats.NewWindows(2)
		totals := [2]int64{}
		type gain struct{ cycle, n int64 }
		var gains [2][]gain
		cycle := int64(0)
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			cycle += rapid.OneOf(rapid.Int64Range(0, 30), rapid.Int64Range(0, 40_000)).Draw(t, "pause")
			if cycle >= w.EndCycle() {
				w.Note(0, totals[0])
				w.Note(1, totals[1])
				if end := w.Advance(cycle); end <= cycle || end != w.EndCycle() {
					t.Fatalf("the window of cycle %d ends at %d", cycle, end)
				}
			}
			counter := rapid.IntRange(0, 1).Draw(t, "counter")
			n := rapid.Int64Range(1, 9).Draw(t, "gain")
			totals[counter] += n
			gains[counter] = append(gains[counter], gain{cycle, n})
		}
		length := stats.LengthFor(cycle + 1 + rapid.Int64Range(0, 100_000).Draw(t, "after"))
		for counter := range totals {
			var want []int64
			for _, g := range gains[counter] {
				at := int(g.cycle / length)
				want = append(want, make([]int64, max(0, at+1-len(want)))...)
				want[at] += g.n
			}
			got := w.Series(counter, totals[counter], length)
			if len(got) > stats.MaxWindows {
				t.Errorf("%d windows", len(got))
			}
			if diff := cmp.Diff(append([]int64{}, want...), append([]int64{}, got...)); diff != "" {
				t.Errorf("counter %d in windows of %d cycles (-want +got)\n%s", counter, length, diff)
			}
		}
	})
}

func TestWindowsAreAsManyAsPromised(t *testing.T) {
	for _, cycles := range []int64{stats.MaxWindows * stats.FirstWindowCycles, 1_000_000, 1 << 40, 1876548664} {
		n := (cycles + stats.LengthFor(cycles) - 1) / stats.LengthFor(cycles)
		if n < stats.MaxWindows/2 || n > stats.MaxWindows {
			t.Errorf("%d windows for %d cycles", n, cycles)
		}
	}
}

func TestNothingAllocatesOnceItHasItsSize(t *testing.T) {
	var b stats.Buffer
	q, w := stats.NewQueues(1), stats.NewWindows(1)
	cycle, total := int64(0), int64(0)
	round := func() {
		for range 1000 {
			q.Pass(0, cycle, cycle+3, 0)
			q.Enter(0, cycle+3)
			b.Pass(cycle, cycle+50, 4096)
			cycle += 20
			q.Leave(0, cycle, 0)
			total++
			if cycle >= w.EndCycle() {
				w.Note(0, total)
				w.Advance(cycle)
			}
		}
	}
	round()
	if n := testing.AllocsPerRun(5, round); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDetailNames(t *testing.T) {
	for _, d := range []stats.Detail{stats.DetailBasic, stats.DetailQueues, stats.DetailFull} {
		if got, err := stats.ParseDetail(d.String()); err != nil || got != d {
			t.Errorf("%v reads back as %v, %v", d, got, err)
		}
	}
	if d, err := stats.ParseDetail("fully"); err == nil {
		t.Errorf("fully is %v", d)
	}
}
