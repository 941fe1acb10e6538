package routing_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/workloads/routing"
)

// Parts that a cursor reads are slices of the whole, and their profiles the
// profiles of these slices, from a file, from memory and from a generator.
func TestCursorReadsParts(t *testing.T) {
	generator := func() routing.Source {
		return must[*routing.Synthetic](t)(routing.NewSynthetic(
			routing.SyntheticSpec{Topics: 3, TopicStrength: 1, TopicPersistence: .5}, 16, 3,
			routing.Draw{Layers: 2, Sequences: []int{700, 1, 1900}, Seed: 1}))
	}
	whole := must[*routing.Trace](t)(routing.Collect(generator()))
	file := encode(t, whole)
	rapid.Check(t, func(t *rapid.T) {
		reader, err := routing.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		cuts := []int{0, rapid.IntRange(1, 1200).Draw(t, "first"), rapid.IntRange(1300, 2000).Draw(t, "second"), whole.Tokens}
		profiled := rapid.IntRange(0, 2).Draw(t, "profiled")
		for name, src := range map[string]routing.Source{"file": reader, "memory": whole.Source(), "generator": generator()} {
			c := routing.NewCursor(src)
			for i, to := range cuts[1:] {
				r := routing.Range{From: cuts[i], To: to}
				var want, got any
				var err error
				if i == profiled {
					want, _ = routing.ProfileTrace(whole, r)
					got, err = c.Profile(to - r.From)
				} else {
					want, _ = whole.Slice(r)
					got, err = c.Collect(to - r.From)
				}
				if err != nil || !reflect.DeepEqual(want, got) {
					t.Errorf("%s: tokens %v are not those of the whole: %v", name, r, err)
				}
			}
		}
	})
}

// A cursor drops router weights, which nothing that reads in parts wants.
func TestCursorDropsWeights(t *testing.T) {
	trace := small()
	for i, l := range trace.Layers {
		trace.Layers[i].Weights = make([]float32, len(l.IDs))
	}
	got := must[*routing.Trace](t)(routing.NewCursor(trace.Source()).Collect(3))
	if d := cmp.Diff(small(), got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// What nobody asks for is neither read nor given memory: this file promises a
// billion tokens and holds one block of 4,096.
func TestCursorReadsNoFurther(t *testing.T) {
	trace := synthetic(t, "olmoe", 64, 8, 1, routing.RunStream)
	h := trace.Header()
	h.Tokens, h.Sequences = 1<<30, []int{1 << 30}
	var file bytes.Buffer
	w := must[*routing.Writer](t)(routing.NewWriter(&file, h))
	for range 2 {
		if err := w.Write(routing.Block{Tokens: trace.Tokens, Layers: trace.Layers}); err != nil {
			t.Fatal(err)
		}
	}
	c := routing.NewCursor(must[*routing.Reader](t)(routing.NewReader(&file)))
	run := must[*routing.Trace](t)(c.Collect(trace.Tokens))
	if !reflect.DeepEqual(trace.Layers, run.Layers) {
		t.Error("other tokens than the file holds")
	}
	profiles := must[[]routing.Profile](t)(c.Profile(trace.Tokens))
	if !reflect.DeepEqual(profile(t, trace, 5), profiles[5]) {
		t.Error("the profile of other tokens than the file holds")
	}
	if _, err := c.Collect(1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestCursorRefuses(t *testing.T) {
	c := routing.NewCursor(small().Source())
	for _, tokens := range []int{-1, 0, 4} {
		_, err := c.Collect(tokens)
		if err == nil || !strings.Contains(err.Error(), "found 3 more tokens, want ") {
			t.Errorf("%d tokens of 3: %v", tokens, err)
		}
		if _, err := c.Profile(tokens); err == nil {
			t.Errorf("%d tokens of 3 profiled", tokens)
		}
	}
	must[*routing.Trace](t)(c.Collect(2))
	if _, err := c.Profile(2); err == nil || !strings.Contains(err.Error(), "found 1 more tokens, want 2") {
		t.Error(err)
	}
}

// short is a source that ends before its header says so.
type short struct{ h routing.Header }

func (s short) Header() routing.Header       { return s.h }
func (s short) Next() (routing.Block, error) { return routing.Block{}, io.EOF }

func TestCursorNoticesAnEarlyEnd(t *testing.T) {
	if _, err := routing.NewCursor(short{small().Header()}).Collect(1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// Another draw of the same model is what a new model would have given.
func TestOtherDrawOfTheModel(t *testing.T) {
	spec := routing.SyntheticSpec{Topics: 5, BiasSigma: 1, TopicStrength: 2, TopicPersistence: .3}
	run := routing.Draw{Layers: 3, Sequences: []int{50}, Seed: 7}
	other := routing.Draw{Layers: 3, Sequences: []int{1100, 30}, Seed: 7, Stream: 4}
	first := must[*routing.Synthetic](t)(routing.NewSynthetic(spec, 64, 6, run))
	got := must[*routing.Trace](t)(routing.Collect(must[*routing.Synthetic](t)(first.Other(other))))
	want := must[*routing.Trace](t)(routing.Collect(must[*routing.Synthetic](t)(routing.NewSynthetic(spec, 64, 6, other))))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, d := range []routing.Draw{{Layers: 2, Sequences: []int{1}, Seed: 7}, {Layers: 3, Sequences: []int{1}, Seed: 8}, {Layers: 3, Seed: 7}} {
		if _, err := first.Other(d); err == nil {
			t.Errorf("%+v was accepted", d)
		}
	}
}

// The number of processors does not show.
func TestProcessorsDoNotShow(t *testing.T) {
	at := func(processors int) (*routing.Trace, []routing.LayerStats) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		trace := olmoe(t, 1500, 3, routing.RunStream)
		return trace, must[[]routing.LayerStats](t)(routing.Summarize(trace.Source()))
	}
	trace, stats := at(1)
	for _, processors := range []int{2, 5} {
		if again, counted := at(processors); !reflect.DeepEqual(trace, again) || !reflect.DeepEqual(stats, counted) {
			t.Errorf("%d processors give another trace or other statistics than one", processors)
		}
	}
}

func TestParallelVisitsEachOnce(t *testing.T) {
	for _, layers := range []int{0, 1, 2, 7, 100} {
		visits := make([]int, layers)
		routing.Parallel(layers, func(layer int) { visits[layer]++ })
		for layer, n := range visits {
			if n != 1 {
				t.Errorf("layer %d of %d was visited %d times", layer, layers, n)
			}
		}
	}
}
