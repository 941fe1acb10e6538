package model_test

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/workloads/model"
)

// drawSpec makes any valid Spec of moderate size.
func drawSpec(t *rapid.T) model.Spec {
	n := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	s := model.DefaultSpec()
	s.Name = "random"
	s.Layers, s.Hidden, s.Vocabulary = n("layers", 1, 6), n("hidden", 1, 300), n("vocabulary", 1, 1000)
	s.TiedEmbeddings = rapid.Bool().Draw(t, "tied")
	s.ElementBytes = rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "element bytes")
	s.KVHeads, s.HeadDim = n("kv heads", 1, 8), n("head dim", 1, 32)
	s.Heads = s.KVHeads * n("query heads per key head", 1, 4)
	s.QKNorm = rapid.SampledFrom([]model.QKNorm{model.QKNormNone, model.QKNormHead, model.QKNormFull}).Draw(t, "qk norm")
	s.AttentionBias, s.AttentionSinks = rapid.Bool().Draw(t, "bias"), rapid.Bool().Draw(t, "sinks")
	if rapid.Bool().Draw(t, "mla") {
		s.Attention, s.QKNorm, s.KVHeads, s.HeadDim = model.MLA, model.QKNormNone, 0, 0
		s.AttentionBias, s.AttentionSinks = false, false
		s.QLoraRank, s.KVLoraRank = n("q rank", 0, 40), n("kv rank", 1, 40)
		s.QKNopeHeadDim, s.QKRopeHeadDim, s.VHeadDim = n("nope", 1, 32), n("rope", 1, 32), n("v", 1, 32)
	}
	s.Experts, s.ExpertWidth = n("experts", 1, 40), n("expert width", 1, 100)
	s.TopK = n("top k", 1, s.Experts)
	s.ExpertBias, s.RouterBias = rapid.Bool().Draw(t, "expert bias"), rapid.Bool().Draw(t, "router bias")
	if s.SharedExperts = n("shared experts", 0, 3); s.SharedExperts > 0 {
		s.SharedExpertWidth = n("shared width", 1, 100)
	}
	if s.DenseLayers = n("dense layers", 0, s.Layers-1); s.DenseLayers > 0 {
		s.DenseWidth = n("dense width", 1, 200)
	}
	return s
}

func TestParamsAreTheTensors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		if errs := s.Validate(); errs != nil {
			t.Fatal(errs)
		}
		ts := checkpoint(s)
		if got, want := s.Params(), tally(ts, all).Int64(); got != want {
			t.Errorf("Params = %d, tensors have %d", got, want)
		}
		routed := tally(ts, func(x tensor) bool { return x.routed }).Int64()
		idle := routed / int64(s.Experts) * int64(s.Experts-s.TopK)
		if got := s.Params() - s.ActiveParams(); got != idle {
			t.Errorf("%d parameters idle, want %d", got, idle)
		}
		if s.Bytes(s.Params()) != int64(s.ElementBytes)*s.Params() {
			t.Error("bytes aren't element_bytes per parameter")
		}
	})
}

// What the attention chiplet, the experts and the dense FFN hold of a layer adds
// up to the layer.
func TestBytesOfALayerAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		for layer := range s.Layers {
			got := s.AttentionBytes(layer)
			if s.IsDense(layer) {
				got += s.DenseBytes()
			} else {
				got += int64(s.Experts)*s.ExpertBytes() + int64(s.SharedExperts)*s.SharedExpertBytes()
			}
			if want := s.Bytes(s.BlockParams(layer).Total()); got != want {
				t.Errorf("layer %d: parts hold %d bytes, the block %d", layer, got, want)
			}
		}
	})
}

// DeepSeek-MoE has both kinds of layer; the numbers are worked out by hand:
// attention 4·2048², norms 2·2048, router 2048·64, experts 64·3·2048·1408,
// shared 2·3·2048·1408, dense 3·2048·10944.
func TestBlockParts(t *testing.T) {
	s := load(t, "deepseek-moe")
	want := []model.BlockParams{
		{Attention: 16_777_216, Norms: 4096, DenseFFN: 67_239_936},
		{Attention: 16_777_216, Norms: 4096, Router: 131_072, RoutedExperts: 553_648_128, SharedExperts: 17_301_504},
	}
	if d := cmp.Diff(want, []model.BlockParams{s.BlockParams(0), s.BlockParams(1)}); d != "" {
		t.Errorf("layers 0 and 1 (-want +got):\n%s", d)
	}
	if !s.IsDense(0) || s.IsDense(1) || s.MoELayers() != 27 {
		t.Errorf("dense layers: 0 %v, 1 %v, %d with experts; want true, false, 27", s.IsDense(0), s.IsDense(1), s.MoELayers())
	}
	if got, want := s.AttentionBytes(1)-s.AttentionBytes(0), int64(2*131_072); got != want {
		t.Errorf("an MoE layer holds %d bytes more at the attention chiplet, want the router's %d", got, want)
	}
}

func TestTiedEmbeddingsCountOnce(t *testing.T) {
	s := load(t, "tiny")
	untied := s.Params()
	s.TiedEmbeddings = true
	if got, want := untied-s.Params(), int64(256*64); got != want {
		t.Errorf("tying saves %d parameters, want the table's %d", got, want)
	}
	if s.LMHeadFLOPs() != 2*256*64 {
		t.Errorf("a tied head costs %d FLOPs, want %d", s.LMHeadFLOPs(), 2*256*64)
	}
}

// The largest model that Validate accepts still fits an int64 in bytes and in
// FLOPs; one step beyond any limit is refused.
func TestLargestModelFits(t *testing.T) {
	s := model.Spec{
		Name: "largest", Layers: 1 << 10, Hidden: 1 << 16, Attention: model.GQA,
		Heads: 1 << 10, KVHeads: 1 << 10, HeadDim: 1 << 12, QKNorm: model.QKNormFull,
		AttentionBias: true, AttentionSinks: true,
		Experts: 1 << 12, TopK: 1 << 12, ExpertWidth: 1 << 18, ExpertBias: true, RouterBias: true,
		SharedExperts: 1 << 6, SharedExpertWidth: 1 << 18, DenseLayers: 1, DenseWidth: 1 << 18,
		Vocabulary: 1 << 24, ElementBytes: 4,
	}
	if errs := s.Validate(); errs != nil {
		t.Fatal(errs)
	}
	bytes := tally(checkpoint(s), all)
	bytes.Mul(bytes, big.NewInt(4))
	if !bytes.IsInt64() || bytes.Int64() != s.Bytes(s.Params()) {
		t.Errorf("%d bytes, want %s", s.Bytes(s.Params()), bytes)
	}
	weights := tally(checkpoint(s), func(x tensor) bool { return len(x.shape) == 2 && !x.lookup })
	flops := weights.Mul(weights, big.NewInt(2)).Int64() + int64(s.Layers)*s.ScoreFLOPs(1<<20)
	if got := s.ForwardFLOPs(1 << 20); got != flops || got <= 0 {
		t.Errorf("%d FLOPs, want %d", got, flops)
	}
}
