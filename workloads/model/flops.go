package model

// BlockFLOPs are the forward FLOPs of one transformer block by part, for one
// token. They are those of matrix products only: 2·K·N per weight matrix of
// shape [K, N], and the scores.
type BlockFLOPs struct {
	Projections   int64 // the attention's weight matrices
	Scores        int64 // queries x keys and weights x values, see [Spec.ScoreFLOPs]
	Router        int64 // 2·hidden·experts
	RoutedExperts int64 // top_k experts: 6·hidden·expert_width·top_k
	SharedExperts int64 // all shared experts: 6·hidden·shared_expert_width·shared_experts
	DenseFFN      int64 // 6·hidden·dense_width
}

// Total is the sum of the parts.
func (b BlockFLOPs) Total() int64 {
	return b.Projections + b.Scores + b.Router + b.RoutedExperts + b.SharedExperts + b.DenseFFN
}

// BlockFLOPs counts the forward FLOPs per token of one layer (from 0), in a
// causal sequence of that many tokens. Scores are the mean over its positions.
func (s Spec) BlockFLOPs(layer, sequenceTokens int) BlockFLOPs {
	b := BlockFLOPs{
		Projections: sumFLOPs(s.AttentionMatrices()),
		Scores:      s.ScoreFLOPs(sequenceTokens),
	}
	if s.IsDense(layer) {
		b.DenseFFN = sumFLOPs(s.DenseMatrices())
		return b
	}
	b.Router = s.RouterMatrix().FLOPs(1)
	b.RoutedExperts = int64(s.TopK) * s.ExpertFLOPs()
	b.SharedExperts = int64(s.SharedExperts) * sumFLOPs(s.SharedExpertMatrices())
	return b
}

// ExpertFLOPs counts one token's forward pass through one routed expert:
// 6·hidden·expert_width.
func (s Spec) ExpertFLOPs() int64 { return sumFLOPs(s.ExpertMatrices()) }

// ScoreFLOPs counts a token's products of queries with keys and of softmax
// weights with values, in all heads of one layer, as the mean over a causal
// sequence of S tokens. The token at position p (from 0) meets p+1 keys, so a
// sequence takes S·(S+1)/2 pairs, about half of the full square, and the mean
// is exactly
//
//	2·heads·(d_qk + d_v)·(S+1)/2 = heads·(d_qk + d_v)·(S+1).
//
// Grouped key heads don't lower it. Latent attention counts as in training: keys
// and values are expanded, not absorbed into the query.
func (s Spec) ScoreFLOPs(sequenceTokens int) int64 {
	return int64(s.Heads) * int64(s.QKHeadDim()+s.ValueHeadDim()) * (int64(sequenceTokens) + 1)
}

// LMHeadFLOPs counts the LM head for one token: 2·hidden·vocabulary, tied or not.
func (s Spec) LMHeadFLOPs() int64 { return s.LMHeadMatrix().FLOPs(1) }

// ForwardFLOPs counts the forward pass of the whole model per token: all blocks
// and the LM head. The embedding is a look-up and counts 0. A training step
// takes three times as much: the backward pass multiplies once for the gradient
// of the inputs and once for that of the weights.
func (s Spec) ForwardFLOPs(sequenceTokens int) int64 {
	n := s.LMHeadFLOPs()
	for layer := range s.Layers {
		n += s.BlockFLOPs(layer, sequenceTokens).Total()
	}
	return n
}

// sumFLOPs counts one token.
func sumFLOPs(ms []Matrix) int64 {
	var n int64
	for _, m := range ms {
		n += m.FLOPs(1)
	}
	return n
}
