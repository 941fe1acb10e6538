package placement

// Contiguous is the layout that ignores routing: with n experts per cluster,
// cluster k holds experts k*n to k*n+n-1.
type Contiguous struct{}

// Name returns "contiguous".
func (Contiguous) Name() string { return "contiguous" }

// Cluster implements Policy; it never fails.
func (Contiguous) Cluster(in LayerInput) ([][]int, error) {
	experts := make([]int, in.Profile.Experts())
	for e := range experts {
		experts[e] = e
	}
	return chunk(experts, in.Clusters), nil
}
