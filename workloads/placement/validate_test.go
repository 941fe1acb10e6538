package placement_test

import (
	"slices"
	"strings"
	"testing"

	"mozart/workloads/placement"
	"pgregory.net/rapid"
)

// fourByTwo is a valid placement: a dense layer, then 8 experts on 4 chiplets.
func fourByTwo() placement.Placement {
	return placement.Placement{Chiplets: 4, Groups: 2, ExpertToChiplet: [][]int{nil, {3, 1, 0, 2, 0, 1, 2, 3}}}
}

func TestValidateReportsEverything(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(p *placement.Placement, s *placement.Shape)
		want  []string
	}{
		{"valid", func(*placement.Placement, *placement.Shape) {}, nil},
		{"groups", func(p *placement.Placement, _ *placement.Shape) { p.Groups = 3 },
			[]string{"4 chiplets do not divide evenly into 3 groups"}},
		{"layers", func(p *placement.Placement, _ *placement.Shape) { p.ExpertToChiplet = p.ExpertToChiplet[:1] },
			[]string{"placement has 1 layers, the model has 2"}},
		{"experts", func(p *placement.Placement, _ *placement.Shape) { p.ExpertToChiplet[1] = p.ExpertToChiplet[1][:6] },
			[]string{"layer 1: 6 experts placed, the model has 8"}},
		{"dense", func(p *placement.Placement, _ *placement.Shape) { p.ExpertToChiplet[0] = []int{0, 1, 2, 3} },
			[]string{"layer 0: 4 experts placed, the model has 0"}},
		{"unequal", func(p *placement.Placement, _ *placement.Shape) { p.ExpertToChiplet[1][0] = 0 },
			[]string{"layer 1: chiplet 0 holds 3 experts, want 2", "chiplet 3 holds 1 experts, want 2"}},
		{"nowhere", func(p *placement.Placement, _ *placement.Shape) {
			p.ExpertToChiplet[1][2], p.ExpertToChiplet[1][3] = -1, 4
		}, []string{"layer 1: expert 2 is on chiplet -1, want 0 to 3", "expert 3 is on chiplet 4", "chiplet 2 holds 1 experts"}},
		{"65 on 16", func(p *placement.Placement, s *placement.Shape) {
			p.Chiplets, p.Groups, p.ExpertToChiplet[1], s.LayerExperts[1] = 16, 4, make([]int, 65), 65
		}, []string{"layer 1: 65 experts do not divide evenly over 16 chiplets"}},
		{"stated sizes missed", func(_ *placement.Placement, s *placement.Shape) { s.ChipletSizes = []int{3, 1, 2, 2} },
			[]string{"layer 1: chiplet 0 holds 2 experts, want 3", "chiplet 1 holds 2 experts, want 1"}},
		{"stated sizes met", func(p *placement.Placement, s *placement.Shape) {
			p.ExpertToChiplet[1][1], s.ChipletSizes = 0, []int{3, 1, 2, 2}
		}, nil},
		{"sizes for another machine", func(_ *placement.Placement, s *placement.Shape) { s.ChipletSizes = []int{4, 4} },
			[]string{"sizes are stated for 2 chiplets, the placement has 4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, shape := fourByTwo(), placement.Shape{LayerExperts: []int{0, 8}}
			tc.spoil(&p, &shape)
			err := p.Validate(shape)
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("got error %v, want %q", err, tc.want)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

// Any single expert moved away from a valid placement breaks it.
func TestValidateCatchesAnyMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := fourByTwo()
		e := rapid.IntRange(0, 7).Draw(t, "expert")
		to := rapid.IntRange(-2, 6).Filter(func(c int) bool { return c != p.ExpertToChiplet[1][e] }).Draw(t, "chiplet")
		p.ExpertToChiplet[1][e] = to
		if p.Validate(placement.Shape{LayerExperts: []int{0, 8}}) == nil {
			t.Fatalf("expert %d on chiplet %d passes", e, to)
		}
	})
}

func TestLoadsOfAPlacement(t *testing.T) {
	p := fourByTwo()
	tokens := []float64{1, 2, 4, 8, 16, 32, 64, 128}
	chiplets, err := p.ChipletLoad(1, tokens)
	if err != nil || !slices.Equal(chiplets, []float64{20, 34, 72, 129}) {
		t.Errorf("chiplet load %v, %v", chiplets, err)
	}
	groups, err := p.GroupLoad(1, tokens)
	if err != nil || !slices.Equal(groups, []float64{54, 201}) {
		t.Errorf("group load %v, %v", groups, err)
	}
	if got := placement.Imbalance(groups); got != 201*2/255.0 {
		t.Errorf("group imbalance %g, want %g", got, 201*2/255.0)
	}
	if got := placement.Imbalance(make([]float64, 3)); got != 1 {
		t.Errorf("imbalance of no load %g, want 1", got)
	}
	if order, err := p.LoadOrder(0, nil); order != nil || err != nil {
		t.Errorf("dense layer: load order %v, %v", order, err)
	}
	if _, err := p.GroupLoad(1, tokens[:7]); err == nil || !strings.Contains(err.Error(), "load of 7 experts for a placement of 8") {
		t.Errorf("got error %v", err)
	}
}
