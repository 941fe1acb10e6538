package placement_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"pgregory.net/rapid"
)

// tolerance covers the rounding of sums of loads that total 1.
const tolerance = 1e-11

func balanced() placement.Balanced {
	return placement.Balanced{NodeBudget: placement.DefaultNodeBudget}
}

func exact() placement.Exact {
	return placement.Exact{NodeBudget: placement.DefaultExactBudget}
}

// norm is Eq. 5 written out again.
func norm(loads []float64, groupOf []int, groups int) float64 {
	sum := make([]float64, groups)
	for k, g := range groupOf {
		sum[g] += loads[k]
	}
	var squares float64
	for _, s := range sum {
		squares += (s - 1/float64(groups)) * (s - 1/float64(groups))
	}
	return math.Sqrt(squares)
}

// exhaustive tries every assignment of clusters to groups of equal size.
func exhaustive(loads []float64, groups int) float64 {
	groupOf, held, best := make([]int, len(loads)), make([]int, groups), math.Inf(1)
	var place func(k int)
	place = func(k int) {
		if k == len(loads) {
			best = min(best, norm(loads, groupOf, groups))
			return
		}
		for g := range groups {
			if held[g] < len(loads)/groups {
				groupOf[k] = g
				held[g]++
				place(k + 1)
				held[g]--
			}
		}
	}
	place(0)
	return best
}

// longestFirst is the rule that the balanced allocation must not lose against.
func longestFirst(loads []float64, groups int) []int {
	order := make([]int, len(loads))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if loads[a] > loads[b] {
			return -1
		} else if loads[a] < loads[b] {
			return 1
		}
		return 0
	})
	sum, held, groupOf := make([]float64, groups), make([]int, groups), make([]int, len(loads))
	for _, k := range order {
		best := -1
		for g := range groups {
			if held[g] < len(loads)/groups && (best < 0 || sum[g] < sum[best]) {
				best = g
			}
		}
		groupOf[k] = best
		sum[best] += loads[k]
		held[best]++
	}
	return groupOf
}

func TestSearchesEqualExhaustiveSearch(t *testing.T) {
	for _, size := range []struct{ clusters, groups int }{{4, 2}, {6, 3}, {6, 2}, {8, 2}, {8, 4}, {5, 5}, {4, 1}} {
		rapid.Check(t, func(t *rapid.T) {
			loads := drawLoads(t, size.clusters)
			want := exhaustive(loads, size.groups)
			for _, allocator := range []placement.Allocator{balanced(), exact()} {
				got := allocator.Allocate(loads, size.groups)
				if math.Abs(got.Objective-want) > tolerance || !got.Optimal {
					t.Fatalf("%s, %d clusters in %d groups: objective %g (optimal %v), exhaustive %g",
						allocator.Name(), size.clusters, size.groups, got.Objective, got.Optimal, want)
				}
			}
		})
	}
}

func TestAllocationLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 6).Draw(t, "groups")
		size := rapid.IntRange(1, 4).Draw(t, "clusters per group")
		loads := drawLoads(t, groups*size)
		// A small budget makes unfinished searches common.
		small := placement.Balanced{NodeBudget: rapid.IntRange(0, 100).Draw(t, "nodes")}
		for _, allocator := range append(placement.Allocators(), small, placement.Exact(small)) {
			before := slices.Clone(loads)
			a := allocator.Allocate(loads, groups)
			if diff := cmp.Diff(before, loads); diff != "" {
				t.Fatalf("%s changed its argument:\n%s", allocator.Name(), diff)
			}
			held := make([]int, groups)
			for _, g := range a.ClusterToGroup {
				held[g]++
			}
			for g, n := range held {
				if n != size {
					t.Fatalf("%s: group %d has %d clusters, want %d", allocator.Name(), g, n, size)
				}
			}
			if got := norm(loads, a.ClusterToGroup, groups); math.Abs(got-a.Objective) > tolerance {
				t.Fatalf("%s: objective %g, is %g", allocator.Name(), a.Objective, got)
			}
			if a.LowerBound > a.Objective || (a.Optimal && a.LowerBound != a.Objective) {
				t.Fatalf("%s: lower bound %g, objective %g, optimal %v", allocator.Name(), a.LowerBound, a.Objective, a.Optimal)
			}
			if diff := cmp.Diff(a, allocator.Allocate(loads, groups)); diff != "" {
				t.Fatalf("%s: second call differs:\n%s", allocator.Name(), diff)
			}
		}
	})
}

func TestBalancedIsNoWorseThanLongestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(2, 4).Draw(t, "groups")
		loads := drawLoads(t, groups*rapid.IntRange(1, 4).Draw(t, "clusters per group"))
		budget := rapid.SampledFrom([]int{0, 10, 1000}).Draw(t, "nodes")
		a := placement.Balanced{NodeBudget: budget}.Allocate(loads, groups)
		if seed := norm(loads, longestFirst(loads, groups), groups); a.Objective > seed+tolerance {
			t.Fatalf("objective %g, longest-processing-time-first has %g", a.Objective, seed)
		}
		best := balanced().Allocate(loads, groups)
		if !best.Optimal || a.LowerBound > best.Objective+tolerance || a.Objective < best.Objective-tolerance {
			t.Fatalf("optimum %g is not within [%g, %g]", best.Objective, a.LowerBound, a.Objective)
		}
	})
}

func TestBalancedByHand(t *testing.T) {
	share := func(counts ...float64) []float64 {
		var total float64
		for _, x := range counts {
			total += x
		}
		for k := range counts {
			counts[k] /= total
		}
		return counts
	}
	for _, tc := range []struct {
		name      string
		loads     []float64
		groups    int
		want      []int
		objective float64
	}{
		// 10+1 against 6+5, of 22: no pair is better than 10 with 1.
		{"perfect", share(10, 6, 5, 1), 2, []int{0, 1, 1, 0}, 0},
		// 7+1 against 2+2, of 12: 8/12 deviates from 1/2 by 1/6, twice.
		{"one heavy", share(2, 7, 1, 2), 2, []int{0, 1, 1, 0}, math.Sqrt(2) / 6},
		{"equal", share(1, 1, 1, 1, 1, 1), 3, []int{0, 1, 2, 0, 1, 2}, 0},
		{"one group", share(3, 1), 1, []int{0, 0}, 0},
		{"one cluster a group", share(3, 1), 2, []int{0, 1}, math.Sqrt(2) / 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := balanced().Allocate(tc.loads, tc.groups)
			if !got.Optimal || math.Abs(got.Objective-tc.objective) > tolerance {
				t.Errorf("objective %g (optimal %v), want %g", got.Objective, got.Optimal, tc.objective)
			}
			if diff := cmp.Diff(tc.want, got.ClusterToGroup); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// The machine of the paper must be solved to the end, however awkward the loads.
func TestSixteenClustersInFourGroupsAreSolved(t *testing.T) {
	for seed := range uint64(40) {
		a, b := balanced().Allocate(awkwardLoads(seed, 16), 4), exact().Allocate(awkwardLoads(seed, 16), 4)
		if !a.Optimal {
			t.Errorf("seed %d: objective %g, bound %g after %d nodes", seed, a.Objective, a.LowerBound, a.Nodes)
		}
		if !b.Optimal || math.Abs(a.Objective-b.Objective) > tolerance {
			t.Errorf("seed %d: objective %g (optimal %v), balanced has %g", seed, b.Objective, b.Optimal, a.Objective)
		}
	}
}

// A machine too large to finish still gets a good allocation and an honest gap.
func TestBudgetEndsALargeSearch(t *testing.T) {
	loads := awkwardLoads(3, 64)
	a := placement.Balanced{NodeBudget: 10_000}.Allocate(loads, 8)
	if a.Nodes > 10_000 {
		t.Errorf("took %d nodes of 10000", a.Nodes)
	}
	if seed := norm(loads, longestFirst(loads, 8), 8); a.Objective > seed {
		t.Errorf("objective %g, longest-processing-time-first has %g", a.Objective, seed)
	}
	if a.Optimal || a.LowerBound > a.Objective {
		t.Errorf("optimal %v, bound %g, objective %g", a.Optimal, a.LowerBound, a.Objective)
	}
}

// awkwardLoads cycles through smooth, skewed, nearly equal and two-valued loads.
func awkwardLoads(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 7))
	loads := make([]float64, n)
	var total float64
	for k := range loads {
		x := rng.Float64()
		switch seed % 4 {
		case 1:
			x = math.Pow(x, 4)
		case 2:
			x = 1 + x/1000
		case 3:
			x = math.Round(x)*0.37 + 0.5 + x/1e6
		}
		loads[k] = x
		total += x
	}
	for k := range loads {
		loads[k] /= total
	}
	return loads
}
