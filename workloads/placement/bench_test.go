package placement_test

import (
	"fmt"
	"testing"

	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// The largest layer of the paper's models: 128 experts on 16 chiplets.
func BenchmarkAlgorithm1(b *testing.B) {
	in := placement.LayerInput{Profile: drawnProfile(1, 4096, 128, 8), Clusters: 16}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (placement.Algorithm1{}).Cluster(in); err != nil {
			b.Fatal(err)
		}
	}
}

// Searches on the largest sample of such a layer.
func BenchmarkSearches(b *testing.B) {
	in := placement.LayerInput{Profile: drawnProfile(1, routing.MaxSample, 128, 8), Clusters: 16}
	for _, policy := range []placement.Policy{
		placement.Algorithm1Swaps{},
		placement.Annealed{LoadWeight: placement.DefaultLoadWeight, Steps: placement.DefaultAnnealSteps},
	} {
		b.Run(policy.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := policy.Cluster(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One layer's 16 clusters in 4 groups, for each kind of load.
func BenchmarkBalanced(b *testing.B) {
	for seed, kind := range []string{"smooth", "skewed", "nearly-equal", "two-valued"} {
		b.Run(kind, func(b *testing.B) {
			loads := awkwardLoads(uint64(seed), 16)
			var nodes int
			b.ReportAllocs()
			for b.Loop() {
				nodes = balanced().Allocate(loads, 4).Nodes
			}
			b.ReportMetric(float64(nodes), "nodes")
		})
	}
}

// A search that cannot finish costs its budget.
func BenchmarkBalancedOutOfBudget(b *testing.B) {
	loads := awkwardLoads(0, 64)
	for b.Loop() {
		if balanced().Allocate(loads, 8).Optimal {
			b.Fatal("the search finished")
		}
	}
}

// Four times the paper's machine: 64 clusters in 16 groups, by the spread of their
// loads. gap is what is not proven, as a share of a group's load.
func BenchmarkExact(b *testing.B) {
	for _, skew := range []float64{0.1, 0.4, 0.8, 1.5} {
		b.Run(fmt.Sprintf("skew-%g", skew), func(b *testing.B) {
			loads := countedLoads(1, 64, 65536, skew)
			var a placement.Allocation
			for b.Loop() {
				a = exact().Allocate(loads, 16)
			}
			b.ReportMetric(float64(a.Nodes), "nodes")
			b.ReportMetric(16*(a.Objective-a.LowerBound), "gap")
		})
	}
}

// A whole model: the 48 layers of Qwen3-30B-A3B.
func BenchmarkFit(b *testing.B) {
	profiles := make([]routing.Profile, 48)
	for l := range profiles {
		profiles[l] = drawnProfile(uint64(l), 1024, 128, 8)
	}
	for _, policy := range placement.Policies() {
		b.Run(fmt.Sprint(policy.Name()), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := placement.Fit(policy, balanced(), profiles, 16, 4, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
