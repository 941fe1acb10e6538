package flit_test

import (
	"errors"
	"testing"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/runner/engine"
)

// loads are those of the reference's table of speed.
var loads = []struct {
	name  string
	graph func() *topology.Graph
	load  load
}{
	{"tree/1-flit", tree, load{rate: 0.2, flits: 1, seed: 1}},
	{"tree/16-flit", tree, load{rate: 0.2, flits: 16, seed: 1}},
	{"mesh/1-flit", mesh8, load{rate: 0.3, flits: 1, seed: 1}},
	{"mesh/16-flit", mesh8, load{rate: 0.3, flits: 16, seed: 1}},
}

func mesh8() *topology.Graph { return must(topology.Mesh(8, 8)) }

// steady warms a network up and returns a function that goes on for some cycles.
func steady(t tb, g *topology.Graph, l load) (*rig, func(cycles int64)) {
	r := newRig(t, g, flit.DefaultNetworkSpec())
	e := r.engine.(*engine.Serial)
	r.drive(l, &window{}, 1<<60)
	until := int64(0)
	run := func(cycles int64) {
		until += cycles
		if err := e.RunUntil(until); !errors.Is(err, engine.ErrLimit) {
			t.Fatal(err)
		}
	}
	run(3000)
	return r, run
}

// BenchmarkFlitHop counts in flits that leave a router.
func BenchmarkFlitHop(b *testing.B) {
	for _, c := range loads {
		b.Run(c.name, func(b *testing.B) {
			r, run := steady(b, c.graph(), c.load)
			perCycle := float64(r.net.FlitHops()) / 3000
			first := r.net.FlitHops()
			b.ReportAllocs()
			b.ResetTimer()
			run(int64(float64(b.N)/perCycle) + 1)
			b.StopTimer()
			b.ReportMetric(float64(r.net.FlitHops()-first)/b.Elapsed().Seconds(), "hops/s")
		})
	}
}

func TestFlitsDoNotAllocate(t *testing.T) {
	for _, c := range loads {
		r, run := steady(t, c.graph(), c.load)
		run(6000)
		first := r.net.FlitHops()
		allocs := testing.AllocsPerRun(3, func() { run(500) })
		hops := float64(r.net.FlitHops()-first) / 4
		if allocs > hops/1000 { // rings still grow now and then
			t.Errorf("%s: %.0f allocations in %.0f flit-hops", c.name, allocs, hops)
		}
	}
}
