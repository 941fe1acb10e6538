package model_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/workloads/model"
)

// Each weight that a token meets costs one multiply and one add.
func TestForwardFLOPsAreTwicePerWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		ts := checkpoint(s)
		isMatrix := func(x tensor) bool { return len(x.shape) == 2 && !x.lookup }
		always := tally(ts, func(x tensor) bool { return isMatrix(x) && !x.routed }).Int64()
		routed := tally(ts, func(x tensor) bool { return isMatrix(x) && x.routed }).Int64()
		weights := always + routed/int64(s.Experts)*int64(s.TopK)
		if s.TiedEmbeddings {
			weights += s.EmbeddingParams() // the head has no tensor but is multiplied
		}
		length := rapid.IntRange(1, 100).Draw(t, "sequence")
		want := 2*weights + int64(s.Layers)*s.ScoreFLOPs(length)
		if got := s.ForwardFLOPs(length); got != want {
			t.Errorf("%d FLOPs per token, want %d", got, want)
		}
	})
}

// The closed form of the scores against a walk over every pair of positions.
func TestScoreFLOPsCountCausalPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		length := rapid.IntRange(1, 40).Draw(t, "sequence")
		key, value := s.HeadDim, s.HeadDim
		if s.Attention == model.MLA {
			key, value = s.QKNopeHeadDim+s.QKRopeHeadDim, s.VHeadDim
		}
		var sum int64
		for query := range length {
			for range query + 1 {
				sum += int64(2 * s.Heads * (key + value))
			}
		}
		if got := s.ScoreFLOPs(length) * int64(length); got != sum {
			t.Errorf("%d FLOPs in a sequence of %d, want %d", got, length, sum)
		}
	})
}

// By hand, for a token of a 256-token sequence in layers 0 and 1 of
// DeepSeek-MoE: twice the weights of TestBlockParts (6 of 64 experts), and
// scores of 16 heads · 256 channels · 257.
func TestBlockFLOPs(t *testing.T) {
	s := load(t, "deepseek-moe")
	want := []model.BlockFLOPs{
		{Projections: 33_554_432, Scores: 1_052_672, DenseFFN: 134_479_872},
		{Projections: 33_554_432, Scores: 1_052_672, Router: 262_144, RoutedExperts: 103_809_024, SharedExperts: 34_603_008},
	}
	if d := cmp.Diff(want, []model.BlockFLOPs{s.BlockFLOPs(0, 256), s.BlockFLOPs(1, 256)}); d != "" {
		t.Errorf("layers 0 and 1 (-want +got):\n%s", d)
	}
}

func TestMatricesOfBothAttentions(t *testing.T) {
	for _, tc := range []struct {
		file string
		want []model.Matrix
	}{
		{"qwen3", []model.Matrix{{"q", 2048, 4096}, {"k", 2048, 512}, {"v", 2048, 512}, {"o", 4096, 2048}}},
		{"deepseek-v2-lite", []model.Matrix{{"q", 2048, 3072}, {"kv_a", 2048, 576}, {"kv_b", 512, 4096}, {"o", 2048, 2048}}},
		{"deepseek-v3", []model.Matrix{{"q_a", 7168, 1536}, {"q_b", 1536, 24576}, {"kv_a", 7168, 576}, {"kv_b", 512, 32768}, {"o", 16384, 7168}}},
	} {
		if d := cmp.Diff(tc.want, load(t, tc.file).AttentionMatrices()); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.file, d)
		}
	}
	s := load(t, "qwen3")
	want := []model.Matrix{{"gate", 2048, 768}, {"up", 2048, 768}, {"down", 768, 2048}}
	if d := cmp.Diff(want, s.ExpertMatrices()); d != "" {
		t.Errorf("expert (-want +got):\n%s", d)
	}
	if len(s.SharedExpertMatrices()) != 0 || len(s.DenseMatrices()) != 0 {
		t.Error("qwen3 has neither shared experts nor dense layers")
	}
	if got := want[0].FLOPs(10); got != 2*10*2048*768 {
		t.Errorf("a gate projection of 10 tokens costs %d FLOPs", got)
	}
}
