package micro

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkMicroNop is the tree of the reference curves under uniform traffic, driver
// included. An operation is a packet; hops/s counts a packet or flit at a router.
func BenchmarkMicroNop(b *testing.B) {
	for _, fidelity := range Fidelities() {
		for _, name := range []string{"nop-tree", "mesh:8x8"} {
			for _, flits := range []int{1, 16} {
				b.Run(fmt.Sprintf("fidelity=%s/topology=%s/flits=%d", fidelity, name, flits), func(b *testing.B) {
					s := mustTopology(b, name)
					s.Fidelity, s.Traffic.Rate, s.Traffic.PacketFlits = fidelity, 0.2, flits
					s.WarmupCycles = 1000
					perCycle := 0.2 * float64(len(s.Topology.Endpoints())) / float64(flits)
					s.MeasureCycles = max(1, int64(float64(b.N)/perCycle))
					b.ReportAllocs()
					r, err := Run(context.Background(), s)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(r.FlitHopsPerS, "flit-hops/s")
					b.ReportMetric(r.FlitHopsPerS/float64(flits), "packet-hops/s")
				})
			}
		}
	}
}
