package engine_test

import (
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/runner/engine"
)

// BenchmarkLoad compares engines on the load of `mozart micro engine`. An
// operation is an event.
func BenchmarkLoad(b *testing.B) {
	engines := []struct {
		name string
		make func() sim.Engine
	}{
		{"mozart-serial", func() sim.Engine { return newSerial(b, sim.GHz) }},
		{"akita-serial", func() sim.Engine { return sim.NewSerialEngine() }},
		{"akita-parallel", func() sim.Engine { return sim.NewParallelEngine() }},
	}
	for _, handlers := range []int{1, 64, 1024, 16384} {
		for _, eng := range engines {
			b.Run(fmt.Sprintf("handlers=%d/%s", handlers, eng.name), func(b *testing.B) {
				b.ReportAllocs()
				l := engine.Load{Handlers: handlers, Events: int64(max(b.N, handlers)), Seed: 1}
				if _, err := l.Run(eng.make(), sim.GHz); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(l.Events)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}
