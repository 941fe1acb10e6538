package reference_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"mozart/runner/micro"
)

var deep = flag.Bool("deep", false, "compare every row, with windows as long as BookSim2's and more seeds")

// The tolerances of the comparison.
const (
	latencyTolerance    = 0.05
	saturationTolerance = 0.05
	flowTolerance       = 0.02
	// judgedShare is the share of saturation below which latencies are judged: above,
	// one seed's mean says little.
	judgedShare = 0.8
	// noise is how many standard deviations of a single run BookSim2's single run may
	// lie from our mean where that is more than the tolerance, and mostChance how much
	// that may be: a model that scatters more is wrong in another way.
	noise      = 4
	mostChance = 0.12
)

// A comparison that is only printed.
var printed = math.NaN()

// table collects comparisons and prints them.
type table struct {
	strings.Builder
	worst float64
	count int
}

// exact compares what must be the same.
func (tb *table) exact(t *testing.T, what string, ours, theirs float64) {
	t.Helper()
	tb.compare(t, what, []float64{ours}, theirs, 0)
}

// compare notes the mean of our runs beside BookSim2's run, and fails the test if it
// is off by more than a relative tolerance and by more than chance.
func (tb *table) compare(t *testing.T, what string, ours []float64, theirs, tolerance float64) {
	t.Helper()
	mean, deviation := moments(ours)
	off, spread := mean/theirs-1, deviation/theirs
	fmt.Fprintf(tb, "%-74s %10.4f %10.4f %+8.2f%%", what, mean, theirs, 100*off)
	if spread > 0 {
		fmt.Fprintf(tb, "  ±%.2f%%", 100*spread)
	}
	tb.WriteByte('\n')
	if math.IsNaN(tolerance) {
		return
	}
	tb.count++
	tb.worst = math.Max(tb.worst, math.Abs(off))
	if !(math.Abs(off) <= math.Max(tolerance, math.Min(mostChance, noise*spread))) {
		t.Errorf("%s: %.4f, BookSim2 has %.4f: off by %+.2f%%, more than %.0f%%", what, mean, theirs, 100*off, 100*tolerance)
	}
}

func (tb *table) print(t *testing.T) {
	t.Helper()
	t.Logf("\n%-74s %10s %10s %9s  ±a run's deviation\n%s%d compared, at most %.2f%% off", "", "ours", "BookSim2", "off", tb, tb.count, 100*tb.worst)
}

// moments are the mean and the standard deviation of a sample.
func moments(list []float64) (mean, deviation float64) {
	for _, x := range list {
		mean += x / float64(len(list))
	}
	for _, x := range list {
		deviation += (x - mean) * (x - mean) / math.Max(1, float64(len(list)-1))
	}
	return mean, math.Sqrt(deviation)
}

// The number of runs per row.
const (
	fastSeeds = 3
	deepSeeds = 6
)

// run measures a row's like several times: with -deep over windows of BookSim2's
// length, otherwise over shorter ones that hold about a number of flit-hops.
func (r row) run(t *testing.T, flitHops float64) []*micro.Result {
	t.Helper()
	spec := r.spec(t)
	spec.Traffic.Rate = r.rate
	seeds := fastSeeds
	if *deep {
		seeds = deepSeeds
		spec.WarmupCycles, spec.MeasureCycles = r.windows()
	} else {
		routers := 3
		if r.mesh() {
			routers = 6
		}
		spec.MeasureCycles = max(3000, int64(flitHops/(r.rate*float64(len(spec.Traffic.Injectors)*routers))))
		spec.WarmupCycles = max(2000, spec.MeasureCycles/4)
	}
	var list []*micro.Result
	for seed := range seeds {
		spec.Seed = uint64(seed) + 1
		result, err := micro.Run(t.Context(), spec)
		if err != nil {
			t.Fatalf("%v at %v: %v", r.scenario, r.rate, err)
		}
		list = append(list, result)
	}
	return list
}

// windows are the warm-up and the measuring window of BookSim2's run: 3 periods, and
// as many as it took after them.
func (r row) windows() (warmup, measure int64) {
	period := int64(10_000)
	if r.mesh() {
		period = 3000
	}
	measured := max(3, r.cycles/period-3)
	return 3 * period, measured * period
}

// each picks a number of every run.
func each(list []*micro.Result, pick func(*micro.Result) float64) []float64 {
	var out []float64
	for _, r := range list {
		out = append(out, pick(r))
	}
	return out
}

func latency(r *micro.Result) float64 {
	if r.AvgPacketLatencyCycles == nil {
		return math.NaN()
	}
	return *r.AvgPacketLatencyCycles
}

