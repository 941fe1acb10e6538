package routing_test

import (
	"errors"
	"io"
	"testing"

	"mozart/workloads/routing"
)

// BenchmarkSyntheticQwen3 generates the routing of one step of Qwen3-30B-A3B.
func BenchmarkSyntheticQwen3(b *testing.B) {
	spec := must[routing.SyntheticSpec](b)(routing.SyntheticPreset("qwen3"))
	for b.Loop() {
		drain(b, must[*routing.Synthetic](b)(routing.NewSynthetic(spec, 128, 8,
			routing.Draw{Layers: 48, Sequences: routing.EqualSequences(32, 256), Seed: 1})))
	}
}

// BenchmarkTableSamplerOLMoE generates the routing of one step of OLMoE.
func BenchmarkTableSamplerOLMoE(b *testing.B) {
	tables := wikipedia(b)
	for b.Loop() {
		drain(b, must[*routing.TableSampler](b)(routing.NewTableSampler(tables,
			routing.Draw{Layers: 16, Sequences: routing.EqualSequences(32, 256), Seed: 1})))
	}
}

// BenchmarkCopy writes a trace in memory as a file.
func BenchmarkCopy(b *testing.B) {
	tr := synthetic(b, routing.UniformPreset, 64, 8, 1, routing.RunStream)
	b.SetBytes(int64(8 * 8 * tr.Tokens))
	for b.Loop() {
		if err := routing.Copy(io.Discard, tr.Source()); err != nil {
			b.Fatal(err)
		}
	}
}

func drain(b *testing.B, src routing.Source) {
	for {
		if _, err := src.Next(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnpackTables reads the committed OLMoE tables.
func BenchmarkUnpackTables(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		wikipedia(b)
	}
}
