package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Placement is the home of every routed expert of a model.
type Placement struct {
	// Chiplets is the number of expert chiplets.
	Chiplets int
	// Groups is the number of switch groups; it divides Chiplets.
	Groups int
	// ExpertToChiplet[l][e] is the physical chiplet of expert e of layer l. The
	// slice of a dense layer is nil.
	ExpertToChiplet [][]int
}

// ChipletsPerGroup is the number of chiplets wired to one switch.
func (p Placement) ChipletsPerGroup() int { return p.Chiplets / p.Groups }

// GroupOf returns the group that a physical chiplet is wired to.
func (p Placement) GroupOf(chiplet int) int { return chiplet / p.ChipletsPerGroup() }

// ChipletToGroup returns the wiring as a table of Chiplets entries: the group of
// each physical chiplet. It is the same for all layers.
func (p Placement) ChipletToGroup() []int {
	table := make([]int, p.Chiplets)
	for c := range table {
		table[c] = p.GroupOf(c)
	}
	return table
}

// ChipletExperts returns the experts of a layer by chiplet, ascending: Chiplets
// lists, or nil for a dense layer.
func (p Placement) ChipletExperts(layer int) [][]int {
	home := p.ExpertToChiplet[layer]
	if home == nil {
		return nil
	}
	experts := make([][]int, p.Chiplets)
	for e, c := range home {
		experts[c] = append(experts[c], e)
	}
	return experts
}

// ChipletLoad adds up the load of the experts on each chiplet of a layer: Chiplets
// sums, or nil for a dense layer. load has one entry per expert and any unit:
// routing.Profile.V, or tokens counted in a run.
func (p Placement) ChipletLoad(layer int, load []float64) ([]float64, error) {
	home := p.ExpertToChiplet[layer]
	if home == nil {
		return nil, nil
	}
	if len(load) != len(home) {
		return nil, fmt.Errorf("layer %d: load of %d experts for a placement of %d", layer, len(load), len(home))
	}
	sum := make([]float64, p.Chiplets)
	for e, c := range home {
		sum[c] += load[e]
	}
	return sum, nil
}

// GroupLoad is ChipletLoad added up by switch group: Groups sums, or nil for a
// dense layer.
func (p Placement) GroupLoad(layer int, load []float64) ([]float64, error) {
	chiplets, err := p.ChipletLoad(layer, load)
	if chiplets == nil || err != nil {
		return nil, err
	}
	sum := make([]float64, p.Groups)
	for c, x := range chiplets {
		sum[p.GroupOf(c)] += x
	}
	return sum, nil
}

// LoadOrder returns the chiplets of each group in the order in which their
// weights of a layer leave the group's memory: heaviest aggregated load first,
// ties by chiplet number (paper section 4.3, streaming experts). It has Groups
// lists of physical chiplets, or is nil for a dense layer.
func (p Placement) LoadOrder(layer int, load []float64) ([][]int, error) {
	sum, err := p.ChipletLoad(layer, load)
	if sum == nil || err != nil {
		return nil, err
	}
	order := make([][]int, p.Groups)
	for c := range p.Chiplets {
		order[p.GroupOf(c)] = append(order[p.GroupOf(c)], c)
	}
	for _, group := range order {
		slices.SortStableFunc(group, func(a, b int) int { return cmp.Compare(sum[b], sum[a]) })
	}
	return order, nil
}

// Imbalance is the largest load over the mean load: 1 when all are equal, n when
// one of n carries everything. Without any load it is 1.
func Imbalance(loads []float64) float64 {
	var sum, most float64
	for _, x := range loads {
		sum += x
		most = max(most, x)
	}
	if sum == 0 {
		return 1
	}
	return most * float64(len(loads)) / sum
}

// checkMachine reports a machine on which no placement exists.
func checkMachine(chiplets, groups int) error {
	var errs []error
	if chiplets <= 0 {
		errs = append(errs, fmt.Errorf("number of chiplets must be positive, got %d", chiplets))
	}
	if groups <= 0 {
		errs = append(errs, fmt.Errorf("number of groups must be positive, got %d", groups))
	}
	if errs == nil && chiplets%groups != 0 {
		errs = append(errs, fmt.Errorf("%d chiplets do not divide evenly into %d groups", chiplets, groups))
	}
	return errors.Join(errs...)
}
