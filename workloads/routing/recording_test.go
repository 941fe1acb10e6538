package routing_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
)

// TestGPTOSSRecording checks the head of the recording against numbers computed
// from its bytes by other means.
func TestGPTOSSRecording(t *testing.T) {
	tr := gptoss(t)
	if err := tr.Validate(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{511, 511}, tr.Sequences); d != "" {
		t.Error(d)
	}
	copies, overlap := 0.0, 0.0
	for layer := range tr.Layers {
		copies += must[float64](t)(tr.CopiesPerToken(layer, contiguous(32, 16), tr.All())) / 24
		overlap += must[float64](t)(tr.AdjacentOverlap(layer, tr.All())) / 24
	}
	if want := 3.843525766; math.Abs(copies-want) > 1e-9 {
		t.Errorf("C_T %v on 16 chiplets, want %v", copies, want)
	}
	if want := 3.86; math.Abs(copies-want) > 0.03 {
		t.Errorf("C_T %v, want near the whole recording's %v", copies, want)
	}
	if want := 1.788602941; math.Abs(overlap-want) > 1e-9 {
		t.Errorf("adjacent tokens share %v experts, want %v", overlap, want)
	}
}

func TestRecordingErrors(t *testing.T) {
	spec := routing.RecordingSpec{Model: "m", Layers: 2, Experts: 4, TopK: 2}
	const ids = "\x00\x01\x02\x03\x01\x00\x00\x02\x03\x01\x01\x02" // of small()
	for _, tc := range []struct{ name, ids, sequences, want string }{
		{"good", ids, `[{"tokens":2,"key":"a"},{"tokens":1}]`, ""},
		{"short", ids[:9], `[{"tokens":3}]`, "recording: offset 9: expert ids: found the end after 2 tokens, want 3 tokens of 4 bytes"},
		{"long", ids, `[{"tokens":2}]`, "recording: offset 8: end of the recording: found more bytes, want none after 2 tokens of 4 bytes"},
		{"id", ids[:6] + "\x09" + ids[7:], `[{"tokens":3}]`, "recording: offset 6: layer 1, token 1: found expert id 9, want 2 distinct ids below 4 per token"},
		{"twice", ids[:9] + "\x03" + ids[10:], `[{"tokens":3}]`, "recording: offset 9: layer 0, token 2: found expert id 3"},
		{"no json", ids, `tokens`, "sequence lengths: offset"},
		{"empty", ids, `[{"tokens":3},{"key":"x"}]`, "sequence lengths: entry 1: found 0 tokens, want 1.."},
		{"none", ids, `[]`, "recording: tokens must be in 1..1099511627776, got 0"},
		{"gzip", "\x1f\x8b\x00", `[{"tokens":3}]`, "recording: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src, err := routing.NewRecording(strings.NewReader(tc.ids), strings.NewReader(tc.sequences), spec)
			var got *routing.Trace
			if err == nil {
				got, err = routing.Collect(src)
			}
			if tc.want == "" {
				want := small()
				want.Model = "m"
				if d := cmp.Diff(want, got); err != nil || d != "" {
					t.Error(err, d)
				}
			} else if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
	spec.Experts = 257
	if _, err := routing.NewRecording(strings.NewReader(ids), strings.NewReader(`[{"tokens":3}]`), spec); err == nil {
		t.Error("257 experts do not fit in a byte")
	}
}

func FuzzRecording(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x01\x00\x00\x02\x03\x01\x01\x02"), []byte(`[{"tokens":2},{"tokens":1}]`))
	f.Fuzz(func(t *testing.T, ids, sequences []byte) {
		src, err := routing.NewRecording(bytes.NewReader(ids), bytes.NewReader(sequences),
			routing.RecordingSpec{Layers: 2, Experts: 4, TopK: 2})
		if err != nil {
			return
		}
		tr, err := routing.Collect(src)
		if err != nil {
			return
		}
		if err := tr.Validate(); err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		if n := len(ids); !slices.Equal(ids[:min(n, 1)], []byte{0x1f}) && n != 4*tr.Tokens {
			t.Fatalf("%d tokens of %d bytes", tr.Tokens, n)
		}
	})
}
