package placement

// GreedyBalanced evens out the load of the chiplets and ignores which experts are
// chosen together: from the heaviest expert on, each goes to the lightest cluster
// that has room. It is the packing rule of DeepSeek's expert-parallel load balancer
// (EPLB) without copies of experts; C_T comes out as that of a random layout.
type GreedyBalanced struct{}

// Name returns "greedy-balanced".
func (GreedyBalanced) Name() string { return "greedy-balanced" }

// Cluster implements Policy; it never fails. Ties go to the lower expert and the
// lower cluster; clusters are sorted.
func (GreedyBalanced) Cluster(in LayerInput) ([][]int, error) {
	return membersOf(longestFirst(in.Profile.V, in.Clusters), in.Clusters), nil
}

// membersOf lists the experts of each of n clusters, ascending.
func membersOf(home []int, n int) [][]int {
	clusters := make([][]int, n)
	for e, k := range home {
		clusters[k] = append(clusters[k], e)
	}
	return clusters
}