func accepted(r *micro.Result) float64 { return r.AcceptedFlitsPerCycle }

// A packet that meets no other takes exactly as long, over as many routers. Few meet
// another: the median is the minimum.
func TestZeroLoad(t *testing.T) {
	var tb table
	for _, r := range readRows(t, "tree_zeroload.csv") {
		for _, result := range r.run(t, 3000) {
			what := fmt.Sprintf("%v, cycles", r.scenario)
			tb.exact(t, what, float64(result.MinPacketLatencyCycles), r.minLatency)
			tb.exact(t, what+", routers", result.AvgHops, r.hops)
			tb.exact(t, what+", median", float64(result.P50PacketLatencyCycles), r.minLatency)
		}
	}
	tb.print(t)
}

// A flow that offers all it can gets what the credit loop and the allocation of VCs
// leave it. A source that offers a flit per cycle in long packets runs dry now and then,
// by chance; BookSim2's did not, and here it is kept from it by a quarter more.
func TestSingleFlow(t *testing.T) {
	var tb table
	for _, r := range readRows(t, "tree_single_flow_credit_loop.csv") {
		r.rate = math.Min(1.25*r.rate, float64(r.packetFlits))
		what := fmt.Sprintf("%v, flits per cycle", r.scenario)
		tb.compare(t, what, each(r.run(t, 180_000), accepted), r.accepted, flowTolerance)
	}
	tb.print(t)
}

// Under an overload the network takes as much.
func TestSaturationThroughput(t *testing.T) {
	var tb table
	for _, r := range readRows(t, "saturation_throughput.csv") {
		what := fmt.Sprintf("%v, flits per cycle", r.scenario)
		tb.compare(t, what, each(r.run(t, 200_000), accepted), r.accepted, saturationTolerance)
	}
	tb.print(t)
}

// Latency over load. Without -deep, the judged row of each curve that is nearest to
// 60% of saturation stands for it.
func TestCurves(t *testing.T) {
	rows, most := curves(t)
	if !*deep {
		all := slices.Clone(rows)
		rows = slices.DeleteFunc(rows, func(r row) bool {
			return slices.ContainsFunc(all, func(o row) bool {
				return o.scenario == r.scenario && distance(o, most) < distance(r, most)
			})
		})
	}
	var tb table
	for _, r := range rows {
		tb.point(t, r, r.rate/most[r.scenario])
	}
	tb.print(t)
}

// point compares a row of a curve, at a share of its saturation.
func (tb *table) point(t *testing.T, r row, share float64) {
	t.Helper()
	runs := r.run(t, 150_000)
	what := fmt.Sprintf("%v at %v (%.0f%% of saturation)", r.scenario, r.rate, 100*share)
	overloaded := slices.IndexFunc(runs, func(x *micro.Result) bool { return x.Saturated })
	switch {
	case !r.stable:
		// Measured while the queues were still filling: no steady state to judge.
		tb.compare(t, what+", flits/cycle", each(runs, accepted), r.accepted, printed)
		if overloaded < 0 {
			t.Errorf("%s: not seen to be saturated", what)
		}
	case share < judgedShare:
		tb.compare(t, what, each(runs, latency), r.latency, latencyTolerance)
		if overloaded >= 0 {
			t.Errorf("%s: said to be saturated: %s", what, runs[overloaded].SaturatedBecause)
		}
	default:
		tb.compare(t, what, each(runs, latency), r.latency, printed)
	}
}

// curves is the rows of the latency curves, by scenario and rate, and their
// saturation.
func curves(t *testing.T) ([]row, map[scenario]float64) {
	t.Helper()
	rows := slices.Concat(readRows(t, "tree_latency_curves.csv"), readRows(t, "mesh8x8_latency_curves.csv"))
	most := saturation(t, slices.Concat(rows, readRows(t, "saturation_throughput.csv"))...)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.String(), b.String()), cmp.Compare(a.rate, b.rate))
	})
	return rows, most
}

// saturation is the most that a node of each scenario got through per cycle, of the
// nodes that inject.
func saturation(t *testing.T, rows ...row) map[scenario]float64 {
	t.Helper()
	most := map[scenario]float64{}
	for _, r := range rows {
		most[r.scenario] = math.Max(most[r.scenario], r.accepted/float64(len(r.injectors(t))))
	}
	return most
}

// distance is how far a row is from 60% of saturation, without end if it is not judged.
func distance(r row, most map[scenario]float64) float64 {
	share := r.rate / most[r.scenario]
	if share >= judgedShare {
		return math.Inf(1)
	}
	return math.Abs(share - 0.6)
}
