package run_test

import (
	"runtime/metrics"
	"testing"
	"time"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// BenchmarkStep emulates whole steps; planning is not measured. A packet-hop is
// one packet delivered by one link. The peak heap is what the program held at most,
// the plan and garbage included.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"tiny", "olmoe-mozart-c", "deepseek-moe-mozart-c", "qwen3-mozart-c"} {
		b.Run(name, func(b *testing.B) {
			if testing.Short() && name != "tiny" {
				b.Skip("takes seconds")
			}
			p := planOf(b, name)
			b.ReportAllocs()
			hops, events := int64(0), uint64(0)
			peak := watchHeap()
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
			b.ReportMetric(float64(peak())/(1<<20), "peak-heap-MiB")
			b.ReportMetric(float64(hops)/b.Elapsed().Seconds(), "hops/s")
			b.ReportMetric(float64(events)/float64(hops), "events/hop")
		})
	}
}

// BenchmarkStart is everything before the first event: the config, the routing, the
// placement, the program and the wiring.
func BenchmarkStart(b *testing.B) {
	for _, name := range []string{"tiny", "olmoe-mozart-c", "deepseek-moe-mozart-c", "qwen3-mozart-c"} {
		b.Run(name, func(b *testing.B) {
			if testing.Short() && name != "tiny" {
				b.Skip("takes seconds")
			}
			b.ReportAllocs()
			for b.Loop() {
				started(b, planOf(b, name))
			}
		})
	}
}

func planOf(tb testing.TB, name string, assignments ...string) *plan.Plan {
	tb.Helper()
	x, err := config.Load(name, assignments)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := plan.Make(x)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// watchHeap looks at the heap every few milliseconds until the returned function is
// called, which gives the most bytes that it saw.
func watchHeap() (peak func() uint64) {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		highest := uint64(0)
		for {
			metrics.Read(heap)
			highest = max(highest, heap[0].Value.Uint64())
			select {
			case <-ticker.C:
			case <-stop:
				most <- highest
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}
