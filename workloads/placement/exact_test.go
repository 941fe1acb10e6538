package placement_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"mozart/workloads/placement"
	"pgregory.net/rapid"
)

// countedLoads are the loads of clusters of experts in a profiling run: whole numbers
// of choices, of which many tokens make a few each. skew is the spread of popularity.
func countedLoads(seed uint64, clusters int, choices int, skew float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 11))
	popularity := make([]float64, clusters)
	var total float64
	for k := range popularity {
		popularity[k] = math.Exp(skew * rng.NormFloat64())
		total += popularity[k]
	}
	counts := make([]int, clusters)
	for range choices {
		x := rng.Float64() * total
		k := 0
		for ; k < clusters-1 && x >= popularity[k]; k++ {
			x -= popularity[k]
		}
		counts[k]++
	}
	loads := make([]float64, clusters)
	for k, n := range counts {
		loads[k] = float64(n) / float64(choices)
	}
	return loads
}

// The bound holds for the best of small cases, and is met where one cluster weighs
// more than a share.
func TestExactBoundIsABound(t *testing.T) {
	for _, size := range []struct{ clusters, groups int }{{6, 3}, {8, 4}, {6, 2}, {9, 3}} {
		rapid.Check(t, func(t *rapid.T) {
			loads := drawLoads(t, size.clusters)
			// No budget: the bound is what is known without a search.
			a := placement.Exact{}.Allocate(loads, size.groups)
			if want := exhaustive(loads, size.groups); a.LowerBound > want+tolerance || a.Objective < want-tolerance {
				t.Fatalf("bound %g, objective %g, the least is %g", a.LowerBound, a.Objective, want)
			}
		})
	}
	// 13 with 1 and 1, the other six share the rest: 15, 6, 6 of 27.
	loads := []float64{13. / 27, 1. / 27, 2. / 27, 2. / 27, 2. / 27, 2. / 27, 2. / 27, 2. / 27, 1. / 27}
	a := placement.Exact{}.Allocate(loads, 3)
	if want := math.Sqrt(36+9+9) / 27; !a.Optimal || math.Abs(a.Objective-want) > tolerance {
		t.Errorf("objective %g (optimal %v), want %g", a.Objective, a.Optimal, want)
	}
	// Five choices in two groups cannot be shared equally.
	a = placement.Exact{}.Allocate([]float64{.2, .2, .2, .4, 0, 0}, 2)
	if want := math.Sqrt(.5) / 5; !a.Optimal || math.Abs(a.Objective-want) > tolerance {
		t.Errorf("objective %g (optimal %v), want %g", a.Objective, a.Optimal, want)
	}
}

// A machine four times the paper's is solved to within a thousandth of a group's
// load, from even to skewed loads, and some of it to the end.
func TestSixtyFourClustersInSixteenGroups(t *testing.T) {
	optimal := 0
	for seed := range uint64(3) {
		for _, skew := range []float64{.1, .3, 1.2} {
			loads := countedLoads(seed+10, 64, 65536, skew)
			a := placement.Exact{NodeBudget: 1000}.Allocate(loads, 16)
			if seeded := norm(loads, longestFirst(loads, 16), 16); a.Objective > seeded {
				t.Errorf("skew %g: objective %g, longest-processing-time-first has %g", skew, a.Objective, seeded)
			}
			if gap := 16 * (a.Objective - a.LowerBound); gap > 1e-3 {
				t.Errorf("skew %g: gap %g of a group's load after %d nodes", skew, gap, a.Nodes)
			}
			if a.Optimal {
				optimal++
			}
		}
	}
	if optimal == 0 {
		t.Error("no allocation is proven")
	}
}
