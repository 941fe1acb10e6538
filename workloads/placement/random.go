package placement

import (
	"math/rand/v2"
	"slices"
)

// Random is a uniformly drawn layout with equal clusters: every layer has a
// permutation of its own, which depends on the seed and the layer's index only.
// Its expected C_T is that of the paper's Mozart-B.
type Random struct{}

// randomStream keeps the draws of this policy apart from those of other users
// of the same run seed.
const randomStream uint64 = 0x706c6163656d656e // "placemen"

// Name returns "random".
func (Random) Name() string { return "random" }

// Cluster implements Policy; it never fails. Clusters are sorted.
func (Random) Cluster(in LayerInput) ([][]int, error) {
	rng := rand.New(rand.NewPCG(in.Seed, randomStream^uint64(in.Layer)))
	clusters := chunk(rng.Perm(in.Profile.Experts()), in.Clusters)
	for _, cluster := range clusters {
		slices.Sort(cluster)
	}
	return clusters, nil
}
