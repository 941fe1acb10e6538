package flit_test

import (
	"math"
	"testing"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
)

// The numbers of this file are BookSim2's (commit 28f4329), on the networks and with
// the parameters that DefaultNetworkSpec names. runner/reference holds all of them.

func router(tune func(*flit.RouterSpec)) flit.NetworkSpec {
	s := flit.DefaultNetworkSpec()
	tune(&s.Router)
	return s
}

// p3 has look-ahead routing.
func p3(s *flit.RouterSpec) { s.Delays.RC = 0 }

func allocators(name string) func(*flit.RouterSpec) {
	return func(s *flit.RouterSpec) { s.VCAllocator, s.SwitchAllocator = name, name }
}

func buffers(vcs, depth int) func(*flit.RouterSpec) {
	return func(s *flit.RouterSpec) { s.Classes[0].VCsPerLane, s.VCBufferFlits = vcs, depth }
}

func TestZeroLoadLatency(t *testing.T) {
	for _, c := range []struct {
		name     string
		spec     flit.NetworkSpec
		from, to int
		want     int64 // of a packet of one flit
	}{
		{"P4 one router", flit.DefaultNetworkSpec(), 1, 2, 7},
		{"P4 two routers", flit.DefaultNetworkSpec(), 1, 0, 12},
		{"P4 three routers", flit.DefaultNetworkSpec(), 1, 16, 17},
		{"P3 one router", router(p3), 1, 2, 6},
		{"P3 two routers", router(p3), 0, 9, 10},
		{"P3 three routers", router(p3), 1, 16, 14},
	} {
		for _, flits := range []int32{1, 4, 8, 32} {
			r := newRig(t, tree(), c.spec)
			l := r.listen()
			r.gate(c.from).Inject(r.packet(c.from, c.to, flits, 5))
			r.run()
			if got, want := l.got[0].Ejected-l.got[0].Created, c.want+int64(flits)-1; got != want {
				t.Errorf("%s, %d flits: %d cycles, want %d", c.name, flits, got, want)
			}
		}
	}
}

// The rate of a single flow is the length of the credit loop.
func TestCreditLoop(t *testing.T) {
	for _, c := range []struct {
		to         int
		flits      int32
		vcs, depth int
		want       float64 // flits per cycle
	}{
		{16, 16, 1, 2, 0.30767}, {16, 16, 1, 4, 0.57140}, {16, 16, 1, 16, 0.88893},
		{16, 16, 2, 2, 0.32653}, {16, 16, 2, 4, 0.61543}, {16, 16, 2, 16, 1},
		{16, 16, 8, 2, 0.33180}, {16, 16, 8, 4, 0.61543},
		{0, 1, 1, 1, 0.12500}, {0, 1, 1, 4, 0.33333},
	} {
		r := newRig(t, tree(), router(buffers(c.vcs, c.depth)))
		w := r.measure(load{rate: float64(c.flits), flits: c.flits, from: []int{1}, to: toOne(c.to), seed: 1}, 500, 4000)
		if got := w.perCycle(); math.Abs(got/c.want-1) > 0.01 {
			t.Errorf("to %d, %d flits, %d VCs of %d: %.5f flits per cycle, want %.5f", c.to, c.flits, c.vcs, c.depth, got, c.want)
		}
	}
}

func TestSaturationThroughput(t *testing.T) {
	for _, c := range []struct {
		name  string
		spec  flit.NetworkSpec
		flits int32
		want  float64 // flits per cycle, all endpoints
	}{
		{"8 VCs", flit.DefaultNetworkSpec(), 1, 4.08219},
		{"1 VC", router(buffers(1, 8)), 1, 1.57677},
		{"2 VCs", router(buffers(2, 8)), 1, 3.21550},
		{"4 VCs", router(buffers(4, 8)), 1, 3.91680},
		{"4 VCs of 4", router(buffers(4, 4)), 1, 3.92933},
		{"islip:4", router(allocators("islip:4")), 1, 4.91043},
		{"separable-input-first", router(allocators("separable-input-first")), 1, 4.31327},
		{"16 flits P3", router(p3), 16, 4.10300},
	} {
		r := newRig(t, tree(), c.spec)
		w := r.measure(load{rate: 0.9, flits: c.flits, seed: 1}, 2000, 10000)
		if got := w.perCycle(); math.Abs(got/c.want-1) > 0.02 {
			t.Errorf("%s: %.3f flits per cycle, want %.3f", c.name, got, c.want)
		}
	}
}

func TestMeanLatency(t *testing.T) {
	mesh := must(topology.Mesh(8, 8))
	for _, c := range []struct {
		g      *topology.Graph
		rate   float64
		from   []int
		to     int // -1: uniform
		spec   flit.NetworkSpec
		cycles int64
		want   float64
	}{
		{mesh, 0.1, nil, -1, flit.DefaultNetworkSpec(), 3000, 33.7728},
		{mesh, 0.3, nil, -1, flit.DefaultNetworkSpec(), 3000, 36.8946},
		{tree(), 0.03, nil, 0, flit.DefaultNetworkSpec(), 20000, 12.2002},
		{tree(), 0.045, leaves(), 0, router(p3), 40000, 11.2013},
	} {
		r := newRig(t, c.g, c.spec)
		l := load{rate: c.rate, flits: 1, from: c.from, seed: 2}
		if c.to >= 0 {
			l.to = toOne(c.to)
		}
		w := r.measure(l, 1000, c.cycles)
		if got := w.meanLatency(); math.Abs(got/c.want-1) > 0.015 {
			t.Errorf("%s at %.3f: mean latency %.2f, want %.2f", c.g.Kind(), c.rate, got, c.want)
		}
	}
}

func leaves() []int {
	var l []int
	for i := 1; i <= 16; i++ {
		l = append(l, i)
	}
	return l
}
