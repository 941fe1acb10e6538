package micro

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/flit"
)

func mustRun(tb testing.TB, s Spec) *Result {
	tb.Helper()
	r, err := Run(context.Background(), s)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// An uncontended packet of N flits takes 1 + D + H (P + D) + N - 1 cycles over H routers.
func TestZeroLoadLaw(t *testing.T) {
	for _, fidelity := range Fidelities() {
		for _, tc := range []struct {
			topology   string
			from, to   int
			hops       int64
			flits      int
			delays     flit.Delays
			linkCycles int64
		}{
			{"nop-tree", 1, 2, 1, 1, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, 1},
			{"nop-tree", 5, 5, 1, 4, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, 1},
			{"nop-tree", 1, 0, 2, 8, flit.Delays{RC: 0, VA: 1, SA: 1, ST: 1}, 1},
			{"nop-tree", 1, 16, 3, 32, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, 3},
			{"nop-tree:2x2x2x2", 1, 16, 7, 3, flit.Delays{RC: 2, VA: 1, SA: 1, ST: 2}, 2},
			{"mesh:4x4", 0, 15, 7, 2, flit.Delays{RC: 1, VA: 2, SA: 1, ST: 1}, 1},
			{"torus:4x4", 0, 15, 3, 5, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 2}, 1},
			{"ring:6", 1, 4, 4, 1, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, 4},
			{"crossbar:5", 1, 4, 1, 16, flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, 1},
		} {
			s := mustTopology(t, tc.topology)
			s.Fidelity = fidelity
			s.Network.VCBufferFlits = 32
			s.Network.Delays, s.Network.LinkDelay = tc.delays, tc.linkCycles
			s.Traffic.Injectors, s.Traffic.Dest = []int{tc.from}, tc.to
			s.Traffic.PacketFlits, s.Traffic.Rate = tc.flits, 0.002*float64(tc.flits)
			s.WarmupCycles, s.MeasureCycles = 0, 20_000
			r := mustRun(t, s)
			pipeline := tc.delays.RC + tc.delays.VA + tc.delays.SA + tc.delays.ST
			want := 1 + tc.linkCycles + tc.hops*(pipeline+tc.linkCycles) + int64(tc.flits) - 1
			if r.MinPacketLatencyCycles != want || r.P50PacketLatencyCycles != want || r.AvgHops != float64(tc.hops) {
				t.Errorf("%s, %s, %d to %d, %d flits: latency %d (median %d) over %v routers, want %d over %d",
					fidelity, tc.topology, tc.from, tc.to, tc.flits, r.MinPacketLatencyCycles, r.P50PacketLatencyCycles, r.AvgHops, want, tc.hops)
			}
		}
	}
}

// hostless is a result without what the host adds.
func hostless(r *Result) Result {
	c := *r
	c.WallS, c.FlitHopsPerS = 0, 0
	return c
}

func TestOneSeedOneResult(t *testing.T) {
	for _, fidelity := range Fidelities() {
		s := mustTopology(t, "nop-tree")
		s.Fidelity, s.Traffic.Rate, s.Traffic.PacketFlits = fidelity, 0.2, 4
		s.WarmupCycles, s.MeasureCycles = 500, 2000
		a, b := hostless(mustRun(t, s)), hostless(mustRun(t, s))
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: two runs differ (-first +second):\n%s", fidelity, diff)
		}
		s.Seed = 2
		if c := hostless(mustRun(t, s)); cmp.Equal(a, c) {
			t.Errorf("%s: another seed gives the same result", fidelity)
		}
	}
}

