package routing_test

import (
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSliceKeepsTheSequencePartsInside(t *testing.T) {
	tr := small()
	got := must[*routing.Trace](t)(tr.Slice(routing.Range{From: 1, To: 3}))
	want := &routing.Trace{
		Model: "small", Experts: 4, TopK: 2, Tokens: 2, Sequences: []int{1, 1},
		Layers: []routing.Layer{{IDs: []uint16{1, 0, 3, 1}}, {IDs: []uint16{0, 2, 1, 2}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, r := range []routing.Range{{-1, 2}, {0, 4}, {2, 2}, {2, 1}} {
		if _, err := tr.Slice(r); err == nil {
			t.Errorf("range %v of 3 tokens was accepted", r)
		}
	}
}

func TestSlicesPartitionATrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := anyTrace(t)
		if tr.Tokens < 2 {
			return
		}
		cut := rapid.IntRange(1, tr.Tokens-1).Draw(t, "cut")
		for _, r := range []routing.Range{{0, cut}, {cut, tr.Tokens}} {
			part, err := tr.Slice(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := part.Validate(); err != nil {
				t.Fatal(err)
			}
			for token := range part.Tokens {
				if d := cmp.Diff(tr.Choices(0, r.From+token), part.Choices(0, token)); d != "" {
					t.Fatal(d)
				}
				if d := cmp.Diff(tr.Weights(0, r.From+token), part.Weights(0, token)); d != "" {
					t.Fatal(d)
				}
			}
		}
	})
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*routing.Trace)
		want  string
	}{
		{"id", func(t *routing.Trace) { t.Layers[1].IDs[3] = 4 }, "layer 1, token 1: found expert id 4, want an id below 4"},
		{"twice", func(t *routing.Trace) { t.Layers[0].IDs[5] = 3 }, "layer 0, token 2: found expert id 3 twice, want 2 distinct ids"},
		{"short", func(t *routing.Trace) { t.Layers[1].IDs = nil }, "layer 1: found 0 expert ids, want 6"},
		{"weights", func(t *routing.Trace) { t.Layers[1].Weights = make([]float32, 6) }, "layer 1: found 6 weights, want 0"},
		{"sequences", func(t *routing.Trace) { t.Sequences[0] = 3 }, "the 2 sequences hold 4 tokens, want 3"},
		{"empty sequence", func(t *routing.Trace) { t.Sequences = []int{3, 0} }, "sequence 1 must have 1..4294967295 tokens, got 0"},
		{"top-k", func(t *routing.Trace) { t.TopK = 5 }, "top-k must be in 1..4, got 5"},
		{"layers", func(t *routing.Trace) { t.Layers = nil }, "layers must be in 1..1024, got 0"},
		{"model", func(t *routing.Trace) { t.Model = "\xff" }, "model must be at most 255 bytes of UTF-8, got 1 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := small()
			tc.spoil(tr)
			if err := tr.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
	if err := small().Validate(); err != nil {
		t.Errorf("a good trace: %v", err)
	}
}
