package tile

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/configs/units"
)

// with is the timing of the default chiplet with changes.
func with(t testing.TB, change func(*Spec)) *Timing {
	t.Helper()
	s := DefaultSpec()
	change(&s)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	tm, err := NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// two is a chiplet of two tiles with two arrays of 4 x 4 each, whose SRAM is
// large and fast.
func two(change func(*Spec)) func(*Spec) {
	return func(s *Spec) {
		s.Tiles, s.ArraysPerTile, s.ArrayRows, s.ArrayCols = 2, 2, 4, 4
		s.VectorLanes, s.Mapping = 8, SpreadMN
		s.SRAMPerTile, s.SRAMBandwidth = units.GiB, 1000*units.GBPerSecond
		change(s)
	}
}

func TestGemmCycles(t *testing.T) {
	for _, tc := range []struct {
		name       string
		change     func(*Spec)
		m, k, n, c int64
		want       int64
	}{
		// 8 x 8 outputs are 4 folds, one for each array.
		{"one fold an array", func(*Spec) {}, 8, 100, 8, 1, 100 + 6},
		// 5 folds: one array runs two.
		{"a second round, overlapped", func(*Spec) {}, 4, 100, 20, 1, 100 + 6 + 100},
		{"a second round, serial", func(s *Spec) { s.FillDrain = Serial }, 4, 100, 20, 1, 2 * (100 + 6)},
		{"a short K cannot beat the shifting of results", func(*Spec) {}, 4, 1, 20, 1, 1 + 6 + 4},
		{"products of a batch spread too", func(*Spec) {}, 4, 100, 4, 5, 100 + 6 + 100},
		{"rows only", func(s *Spec) { s.Mapping = SpreadM }, 8, 100, 8, 1, 100 + 6 + 100},
		{"columns only", func(s *Spec) { s.Mapping = SpreadN }, 8, 100, 4, 1, 100 + 6 + 100},
		// One output tile in 4 parts of K; 3 x 16 additions on 16 lanes.
		{"split K", func(s *Spec) { s.Mapping = SplitK }, 4, 400, 4, 1, 100 + 6 + 3},
		{"best splits K when it is long", func(s *Spec) { s.Mapping = Best }, 4, 400, 4, 1, 100 + 6 + 3},
		{"best leaves a short K whole", func(s *Spec) { s.Mapping = Best }, 4, 2, 4, 1, 2 + 6},
		// Weight stationary: K folds stay on the array of their column, M is split.
		{"weights stay", func(s *Spec) { s.Dataflow = WeightStationary }, 400, 8, 8, 1, 200 + 10 + 200},
		{"inputs stay", func(s *Spec) { s.Dataflow = InputStationary }, 8, 8, 400, 1, 200 + 10 + 200},
		// 4 folds of K x N, each on its own array; 1 x 3200 additions on 16 lanes.
		{"weights stay, K spread", func(s *Spec) { s.Dataflow, s.Mapping = WeightStationary, SplitK }, 400, 8, 8, 1, 400 + 10 + 200},
		{"nothing", func(*Spec) {}, 0, 100, 8, 1, 0},
		{"no products", func(*Spec) {}, 8, 100, 8, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := with(t, two(tc.change)).Gemm(tc.m, tc.k, tc.n, tc.c)
			if e.Cycles != tc.want {
				t.Errorf("%d cycles, want %d (%+v)", e.Cycles, tc.want, e)
			}
			if want := 2 * tc.m * tc.k * tc.n * tc.c; e.FLOPs != want {
				t.Errorf("%d FLOPs, want %d", e.FLOPs, want)
			}
		})
	}
}

