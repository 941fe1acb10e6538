package placement

import (
	"fmt"
	"strings"

	"mozart/workloads/routing"
)

// LayerInput is what a policy may know of a layer.
type LayerInput struct {
	// Layer is the layer's index in the model.
	Layer int
	// Profile is the layer's routing profile; it has at least one expert.
	Profile routing.Profile
	// Clusters is the number of clusters wanted; it divides the number of experts.
	Clusters int
	// Seed feeds policies that draw; others ignore it.
	Seed uint64
}

// Policy splits the experts of one layer into equal clusters.
type Policy interface {
	// Name is the policy's name in configs and reports.
	Name() string
	// Cluster returns in.Clusters lists that together hold every expert exactly
	// once. It is a pure function of its argument, called for several layers at a
	// time, and fails if the profile lacks what the policy looks at.
	Cluster(in LayerInput) ([][]int, error)
}

// Options are the settings of policies that have any.
type Options struct {
	// LoadWeight is Annealed.LoadWeight.
	LoadWeight float64
	// AnnealSteps is Annealed.Steps.
	AnnealSteps int
}

// DefaultOptions are the settings that configs have unless they say otherwise.
func DefaultOptions() Options {
	return Options{LoadWeight: DefaultLoadWeight, AnnealSteps: DefaultAnnealSteps}
}

// Policies returns every placement policy, with default settings.
func Policies() []Policy { return policiesWith(DefaultOptions()) }

func policiesWith(o Options) []Policy {
	return []Policy{
		Contiguous{}, RoundRobin{}, Random{}, Algorithm1{}, Algorithm1Swaps{}, GreedyBalanced{},
		Annealed{LoadWeight: o.LoadWeight, Steps: o.AnnealSteps},
	}
}

// NewPolicy returns the policy of that name with settings. The error of an unknown name
// lists the known ones.
func NewPolicy(name string, o Options) (Policy, error) {
	return byName("placement policy", name, policiesWith(o))
}

// byName finds a named thing; kind is what the error calls it.
func byName[T interface{ Name() string }](kind, name string, all []T) (T, error) {
	names := make([]string, len(all))
	for i, x := range all {
		if x.Name() == name {
			return x, nil
		}
		names[i] = x.Name()
	}
	var none T
	return none, fmt.Errorf("unknown %s %q, want one of %s", kind, name, strings.Join(names, ", "))
}

// chunk cuts a list into n pieces of equal length, in order.
func chunk(list []int, n int) [][]int {
	size := len(list) / n
	pieces := make([][]int, n)
	for k := range pieces {
		pieces[k] = list[k*size : (k+1)*size : (k+1)*size]
	}
	return pieces
}
