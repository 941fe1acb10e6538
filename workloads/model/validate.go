package model

import (
	"fmt"
	"regexp"
)

// Upper limits: several times the largest published models, and low enough
// that no count of bytes or FLOPs of a valid Spec overflows an int64.
const (
	maxLayers     = 1 << 10
	maxHidden     = 1 << 16
	maxHeads      = 1 << 10
	maxHeadDim    = 1 << 12
	maxExperts    = 1 << 12
	maxShared     = 1 << 6
	maxWidth      = 1 << 18
	maxVocabulary = 1 << 24
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Validate reports every wrong field at once; nil means that the Spec can be
// used. Each message starts with the yaml key of the field and states what is
// allowed and what was found.
func (s Spec) Validate() []error {
	var c checker
	if !namePattern.MatchString(s.Name) {
		c.failf("name must be letters, digits, '.', '_' and '-', got %q", s.Name)
	}
	c.within("layers", s.Layers, 1, maxLayers)
	c.within("hidden", s.Hidden, 1, maxHidden)
	c.within("vocabulary", s.Vocabulary, 1, maxVocabulary)
	if s.ElementBytes != 1 && s.ElementBytes != 2 && s.ElementBytes != 4 {
		c.failf("element_bytes must be 1 (FP8), 2 (FP16) or 4 (FP32), got %d", s.ElementBytes)
	}
	s.validateAttention(&c)
	s.validateFFN(&c)
	return c.errs
}

func (s Spec) validateAttention(c *checker) {
	c.within("heads", s.Heads, 1, maxHeads)
	switch s.Attention {
	case GQA:
		s.validateGQA(c)
	case MLA:
		s.validateMLA(c)
	default:
		c.failf("attention must be gqa or mla, got %q", s.Attention)
	}
}

func (s Spec) validateGQA(c *checker) {
	if c.within("kv_heads", s.KVHeads, 1, maxHeads) && s.Heads%s.KVHeads != 0 {
		c.failf("kv_heads must divide heads (%d), got %d", s.Heads, s.KVHeads)
	}
	c.within("head_dim", s.HeadDim, 1, maxHeadDim)
	switch s.QKNorm {
	case QKNormNone, QKNormHead, QKNormFull:
	default:
		c.failf("qk_norm must be none, head or full, got %q", s.QKNorm)
	}
	const only = "attention: mla"
	c.unused("q_lora_rank", s.QLoraRank, only)
	c.unused("kv_lora_rank", s.KVLoraRank, only)
	c.unused("qk_nope_head_dim", s.QKNopeHeadDim, only)
	c.unused("qk_rope_head_dim", s.QKRopeHeadDim, only)
	c.unused("v_head_dim", s.VHeadDim, only)
}

func (s Spec) validateMLA(c *checker) {
	c.within("q_lora_rank", s.QLoraRank, 0, maxHidden)
	c.within("kv_lora_rank", s.KVLoraRank, 1, maxHidden)
	c.within("qk_nope_head_dim", s.QKNopeHeadDim, 1, maxHeadDim)
	c.within("qk_rope_head_dim", s.QKRopeHeadDim, 1, maxHeadDim)
	c.within("v_head_dim", s.VHeadDim, 1, maxHeadDim)
	const only = "attention: gqa"
	c.unused("kv_heads", s.KVHeads, only)
	c.unused("head_dim", s.HeadDim, only)
	if s.QKNorm != QKNormNone {
		c.failf("qk_norm must be none with attention: mla, whose latents have norms of their own, got %q", s.QKNorm)
	}
	c.off("attention_bias", s.AttentionBias, only)
	c.off("attention_sinks", s.AttentionSinks, only)
}

func (s Spec) validateFFN(c *checker) {
	if c.within("experts", s.Experts, 1, maxExperts) {
		c.within("top_k", s.TopK, 1, s.Experts)
	}
	c.within("expert_width", s.ExpertWidth, 1, maxWidth)
	if c.within("shared_experts", s.SharedExperts, 0, maxShared) {
		c.widthOf("shared_expert_width", s.SharedExpertWidth, "shared_experts", s.SharedExperts)
	}
	// A model without a single MoE layer has nothing to route.
	if c.within("dense_layers", s.DenseLayers, 0, max(s.Layers-1, 0)) {
		c.widthOf("dense_width", s.DenseWidth, "dense_layers", s.DenseLayers)
	}
}

// checker collects messages, so that one pass reports all of them.
type checker struct{ errs []error }

func (c *checker) failf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// within checks lo <= v <= hi and tells whether it holds, for checks built on it.
func (c *checker) within(key string, v, lo, hi int) bool {
	if v >= lo && v <= hi {
		return true
	}
	c.failf("%s must be %d to %d, got %d", key, lo, hi, v)
	return false
}

// unused rejects a value that would be ignored without a word.
func (c *checker) unused(key string, v int, only string) {
	if v != 0 {
		c.failf("%s is used with %s only and must be 0 or left out, got %d", key, only, v)
	}
}

func (c *checker) off(key string, v bool, only string) {
	if v {
		c.failf("%s is used with %s only and must be false or left out, got true", key, only)
	}
}

// widthOf checks a width that is needed exactly when there is something that wide.
func (c *checker) widthOf(key string, width int, countKey string, count int) {
	if count > 0 {
		c.within(key, width, 1, maxWidth)
		return
	}
	if width != 0 {
		c.failf("%s must be 0 or left out when %s is 0, got %d", key, countKey, width)
	}
}
