package placement

import (
	"fmt"
	"math"
)

// Algorithm1 is the paper's greedy clustering of co-activated experts (section
// 4.2, Algorithm 1). The first cluster starts with the most co-activated pair
// of experts, each later one with the expert that is least co-activated with
// all experts chosen so far. Each is filled, one expert at a time, by the
// unselected expert with the highest mean co-activation with the cluster.
//
// Where the paper leaves a choice: "least co-activated with all chosen" is the
// least sum; a tie goes to the lowest expert (for the pair: the lowest first,
// then the lowest second expert); the printed loop bound <= would overfill each
// cluster by one, so it is read as <; with one expert per cluster the first
// holds the pair's lower expert.
//
// The paper divides C by its largest entry and takes means; neither changes
// which expert wins, so this works on the sums of C. Those are whole numbers of
// tokens and exact in a float64, hence ties are true ties.
type Algorithm1 struct{}

// Name returns "algorithm1".
func (Algorithm1) Name() string { return "algorithm1" }

// Cluster implements Policy. Experts stand in the order in which they were
// chosen. It fails if Profile.C is not a symmetric matrix of finite,
// non-negative numbers with a row per expert.
func (Algorithm1) Cluster(in LayerInput) ([][]int, error) {
	c, experts := in.Profile.C, in.Profile.Experts()
	if err := checkCoactivation(c, experts); err != nil {
		return nil, err
	}
	size, err := clusterSize(experts, in.Clusters)
	if err != nil {
		return nil, err
	}
	g := newGreedy(c)
	clusters := make([][]int, in.Clusters)
	for k := range clusters {
		cluster := make([]int, 0, size)
		if k == 0 {
			first, second := mostCoactivatedPair(c)
			cluster = append(cluster, first, second)[:min(2, size)]
		} else {
			cluster = append(cluster, g.leastWithChosen())
		}
		g.open(cluster)
		for len(cluster) < size {
			next := g.mostWithCluster()
			cluster = append(cluster, next)
			g.take(next)
		}
		clusters[k] = cluster
	}
	return clusters, nil
}

// greedy holds, for every expert, its co-activation with what was chosen.
type greedy struct {
	c           [][]float64
	chosen      []bool
	withChosen  []float64 // sum over all chosen experts
	withCluster []float64 // sum over the experts of the cluster being filled
}

func newGreedy(c [][]float64) *greedy {
	n := len(c)
	return &greedy{c: c, chosen: make([]bool, n), withChosen: make([]float64, n), withCluster: make([]float64, n)}
}

// open starts a cluster with its first experts.
func (g *greedy) open(first []int) {
	clear(g.withCluster)
	for _, e := range first {
		g.take(e)
	}
}

// take adds an expert to the cluster being filled.
func (g *greedy) take(e int) {
	g.chosen[e] = true
	for i, tokens := range g.c[e] {
		g.withChosen[i] += tokens
		g.withCluster[i] += tokens
	}
}

func (g *greedy) leastWithChosen() int {
	best, least := -1, math.Inf(1)
	for e, sum := range g.withChosen {
		if !g.chosen[e] && sum < least {
			best, least = e, sum
		}
	}
	return best
}

func (g *greedy) mostWithCluster() int {
	best, most := -1, math.Inf(-1)
	for e, sum := range g.withCluster {
		if !g.chosen[e] && sum > most {
			best, most = e, sum
		}
	}
	return best
}

// mostCoactivatedPair returns the pair of different experts with the largest
// entry, lower expert first. Of a single expert it is that expert and 1, which
// the caller cuts off.
func mostCoactivatedPair(c [][]float64) (first, second int) {
	first, second = 0, 1
	most := math.Inf(-1)
	for i := range c {
		for j := i + 1; j < len(c); j++ {
			if c[i][j] > most {
				first, second, most = i, j, c[i][j]
			}
		}
	}
	return first, second
}

// checkCoactivation reports a matrix that cannot be a co-activation count.
func checkCoactivation(c [][]float64, experts int) error {
	if len(c) != experts {
		return fmt.Errorf("co-activation matrix has %d rows for %d experts", len(c), experts)
	}
	for i, row := range c {
		if len(row) != experts {
			return fmt.Errorf("co-activation row %d has %d entries for %d experts", i, len(row), experts)
		}
	}
	for i, row := range c {
		for j, x := range row {
			if !(x >= 0) || math.IsInf(x, 1) {
				return fmt.Errorf("co-activation of experts %d and %d is %g, want a finite number of tokens", i, j, x)
			}
			if x != c[j][i] {
				return fmt.Errorf("co-activation of experts %d and %d is %g one way and %g the other", i, j, x, c[j][i])
			}
		}
	}
	return nil
}
