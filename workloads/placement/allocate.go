package placement

import (
	"cmp"
	"math"
	"slices"
)

// Allocation gives each cluster a switch group.
type Allocation struct {
	// ClusterToGroup[k] is the group of cluster k; every group has the same
	// number of clusters.
	ClusterToGroup []int
	// Objective is || M V - 1/Ng ||, the Euclidean norm of the groups' deviations
	// from an equal share (paper Eq. 5; the paper leaves the norm open).
	Objective float64
	// LowerBound is a proven bound: no allocation with groups of this size has a
	// smaller objective.
	LowerBound float64
	// Optimal says that Objective is proven minimal, to within 1e-12 of the total
	// load; then LowerBound equals Objective.
	Optimal bool
	// Nodes is the number of search steps taken; 0 without a search.
	Nodes int
}

// Allocator distributes the clusters of one layer over the switch groups.
type Allocator interface {
	// Name is the allocator's name in configs and reports.
	Name() string
	// Allocate gives every one of groups groups len(load)/groups clusters. load
	// is the aggregated V of each cluster and sums to 1; its length is a multiple
	// of groups. It is a pure function of its arguments.
	Allocate(load []float64, groups int) Allocation
}

// Allocators returns every allocator, with default settings.
func Allocators() []Allocator {
	return []Allocator{InOrder{}, Balanced{NodeBudget: DefaultNodeBudget}, Exact{NodeBudget: DefaultExactBudget}}
}

// AllocatorByName returns the allocator of that name. The error of an unknown
// name lists the known ones.
func AllocatorByName(name string) (Allocator, error) {
	return byName("group allocation", name, Allocators())
}

// InOrder is no allocation at all: cluster k goes to chiplet k, whose group is
// wired.
type InOrder struct{}

// Name returns "contiguous".
func (InOrder) Name() string { return "contiguous" }

// Allocate implements Allocator.
func (InOrder) Allocate(load []float64, groups int) Allocation {
	size := len(load) / groups
	groupOf := make([]int, len(load))
	for k := range groupOf {
		groupOf[k] = k / size
	}
	a := Allocation{ClusterToGroup: groupOf, Objective: deviation(load, groupOf, groups), LowerBound: lowerBound(load, groups)}
	return a.settle()
}

// exactEnough is how close to its lower bound an objective counts as equal: it
// lies far above the rounding of sums of loads that total 1 and far below any
// imbalance that a cycle count could show.
const exactEnough = 1e-12

// settle marks an allocation optimal whose objective has reached its bound.
func (a Allocation) settle() Allocation {
	if a.Objective <= a.LowerBound+exactEnough {
		a.Optimal = true
		a.LowerBound = a.Objective
	}
	return a
}

// deviation is the objective of Eq. 5.
func deviation(load []float64, groupOf []int, groups int) float64 {
	sum := make([]float64, groups)
	var total float64
	for k, x := range load {
		sum[groupOf[k]] += x
		total += x
	}
	var squares float64
	for _, s := range sum {
		d := s - total/float64(groups)
		squares += d * d
	}
	return math.Sqrt(squares)
}

// lowerBound bounds the objective by its most lopsided cluster: the group of the
// heaviest cluster weighs at least that cluster plus the lightest others, the
// group of the lightest at most that plus the heaviest others, and the rest can
// at best share the deviation d equally, which costs d*sqrt(Ng/(Ng-1)).
func lowerBound(load []float64, groups int) float64 {
	if groups == 1 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(load))
	n, size := len(sorted), len(sorted)/groups
	heaviest, lightest, total := sorted[n-1], sorted[0], 0.0
	for _, x := range sorted {
		total += x
	}
	for i := range size - 1 {
		heaviest += sorted[i]
		lightest += sorted[n-1-i]
	}
	share := total / float64(groups)
	d := max(0, heaviest-share, share-lightest)
	return d * math.Sqrt(float64(groups)/float64(groups-1))
}

// longestFirst is longest-processing-time-first with room for len(load)/groups
// clusters per group: from the heaviest cluster on, each goes to the lightest
// group with room. Ties go to the lower cluster and the lower group.
func longestFirst(load []float64, groups int) []int {
	size := len(load) / groups
	sum, held := make([]float64, groups), make([]int, groups)
	groupOf := make([]int, len(load))
	for _, k := range heaviestFirst(load) {
		best := -1
		for g := range groups {
			if held[g] < size && (best < 0 || sum[g] < sum[best]) {
				best = g
			}
		}
		groupOf[k] = best
		sum[best] += load[k]
		held[best]++
	}
	return groupOf
}

// heaviestFirst lists the clusters by descending load, ties by index.
func heaviestFirst(load []float64) []int {
	order := make([]int, len(load))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(load[b], load[a]) })
	return order
}

// swapMargin is the least gain of a swap: above the rounding of the gain itself,
// so that no pair is swapped back and forth for ever.
const swapMargin = 1e-15

// swapDown exchanges pairs of clusters between groups, in place, for as long as
// an exchange lowers the objective.
func swapDown(load []float64, groupOf []int, groups int) {
	sum := make([]float64, groups)
	for k, x := range load {
		sum[groupOf[k]] += x
	}
	for improved := true; improved; {
		improved = false
		for a := range load {
			for b := a + 1; b < len(load); b++ {
				ga, gb := groupOf[a], groupOf[b]
				moved := load[a] - load[b]
				// The squares change by 2*moved*(sum[gb]-sum[ga]+moved).
				if ga == gb || moved*(sum[gb]-sum[ga]+moved) > -swapMargin {
					continue
				}
				groupOf[a], groupOf[b] = gb, ga
				sum[ga] -= moved
				sum[gb] += moved
				improved = true
			}
		}
	}
}

// relabel numbers the groups, in place, by their lowest cluster. The switches
// are alike, so this loses nothing and makes the answer independent of the
// order of the search.
func relabel(groupOf []int, groups int) {
	label := make([]int, groups)
	for g := range label {
		label[g] = -1
	}
	next := 0
	for k, g := range groupOf {
		if label[g] < 0 {
			label[g] = next
			next++
		}
		groupOf[k] = label[g]
	}
}
