package placement

import "math"

// DefaultExactBudget ends a search that does not finish after a few seconds. The
// paper's 16 clusters in 4 groups need a thousandth of it. Of 64 clusters in 16
// groups, loads that are counts of 65,536 choices end proven, or mostly within 3
// choices of the bound, before the search over all groups begins; of 21 draws from
// even to skewed the worst was 23 choices above it, 0.6% of a group's load.
const DefaultExactBudget = 10_000_000

// Exact solves Eq. 5 as the binary integer program that it is, and says how far from
// proven it is otherwise (Allocation.LowerBound).
//
// It starts from longest-processing-time-first with pair swaps, as Balanced does,
// then splits two, three and four groups at a time anew in the best way, and at last
// searches all groups at once by the branch and bound of Balanced. It stops as soon
// as a bound is met that no allocation can undercut: the groups' sums, in descending
// order, dominate the least concave sequence above what the heaviest clusters need
// (sumsBound), and loads that are counts sum up to whole numbers.
type Exact struct {
	// NodeBudget is the most search steps taken over all groups at once. When it
	// runs out, the best allocation found is returned with Optimal false.
	NodeBudget int
}

// Name returns "exact".
func (Exact) Name() string { return "exact" }

// Allocate implements Allocator. Groups are numbered by their lowest cluster.
func (x Exact) Allocate(load []float64, groups int) Allocation {
	groupOf := longestFirst(load, groups)
	swapDown(load, groupOf, groups)
	a := Allocation{LowerBound: max(lowerBound(load, groups), sumsBound(load, groups))}
	p := polish{load: load, groups: groups, groupOf: groupOf, bound: a.LowerBound}
	for several := 2; several <= min(4, groups-1); several++ {
		if p.each(several) {
			several = 1 // a better start for the smaller searches
		}
	}
	a.Nodes = p.nodes
	proven := false
	if objective := deviation(load, groupOf, groups); objective > a.LowerBound+exactEnough {
		s := newSearch(load, groups, objective, x.NodeBudget)
		s.enough = a.LowerBound
		s.fill(0)
		if s.found != nil {
			copy(groupOf, s.found)
		}
		proven = !s.exhausted
		a.Nodes += s.nodes
	}
	relabel(groupOf, groups)
	a.ClusterToGroup = groupOf
	a.Objective = deviation(load, groupOf, groups)
	if proven {
		a.LowerBound = a.Objective
	}
	return a.settle()
}

// polish improves an allocation by splitting a few of its groups anew.
type polish struct {
	load          []float64
	groups        int
	groupOf       []int
	bound         float64
	splits, nodes int // made and taken so far
}

// Bounds of one split of a few groups, in search steps, and of the number of splits,
// which packages of very many groups run out of.
const (
	polishBudget = 20_000
	polishSplits = 50_000
)

// each splits every choice of several groups, and tells whether any was split better.
func (p *polish) each(several int) (better bool) {
	chosen := make([]int, several)
	var choose func(at, from int)
	choose = func(at, from int) {
		if at == several {
			better = p.split(chosen) || better
			return
		}
		for g := from; g <= p.groups-several+at && p.splits < polishSplits; g++ {
			chosen[at] = g
			choose(at+1, g+1)
		}
	}
	if deviation(p.load, p.groupOf, p.groups) > p.bound+exactEnough {
		choose(0, 0)
	}
	return better
}

// split splits the clusters of some groups in the best way, and tells whether that
// was better than before.
func (p *polish) split(chosen []int) bool {
	p.splits++
	var clusters, before []int
	var load []float64
	for k, g := range p.groupOf {
		for i, c := range chosen {
			if g == c {
				clusters, before, load = append(clusters, k), append(before, i), append(load, p.load[k])
			}
		}
	}
	s := newSearch(load, len(chosen), deviation(load, before, len(chosen)), polishBudget)
	s.fill(0)
	p.nodes += s.nodes
	if s.found == nil {
		return false
	}
	for i, k := range clusters {
		p.groupOf[k] = chosen[s.found[i]]
	}
	return true
}

// sumsBound bounds the objective of Eq. 5. In any allocation the j heaviest clusters
// lie in at most j groups, so the j groups of greatest sum weigh at least as much as
// those clusters and the lightest that fill the groups up; likewise the j groups of
// least sum weigh at most what the j lightest clusters and the heaviest weigh. Of all
// sequences of sums that satisfy this, the least sum of squares is returned, over
// whole numbers if the loads are counts (wholeCounts).
func sumsBound(load []float64, groups int) float64 {
	counts, unit, whole := wholeCounts(load)
	if !whole {
		counts, unit = load, 1
	}
	need := sumsNeeded(counts, groups)
	total := need[groups]
	var squares float64
	if whole {
		squares = leastWholeSquares(need)
	} else {
		squares = leastSquares(need)
	}
	return unit * math.Sqrt(max(0, squares-total*total/float64(groups)))
}
