package placement

import "math"

// DefaultNodeBudget ends a search that cannot finish, such as 64 clusters in 8
// groups, after some 25 ms. The paper's 16 clusters in 4 groups (2.6 million
// partitions) finish far below it: in a few hundred nodes for ordinary loads,
// and in at most 0.65 million in 60,000 draws of few-valued loads with small
// noise, where many partitions are almost equally good.
const DefaultNodeBudget = 1_000_000

// Balanced solves Eq. 5 with the Euclidean norm by branch and bound, starting
// from longest-processing-time-first improved by pair swaps.
//
// The search fills one group after another. A group takes the heaviest cluster
// left, which removes the symmetry between groups, and every completion of it
// in turn. With A the squared deviations of the full groups and T the load left
// for k groups, a group of load S leaves at least A + (S-t)^2 + (T-S-(k-1)t)^2/(k-1),
// t being the equal share: the rest can at best be shared evenly. So S must lie
// in a window around T/k that narrows with every better allocation, and a
// partial group is dropped once its heaviest or lightest completion misses it.
type Balanced struct {
	// NodeBudget is the most search steps taken. When it runs out, the best
	// allocation found is returned with Optimal false.
	NodeBudget int
}

// Name returns "balanced".
func (Balanced) Name() string { return "balanced" }

// Allocate implements Allocator. Groups are numbered by their lowest cluster.
func (b Balanced) Allocate(load []float64, groups int) Allocation {
	groupOf := longestFirst(load, groups)
	swapDown(load, groupOf, groups)
	a := Allocation{LowerBound: lowerBound(load, groups)}
	a.Objective = deviation(load, groupOf, groups)
	proven := false
	if a.Objective > a.LowerBound+exactEnough {
		s := newSearch(load, groups, a.Objective, b.NodeBudget)
		s.fill(0)
		if s.found != nil {
			groupOf = s.found
		}
		proven = !s.exhausted
		a.Nodes = s.nodes
	}
	relabel(groupOf, groups)
	a.ClusterToGroup = groupOf
	a.Objective = deviation(load, groupOf, groups)
	if proven {
		a.LowerBound = a.Objective
	}
	return a.settle()
}

// search is the state of one branch and bound.
type search struct {
	load      []float64
	groups    int
	size      int     // clusters per group
	share     float64 // equal share of a group
	target    float64 // squared objective that an allocation must undercut
	enough    float64 // objective that nothing can undercut; 0 if none is known
	groupOf   []int   // the allocation being built
	found     []int   // the last one that undercut target, nil at first
	levels    []level // one per group
	nodes     int
	budget    int
	exhausted bool
}

// level is what the search knows when it starts to fill a group.
type level struct {
	rest   []int     // clusters left, heaviest first
	prefix []float64 // prefix[i] is the load of rest[:i]
	cost   float64   // squared deviations of the full groups
}

func newSearch(load []float64, groups int, objective float64, budget int) *search {
	n := len(load)
	s := &search{
		load: load, groups: groups, size: n / groups, budget: budget,
		groupOf: make([]int, n), levels: make([]level, groups),
	}
	for g := range s.levels {
		left := n - g*s.size
		s.levels[g] = level{rest: make([]int, left), prefix: make([]float64, left+1)}
	}
	for k := range s.groupOf {
		s.groupOf[k] = -1
	}
	copy(s.levels[0].rest, heaviestFirst(load))
	s.levels[0].sum(load)
	s.share = s.levels[0].total() / float64(groups)
	s.undercut(objective)
	return s
}

// sum refreshes the prefix sums of a level.
func (l *level) sum(load []float64) {
	for i, k := range l.rest {
		l.prefix[i+1] = l.prefix[i] + load[k]
	}
}

// total is the load left at a level.
func (l *level) total() float64 { return l.prefix[len(l.rest)] }

// undercut makes anything not clearly better than an objective uninteresting.
func (s *search) undercut(objective float64) {
	t := max(0, objective-exactEnough)
	if t <= s.enough {
		t = 0 // no window is open any more
	}
	s.target = t * t
}

// fill fills group g and those after it in every way that may beat the target.
func (s *search) fill(g int) {
	l := &s.levels[g]
	if g == s.groups-1 {
		s.close(l)
		return
	}
	first := l.rest[0]
	s.groupOf[first] = g
	s.choose(g, 1, s.size-1, s.load[first])
	s.groupOf[first] = -1
}

// close gives the last group all that is left and keeps a better allocation.
func (s *search) close(last *level) {
	d := last.total() - s.share
	cost := last.cost + d*d
	if cost >= s.target {
		return
	}
	s.found = append(s.found[:0], s.groupOf...)
	for _, k := range last.rest {
		s.found[k] = s.groups - 1
	}
	s.undercut(math.Sqrt(cost))
}

// choose adds need more clusters to group g, of load sum so far, from position
// from of what is left at its level.
func (s *search) choose(g, from, need int, sum float64) {
	if s.nodes >= s.budget {
		s.exhausted = true
		return
	}
	s.nodes++
	l := &s.levels[g]
	lo, hi, ok := s.window(g)
	if !ok {
		return
	}
	if need == 0 {
		if lo < sum && sum < hi {
			s.descend(g, sum)
		}
		return
	}
	n := len(l.rest)
	lightest := l.total() - l.prefix[n-need+1] // of need-1 clusters
	for i := from; i <= n-need && !s.exhausted; i++ {
		if sum+l.prefix[i+need]-l.prefix[i] <= lo {
			return // later clusters are lighter still
		}
		x := s.load[l.rest[i]]
		if sum+x+lightest >= hi {
			continue
		}
		if i > from && x == s.load[l.rest[i-1]] {
			continue // its equal has been tried here
		}
		s.groupOf[l.rest[i]] = g
		s.choose(g, i+1, need-1, sum+x)
		s.groupOf[l.rest[i]] = -1
	}
}

// window bounds the load of group g; outside, the target is out of reach.
func (s *search) window(g int) (lo, hi float64, ok bool) {
	l := &s.levels[g]
	k := float64(s.groups - g)
	excess := l.total() - k*s.share
	room := s.target - l.cost - excess*excess/k
	if room <= 0 {
		return 0, 0, false
	}
	center, half := l.total()/k, math.Sqrt(room*(k-1)/k)
	return center - half, center + half, true
}

// descend goes on to the next group with what group g of load sum left over.
func (s *search) descend(g int, sum float64) {
	l, next := &s.levels[g], &s.levels[g+1]
	at := 0
	for _, k := range l.rest {
		if s.groupOf[k] < 0 {
			next.rest[at] = k
			at++
		}
	}
	next.sum(s.load)
	d := sum - s.share
	next.cost = l.cost + d*d
	s.fill(g + 1)
}
