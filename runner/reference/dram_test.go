package reference_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"mozart/components/hbm/bank"
)

const dram = "testdata/dram"

// The tolerances of the comparison with the DRAM simulators.
const (
	dramBandwidthTolerance = 0.05
	dramLatencyTolerance   = 0.10
	// dramLatencyAtMost bounds what chance may add on the knee, where single runs scatter
	// by a sixth.
	dramLatencyAtMost = 0.20
	// Where nothing is drawn at random, the run is the same to the cycle; latencies are
	// given to 0.01 cycles, and the times of an open loop are rounded sums there.
	dramSameCycles  = 1
	dramSameLatency = 0.002
	// dramFastRows is how many rows there are to each that is compared without -deep.
	dramFastRows = 9
	// dramDeepSeeds is how many runs stand beside a random row with -deep.
	dramDeepSeeds = 8
	dramFastSeeds = 3
)

// dramRow is a measurement of DRAMsim3 or Ramulator 2.
type dramRow struct {
	spec        bank.Spec
	load        bank.Load
	random      bool // addresses or directions are drawn at random
	cycles      int64
	gbPerS      float64
	readLatency float64 // cycles; 0 if there are no reads
}

func (r dramRow) String() string {
	how := fmt.Sprintf("window %d", r.load.Window)
	if r.load.Rate > 0 {
		how = fmt.Sprintf("rate %v", r.load.Rate)
	}
	return fmt.Sprintf("%s %s %v, %s, reads %.2f", r.spec.Name, r.spec.Mapping, r.load.Pattern, how, r.load.ReadFraction)
}

// readDRAM reads the rows of a tool; column names that differ are given.
func readDRAM(t *testing.T, file, preset string, window, requests string, requestsPerRow int64) []dramRow {
	t.Helper()
	var rows []dramRow
	for _, record := range readTable(t, filepath.Join(dram, file)) {
		text, number := record.text, record.number
		spec, err := bank.Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		spec.Mapping = text("mapping")
		r := dramRow{spec: spec, cycles: int64(number("cycles")), gbPerS: number("achieved_GBps"), readLatency: number("avg_read_latency_cyc")}
		r.load = bank.Load{ReadFraction: number("read_fraction"), Window: int(number(window)), Requests: int64(number(requests)) / requestsPerRow}
		if record.has("offered_req_per_cycle") && text("mode") == "open" {
			r.load.Rate = number("offered_req_per_cycle")
		}
		r.load.Pattern = dramPattern(t, text("pattern"), int64(number("stride_B")), func() int64 { return int64(number("streams")) })
		r.random = r.load.Pattern.Kind == bank.Random || r.load.ReadFraction > 0 && r.load.ReadFraction < 1
		rows = append(rows, r)
	}
	return rows
}

// dramPattern translates the rows' name of a pattern.
func dramPattern(t *testing.T, name string, stride int64, streams func() int64) bank.Pattern {
	t.Helper()
	switch name {
	case "seq":
		return bank.Pattern{Kind: bank.Sequential}
	case "random":
		return bank.Pattern{Kind: bank.Random}
	case "strided":
		return bank.Pattern{Kind: bank.Strided, StrideBytes: stride}
	case "streams":
		return bank.Pattern{Kind: bank.Streams, Streams: streams()}
	case "streams_stag":
		return bank.Pattern{Kind: bank.StreamsStaggered, Streams: streams()}
	}
	t.Fatalf("unknown pattern %q", name)
	return bank.Pattern{}
}

func dramSim3(t *testing.T) []dramRow {
	return readDRAM(t, "dramsim3_hbm2.csv", "hbm2-dramsim3", "window", "requests", 1)
}

// A request of 64 bytes is two transactions there.
func ramulator2(t *testing.T) []dramRow {
	return readDRAM(t, "ramulator2_hbm2.csv", "hbm2-ramulator2", "window_64B", "transactions", 2)
}

func TestDRAMsim3(t *testing.T)   { compareDRAM(t, "DRAMsim3", dramSim3(t)) }
func TestRamulator2(t *testing.T) { compareDRAM(t, "Ramulator 2", ramulator2(t)) }

// compareDRAM prints bandwidth and mean read latency of each row beside ours, and
// fails for those out of tolerance.
func compareDRAM(t *testing.T, tool string, rows []dramRow) {
	t.Helper()
	var lines strings.Builder
	compared, worstBandwidth, worstLatency := 0, 0.0, 0.0
	for i, r := range rows {
		if !*deep && i%dramFastRows != 0 {
			continue
		}
		cycles, latencies := r.run(t)
		gbPerS := make([]float64, len(cycles))
		for j, c := range cycles {
			gbPerS[j] = float64(r.load.Requests*64) / c
		}
		bandwidth, bandwidthSpread := moments(gbPerS)
		latency, latencySpread := moments(latencies)
		offBandwidth, offLatency := bandwidth/r.gbPerS-1, 0.0
		if r.readLatency > 0 {
			offLatency = latency/r.readLatency - 1
		}
		fmt.Fprintf(&lines, "%-78s %8.3f %8.3f %+6.2f%% ±%.2f%% | %9.2f %9.2f %+6.2f%% ±%.2f%%\n", r, bandwidth, r.gbPerS, 100*offBandwidth,
			100*bandwidthSpread/r.gbPerS, latency, r.readLatency, 100*offLatency, 100*latencySpread/math.Max(r.readLatency, 1))
		compared++
		worstBandwidth, worstLatency = math.Max(worstBandwidth, math.Abs(offBandwidth)), math.Max(worstLatency, math.Abs(offLatency))
		if !r.random {
			if math.Abs(cycles[0]-float64(r.cycles)) > dramSameCycles || math.Abs(offLatency) > dramSameLatency {
				t.Errorf("%v: %v cycles, %s has %d; latency off by %+.2f%%: must be the same", r, cycles[0], tool, r.cycles, 100*offLatency)
			}
			continue
		}
		// The row is a single run too: its latency may lie as far from the mean as one of
		// ours, but not at any price.
		if math.Abs(offBandwidth) > dramBandwidthTolerance {
			t.Errorf("%v: %.3f GB/s, %s has %.3f: off by %+.2f%%", r, bandwidth, tool, r.gbPerS, 100*offBandwidth)
		}
		spread := math.Min(dramLatencyAtMost, noise*latencySpread/math.Max(r.readLatency, 1))
		if math.Abs(offLatency) > math.Max(dramLatencyTolerance, spread) {
			t.Errorf("%v: latency %.2f cycles, %s has %.2f: off by %+.2f%%", r, latency, tool, r.readLatency, 100*offLatency)
		}
	}
	t.Logf("\n%-78s GB/s: ours, %s, off ±a run's deviation | mean read latency in cycles\n%s%d compared, bandwidth at most %.2f%% off, latency %.2f%%",
		"", tool, &lines, compared, 100*worstBandwidth, 100*worstLatency)
}

// run measures a row's like: once, or with several seeds if anything is random.
func (r dramRow) run(t *testing.T) (cycles, latencies []float64) {
	t.Helper()
	seeds := 1
	if r.random {
		if seeds = dramFastSeeds; *deep {
			seeds = dramDeepSeeds
		}
	}
	for seed := range seeds {
		r.load.Seed = uint64(seed) + 1
		result, err := bank.Drive(r.spec, r.load)
		if err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		cycles = append(cycles, float64(result.Cycles))
		latencies = append(latencies, result.ReadLatency.Mean())
	}
	return cycles, latencies
}
