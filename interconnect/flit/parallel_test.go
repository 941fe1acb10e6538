package flit_test

import (
	"fmt"
	"runtime"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/runner/engine"
)

// onDomains is an engine for each domain of a graph.
func onDomains(t tb, g *topology.Graph, threads int) *engine.Parallel {
	t.Helper()
	e, err := engine.NewParallel(hz, g.Domains(), threads)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A network in one domain and in those of its graph come to the same packets in the same
// cycles and to the same counters.
func TestDomainsDoNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawScenario(t)
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		packets, channels := c.play(t, e)
		threads := rapid.SampledFrom([]int{1, 2, 3, 8}).Draw(t, "threads")
		cut, cutChannels := c.play(t, onDomains(t, c.graph, threads))
		if d := gocmp.Diff(packets, cut); d != "" {
			t.Errorf("%d domains: (-serial +parallel)\n%s", c.graph.Domains(), d)
		}
		if d := gocmp.Diff(channels, cutChannels); d != "" {
			t.Errorf("%d domains: (-serial +parallel)\n%s", c.graph.Domains(), d)
		}
	})
}

// A tree under load has the same outcome for any number of threads and processors.
func TestThreadsDoNotShow(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	g := must(topology.NoPTree(topology.TreeSpec{Groups: 3, ChipletsPerGroup: 3, RootRouter: true}))
	spec := flit.DefaultNetworkSpec()
	spec.Links = make([]flit.LinkSpec, len(g.Edges()))
	for i := range spec.Links {
		spec.Links[i] = flit.LinkSpec{LatencyCycles: int64(i % 3), BitsPerCycle: []int64{0, 100, 128, 45}[i%4]}
	}
	play := func(e sim.Engine) []flit.ChannelStats {
		r := newRigOn(t, e, g, spec)
		for i := range r.ends {
			r.gate(i).SetClient(&log{})
		}
		r.feed(load{rate: 0.3, flits: 3, seed: 5}, 400)
		r.run()
		return r.net.Channels()
	}
	serial, err := engine.NewSerial(hz)
	if err != nil {
		t.Fatal(err)
	}
	want := play(serial)
	for procs := 1; procs <= 8; procs++ {
		runtime.GOMAXPROCS(procs)
		for _, threads := range []int{1, 2, 3, 8} {
			if d := gocmp.Diff(want, play(onDomains(t, g, threads))); d != "" {
				t.Fatalf("%s (-serial +parallel)\n%s", fmt.Sprintf("%d threads on %d processors", threads, procs), d)
			}
		}
	}
}
