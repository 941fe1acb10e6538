package model_test

import (
	"math/big"

	"mozart/workloads/model"
)

// tensor is one entry of a checkpoint. The list below is written from the
// tensors that the published checkpoints hold, not from the formulas under
// test: it is their second opinion.
type tensor struct {
	shape  []int
	count  int  // how many alike
	routed bool // belongs to a routed expert
	lookup bool // read by index, never multiplied
}

func (t tensor) elements() *big.Int {
	n := big.NewInt(int64(t.count))
	for _, d := range t.shape {
		n.Mul(n, big.NewInt(int64(d)))
	}
	return n
}

func checkpoint(s model.Spec) []tensor {
	moe := s.Layers - s.DenseLayers
	ts := []tensor{
		{shape: []int{s.Vocabulary, s.Hidden}, count: 1, lookup: true}, // embed_tokens
		{shape: []int{s.Hidden}, count: 1},                             // norm
		{shape: []int{s.Hidden}, count: s.Layers},                      // input_layernorm
		{shape: []int{s.Hidden}, count: s.Layers},                      // post_attention_layernorm
		{shape: []int{s.Experts, s.Hidden}, count: moe},                // gate or router
	}
	if !s.TiedEmbeddings {
		ts = append(ts, tensor{shape: []int{s.Vocabulary, s.Hidden}, count: 1}) // lm_head
	}
	if s.RouterBias {
		ts = append(ts, tensor{shape: []int{s.Experts}, count: moe})
	}
	ts = append(ts, ffn(s.Hidden, s.ExpertWidth, moe*s.Experts, true)...)
	ts = append(ts, ffn(s.Hidden, s.SharedExpertWidth, moe*s.SharedExperts, false)...)
	ts = append(ts, ffn(s.Hidden, s.DenseWidth, s.DenseLayers, false)...)
	if s.ExpertBias {
		ts = append(ts,
			tensor{shape: []int{2 * s.ExpertWidth}, count: moe * s.Experts, routed: true}, // gate_up_proj_bias
			tensor{shape: []int{s.Hidden}, count: moe * s.Experts, routed: true},          // down_proj_bias
		)
	}
	if s.Attention == model.MLA {
		return append(ts, latentAttention(s)...)
	}
	return append(ts, groupedAttention(s)...)
}

func ffn(hidden, width, count int, routed bool) []tensor {
	return []tensor{
		{shape: []int{width, hidden}, count: count, routed: routed}, // gate_proj
		{shape: []int{width, hidden}, count: count, routed: routed}, // up_proj
		{shape: []int{hidden, width}, count: count, routed: routed}, // down_proj
	}
}

func groupedAttention(s model.Spec) []tensor {
	q, kv, n := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim, s.Layers
	ts := []tensor{
		{shape: []int{q, s.Hidden}, count: n},      // q_proj
		{shape: []int{kv, s.Hidden}, count: 2 * n}, // k_proj, v_proj
		{shape: []int{s.Hidden, q}, count: n},      // o_proj
	}
	if s.AttentionBias {
		ts = append(ts,
			tensor{shape: []int{q}, count: n},
			tensor{shape: []int{kv}, count: 2 * n},
			tensor{shape: []int{s.Hidden}, count: n})
	}
	if s.QKNorm == model.QKNormHead {
		ts = append(ts, tensor{shape: []int{s.HeadDim}, count: 2 * n}) // q_norm, k_norm
	}
	if s.QKNorm == model.QKNormFull {
		ts = append(ts, tensor{shape: []int{q}, count: n}, tensor{shape: []int{kv}, count: n})
	}
	if s.AttentionSinks {
		ts = append(ts, tensor{shape: []int{s.Heads}, count: n})
	}
	return ts
}

func latentAttention(s model.Spec) []tensor {
	n, key := s.Layers, s.QKNopeHeadDim+s.QKRopeHeadDim
	ts := []tensor{
		{shape: []int{s.KVLoraRank + s.QKRopeHeadDim, s.Hidden}, count: n},               // kv_a_proj_with_mqa
		{shape: []int{s.KVLoraRank}, count: n},                                           // kv_a_layernorm
		{shape: []int{s.Heads * (s.QKNopeHeadDim + s.VHeadDim), s.KVLoraRank}, count: n}, // kv_b_proj
		{shape: []int{s.Hidden, s.Heads * s.VHeadDim}, count: n},                         // o_proj
	}
	if s.QLoraRank == 0 {
		return append(ts, tensor{shape: []int{s.Heads * key, s.Hidden}, count: n}) // q_proj
	}
	return append(ts,
		tensor{shape: []int{s.QLoraRank, s.Hidden}, count: n},      // q_a_proj
		tensor{shape: []int{s.QLoraRank}, count: n},                // q_a_layernorm
		tensor{shape: []int{s.Heads * key, s.QLoraRank}, count: n}) // q_b_proj
}

// tally sums the elements of the tensors that keep accepts.
func tally(ts []tensor, keep func(tensor) bool) *big.Int {
	n := new(big.Int)
	for _, t := range ts {
		if keep(t) {
			n.Add(n, t.elements())
		}
	}
	return n
}

func all(tensor) bool { return true }
