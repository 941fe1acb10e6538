package placement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// C_T and load of a layer come from the MoE layer of the trace that stands for it,
// and not from a dense one.
func TestMeasureSkipsDenseLayers(t *testing.T) {
	trace := &routing.Trace{
		Model: "toy", Experts: 4, TopK: 2, Tokens: 2, Sequences: []int{2},
		Layers: []routing.Layer{{IDs: []uint16{0, 1, 2, 3}}, {IDs: []uint16{0, 2, 0, 1}}},
	}
	pairs := []int{0, 0, 1, 1}
	p := placement.Placement{Chiplets: 2, Groups: 2, ExpertToChiplet: [][]int{nil, nil, pairs, pairs}}
	got, err := placement.Measure(p, trace)
	if err != nil {
		t.Fatal(err)
	}
	want := []placement.Measured{{CT: 1, ChipletImbalance: 1, GroupImbalance: 1}, {CT: 1.5, ChipletImbalance: 1.5, GroupImbalance: 1.5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(placement.Measured{CT: 1.25, ChipletImbalance: 1.25, GroupImbalance: 1.25}, placement.Mean(got)); diff != "" {
		t.Errorf("mean: -want +got\n%s", diff)
	}
	p.ExpertToChiplet = p.ExpertToChiplet[:3]
	if _, err := placement.Measure(p, trace); err == nil || err.Error() != "placement of 1 layers with experts for a trace of 2" {
		t.Errorf("got error %v", err)
	}
}
