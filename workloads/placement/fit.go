package placement

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"mozart/workloads/routing"
)

// Report is how a Placement came about.
type Report struct {
	// Policy and Allocation are the names of what Fit was given.
	Policy, Allocation string
	// Seed is the seed Fit was given.
	Seed uint64
	// Layers has an entry per layer with experts, in order; dense layers have
	// none.
	Layers []LayerReport
}

// LayerReport is how the placement of one layer came about. Loads are shares of
// the layer's assignments in the profiling run.
type LayerReport struct {
	// Layer is the layer's index in the model.
	Layer int
	// Clusters[k] lists the experts of cluster k, in the policy's order.
	Clusters [][]int
	// ClusterLoad[k] is the aggregated V of cluster k.
	ClusterLoad []float64
	// Allocation says which group each cluster went to, and how good that is.
	Allocation Allocation
	// ClusterToChiplet[k] is the physical chiplet that holds cluster k.
	ClusterToChiplet []int
	// GroupLoad[g] is the load of group g.
	GroupLoad []float64
	// GroupImbalance is the largest group load over the mean: 1 is balanced.
	GroupImbalance float64
	// LoadOrder[g] lists the chiplets of group g, heaviest first.
	LoadOrder [][]int
}

// Fit places the experts of every layer, given its profile, on chiplets chiplets
// in groups switch groups. profiles has an entry per layer of the model; one
// without experts stands for a dense layer. seed matters to policies that draw.
// The error names every layer that cannot be placed. Several layers are placed at a
// time (routing.Parallel), which policy and allocation must allow.
func Fit(policy Policy, allocation Allocator, profiles []routing.Profile, chiplets, groups int, seed uint64) (Placement, Report, error) {
	if err := checkMachine(chiplets, groups); err != nil {
		return Placement{}, Report{}, err
	}
	p := Placement{Chiplets: chiplets, Groups: groups, ExpertToChiplet: make([][]int, len(profiles))}
	r := Report{Policy: policy.Name(), Allocation: allocation.Name(), Seed: seed}
	layers, errs := make([]LayerReport, len(profiles)), make([]error, len(profiles))
	routing.Parallel(len(profiles), func(l int) {
		if profiles[l].Experts() == 0 {
			return
		}
		in := LayerInput{Layer: l, Profile: profiles[l], Clusters: chiplets, Seed: seed}
		var err error
		if layers[l], err = p.fitLayer(policy, allocation, in); err != nil {
			errs[l] = fmt.Errorf("layer %d: %w", l, err)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return Placement{}, Report{}, err
	}
	for l, layer := range layers {
		if profiles[l].Experts() > 0 {
			r.Layers = append(r.Layers, layer)
		}
	}
	return p, r, nil
}

// fitLayer clusters, allocates and places one layer.
func (p Placement) fitLayer(policy Policy, allocation Allocator, in LayerInput) (LayerReport, error) {
	v := in.Profile.V
	size, err := clusterSize(len(v), p.Chiplets)
	if err != nil {
		return LayerReport{}, err
	}
	if err := checkShares(v); err != nil {
		return LayerReport{}, err
	}
	clusters, err := policy.Cluster(in)
	if err != nil {
		return LayerReport{}, fmt.Errorf("policy %s: %w", policy.Name(), err)
	}
	if err := checkClusters(clusters, p.Chiplets, size); err != nil {
		return LayerReport{}, fmt.Errorf("policy %s: %w", policy.Name(), err)
	}
	r := LayerReport{Layer: in.Layer, Clusters: clusters, ClusterLoad: clusterLoad(clusters, v)}
	r.Allocation = allocation.Allocate(slices.Clone(r.ClusterLoad), p.Groups)
	r.ClusterToChiplet, err = p.seat(r.Allocation.ClusterToGroup)
	if err != nil {
		return LayerReport{}, fmt.Errorf("group allocation %s: %w", allocation.Name(), err)
	}
	home := make([]int, len(v))
	for k, cluster := range clusters {
		for _, e := range cluster {
			home[e] = r.ClusterToChiplet[k]
		}
	}
	p.ExpertToChiplet[in.Layer] = home
	return p.describe(r, v)
}

// describe fills in what follows from the placement of the layer.
func (p Placement) describe(r LayerReport, v []float64) (LayerReport, error) {
	var err error
	if r.GroupLoad, err = p.GroupLoad(r.Layer, v); err != nil {
		return LayerReport{}, err
	}
	if r.LoadOrder, err = p.LoadOrder(r.Layer, v); err != nil {
		return LayerReport{}, err
	}
	r.GroupImbalance = Imbalance(r.GroupLoad)
	return r, nil
}

// seat gives each cluster a chiplet of its group, lower cluster first.
func (p Placement) seat(clusterToGroup []int) ([]int, error) {
	if len(clusterToGroup) != p.Chiplets {
		return nil, fmt.Errorf("%d clusters allocated, want %d", len(clusterToGroup), p.Chiplets)
	}
	per := p.ChipletsPerGroup()
	held := make([]int, p.Groups)
	chiplets := make([]int, len(clusterToGroup))
	for k, g := range clusterToGroup {
		if g < 0 || g >= p.Groups {
			return nil, fmt.Errorf("cluster %d is in group %d, want 0 to %d", k, g, p.Groups-1)
		}
		if held[g] == per {
			return nil, fmt.Errorf("group %d has more than %d clusters", g, per)
		}
		chiplets[k] = g*per + held[g]
		held[g]++
	}
	return chiplets, nil
}

// clusterLoad adds up V by cluster.
func clusterLoad(clusters [][]int, v []float64) []float64 {
	load := make([]float64, len(clusters))
	for k, cluster := range clusters {
		for _, e := range cluster {
			load[k] += v[e]
		}
	}
	return load
}

// shareTolerance is how far a profile's shares may be from a sum of 1.
const shareTolerance = 1e-6

// checkShares reports a V that is not a distribution over experts.
func checkShares(v []float64) error {
	var sum float64
	for e, x := range v {
		if !(x >= 0) || math.IsInf(x, 1) {
			return fmt.Errorf("share of expert %d is %g, want a number from 0 to 1", e, x)
		}
		sum += x
	}
	if math.Abs(sum-1) > shareTolerance {
		return fmt.Errorf("shares of the experts sum to %g, want 1 (is the profile empty?)", sum)
	}
	return nil
}
