package tile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/configs/units"
)

// single is one array.
func single(t rapid.TB, rows, cols int64, d Dataflow, m Mapping) *Timing {
	t.Helper()
	s := DefaultSpec()
	s.Tiles, s.ArraysPerTile, s.ArrayRows, s.ArrayCols = 1, 1, int(rows), int(cols)
	s.Dataflow, s.Mapping, s.SRAMPerTile = d, m, units.TiB
	tm, err := NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// The walk by formula is the walk over every element of operands that are laid out
// in full.
func TestWalkIsThatOverEveryElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.Int64Range(1, 7)
		size := rapid.Int64Range(1, 24)
		tm := single(t, side.Draw(t, "rows"), side.Draw(t, "cols"), rapid.SampledFrom(Dataflows()).Draw(t, "dataflow"), ScaleSim)
		m, k, n := size.Draw(t, "m"), size.Draw(t, "k"), size.Draw(t, "n")
		b := Buffers{rapid.Int64Range(2, 300).Draw(t, "elements"), rapid.Int64Range(1, 40).Draw(t, "bandwidth")}
		got, err := tm.Buffered(m, k, n, b)
		if err != nil {
			t.Fatal(err)
		}
		want := layOut(tm, m, k, n, b).walk()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("walk (-every element +formula):\n%s", diff)
		}
	})
}

func TestBufferedKeepsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 60)
		mapping := rapid.SampledFrom([]Mapping{ScaleSim, Best}).Draw(t, "mapping")
		tm := single(t, 8, 4, rapid.SampledFrom(Dataflows()).Draw(t, "dataflow"), mapping)
		m, k, n := size.Draw(t, "m"), size.Draw(t, "k"), size.Draw(t, "n")
		b := Buffers{rapid.Int64Range(2, 4_000).Draw(t, "elements"), rapid.Int64Range(1, 64).Draw(t, "bandwidth")}
		got, err := tm.Buffered(m, k, n, b)
		if err != nil {
			t.Fatal(err)
		}
		alone := tm.Gemm(m, k, n, 1)
		if got.Cycles != alone.Cycles+got.StallCycles || got.StallCycles < 0 {
			t.Errorf("%d cycles, %d of them stalled, and %d alone", got.Cycles, got.StallCycles, alone.Cycles)
		}
		if got.FetchedA < min(m*k, b.Elements/2) || got.FetchedB < min(k*n, b.Elements/2) || got.Written < m*n {
			t.Errorf("moved %+v", got)
		}
		fast, err := tm.Buffered(m, k, n, Buffers{1 << 30, 1 << 20})
		if err != nil || fast.StallCycles != 0 {
			t.Errorf("stalls %d cycles behind buffers that hold everything: %v", fast.StallCycles, err)
		}
	})
}

// Folds that follow each other wait for the slower of array and transfer.
func TestFedByFormula(t *testing.T) {
	tm := single(t, 4, 4, OutputStationary, SpreadMN)
	// 2 x 2 folds of 100; A as a whole is 800, B for a fold 400.
	for _, tc := range []struct {
		what string
		b    Buffers
		want Buffered
	}{
		{"both operands fit", Buffers{2000, 10}, Buffered{Cycles: 406, PrefetchCycles: 40, DrainCycles: 2, FetchedA: 800, FetchedB: 800, Written: 64}},
		{"A comes once per column of folds, B once", Buffers{1000, 3}, Buffered{Cycles: 406 + 3*34, StallCycles: 3 * 34, PrefetchCycles: 134, DrainCycles: 6, FetchedA: 1600, FetchedB: 800, Written: 64}},
		{"neither fits", Buffers{20, 4}, Buffered{Cycles: 406, PrefetchCycles: 3, DrainCycles: 4, FetchedA: 1600, FetchedB: 1600, Written: 64}},
		{"a slower one", Buffers{20, 2}, Buffered{Cycles: 406 + 3*100, StallCycles: 3 * 100, PrefetchCycles: 5, DrainCycles: 8, FetchedA: 1600, FetchedB: 1600, Written: 64}},
	} {
		got, err := tm.Buffered(8, 100, 8, tc.b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.what, diff)
		}
	}
}

func TestBufferedRefusesWhatItCannotWalk(t *testing.T) {
	one := single(t, 16, 16, OutputStationary, ScaleSim)
	many := with(t, func(s *Spec) { s.Mapping = ScaleSim })
	good := Buffers{1024, 8}
	for _, tc := range []struct {
		tm      *Timing
		m, k, n int64
		b       Buffers
		want    string
	}{
		{one, 1, 1, 1, Buffers{}, "a buffer of 0 elements, want 2 to"},
		{one, 1, 1, 1, Buffers{Elements: 2}, "0 elements per cycle, want 1 to"},
		{many, 1, 1, 1, good, "one array, not 1600"},
		{one, 0, 1, 1, good, "0 x 1 x 1, want 1 to"},
		{one, 1, 1, 1 << 21, good, "1 x 1 x 2097152, want 1 to"},
		{one, 1 << 20, 1 << 20, 1 << 20, good, "too many to walk through"},
	} {
		if _, err := tc.tm.Buffered(tc.m, tc.k, tc.n, tc.b); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want %q in it", err, tc.want)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, d := range Dataflows() {
		b.Run(string(d), func(b *testing.B) {
			tm := single(b, 16, 16, d, ScaleSim)
			cycles := int64(0)
			for b.Loop() {
				r, err := tm.Buffered(256, 512, 256, Buffers{64 << 10, 16})
				if err != nil {
					b.Fatal(err)
				}
				cycles += r.Cycles - r.StallCycles
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(cycles), "ns/cycle")
		})
	}
}
