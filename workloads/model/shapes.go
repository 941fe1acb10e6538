package model

// Matrix is a weight matrix W of shape [In, Out], used as y = x·W with x of
// shape [tokens, In] and y of shape [tokens, Out]: a GEMM of M = tokens,
// K = In, N = Out.
type Matrix struct {
	Name    string // what it projects to, unique within its part
	In, Out int    // channels
}

// Params is the number of weights: In·Out.
func (m Matrix) Params() int64 { return int64(m.In) * int64(m.Out) }

// FLOPs is the cost of the product for that many tokens: 2·M·K·N, a multiply
// and an add per weight and token.
func (m Matrix) FLOPs(tokens int64) int64 { return 2 * tokens * m.Params() }

// AttentionMatrices are the projections of a layer's attention in the order of
// their use. For gqa: q, k, v, o. For mla: q, or q_a and q_b when the query is
// compressed; kv_a (the latent and the rotary part of the key, which is shared
// by all heads); kv_b (keys and values of all heads); o. The products of
// queries with keys and of weights with values have no weights: see
// [Spec.ScoreFLOPs].
func (s Spec) AttentionMatrices() []Matrix {
	if s.Attention == MLA {
		return s.mlaMatrices()
	}
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	return []Matrix{
		{"q", s.Hidden, q},
		{"k", s.Hidden, kv},
		{"v", s.Hidden, kv},
		{"o", q, s.Hidden},
	}
}

func (s Spec) mlaMatrices() []Matrix {
	query := s.Heads * s.QKHeadDim()
	ms := []Matrix{{"q", s.Hidden, query}}
	if s.QLoraRank > 0 {
		ms = []Matrix{{"q_a", s.Hidden, s.QLoraRank}, {"q_b", s.QLoraRank, query}}
	}
	return append(ms,
		Matrix{"kv_a", s.Hidden, s.KVLoraRank + s.QKRopeHeadDim},
		Matrix{"kv_b", s.KVLoraRank, s.Heads * (s.QKNopeHeadDim + s.VHeadDim)},
		Matrix{"o", s.Heads * s.VHeadDim, s.Hidden},
	)
}

// RouterMatrix gives one logit per routed expert; MoE layers only.
func (s Spec) RouterMatrix() Matrix { return Matrix{"router", s.Hidden, s.Experts} }

// ExpertMatrices are the projections of one routed expert: gate, up, down.
func (s Spec) ExpertMatrices() []Matrix { return s.gatedFFN(s.ExpertWidth) }

// SharedExpertMatrices are the projections of one shared expert; nil when the
// model has none.
func (s Spec) SharedExpertMatrices() []Matrix {
	if s.SharedExperts == 0 {
		return nil
	}
	return s.gatedFFN(s.SharedExpertWidth)
}

// DenseMatrices are the projections of a dense layer's FFN; nil when the model
// has no dense layer.
func (s Spec) DenseMatrices() []Matrix {
	if s.DenseLayers == 0 {
		return nil
	}
	return s.gatedFFN(s.DenseWidth)
}

// LMHeadMatrix gives one logit per word of the vocabulary. With tied_embeddings
// its weights are those of the embedding table.
func (s Spec) LMHeadMatrix() Matrix { return Matrix{"lm_head", s.Hidden, s.Vocabulary} }

func (s Spec) gatedFFN(width int) []Matrix {
	return []Matrix{
		{"gate", s.Hidden, width},
		{"up", s.Hidden, width},
		{"down", width, s.Hidden},
	}
}

func sumParams(ms []Matrix) int64 {
	var n int64
	for _, m := range ms {
		n += m.Params()
	}
	return n
}
