package placement

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// DocumentSchema is the version of the JSON form.
const DocumentSchema = "mozart.placement/1"

// Document is the JSON form of a placement: what `mozart place --json` prints
// and what a placement made elsewhere is read from. Layers, LayerDocument.Layer,
// ExpertsToChiplet and ChipletToGroup are the placement; the rest describes it
// and may be missing.
type Document struct {
	Schema     string          `json:"schema"`
	Policy     string          `json:"policy"`
	Allocation string          `json:"allocation"`
	Seed       uint64          `json:"seed"`
	Layers     []LayerDocument `json:"layers"`
	// CT is the mean of the layers' C_T, in copies per token, and CTFitted that of
	// their CTFitted.
	CT       float64 `json:"ct"`
	CTFitted float64 `json:"ct_fitted"`
}

// LayerDocument is one layer with experts; dense layers have no entry.
type LayerDocument struct {
	Layer            int   `json:"layer"`
	ExpertsToChiplet []int `json:"experts_to_chiplet"`
	ChipletToGroup   []int `json:"chiplet_to_group"`
	// CT is the mean number of chiplets that a token's experts of this layer are
	// on, of tokens that the placement was not fitted on; CTFitted is that of those
	// it was.
	CT       float64 `json:"ct"`
	CTFitted float64 `json:"ct_fitted"`
	// ChipletImbalance and GroupImbalance are the largest load over the mean, on
	// the profile; the tested ones are on the tokens of CT.
	ChipletImbalance       float64 `json:"chiplet_imbalance"`
	GroupImbalance         float64 `json:"group_imbalance"`
	TestedChipletImbalance float64 `json:"tested_chiplet_imbalance"`
	TestedGroupImbalance   float64 `json:"tested_group_imbalance"`
	// GroupDeviation is the objective of Eq. 5, GroupDeviationBound a proven
	// lower bound of it.
	GroupDeviation      float64 `json:"group_deviation"`
	GroupDeviationBound float64 `json:"group_deviation_bound"`
	// GroupLoadOrder lists each group's chiplets, heaviest first.
	GroupLoadOrder [][]int `json:"group_load_order,omitempty"`
}

// NewDocument joins a placement, the report of its fit, and what it comes to on the
// tokens it was fitted on and on others: an entry per layer of the report.
func NewDocument(p Placement, r Report, fitted, tested []Measured) (Document, error) {
	if len(fitted) != len(r.Layers) || len(tested) != len(r.Layers) {
		return Document{}, fmt.Errorf("measurements of %d and %d layers for a report of %d", len(fitted), len(tested), len(r.Layers))
	}
	d := Document{
		Schema: DocumentSchema, Policy: r.Policy, Allocation: r.Allocation, Seed: r.Seed,
		Layers: make([]LayerDocument, len(r.Layers)),
		CT:     Mean(tested).CT, CTFitted: Mean(fitted).CT,
	}
	for i, layer := range r.Layers {
		d.Layers[i] = LayerDocument{
			Layer:                  layer.Layer,
			ExpertsToChiplet:       slices.Clone(p.ExpertToChiplet[layer.Layer]),
			ChipletToGroup:         p.ChipletToGroup(),
			CT:                     tested[i].CT,
			CTFitted:               fitted[i].CT,
			ChipletImbalance:       Imbalance(layer.ClusterLoad),
			GroupImbalance:         layer.GroupImbalance,
			TestedChipletImbalance: tested[i].ChipletImbalance,
			TestedGroupImbalance:   tested[i].GroupImbalance,
			GroupDeviation:         layer.Allocation.Objective,
			GroupDeviationBound:    layer.Allocation.LowerBound,
			GroupLoadOrder:         layer.LoadOrder,
		}
	}
	return d, nil
}

// DecodeDocument reads one JSON document and nothing after it. An unknown key or
// another schema is an error. Whether the placement fits a model is left to
// Document.Placement and Placement.Validate.
func DecodeDocument(r io.Reader) (Document, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var d Document
	if err := dec.Decode(&d); err != nil {
		return Document{}, fmt.Errorf("placement: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Document{}, errors.New("placement: there is more after the JSON object")
	}
	if d.Schema != DocumentSchema {
		return Document{}, fmt.Errorf("placement: schema is %q, want %q", d.Schema, DocumentSchema)
	}
	return d, nil
}

// Placement returns the placement of a model with the given number of layers,
// dense ones included. It fails if a layer is out of range or there twice, or
// if a layer's chiplet_to_group is not the wiring of the machine: the same in
// all layers, groups of equal size, numbered in the order of their chiplets.
func (d Document) Placement(layers int) (Placement, error) {
	if len(d.Layers) == 0 {
		return Placement{}, errors.New("placement: no layers")
	}
	wiring := d.Layers[0].ChipletToGroup
	p := Placement{Chiplets: len(wiring), ExpertToChiplet: make([][]int, max(0, layers))}
	if p.Chiplets > 0 {
		p.Groups = wiring[p.Chiplets-1] + 1
	}
	if err := checkMachine(p.Chiplets, p.Groups); err != nil {
		return Placement{}, fmt.Errorf("placement: chiplet_to_group %v: %w", wiring, err)
	}
	var errs []error
	for _, layer := range d.Layers {
		if err := p.adopt(layer); err != nil {
			errs = append(errs, fmt.Errorf("placement: layer %d: %w", layer.Layer, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Placement{}, err
	}
	return p, nil
}

// adopt enters one layer of a document.
func (p Placement) adopt(layer LayerDocument) error {
	if layer.Layer < 0 || layer.Layer >= len(p.ExpertToChiplet) {
		return fmt.Errorf("the model has layers 0 to %d", len(p.ExpertToChiplet)-1)
	}
	if p.ExpertToChiplet[layer.Layer] != nil {
		return errors.New("there twice")
	}
	if wiring := p.ChipletToGroup(); !slices.Equal(layer.ChipletToGroup, wiring) {
		return fmt.Errorf("chiplet_to_group is %v, want the wiring %v", layer.ChipletToGroup, wiring)
	}
	if len(layer.ExpertsToChiplet) == 0 {
		return errors.New("no experts; a dense layer has no entry")
	}
	p.ExpertToChiplet[layer.Layer] = slices.Clone(layer.ExpertsToChiplet)
	return nil
}
