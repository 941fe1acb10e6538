package tile

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"mozart/configs/units"
)

// row is a GEMM of testdata/gemm_zero_stall_cycles.csv.
type row struct {
	name          string
	m, k, n, side int64
	dataflow      Dataflow
	cycles        int64
	// ifmap and filter are the operand elements read, if hasReads: in rows that
	// the tool ran.
	ifmap, filter int64
	hasReads      bool
}

func readRows(t *testing.T) []row {
	t.Helper()
	f, err := os.Open("testdata/gemm_zero_stall_cycles.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	var rows []row
	for _, r := range records[1:] {
		num := func(name string) int64 {
			v, err := strconv.ParseInt(r[column[name]], 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return v
		}
		one := row{
			name: r[column["layer"]], m: num("M"), k: num("K"), n: num("N"), side: num("array"),
			dataflow: Dataflow(r[column["dataflow"]]), cycles: num("zero_stall_cycles"),
		}
		if one.hasReads = r[column["ifmap_sram_reads"]] != ""; one.hasReads {
			one.ifmap, one.filter = num("ifmap_sram_reads"), num("filter_sram_reads")
		}
		rows = append(rows, one)
	}
	return rows
}

// scaleSim is one array of SCALE-Sim.
func scaleSim(t *testing.T, side int64, d Dataflow) *Timing {
	t.Helper()
	s := DefaultSpec()
	s.Tiles, s.ArraysPerTile, s.ArrayRows, s.ArrayCols = 1, 1, int(side), int(side)
	s.Dataflow, s.Mapping = d, ScaleSim
	tm, err := NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

func TestCyclesAreThoseOfScaleSim(t *testing.T) {
	rows := readRows(t)
	if len(rows) < 700 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, r := range rows {
		got := scaleSim(t, r.side, r.dataflow).Gemm(r.m, r.k, r.n, 1).Cycles
		if got != r.cycles {
			t.Errorf("%s %dx%dx%d %s on %d: %d cycles, want %d", r.name, r.m, r.k, r.n, r.dataflow, r.side, got, r.cycles)
		}
	}
}

func TestOperandReadsAreThoseOfScaleSim(t *testing.T) {
	checked := 0
	for _, r := range readRows(t) {
		if !r.hasReads {
			continue
		}
		checked++
		tm := scaleSim(t, r.side, r.dataflow)
		g := tm.shape(r.m, r.k, r.n, 1)
		a, b := tm.operandElements(&g, 1)
		if a != r.ifmap || b != r.filter {
			t.Errorf("%s %dx%dx%d %s on %d: reads %d and %d, want %d and %d",
				r.name, r.m, r.k, r.n, r.dataflow, r.side, a, b, r.ifmap, r.filter)
		}
	}
	if checked < 200 {
		t.Fatalf("only %d rows have reads", checked)
	}
}
