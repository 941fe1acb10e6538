package reference_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"mozart/components/tile"
	"mozart/runner/micro"
)

const scalesim = "testdata/scalesim/"

// scalesimRow is a row of a table of SCALE-Sim.
type scalesimRow struct {
	t       *testing.T
	columns map[string]int
	fields  []string
}

func readScaleSim(t *testing.T, file string, atLeast int) []scalesimRow {
	t.Helper()
	f, err := os.Open(scalesim + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	columns := map[string]int{}
	for i, name := range records[0] {
		columns[name] = i
	}
	var rows []scalesimRow
	for _, fields := range records[1:] {
		rows = append(rows, scalesimRow{t, columns, fields})
	}
	if len(rows) < atLeast {
		t.Fatalf("%s has %d rows, want at least %d", file, len(rows), atLeast)
	}
	return rows
}

func (r scalesimRow) text(column string) string {
	r.t.Helper()
	i, ok := r.columns[column]
	if !ok {
		r.t.Fatalf("no column %s", column)
	}
	return r.fields[i]
}

func (r scalesimRow) num(column string) int64 {
	r.t.Helper()
	v, err := strconv.ParseInt(r.text(column), 10, 64)
	if err != nil {
		r.t.Fatalf("%s: %v", column, err)
	}
	return v
}

func (r scalesimRow) String() string {
	return fmt.Sprintf("%dx%dx%d %s on %d", r.num("M"), r.num("K"), r.num("N"), r.text("dataflow"), r.num("array"))
}

// gemm is the row's product in the mapping scalesim.
func (r scalesimRow) gemm() micro.GemmSpec {
	s := micro.DefaultGemmSpec()
	s.Rows, s.Cols = int(r.num("array")), int(r.num("array"))
	s.Dataflow, s.Mapping = tile.Dataflow(r.text("dataflow")), tile.ScaleSim
	s.M, s.K, s.N = r.num("M"), r.num("K"), r.num("N")
	return s
}

func (r scalesimRow) run(s micro.GemmSpec) *micro.GemmResult {
	r.t.Helper()
	g, err := micro.Gemm(s)
	if err != nil {
		r.t.Fatalf("%v: %v", r, err)
	}
	return g
}

// sides compares a quantity over rows and remembers the largest error.
type sides struct {
	name, where  string
	ours, theirs int64
	off          float64
	rows, exact  int
}

func (s *sides) add(t *testing.T, where string, ours, theirs int64, tolerance float64) {
	t.Helper()
	s.rows++
	if ours == theirs {
		s.exact++
		return
	}
	off := float64(ours-theirs) / float64(max(theirs, 1))
	if off < 0 {
		off = -off
	}
	if off > s.off {
		s.off, s.where, s.ours, s.theirs = off, where, ours, theirs
	}
	if off > tolerance {
		t.Errorf("%s: %s: %d, SCALE-Sim has %d: off by %.2f%%", where, s.name, ours, theirs, 100*off)
	}
}

func (s *sides) String() string {
	worst := "none off"
	if s.off > 0 {
		worst = fmt.Sprintf("worst %.2f%%: %s, %d against %d", 100*s.off, s.where, s.ours, s.theirs)
	}
	return fmt.Sprintf("%-26s %4d rows, %4d the same, %s\n", s.name, s.rows, s.exact, worst)
}

// Cycles, folds and SRAM accesses without stalls are those of SCALE-Sim, one by one.
func TestScaleSimZeroStall(t *testing.T) {
	cycles, reported, perFold := sides{name: "cycles"}, sides{name: "cycles as reported"}, sides{name: "cycles per fold"}
	folds, utilization := sides{name: "folds"}, sides{name: "utilization, millionths"}
	readsA, readsB, writes := sides{name: "reads of ifmap"}, sides{name: "reads of filter"}, sides{name: "writes of ofmap"}
	for _, r := range readScaleSim(t, "gemm_zero_stall_cycles.csv", 700) {
		g, at := r.run(r.gemm()), r.String()
		cycles.add(t, at, g.Cycles, r.num("zero_stall_cycles"), 0)
		reported.add(t, at, *g.SCALESimCycles, r.num("scalesim_reported_total_cycles"), 0)
		perFold.add(t, at, g.FirstFoldCycles, r.num("cycles_per_fold"), 0)
		folds.add(t, at, g.Folds, r.num("folds"), 0)
		percent, err := strconv.ParseFloat(r.text("overall_util_pct"), 64)
		if err != nil {
			t.Fatal(err)
		}
		// Of the cycles as reported, in both.
		share := g.Utilization * float64(g.Cycles) / float64(*g.SCALESimCycles)
		utilization.add(t, at, int64(1e6*share+0.5), int64(1e4*percent+0.5), 1e-4)
		if g.StallCycles != 0 || g.NextFoldCycles != g.FirstFoldCycles {
			t.Errorf("%v: %d stalled, next folds of %d cycles after one of %d", r, g.StallCycles, g.NextFoldCycles, g.FirstFoldCycles)
		}
		if r.text("source") != "tool" {
			continue
		}
		readsA.add(t, at, g.SRAMReadsA, r.num("ifmap_sram_reads"), 0)
		readsB.add(t, at, g.SRAMReadsB, r.num("filter_sram_reads"), 0)
		writes.add(t, at, reportedWrites(r, g), r.num("ofmap_sram_writes_as_reported"), 0)
	}
	if readsA.rows < 200 {
		t.Errorf("only %d rows have accesses", readsA.rows)
	}
	t.Logf("\n%v%v%v%v%v%v%v%v", &cycles, &reported, &perFold, &folds, &utilization, &readsA, &readsB, &writes)
}

// reportedWrites is what SCALE-Sim calls writes of results: partial sums included
// and, output stationary, the rows and columns of the array for each fold.
func reportedWrites(r scalesimRow, g *micro.GemmResult) int64 {
	n := g.SRAMWritesResult + g.SRAMWritesSums
	if r.text("dataflow") == "os" {
		n += g.Folds * 2 * r.num("array")
	}
	return n
}

// Runs behind buffers of a given size and bandwidth stall as in SCALE-Sim.
func TestScaleSimStalls(t *testing.T) {
	total, stalls, whole := sides{name: "total_cycles"}, sides{name: "stall_cycles"}, sides{name: "total_cycles_incl_prefetch"}
	fetchedA, fetchedB, written := sides{name: "ifmap_dram_reads"}, sides{name: "filter_dram_reads"}, sides{name: "ofmap_dram_writes"}
	var table strings.Builder
	for _, r := range readScaleSim(t, "full_run_user_bandwidth.csv", 24) {
		spec := r.gemm()
		spec.SRAMKB, spec.OperandBandwidth = r.num("sram_kB_each"), r.num("bw_elem_per_cycle")
		g := r.run(spec)
		at := fmt.Sprintf("%v, %d kB, %d elements/cycle", r, spec.SRAMKB, spec.OperandBandwidth)
		fmt.Fprintf(&table, "%-50s %9d %9d %9d %9d\n", at, *g.SCALESimCycles, r.num("total_cycles"), g.StallCycles, r.num("stall_cycles"))
		total.add(t, at, *g.SCALESimCycles, r.num("total_cycles"), 0)
		stalls.add(t, at, g.StallCycles, r.num("stall_cycles"), 0)
		whole.add(t, at, *g.SCALESimCycles+g.Memory.PrefetchCycles+g.Memory.DrainCycles, r.num("total_cycles_incl_prefetch"), 0)
		fetchedA.add(t, at, g.Memory.FetchedA, r.num("ifmap_dram_reads"), 0)
		fetchedB.add(t, at, g.Memory.FetchedB, r.num("filter_dram_reads"), 0)
		written.add(t, at, g.Memory.Written, r.num("ofmap_dram_writes"), 0)
	}
	t.Logf("\n%-50s %9s %9s %9s %9s\n%s%v%v%v%v%v%v", "", "cycles", "SCALE-Sim", "stalls", "SCALE-Sim", &table, &total, &stalls, &whole, &fetchedA, &fetchedB, &written)
}

// Runs in which SCALE-Sim finds the bandwidth itself take as long as without buffers.
func TestScaleSimWithBandwidthToFind(t *testing.T) {
	total, stalls := sides{name: "total_cycles"}, sides{name: "stall_cycles"}
	readsA, readsB, writes := sides{name: "ifmap_sram_reads"}, sides{name: "filter_sram_reads"}, sides{name: "ofmap_sram_writes"}
	for _, r := range readScaleSim(t, "full_run_calc_mode.csv", 25) {
		g, at := r.run(r.gemm()), r.String()
		total.add(t, at, *g.SCALESimCycles, r.num("total_cycles"), 0)
		stalls.add(t, at, g.StallCycles, r.num("stall_cycles"), 0)
		readsA.add(t, at, g.SRAMReadsA, r.num("ifmap_sram_reads"), 0)
		readsB.add(t, at, g.SRAMReadsB, r.num("filter_sram_reads"), 0)
		writes.add(t, at, reportedWrites(r, g), r.num("ofmap_sram_writes"), 0)
	}
	t.Logf("\n%v%v%v%v%v", &total, &stalls, &readsA, &readsB, &writes)
}