func TestGemmBytes(t *testing.T) {
	for _, tc := range []struct {
		name             string
		change           func(*Spec)
		m, k, n, c       int64
		read, write, fil int64
	}{
		// Each of 2 x 2 folds reads 4 rows and 4 columns of 100.
		{"every fold reads its own", func(*Spec) {}, 8, 100, 8, 1, 2 * 4 * 800, 2 * 64, 4 * 8 * 2},
		{"two folds share", func(s *Spec) { s.OperandReuse = 2 }, 8, 100, 8, 1, 2 * 4 * 400, 2 * 64, 4 * 8},
		{"each operand at least once", func(s *Spec) { s.OperandReuse = 1000 }, 8, 100, 8, 1, 2 * 1600, 2 * 64, 1},
		{"a batch shares nothing", func(*Spec) {}, 4, 100, 4, 3, 3 * 1600, 3 * 32, 3 * 16},
		// 4 parts of 16 sums go out and come back.
		{"parts of K", func(s *Spec) { s.Mapping = SplitK }, 4, 400, 4, 1, 2*8*400 + 4*16*4, 2*16 + 4*16*4, 4 * 8 * 2},
		// Inputs twice (2 columns of folds), weights twice (2 parts of M), the sums of
		// the first of 2 folds of K out and back.
		{"weights stay", func(s *Spec) { s.Dataflow = WeightStationary }, 400, 8, 8, 1,
			2*(2*3200+2*64) + 4*3200, 2*3200 + 4*3200, 4 * 8 * 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := with(t, two(tc.change)).Gemm(tc.m, tc.k, tc.n, tc.c)
			if e.ReadBytes != tc.read || e.WriteBytes != tc.write || e.FillBytes != tc.fil {
				t.Errorf("read %d, write %d, fill %d; want %d, %d, %d",
					e.ReadBytes, e.WriteBytes, e.FillBytes, tc.read, tc.write, tc.fil)
			}
		})
	}
}

func TestOperandsBeyondTheSRAMComeInBlocks(t *testing.T) {
	// A tile works on 2 folds at once: 4 rows and 8 columns of 1000 elements of 2
	// bytes are 24,000 bytes, against 4,000 of half its SRAM: 6 blocks of 167.
	const k = 1000
	small := func(s *Spec) { s.SRAMPerTile = 8000 }
	large := with(t, two(func(*Spec) {})).Gemm(8, k, 16, 1)
	e := with(t, two(small)).Gemm(8, k, 16, 1)
	if large.Blocks != 1 || e.Blocks != 6 {
		t.Fatalf("%d and %d blocks, want 1 and 6", large.Blocks, e.Blocks)
	}
	if sums := int64(5 * 8 * 16 * 4); e.ReadBytes != large.ReadBytes+sums || e.WriteBytes != large.WriteBytes+sums {
		t.Errorf("read %d and write %d bytes, want %d more than %d and %d", e.ReadBytes, e.WriteBytes, sums, large.ReadBytes, large.WriteBytes)
	}
	if want := int64(167 + 6 + 11*167); e.Cycles != want {
		t.Errorf("%d cycles, want %d", e.Cycles, want)
	}
	if e := with(t, two(small)).Gemm(8, k, 8, 1); e.Blocks != 1 {
		t.Errorf("a single fold an array comes in %d blocks, want 1: its sums stay", e.Blocks)
	}
	weights := with(t, two(func(s *Spec) { small(s); s.Dataflow = WeightStationary }))
	if e := weights.Gemm(8*k, 4, 16, 1); e.Blocks < 2 || e.ReadBytes <= 2*(4*8*k*4+4*16) {
		t.Errorf("weights in %d blocks read %d bytes", e.Blocks, e.ReadBytes)
	}
}

func TestTilesAreStarvedBySRAM(t *testing.T) {
	// The paper's tile: 16 arrays of 64 B a cycle behind 32 B a cycle.
	e := with(t, func(*Spec) {}).Gemm(1600, 2048, 16*16*10, 1)
	if ratio := float64(e.PortCycles) / float64(e.Cycles); ratio < 30 || ratio > 33 {
		t.Errorf("SRAM needs %.1f times the cycles of the arrays, want about 32", ratio)
	}
	reuse := with(t, func(s *Spec) { s.OperandReuse = 16 }).Gemm(1600, 2048, 16*16*10, 1)
	if ratio := float64(reuse.PortCycles) / float64(reuse.Cycles); ratio < 1.9 || ratio > 2.2 {
		t.Errorf("with a reuse of 16 SRAM needs %.2f times the cycles, want about 2", ratio)
	}
}

