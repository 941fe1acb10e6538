package placement_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

func TestDocumentKeepsThePlacement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		profiles := append(drawProfiles(t, m.experts), drawnProfile(1, 50, m.experts, 1))
		want, r, err := placement.Fit(placement.Random{}, balanced(), profiles, m.chiplets, m.groups, 1)
		if err != nil {
			t.Fatal(err)
		}
		d, err := placement.NewDocument(want, r, make([]placement.Measured, len(r.Layers)), make([]placement.Measured, len(r.Layers)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		read, err := placement.DecodeDocument(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, read); diff != "" {
			t.Fatalf("document (-written +read):\n%s", diff)
		}
		got, err := read.Placement(len(profiles))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("placement (-written +read):\n%s", diff)
		}
	})
}

func TestDocumentText(t *testing.T) {
	profiles := []routing.Profile{{}, {V: []float64{.5, .25, .125, .125}}}
	p, r, err := placement.Fit(placement.Contiguous{}, placement.InOrder{}, profiles, 2, 2, 7)
	if err != nil {
		t.Fatal(err)
	}
	d, err := placement.NewDocument(p, r, []placement.Measured{{CT: 1.25}}, []placement.Measured{{CT: 1.5, ChipletImbalance: 1.75, GroupImbalance: 1.125}})
	if err != nil {
		t.Fatal(err)
	}
	d.Layers[0].GroupDeviation, d.Layers[0].GroupDeviationBound = 0.25, 0.125 // irrational otherwise
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"mozart.placement/1","policy":"contiguous","allocation":"contiguous","seed":7,` +
		`"layers":[{"layer":1,"experts_to_chiplet":[0,0,1,1],"chiplet_to_group":[0,1],"ct":1.5,"ct_fitted":1.25,` +
		`"chiplet_imbalance":1.5,"group_imbalance":1.5,"tested_chiplet_imbalance":1.75,"tested_group_imbalance":1.125,` +
		`"group_deviation":0.25,"group_deviation_bound":0.125,"group_load_order":[[0],[1]]}],"ct":1.5,"ct_fitted":1.25}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	if _, err := placement.NewDocument(p, r, make([]placement.Measured, 1), nil); err == nil || err.Error() != "measurements of 1 and 0 layers for a report of 1" {
		t.Errorf("got error %v", err)
	}
}

func TestDocumentErrors(t *testing.T) {
	const schema = `{"schema":"mozart.placement/1",`
	for _, tc := range []struct{ name, text, want string }{
		{"cut", schema, "unexpected EOF"},
		{"unknown key", schema + `"layer":3}`, `unknown field "layer"`},
		{"trailing text", schema + `"seed":1} {}`, "more after the JSON object"},
		{"schema", `{"schema":"mozart.placement/2"}`, `schema is "mozart.placement/2", want "mozart.placement/1"`},
		{"wrong type", schema + `"layers":[{"layer":"0"}]}`, "cannot unmarshal string"},
		{"no layers", schema + `"layers":[]}`, "no layers"},
		{"no wiring", schema + `"layers":[{"layer":0,"experts_to_chiplet":[0,1]}]}`, "number of chiplets must be positive"},
		{"unequal groups", schema + `"layers":[{"layer":0,"experts_to_chiplet":[0,1,2],"chiplet_to_group":[0,0,1]}]}`,
			"3 chiplets do not divide evenly into 2 groups"},
		{"interleaved", schema + `"layers":[{"layer":0,"experts_to_chiplet":[0,1],"chiplet_to_group":[1,0,0,1]}]}`,
			"layer 0: chiplet_to_group is [1 0 0 1], want the wiring [0 0 1 1]"},
		{"beyond the model", schema + `"layers":[{"layer":2,"experts_to_chiplet":[0,1],"chiplet_to_group":[0,1]}]}`,
			"layer 2: the model has layers 0 to 1"},
		{"twice", schema + `"layers":[{"layer":1,"experts_to_chiplet":[0,1],"chiplet_to_group":[0,1]},` +
			`{"layer":1,"experts_to_chiplet":[0,1],"chiplet_to_group":[0,1]}]}`, "layer 1: there twice"},
		{"no experts", schema + `"layers":[{"layer":1,"chiplet_to_group":[0,1]}]}`, "layer 1: no experts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := placement.DecodeDocument(strings.NewReader(tc.text))
			if err == nil {
				_, err = d.Placement(2)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
		})
	}
}

// Whatever the text, reading ends in an error or in a placement on a machine
// that divides into groups, and validating it never panics.
func FuzzDecodeDocument(f *testing.F) {
	f.Add([]byte(`{"schema":"mozart.placement/1","policy":"random","layers":[` +
		`{"layer":1,"experts_to_chiplet":[0,1,1,0],"chiplet_to_group":[0,1],"ct":1.5}],"ct":1.5}`))
	f.Add([]byte(`{"schema":"mozart.placement/1","layers":[{"layer":0,"experts_to_chiplet":[9],"chiplet_to_group":[-1]}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := placement.DecodeDocument(bytes.NewReader(text))
		if err != nil {
			return
		}
		p, err := d.Placement(3)
		if err != nil {
			return
		}
		if p.Chiplets != p.Groups*p.ChipletsPerGroup() {
			t.Fatalf("%d chiplets in %d groups", p.Chiplets, p.Groups)
		}
		shape := placement.Shape{LayerExperts: make([]int, 3)}
		for l, home := range p.ExpertToChiplet {
			shape.LayerExperts[l] = len(home)
		}
		if p.Validate(shape) != nil {
			return
		}
		for l, home := range p.ExpertToChiplet {
			if _, err := p.LoadOrder(l, make([]float64, len(home))); err != nil {
				t.Fatal(err)
			}
		}
	})
}
