package run_test

import (
	"testing"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// BenchmarkStep emulates whole steps; planning is not measured. A packet-hop is
// one packet delivered by one link.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"tiny", "olmoe-mozart-c", "qwen3-mozart-c"} {
		b.Run(name, func(b *testing.B) {
			if testing.Short() && name != "tiny" {
				b.Skip("takes seconds")
			}
			x, err := config.Load(name, nil)
			if err != nil {
				b.Fatal(err)
			}
			p, err := plan.Make(x)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			hops, events := int64(0), uint64(0)
			for b.Loop() {
				r, err := run.Execute(b.Context(), p, run.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for _, l := range r.Links {
					hops += l.Packets
				}
				events += r.Summary.Engine.Events
			}
			b.ReportMetric(float64(hops)/b.Elapsed().Seconds(), "hops/s")
			b.ReportMetric(float64(events)/float64(hops), "events/hop")
		})
	}
}