func TestVector(t *testing.T) {
	tm := with(t, two(func(s *Spec) { s.VectorCyclesPerOp = 3 }))
	e := tm.Vector(33, 5, 4000)
	if want := int64(3 * 5 * 3); e.Cycles != want {
		t.Errorf("%d cycles, want %d", e.Cycles, want)
	}
	if e.PortCycles != 2 || e.ReadBytes != 4000 || e.WriteBytes != 0 || e.FillBytes != 32 || e.FLOPs != 165 {
		t.Errorf("%+v", e)
	}
	if e := tm.Vector(0, 5, 0); e.Cycles != 0 || e.SRAMBytes() != 0 || e.PortCycles != 0 {
		t.Errorf("no elements: %+v", e)
	}
}

func drawSpec(t *rapid.T) Spec {
	s := DefaultSpec()
	s.Tiles = rapid.IntRange(1, 120).Draw(t, "tiles")
	s.ArraysPerTile = rapid.IntRange(1, 20).Draw(t, "arrays")
	s.ArrayRows = rapid.IntRange(1, 24).Draw(t, "rows")
	s.ArrayCols = rapid.IntRange(1, 24).Draw(t, "cols")
	s.Dataflow = rapid.SampledFrom(Dataflows()).Draw(t, "dataflow")
	s.FillDrain = rapid.SampledFrom(FillDrains()).Draw(t, "fill")
	s.OperandReuse = rapid.Float64Range(1, 40).Draw(t, "reuse")
	s.SRAMPerTile = units.Bytes(rapid.Int64Range(100, 3_000_000).Draw(t, "sram"))
	s.VectorLanes = rapid.IntRange(1, 128).Draw(t, "lanes")
	return s
}

func drawGemm(t *rapid.T) (m, k, n, c int64) {
	size := rapid.Int64Range(1, 5000)
	return size.Draw(t, "m"), size.Draw(t, "k"), size.Draw(t, "n"), rapid.Int64Range(1, 64).Draw(t, "count")
}

func TestEstimatesKeepTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		s.Mapping = rapid.SampledFrom(Mappings()).Draw(t, "mapping")
		tm, err := NewTiming(s, 1*units.GHz)
		if err != nil {
			t.Fatal(err)
		}
		m, k, n, c := drawGemm(t)
		e := tm.Gemm(m, k, n, c)
		if least := ceilDiv(2*m*k*n*c, s.PeakFLOPsPerCycle()); e.Cycles < least {
			t.Errorf("%d cycles, but the FLOPs take %d at peak", e.Cycles, least)
		}
		if least := 2 * (m*k + k*n) * c; e.ReadBytes < least {
			t.Errorf("%d bytes read, but the operands are %d", e.ReadBytes, least)
		}
		if least := 2 * m * n * c; e.WriteBytes < least {
			t.Errorf("%d bytes written, but the results are %d", e.WriteBytes, least)
		}
		if e.FillBytes <= 0 || e.FillBytes > e.ReadBytes {
			t.Errorf("%d bytes to fill of %d read", e.FillBytes, e.ReadBytes)
		}
		if e.PortCycles*int64(s.Tiles)*32 < e.SRAMBytes() {
			t.Errorf("%d bytes through %d ports of 32 B in %d cycles", e.SRAMBytes(), s.Tiles, e.PortCycles)
		}
		if e.Utilization <= 0 || e.Utilization > 1 {
			t.Errorf("utilization %v", e.Utilization)
		}
	})
}

func TestBestIsNeverSlowerThanANamedMapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		m, k, n, c := drawGemm(t)
		took := map[Mapping]int64{}
		for _, mapping := range []Mapping{Best, SpreadMN, SpreadM, SpreadN, SplitK} {
			s.Mapping = mapping
			tm, err := NewTiming(s, 1*units.GHz)
			if err != nil {
				t.Fatal(err)
			}
			e := tm.Gemm(m, k, n, c)
			took[mapping] = max(e.Cycles, e.PortCycles)
			if took[Best] > took[mapping] {
				t.Fatalf("best takes %d cycles, %s takes %d", took[Best], mapping, took[mapping])
			}
		}
	})
}

