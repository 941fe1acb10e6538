package placement

// RoundRobin deals the experts out like cards: with N clusters, expert e is in
// cluster e mod N. Like Contiguous it ignores routing; neighbors by number, which
// some models train to be alike, are apart.
type RoundRobin struct{}

// Name returns "round-robin".
func (RoundRobin) Name() string { return "round-robin" }

// Cluster implements Policy; it never fails.
func (RoundRobin) Cluster(in LayerInput) ([][]int, error) {
	clusters := make([][]int, in.Clusters)
	for e := range in.Profile.Experts() {
		k := e % in.Clusters
		clusters[k] = append(clusters[k], e)
	}
	return clusters, nil
}