// Any network and load comes to an end, with everything delivered: Run checks that the
// network is at rest and empty.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"nop-tree", "nop-tree:2x2x2", "mesh:3x3", "crossbar:4", "ring:5", "torus:3x3"}).Draw(t, "topology")
		g, err := ParseTopology(name)
		if err != nil {
			t.Fatal(err)
		}
		s := DefaultSpec(g)
		s.Fidelity = rapid.SampledFrom(Fidelities()).Draw(t, "fidelity")
		s.Network.VCs = g.Lanes() * rapid.IntRange(1, 4).Draw(t, "VCs per lane")
		s.Network.VCBufferFlits = rapid.IntRange(1, 9).Draw(t, "buffer")
		s.Network.LinkDelay = rapid.Int64Range(1, 4).Draw(t, "link delay")
		s.Network.CreditDelay = rapid.Int64Range(0, 3).Draw(t, "credit delay")
		s.Network.Allocator = rapid.SampledFrom([]string{"islip", "islip:3", "separable-input-first", "round-robin"}).Draw(t, "allocator")
		s.Traffic.Pattern = rapid.SampledFrom([]Pattern{Uniform, RootHotspot, RootScatter}).Draw(t, "pattern")
		s.Traffic.PacketFlits = rapid.IntRange(1, 12).Draw(t, "flits")
		s.Traffic.Rate = rapid.Float64Range(0.01, 1).Draw(t, "rate")
		s.Seed = rapid.Uint64().Draw(t, "seed")
		s.WarmupCycles, s.MeasureCycles = rapid.Int64Range(0, 200).Draw(t, "warm-up"), rapid.Int64Range(1, 300).Draw(t, "window")
		r, err := Run(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if r.WarmupCycles < s.WarmupCycles || r.MeasureCycles != s.MeasureCycles {
			t.Errorf("window of %d cycles from %d, want %d from %d or a little later", r.MeasureCycles, r.WarmupCycles, s.MeasureCycles, s.WarmupCycles)
		}
	})
}

// Below saturation what is created is what arrives; the fidelities agree when little
// is going on.
func TestFidelitiesAgreeAtLowLoad(t *testing.T) {
	for _, name := range []string{"nop-tree", "mesh:4x4"} {
		for _, flits := range []int{1, 8} {
			var latency [2]float64
			for i, fidelity := range Fidelities() {
				s := mustTopology(t, name)
				s.Fidelity, s.Traffic.Rate, s.Traffic.PacketFlits = fidelity, 0.05, flits
				s.WarmupCycles, s.MeasureCycles = 2000, 40_000
				r := mustRun(t, s)
				latency[i] = *r.AvgPacketLatencyCycles
				if r.Saturated {
					t.Errorf("%s, %s: saturated at rate 0.05: %s", name, fidelity, r.SaturatedBecause)
				}
				if accepted := r.AcceptedFlitsPerNodeCycle; math.Abs(accepted-0.05) > 0.002 || math.Abs(accepted-r.GeneratedFlitsPerNodeCycle) > 0.0005 {
					t.Errorf("%s, %s: accepted %v of %v generated at rate 0.05", name, fidelity, accepted, r.GeneratedFlitsPerNodeCycle)
				}
			}
			if math.Abs(latency[1]/latency[0]-1) > 0.05 {
				t.Errorf("%s, %d flits: mean latency %v by flits, %v by packets", name, flits, latency[0], latency[1])
			}
		}
	}
}

// Four times what the root's link carries: saturated, at what the link carries, in
// bounded time, with a latency to show.
func TestOverloadIsSaturated(t *testing.T) {
	for _, fidelity := range Fidelities() {
		s := mustTopology(t, "nop-tree")
		s.Fidelity, s.Traffic.Pattern, s.Traffic.Rate = fidelity, RootHotspot, 0.25
		r := mustRun(t, s)
		if !r.Saturated || r.WarmedUp || r.AvgPacketLatencyCycles == nil || *r.AvgPacketLatencyCycles < 1000 {
			t.Errorf("%s: saturated %v (%q), warmed up %v, latency %v", fidelity, r.Saturated, r.SaturatedBecause, r.WarmedUp, r.AvgPacketLatencyCycles)
		}
		if math.Abs(r.AcceptedFlitsPerCycle-1) > 0.01 {
			t.Errorf("%s: accepts %v flits per cycle, want the one of the root's link", fidelity, r.AcceptedFlitsPerCycle)
		}
	}
}

