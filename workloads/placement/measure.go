package placement

import (
	"fmt"

	"mozart/workloads/routing"
)

// Measured is what the placement of a layer comes to on the tokens of a trace.
type Measured struct {
	// CT is the mean number of chiplets that a token's experts are on.
	CT float64
	// ChipletImbalance and GroupImbalance are the largest load over the mean, in
	// (token, expert) pairs.
	ChipletImbalance, GroupImbalance float64
}

// Measure judges a placement by a trace of the same model: an entry per layer with
// experts, in order. It fails if the trace is of another shape.
func Measure(p Placement, t *routing.Trace) ([]Measured, error) {
	var layers []int
	for l, home := range p.ExpertToChiplet {
		if home != nil {
			layers = append(layers, l)
		}
	}
	if len(layers) != len(t.Layers) {
		return nil, fmt.Errorf("placement of %d layers with experts for a trace of %d", len(layers), len(t.Layers))
	}
	out, errs := make([]Measured, len(layers)), make([]error, len(layers))
	routing.Parallel(len(layers), func(i int) { out[i], errs[i] = p.measure(layers[i], t, i) })
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", layers[i], err)
		}
	}
	return out, nil
}

// measure judges one layer of the model by a layer of the trace.
func (p Placement) measure(layer int, t *routing.Trace, of int) (m Measured, err error) {
	if m.CT, err = t.CopiesPerToken(of, p.ExpertToChiplet[layer], t.All()); err != nil {
		return m, err
	}
	load := make([]float64, t.Experts)
	for _, e := range t.Layers[of].IDs {
		load[e]++
	}
	chiplets, err := p.ChipletLoad(layer, load)
	if err != nil {
		return m, err
	}
	groups, err := p.GroupLoad(layer, load)
	m.ChipletImbalance, m.GroupImbalance = Imbalance(chiplets), Imbalance(groups)
	return m, err
}

// Mean averages over layers; of none it is zero.
func Mean(layers []Measured) (mean Measured) {
	n := float64(len(layers))
	for _, m := range layers {
		mean.CT += m.CT / n
		mean.ChipletImbalance += m.ChipletImbalance / n
		mean.GroupImbalance += m.GroupImbalance / n
	}
	return mean
}
