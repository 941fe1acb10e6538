package model_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/workloads/model"
)

func messages(errs []error) []string {
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}

func TestValidateNamesTheKey(t *testing.T) {
	for _, tc := range []struct {
		name   string
		base   string
		change func(*model.Spec)
		want   string
	}{
		{"no name", "tiny", func(s *model.Spec) { s.Name = "" }, `name must be letters, digits, '.', '_' and '-', got ""`},
		{"name with space", "tiny", func(s *model.Spec) { s.Name = "a b" }, `name must be letters, digits, '.', '_' and '-', got "a b"`},
		{"no layers", "tiny", func(s *model.Spec) { s.Layers = 0 }, "layers must be 1 to 1024, got 0"},
		{"negative hidden", "tiny", func(s *model.Spec) { s.Hidden = -1 }, "hidden must be 1 to 65536, got -1"},
		{"huge vocabulary", "tiny", func(s *model.Spec) { s.Vocabulary = 1<<24 + 1 }, "vocabulary must be 1 to 16777216, got 16777217"},
		{"odd element", "tiny", func(s *model.Spec) { s.ElementBytes = 3 }, "element_bytes must be 1 (FP8), 2 (FP16) or 4 (FP32), got 3"},
		{"attention", "tiny", func(s *model.Spec) { s.Attention = "mha" }, `attention must be gqa or mla, got "mha"`},
		{"no heads", "tiny", func(s *model.Spec) { s.Heads = 0 }, "heads must be 1 to 1024, got 0"},
		{"kv heads", "tiny", func(s *model.Spec) { s.KVHeads = 3 }, "kv_heads must divide heads (4), got 3"},
		{"no kv heads", "tiny", func(s *model.Spec) { s.KVHeads = 0 }, "kv_heads must be 1 to 1024, got 0"},
		{"head dim", "tiny", func(s *model.Spec) { s.HeadDim = 0 }, "head_dim must be 1 to 4096, got 0"},
		{"qk norm", "tiny", func(s *model.Spec) { s.QKNorm = "rms" }, `qk_norm must be none, head or full, got "rms"`},
		{"latent with gqa", "tiny", func(s *model.Spec) { s.KVLoraRank = 8 }, "kv_lora_rank is used with attention: mla only and must be 0 or left out, got 8"},
		{"head dim with mla", "deepseek-v3", func(s *model.Spec) { s.HeadDim = 64 }, "head_dim is used with attention: gqa only and must be 0 or left out, got 64"},
		{"no latent", "deepseek-v3", func(s *model.Spec) { s.KVLoraRank = 0 }, "kv_lora_rank must be 1 to 65536, got 0"},
		{"negative query latent", "deepseek-v3", func(s *model.Spec) { s.QLoraRank = -1 }, "q_lora_rank must be 0 to 65536, got -1"},
		{"qk norm with mla", "deepseek-v3", func(s *model.Spec) { s.QKNorm = model.QKNormHead }, `qk_norm must be none with attention: mla, whose latents have norms of their own, got "head"`},
		{"bias with mla", "deepseek-v3", func(s *model.Spec) { s.AttentionBias = true }, "attention_bias is used with attention: gqa only and must be false or left out, got true"},
		{"no experts", "tiny", func(s *model.Spec) { s.Experts = 0 }, "experts must be 1 to 4096, got 0"},
		{"top-k above experts", "tiny", func(s *model.Spec) { s.TopK = 9 }, "top_k must be 1 to 8, got 9"},
		{"no top-k", "tiny", func(s *model.Spec) { s.TopK = 0 }, "top_k must be 1 to 8, got 0"},
		{"expert width", "tiny", func(s *model.Spec) { s.ExpertWidth = 0 }, "expert_width must be 1 to 262144, got 0"},
		{"shared without width", "tiny", func(s *model.Spec) { s.SharedExperts = 1 }, "shared_expert_width must be 1 to 262144, got 0"},
		{"width without shared", "tiny", func(s *model.Spec) { s.SharedExpertWidth = 64 }, "shared_expert_width must be 0 or left out when shared_experts is 0, got 64"},
		{"negative shared", "tiny", func(s *model.Spec) { s.SharedExperts = -1 }, "shared_experts must be 0 to 64, got -1"},
		{"all dense", "tiny", func(s *model.Spec) { s.DenseLayers, s.DenseWidth = 2, 64 }, "dense_layers must be 0 to 1, got 2"},
		{"dense without width", "tiny", func(s *model.Spec) { s.DenseLayers = 1 }, "dense_width must be 1 to 262144, got 0"},
		{"width without dense", "tiny", func(s *model.Spec) { s.DenseWidth = 64 }, "dense_width must be 0 or left out when dense_layers is 0, got 64"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := load(t, tc.base)
			tc.change(&s)
			if d := cmp.Diff([]string{tc.want}, messages(s.Validate())); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
		})
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	want := []string{
		`name must be letters, digits, '.', '_' and '-', got ""`,
		"layers must be 1 to 1024, got 0",
		"hidden must be 1 to 65536, got 0",
		"vocabulary must be 1 to 16777216, got 0",
		"heads must be 1 to 1024, got 0",
		"kv_heads must be 1 to 1024, got 0",
		"head_dim must be 1 to 4096, got 0",
		"experts must be 1 to 4096, got 0",
		"expert_width must be 1 to 262144, got 0",
	}
	if d := cmp.Diff(want, messages(model.DefaultSpec().Validate())); d != "" {
		t.Errorf("messages (-want +got):\n%s", d)
	}
}