func TestDetectedPhases(t *testing.T) {
	s := mustTopology(t, "nop-tree")
	s.Fidelity, s.Traffic.Rate = Packet, 0.1
	r := mustRun(t, s)
	if !r.WarmedUp || r.WarmupCycles < minPeriods*minPeriodCycles || r.MeasureCycles < minWindowCycles {
		t.Errorf("warmed up %v after %d cycles, window of %d", r.WarmedUp, r.WarmupCycles, r.MeasureCycles)
	}
	if h := *r.AvgPacketLatencyCI95Cycles; h <= 0 || h > precision**r.AvgPacketLatencyCycles {
		t.Errorf("the mean latency %v is known to %v", *r.AvgPacketLatencyCycles, h)
	}
}

// A run that is interrupted leaves what it has.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := Run(ctx, mustTopology(t, "nop-tree"))
	if !errors.Is(err, ErrInterrupted) || r == nil || !r.Interrupted || r.AvgPacketLatencyCycles != nil {
		t.Errorf("interrupted before the start: error %v, result %+v", err, r)
	}
	s := mustTopology(t, "nop-tree")
	s.MeasureCycles = maxWindowCycles
	ctx, cancel = context.WithCancel(context.Background())
	m, err := newMeasurement(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(ctx, m.engine.Stop)
	defer stop()
	go func() {
		for cycle := int64(0); cycle < 20_000; cycle, _ = m.engine.Progress() {
		}
		cancel()
	}()
	if err := m.all(); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("interrupted in the window: error %v", err)
	}
	if r := m.result(); !r.Interrupted || r.MeasureCycles < 1 || r.AvgPacketLatencyCycles == nil || r.AcceptedFlitsPerCycle <= 0 {
		t.Errorf("interrupted in the window: %+v", r)
	}
}

// A tree of 1,024 leaves runs to completion. The deep form, at a load that saturates
// the links of its root, takes a while.
func TestTreeOf1024(t *testing.T) {
	rate, cycles := 0.003, int64(2000)
	if os.Getenv("MOZART_DEEP") != "" {
		rate, cycles = 0.2, 20_000
	}
	for _, fidelity := range Fidelities() {
		s := mustTopology(t, "nop-tree:4x4x4x4x4")
		s.Fidelity, s.Traffic.Rate = fidelity, rate
		s.WarmupCycles, s.MeasureCycles = 500, cycles
		r := mustRun(t, s)
		if r.Endpoints != 1025 || r.Saturated != (rate > 0.01) || r.PacketsMeasured == 0 {
			t.Errorf("%s: %d endpoints, saturated %v, %d packets", fidelity, r.Endpoints, r.Saturated, r.PacketsMeasured)
		}
		if testing.Verbose() {
			fmt.Printf("%s: %d flit-hops in %.2f s\n", fidelity, r.FlitHops, r.WallS)
		}
	}
}

// Nothing allocates per packet: ten times the window costs what the latencies and
// queues need to grow to their size.
func TestNoAllocationPerPacket(t *testing.T) {
	for _, fidelity := range Fidelities() {
		s := mustTopology(t, "nop-tree")
		s.Fidelity, s.Traffic.Rate, s.WarmupCycles = fidelity, 0.15, 1000
		allocations := func(cycles int64) float64 {
			s.MeasureCycles = cycles
			return testing.AllocsPerRun(1, func() { mustRun(t, s) })
		}
		short, long := allocations(2000), allocations(20_000)
		if packets := 18_000 * 17 * 0.15; long-short > packets/100 {
			t.Errorf("%s: %v allocations for %v more packets", fidelity, long-short, packets)
		}
	}
}