func TestPeak(t *testing.T) {
	s := DefaultSpec()
	if got, want := s.PeakFLOPsPerCycle(), int64(2*100*16*16*16); got != want {
		t.Errorf("%d FLOPs per cycle, want %d", got, want)
	}
	if got, want := s.PeakFLOPs(1*units.GHz), 819.2e12; math.Abs(got/want-1) > 1e-12 {
		t.Errorf("%v FLOP/s, want %v", got, want)
	}
	if got, want := s.VectorOpsPerCycle(), 6400.0; got != want {
		t.Errorf("%v vector operations per cycle, want %v", got, want)
	}
	if got, want := s.SRAMCapacity().String(), "226.5 MB"; got != want {
		t.Errorf("SRAM of %s, want %s", got, want)
	}
	if got, want := s.TotalSRAMBandwidth().String(), "3.2 TB/s"; got != want {
		t.Errorf("SRAM bandwidth of %s, want %s", got, want)
	}
}

func TestValidateReportsEveryField(t *testing.T) {
	err := Spec{OperandReuse: math.NaN()}.Validate()
	for _, key := range []string{
		"tiles", "arrays_per_tile", "array_rows", "array_cols", "dataflow", "mapping", "fill_drain",
		"element_bytes", "accumulator_bytes", "operand_reuse", "sram_per_tile", "sram_bandwidth_per_tile",
		"vector_lanes", "vector_cycles_per_op", "fidelity",
	} {
		if err == nil || !strings.Contains(err.Error(), key+" must") {
			t.Errorf("no error about %s in:\n%v", key, err)
		}
	}
	s := DefaultSpec()
	s.SRAMBandwidth++
	if _, err := NewTiming(s, 1*units.GHz); err == nil || !strings.Contains(err.Error(), "sram_bandwidth_per_tile") {
		t.Errorf("a fraction of a bit per cycle gives %v", err)
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, d := range Dataflows() {
		b.Run(string(d), func(b *testing.B) {
			tm := with(b, func(s *Spec) { s.Dataflow = d })
			b.ReportAllocs()
			m := int64(0)
			for b.Loop() {
				m = m%4096 + 1
				if tm.Gemm(m, 2048, 1024, 1).Cycles == 0 {
					b.Fatal("no time")
				}
			}
		})
	}
}

// 16 x 16 bonds of the paper's pitch and rate carry the paper's bandwidth; half the
// pitch carries four times as much.
func TestBondsCarryTheBandwidth(t *testing.T) {
	s := DefaultSpec()
	s.SRAMBandwidth = 7 * units.GBPerSecond
	if got := s.TileBandwidth(); got != 7*units.GBPerSecond {
		t.Errorf("%v without deriving it", got)
	}
	s.Bonds.Derive = true
	if got := s.TileBandwidth(); s.Bonds.Wires() != 256 || got != 32*units.GBPerSecond {
		t.Errorf("%d bonds of %v carry %v, want 256 and 32 GB/s", s.Bonds.Wires(), s.Bonds.Pitch, got)
	}
	if got := s.TotalSRAMBandwidth(); got != 3200*units.GBPerSecond {
		t.Errorf("100 tiles have %v, want 3.2 TB/s", got)
	}
	slow, err := NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	s.Bonds.Pitch /= 2
	fast, err := NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	a, b := slow.Gemm(256, 2048, 2048, 1).PortCycles, fast.Gemm(256, 2048, 2048, 1).PortCycles
	if s.Bonds.Wires() != 1024 || b > (a+3)/4 {
		t.Errorf("%d bonds: the port takes %d cycles, %d at twice the pitch", s.Bonds.Wires(), b, a)
	}
	s.Bonds.Pitch = 1
	if got := s.TileBandwidth(); got != MaxSRAMBandwidth {
		t.Errorf("bonds of 1 nm carry %v", got)
	}
	for _, bad := range []Bonds{{}, {Pitch: 1, Width: 5, Height: 5}, {Pitch: 6, Width: 5, Height: 7, Rate: 1}} {
		s.Bonds = bad
		s.Bonds.Derive = true
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "sram_bonds must") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
