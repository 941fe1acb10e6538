package routing_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"mozart/workloads/routing"

	"pgregory.net/rapid"
)

// must returns v or ends the test.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func open(t testing.TB, path string) *os.File {
	t.Helper()
	f := must[*os.File](t)(os.Open(path))
	t.Cleanup(func() { f.Close() })
	return f
}

// wikipedia returns the committed OLMoE tables.
func wikipedia(t testing.TB) *routing.Tables {
	t.Helper()
	f := open(t, "../../configs/routing/olmoe-1b-7b-0924-wikipedia.tables.gz")
	return must[*routing.Tables](t)(routing.UnpackTables(f))
}

// gptoss returns the committed head of the GPT-OSS-20B recording.
func gptoss(t testing.TB) *routing.Trace {
	t.Helper()
	src := must[*routing.Recording](t)(routing.NewRecording(
		open(t, "testdata/gpt-oss-20b-head.u8.gz"),
		open(t, "testdata/gpt-oss-20b-head.sequences.json"),
		routing.GPTOSS20B()))
	return must[*routing.Trace](t)(routing.Collect(src))
}

// small is two layers of three tokens in two sequences.
func small() *routing.Trace {
	return &routing.Trace{
		Model: "small", Experts: 4, TopK: 2, Tokens: 3, Sequences: []int{2, 1},
		Layers: []routing.Layer{
			{IDs: []uint16{0, 1, 1, 0, 3, 1}},
			{IDs: []uint16{2, 3, 0, 2, 1, 2}},
		},
	}
}

// anyTrace draws a valid trace, of one to many blocks.
func anyTrace(t *rapid.T) *routing.Trace {
	experts := rapid.SampledFrom([]int{1, 2, 5, 64, 256, 257, 4096}).Draw(t, "experts")
	topK := rapid.IntRange(1, min(experts, 9)).Draw(t, "top-k")
	spec := routing.SyntheticSpec{Topics: 1 + rapid.IntRange(0, 3).Draw(t, "topics"), TopicStrength: 1}
	src, err := routing.NewSynthetic(spec, experts, topK, routing.Draw{
		Model:     rapid.StringN(0, 20, 60).Draw(t, "model"),
		Layers:    rapid.IntRange(1, 4).Draw(t, "layers"),
		Sequences: rapid.SliceOfN(rapid.IntRange(1, 40), 1, 5).Draw(t, "sequences"),
		Seed:      rapid.Uint64().Draw(t, "seed"),
	})
	if err != nil {
		t.Fatal(err)
	}
	trace, err := routing.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "weights") {
		for i, l := range trace.Layers {
			for j := range l.IDs {
				trace.Layers[i].Weights = append(trace.Layers[i].Weights, 1/float32(j+1))
			}
		}
	}
	return trace
}

// encode returns the trace as a file.
func encode(t testing.TB, trace *routing.Trace) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := routing.Copy(&b, trace.Source()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contiguous places experts on chiplets in order of their ids.
func contiguous(experts, chiplets int) []int {
	m := make([]int, experts)
	for e := range m {
		m[e] = e * chiplets / experts
	}
	return m
}

// shuffled places experts on chiplets at random, equally many on each.
func shuffled(experts, chiplets int, seed uint64) []int {
	m := contiguous(experts, chiplets)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(experts, func(i, j int) { m[i], m[j] = m[j], m[i] })
	return m
}
