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
	// CT is the mean of the layers' C_T, in copies per token.
	CT float64 `json:"ct"`
}

// LayerDocument is one layer with experts; dense layers have no entry.
type LayerDocument struct {
	Layer            int   `json:"layer"`
	ExpertsToChiplet []int `json:"experts_to_chiplet"`
	ChipletToGroup   []int `json:"chiplet_to_group"`
	// CT is the mean number of chiplets that a token's experts of this layer are
	// on, measured by whoever has a routing trace.
	CT float64 `json:"ct"`
	// GroupImbalance is the largest group load over the mean, on the profile.
	GroupImbalance float64 `json:"group_imbalance"`
	// GroupDeviation is the objective of Eq. 5, GroupDeviationBound a proven
	// lower bound of it.
	GroupDeviation      float64 `json:"group_deviation"`
	GroupDeviationBound float64 `json:"group_deviation_bound"`
	// GroupLoadOrder lists each group's chiplets, heaviest first.
	GroupLoadOrder [][]int `json:"group_load_order,omitempty"`
}

// NewDocument joins a placement, the report of its fit and the C_T measured for
// each of the report's layers.
func NewDocument(p Placement, r Report, ct []float64) (Document, error) {
	if len(ct) != len(r.Layers) {
		return Document{}, fmt.Errorf("C_T of %d layers for a report of %d", len(ct), len(r.Layers))
	}
	d := Document{
		Schema: DocumentSchema, Policy: r.Policy, Allocation: r.Allocation, Seed: r.Seed,
		Layers: make([]LayerDocument, len(r.Layers)),
	}
	for i, layer := range r.Layers {
		d.Layers[i] = LayerDocument{
			Layer:               layer.Layer,
			ExpertsToChiplet:    slices.Clone(p.ExpertToChiplet[layer.Layer]),
			ChipletToGroup:      p.ChipletToGroup(),
			CT:                  ct[i],
			GroupImbalance:      layer.GroupImbalance,
			GroupDeviation:      layer.Allocation.Objective,
			GroupDeviationBound: layer.Allocation.LowerBound,
			GroupLoadOrder:      layer.LoadOrder,
		}
		d.CT += ct[i] / float64(len(ct))
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
