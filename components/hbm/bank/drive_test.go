package bank_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/components/hbm/bank"
)

func pattern(t testing.TB, text string) bank.Pattern {
	t.Helper()
	p, err := bank.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func drive(t testing.TB, s bank.Spec, l bank.Load) bank.Result {
	t.Helper()
	r, err := bank.Drive(s, l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParsePattern(t *testing.T) {
	for _, text := range []string{"sequential", "random", "strided:2048", "streams:4", "streams-staggered:16"} {
		if got := pattern(t, text).String(); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"seq": "want sequential", "strided": "takes a number", "random:3": "takes no number", "streams:0": "1 to 2^40",
		"strided:2k": "not a number", "streams:": "not a number", "": "want sequential",
	} {
		if _, err := bank.ParsePattern(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// The addresses of the first requests, in the order of issue.
func TestPatternAddresses(t *testing.T) {
	const gib = 1 << 30
	for text, want := range map[string][]uint64{
		"sequential":          {0, 64, 128, 192},
		"strided:1073741824":  {0, gib, 2 * gib, 3 * gib},
		"streams:2":           {0, 4 * gib, 64, 4*gib + 64},
		"streams-staggered:2": {0, 4*gib + 40<<10, 64, 4*gib + 40<<10 + 64},
	} {
		s := preset(t, "hbm2-dramsim3")
		st, err := bank.New(s)
		if err != nil {
			t.Fatal(err)
		}
		got := map[bank.Location]bool{}
		st.OnCommand(func(c bank.Command) {
			if c.Kind == bank.RD {
				got[c.Location] = true
			}
		})
		if _, err := bank.DriveStack(st, bank.Load{Pattern: pattern(t, text), ReadFraction: 1, Window: 1, Requests: 4}); err != nil {
			t.Fatal(err)
		}
		places := map[bank.Location]bool{}
		for _, a := range want {
			places[st.Locate(a)] = true
		}
		if d := cmp.Diff(places, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

// One request at a time: each takes its latency, and a cycle more where the answer
// is not used in the cycle it comes.
func TestWindowOfOne(t *testing.T) {
	s := preset(t, "hbm2-dramsim3")
	s.Timing.REFI = 0
	r := drive(t, s, bank.Load{ReadFraction: 1, Window: 1, Requests: 3})
	// ACT in the cycle after the request's, tRCD, CL, burst, answer: 32; then hits.
	if want := int64(32 + 18 + 18); r.Cycles != want || r.ReadLatency.Sum != want {
		t.Errorf("%d cycles, latencies together %d, want %d both", r.Cycles, r.ReadLatency.Sum, want)
	}
	s = preset(t, "hbm2-ramulator2")
	s.Timing.REFI = 0
	r = drive(t, s, bank.Load{ReadFraction: 1, Window: 1, Requests: 3})
	// Each request is two transactions, to two channels not used before.
	if want := int64(3 * 31); r.Cycles != want+3 || r.ReadLatency.Sum != want {
		t.Errorf("%d cycles, latencies together %d, want %d and %d", r.Cycles, r.ReadLatency.Sum, want+3, want)
	}
}

func TestOpenLoop(t *testing.T) {
	s := preset(t, "hbm2")
	r := drive(t, s, bank.Load{ReadFraction: 1, Rate: 0.25, Requests: 1000})
	if r.Cycles < 3990 || r.Cycles > 4300 {
		t.Errorf("1000 requests at one in four cycles take %d", r.Cycles)
	}
	over := drive(t, s, bank.Load{ReadFraction: 1, Rate: 20, Requests: 4000})
	if over.BandwidthGBPerS < 200 || over.ReadLatency.Mean() < 300 {
		t.Errorf("an overload: %.1f GB/s, latency %.1f; must count the wait before the queue", over.BandwidthGBPerS, over.ReadLatency.Mean())
	}
}

func TestDriveCounts(t *testing.T) {
	s := preset(t, "hbm2")
	l := bank.Load{Pattern: pattern(t, "random"), ReadFraction: 0.5, Window: 64, Requests: 5000, Seed: 7}
	r := drive(t, s, l)
	if r.Reads != r.ReadLatency.N || r.Reads < 2300 || r.Reads > 2700 || r.Bytes != 5000*64 || r.Requests != 5000 {
		t.Errorf("%d reads, %d latencies, %d bytes of %d requests", r.Reads, r.ReadLatency.N, r.Bytes, r.Requests)
	}
	if got := r.Efficiency * s.PeakGBPerS(); got < r.BandwidthGBPerS*0.999 || got > r.BandwidthGBPerS*1.001 {
		t.Errorf("efficiency %v of %v GB/s against %v", r.Efficiency, s.PeakGBPerS(), r.BandwidthGBPerS)
	}
	if d := cmp.Diff(r.Cycles, drive(t, s, l).Cycles); d != "" {
		t.Errorf("the same load again (-first +second):\n%s", d)
	}
	l.Seed++
	if drive(t, s, l).Cycles == r.Cycles {
		t.Error("another seed gives the same cycles")
	}
	p50, p99 := r.ReadLatency.Quantile(0.5), r.ReadLatency.Quantile(0.99)
	if mean := r.ReadLatency.Mean(); float64(p50) > 2*mean || float64(p99) < mean || p99 > r.ReadLatency.Max {
		t.Errorf("mean %v, p50 %d, p99 %d, max %d", mean, p50, p99, r.ReadLatency.Max)
	}
}

func TestBadLoads(t *testing.T) {
	good := bank.Load{ReadFraction: 1, Window: 8, Requests: 10}
	for want, change := range map[string]func(*bank.Load){
		"read fraction must be 0 to 1":                        func(l *bank.Load) { l.ReadFraction = 1.5 },
		"window must be 1 to":                                 func(l *bank.Load) { l.Window = 0 },
		"rate must be 0 to 1e6":                               func(l *bank.Load) { l.Rate = -1 },
		"requests must be 1 to":                               func(l *bank.Load) { l.Requests = 0 },
		"request bytes must be a multiple of the burst's 32":  func(l *bank.Load) { l.RequestBytes = 48 },
		"transactions per cycle must be 1 to 1048576, got -1": func(l *bank.Load) { l.IssuePerCycle = -1 },
	} {
		l := good
		change(&l)
		if _, err := bank.Drive(preset(t, "hbm2"), l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Work on requests allocates nothing once the queues have been made.
func TestNoAllocationPerRequest(t *testing.T) {
	for _, name := range bank.Presets() {
		for _, text := range []string{"sequential", "random"} {
			load := func(n int64) bank.Load {
				return bank.Load{Pattern: pattern(t, text), ReadFraction: 0.5, Window: 128, Requests: n, Seed: 1}
			}
			few := testing.AllocsPerRun(1, func() { drive(t, preset(t, name), load(4_000)) })
			many := testing.AllocsPerRun(1, func() { drive(t, preset(t, name), load(12_000)) })
			if many > few {
				t.Errorf("%s, %s: %v allocations for 4,000 requests, %v for 12,000", name, text, few, many)
			}
		}
	}
}
