package micro

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"mozart/components/hbm"
	"mozart/configs/units"
)

func mustRunStack(tb testing.TB, s StackSpec) *StackResult {
	tb.Helper()
	r, err := RunStack(s)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// stackSpec is a spec of so many requests at a fidelity.
func stackSpec(f Fidelity, pattern string, requests int64) StackSpec {
	s := DefaultStackSpec()
	s.Fidelity, s.Pattern, s.Requests = f, pattern, requests
	return s
}

// near reports a value that is not within a share of what is wanted.
func near(tb testing.TB, what string, got, want, share float64) {
	tb.Helper()
	if math.Abs(got/want-1) > share {
		tb.Errorf("%s is %v, want %v within %v%%", what, got, want, 100*share)
	}
}

// Alone, a read takes the latency and its time on the bus; two together halve the time.
func TestStreamLatencyBound(t *testing.T) {
	stack := hbm.HBM2()
	timing, err := hbm.NewTiming(stack, units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	service := 64 * 8 * float64(int64(1)<<20) / float64(timing.Rate(64, 0))
	alone := float64(stack.ReadLatency.Cycles(units.GHz)) + service
	for _, window := range []int{1, 2, 8} {
		s := stackSpec(Stream, "random", 4000)
		s.Window = window
		r := mustRunStack(t, s)
		near(t, "latency", r.AvgReadLatencyNS, alone, 0.05)
		// Requests are sent in whole cycles.
		near(t, "bandwidth", r.BandwidthGBPerS, 64*float64(window)/math.Ceil(alone), 0.05)
	}
}

// Below what the stack can do, the bandwidth is the load; above, it is the bus's, and
// latencies grow with the number of requests.
func TestStackOpenLoop(t *testing.T) {
	for _, f := range StackFidelities() {
		s := stackSpec(f, "sequential", 20_000)
		s.Window, s.Rate = 0, 1
		r := mustRunStack(t, s)
		near(t, string(f)+" bandwidth", r.BandwidthGBPerS, 64/r.CycleNS, 0.01)
		s.Rate = 16
		over := mustRunStack(t, s)
		if over.Efficiency < 0.5 || over.Efficiency > 1 || over.AvgReadLatencyNS < 10*r.AvgReadLatencyNS {
			t.Errorf("%s under overload: %+v", f, over)
		}
	}
}

// The driver and the component keep the same law: a long read takes the latency once
// and then the time of the bus.
func TestStreamDriverIsTheComponentsLaw(t *testing.T) {
	const requests = 1 << 16
	r := mustRunStack(t, stackSpec(Stream, "sequential", requests))
	stack := hbm.HBM2()
	timing, err := hbm.NewTiming(stack, units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	bytes := int64(requests * 64)
	want := timing.LatencyCycles + hbm.ServiceCycles(bytes, timing.Rate(bytes, 0))
	near(t, "cycles", float64(r.Cycles), float64(want), 1e-4)
}

// Streams that take turns lie together for as many requests as are outstanding.
func TestStreamAccessLength(t *testing.T) {
	for _, tc := range []struct {
		pattern string
		window  int
		want    int64
	}{
		{"sequential", 1, 64 * 1000}, {"random", 256, 64}, {"strided:65536", 256, 64},
		{"streams:8", 256, 2048}, {"streams:8", 4, 64}, {"streams-staggered:2", 256, 8192},
	} {
		s := stackSpec(Stream, tc.pattern, 1000)
		s.Window = tc.window
		if got, err := accessBytes(s, 64); err != nil || got != tc.want {
			t.Errorf("%s with %d outstanding: %d bytes (%v), want %d", tc.pattern, tc.window, got, err, tc.want)
		}
	}
}

// Whatever the load, no more is read than the peak and one spec has one result.
func TestStackResultsAreReproducible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := StackSpec{
			Fidelity:     rapid.SampledFrom(StackFidelities()).Draw(t, "fidelity"),
			Pattern:      rapid.SampledFrom([]string{"sequential", "random", "strided:256", "streams:3", "streams-staggered:5"}).Draw(t, "pattern"),
			ReadFraction: rapid.SampledFrom([]float64{0, 0.3, 1}).Draw(t, "reads"),
			Requests:     rapid.Int64Range(1, 2000).Draw(t, "requests"), Seed: rapid.Uint64Range(1, 3).Draw(t, "seed"),
		}
		s.Preset = rapid.SampledFrom(StackPresets(s.Fidelity)).Draw(t, "preset")
		if rapid.Bool().Draw(t, "open") {
			s.Rate = rapid.Float64Range(0.01, 16).Draw(t, "rate")
		} else {
			s.Window = rapid.IntRange(1, 600).Draw(t, "window")
		}
		a, err := RunStack(s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := RunStack(s)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b, cmpopts.IgnoreFields(StackResult{}, "WallS", "RequestsPerS")); d != "" {
			t.Fatalf("two runs differ:\n%s", d)
		}
		// Writes that wait in a controller's queue at the end count as moved.
		if a.Requests != s.Requests || a.Reads > a.Requests || a.Efficiency <= 0 || s.ReadFraction == 1 && a.Efficiency > 1 {
			t.Fatalf("%+v", a)
		}
		if s.ReadFraction == 1 && a.Reads != a.Requests || s.ReadFraction == 0 && a.Reads != 0 {
			t.Fatalf("%d reads of %d requests at a share of %v", a.Reads, a.Requests, s.ReadFraction)
		}
	})
}

// Every wrong field is reported, by the name of its flag.
func TestStackSpecErrors(t *testing.T) {
	bad := StackSpec{Preset: "hbm9", Fidelity: Bank, Pattern: "zigzag", ReadFraction: 2, Rate: -1}
	err := bad.Validate()
	for _, flag := range []string{"preset", "pattern", "read-fraction", "rate", "requests"} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+flag+": ") {
			t.Errorf("no error about %s in:\n%v", flag, err)
		}
	}
	if strings.Contains(err.Error(), "window") {
		t.Errorf("there is a rate, and an error about the window:\n%v", err)
	}
	if err := (StackSpec{}).Validate(); !strings.Contains(err.Error(), "\nwindow: ") {
		t.Errorf("no error about the window in:\n%v", err)
	}
	if !errors.Is(err, ErrNoSuchPreset) {
		t.Errorf("%v is no %v", err, ErrNoSuchPreset)
	}
	s := DefaultStackSpec()
	s.Mapping = "rorabg"
	if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), "mapping: ") {
		t.Errorf("half a mapping: %v", err)
	}
	s = DefaultStackSpec()
	s.Fidelity = "guess"
	if _, err := RunStack(s); err == nil || !strings.Contains(err.Error(), "fidelity: found") {
		t.Errorf("a made up fidelity: %v", err)
	}
	if err := DefaultStackSpec().Validate(); err != nil {
		t.Error(err)
	}
}
