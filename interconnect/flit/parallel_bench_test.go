package flit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/runner/engine"
)

// limited is an engine that can run for a while.
type limited interface {
	sim.Engine
	RunUntil(limit int64) error
}

// BenchmarkDomains runs uniform traffic on a tree of 1,024 leaves, 2,000 cycles at a
// time: on one engine (threads=0), and on one for each of the four groups and the root.
func BenchmarkDomains(b *testing.B) {
	g := must(topology.NoPTree(topology.TreeSpec{Groups: 4, Levels: []int{4, 4}, ChipletsPerGroup: 16, RootRouter: true}))
	for _, latency := range []int64{1, 5, 20} {
		spec := flit.DefaultNetworkSpec()
		spec.Link.LatencyCycles = latency
		for threads := range 3 {
			b.Run(fmt.Sprintf("latency=%d/threads=%d", latency, threads), func(b *testing.B) {
				serial, err := engine.NewSerial(hz)
				if err != nil {
					b.Fatal(err)
				}
				e := limited(serial)
				if threads > 0 {
					e = onDomains(b, g, threads)
				}
				r := newRigOn(b, e, g, spec)
				for i := range r.ends {
					r.gate(i).SetClient(&window{})
				}
				r.feed(load{rate: 0.004, flits: 4, seed: 1}, 1<<60)
				goOn := func(until int) {
					if err := e.RunUntil(int64(until)); !errors.Is(err, engine.ErrLimit) {
						b.Fatal(err)
					}
				}
				goOn(3000)
				b.ResetTimer()
				for i := range b.N {
					goOn(5000 + 2000*i)
				}
				b.StopTimer()
				if p, ok := e.(*engine.Parallel); ok {
					b.ReportMetric(perSync(p.Stats()), "events/sync")
				}
			})
		}
	}
}

// perSync is the events per synchronisation of all domains together.
func perSync(rows []engine.DomainStats) float64 {
	all := engine.DomainStats{}
	for _, s := range rows {
		all.Events += s.Events
		all.Syncs += s.Syncs
	}
	return all.EventsPerSync()
}
