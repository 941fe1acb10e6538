package micro_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/components/tile"
	"mozart/runner/micro"
)

// Two columns of folds on two arrays, which SCALE-Sim's mapping runs one after another
// on one.
func TestGemm(t *testing.T) {
	s := micro.DefaultGemmSpec()
	s.M, s.K, s.N, s.Tiles = 16, 100, 32, 2
	got, err := micro.Gemm(s)
	if err != nil {
		t.Fatal(err)
	}
	want := &micro.GemmResult{
		Cycles: 130, Utilization: 100.0 / 130, ChosenMapping: tile.SpreadMN, Splits: 1, Blocks: 1,
		Folds: 1, FirstFoldCycles: 130, NextFoldCycles: 100, FLOPs: 2 * 16 * 100 * 32,
		SRAMReadsA: 2 * 1600, SRAMReadsB: 3200, SRAMWritesResult: 512,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two arrays (-want +got):\n%s", diff)
	}
	s.Tiles, s.Mapping = 1, tile.ScaleSim
	got, err = micro.Gemm(s)
	if err != nil {
		t.Fatal(err)
	}
	reported := int64(259)
	want.Cycles, want.Utilization, want.ChosenMapping, want.Folds, want.NextFoldCycles = 260, 100.0/130, tile.ScaleSim, 2, 130
	want.SCALESimCycles = &reported
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("one array of SCALE-Sim (-want +got):\n%s", diff)
	}
}

// Without buffers nothing stalls; with them, what is added is stalls, and the default
// mapping is not slower than SCALE-Sim's.
func TestGemmBuffersAddStalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 100)
		s := micro.DefaultGemmSpec()
		s.Rows, s.Cols = rapid.IntRange(1, 32).Draw(t, "rows"), rapid.IntRange(1, 32).Draw(t, "cols")
		s.Dataflow = rapid.SampledFrom(tile.Dataflows()).Draw(t, "dataflow")
		s.M, s.K, s.N = size.Draw(t, "m"), size.Draw(t, "k"), size.Draw(t, "n")
		var alone [2]int64
		for i, mapping := range [...]tile.Mapping{tile.Best, tile.ScaleSim} {
			s.Mapping, s.SRAMKB, s.OperandBandwidth = mapping, 0, 0
			free, err := micro.Gemm(s)
			if err != nil {
				t.Fatal(err)
			}
			alone[i] = free.Cycles
			s.SRAMKB, s.OperandBandwidth = 64, rapid.Int64Range(1, 64).Draw(t, "bandwidth")
			fed, err := micro.Gemm(s)
			if err != nil {
				t.Fatal(err)
			}
			if free.StallCycles != 0 || fed.Cycles != free.Cycles+fed.StallCycles {
				t.Fatalf("%s: %d cycles, behind buffers %d, %d of them stalled", mapping, free.Cycles, fed.Cycles, fed.StallCycles)
			}
			for _, r := range []*micro.GemmResult{free, fed} {
				did := r.Utilization * float64(r.Cycles) * float64(s.Rows*s.Cols)
				if want := float64(s.M * s.K * s.N); did < want*(1-1e-9) || did > want*(1+1e-9) {
					t.Fatalf("%s: a utilization of %v is %v multiplications, want %v", mapping, r.Utilization, did, want)
				}
			}
		}
		if alone[0] > alone[1] {
			t.Fatalf("%d cycles in the best mapping, %d in SCALE-Sim's", alone[0], alone[1])
		}
	})
}

func TestGemmSpecNamesEveryFlag(t *testing.T) {
	err := micro.GemmSpec{SRAMKB: -1}.Validate()
	for _, name := range []string{
		"array: rows", "array: columns", "tiles", "arrays-per-tile", "dataflow", "mapping", "fill-drain",
		"m", "k", "n", "count", "sram-kb", "operand-bandwidth",
	} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+name+": found ") {
			t.Errorf("no error about %s in:\n%v", name, err)
		}
	}
	if _, err := micro.Gemm(micro.GemmSpec{}); err == nil {
		t.Error("an empty spec is accepted")
	}
	many := micro.DefaultGemmSpec()
	many.SRAMKB, many.OperandBandwidth, many.Count = 1, 1, 2
	if err := many.Validate(); err == nil || !strings.Contains(err.Error(), "one product on one array") {
		t.Errorf("two products behind one array's buffers: %v", err)
	}
}
