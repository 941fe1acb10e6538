package micro

import (
	"context"
	"errors"
	"math"
	"testing"
)

func TestSweepKeepsOrder(t *testing.T) {
	s := mustTopology(t, "nop-tree")
	s.Fidelity, s.WarmupCycles, s.MeasureCycles = Packet, 500, 2000
	var heard []float64
	points, err := Sweep(context.Background(), s, []float64{0.3, 0.1}, func(p Point) { heard = append(heard, p.Rate) })
	if err != nil || len(points) != 2 || len(heard) != 2 || heard[0] != 0.3 || heard[1] != 0.1 {
		t.Fatalf("points %v, heard %v, error %v", points, heard, err)
	}
	if *points[0].Result.AvgPacketLatencyCycles <= *points[1].Result.AvgPacketLatencyCycles {
		t.Error("more load takes no longer")
	}
	ctx, cancel := context.WithCancel(context.Background())
	points, err = Sweep(ctx, s, []float64{0.1, 0.2}, func(Point) { cancel() })
	if !errors.Is(err, ErrInterrupted) || len(points) != 2 || points[0].Result.Interrupted || !points[1].Result.Interrupted {
		t.Errorf("interrupted after the first: points %v, error %v", points, err)
	}
}

// One flow over one virtual channel of 4 flits is bound by its credits: a single-flit
// packet every 12 cycles for each of the 4 places, 1/3 of a flit per cycle.
func TestFindSaturation(t *testing.T) {
	s := mustTopology(t, "nop-tree")
	s.Network.VCs, s.Network.VCBufferFlits = 1, 4
	s.Traffic.Injectors, s.Traffic.Dest = []int{1}, 0
	s.WarmupCycles, s.MeasureCycles = 2000, 20_000
	known, err := Sweep(context.Background(), s, []float64{0.1, 0.5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FindSaturation(context.Background(), s, known, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(f.OverloadFlitsPerCycle-1.0/3) > 0.001 || math.Abs(f.AcceptedFlitsPerCycle-1.0/3) > 0.01 {
		t.Errorf("carries %v flits per cycle and %v under overload, want 1/3", f.AcceptedFlitsPerCycle, f.OverloadFlitsPerCycle)
	}
	if f.Rate >= f.SaturatedRate || f.SaturatedRate-f.Rate > bisectShare*f.SaturatedRate || f.OverloadRate != 1 {
		t.Errorf("between rates %v and %v, overload at %v", f.Rate, f.SaturatedRate, f.OverloadRate)
	}
}

// What carries everything has no saturation.
func TestNoSaturation(t *testing.T) {
	s := mustTopology(t, "crossbar:3")
	s.Fidelity, s.WarmupCycles, s.MeasureCycles = Packet, 100, 1000
	s.Traffic.Injectors, s.Traffic.Dest = []int{1}, 2
	f, err := FindSaturation(context.Background(), s, nil, nil)
	if err != nil || f.Rate != 1 || f.SaturatedRate != 1 || math.Abs(f.AcceptedFlitsPerCycle-1) > 0.01 {
		t.Errorf("saturation %+v, error %v", f, err)
	}
}

func TestBracket(t *testing.T) {
	point := func(rate float64, saturated bool) Point { return Point{rate, &Result{Saturated: saturated}} }
	for name, tc := range map[string]struct {
		points    []Point
		low, high float64
	}{
		"in order":          {[]Point{point(0.1, false), point(0.2, false), point(0.3, true), point(1, true)}, 0.2, 0.3},
		"not in order":      {[]Point{point(1, true), point(0.2, true), point(0.1, false)}, 0.1, 0.2},
		"all saturated":     {[]Point{point(1, true), point(0.2, true)}, 0, 0.2},
		"none":              {[]Point{point(0.5, false), point(1, false)}, 1, 1},
		"one in the middle": {[]Point{point(0.1, false), point(0.2, true), point(0.3, false), point(1, true)}, 0.1, 0.2},
	} {
		low, high := bracket(tc.points)
		if low.Rate != tc.low || high.Rate != tc.high {
			t.Errorf("%s: between %v and %v, want %v and %v", name, low.Rate, high.Rate, tc.low, tc.high)
		}
	}
}
