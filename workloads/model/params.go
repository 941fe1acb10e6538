package model

// BlockParams are the parameters of one transformer block by part. A dense layer
// has only the DenseFFN of the FFN parts, an MoE layer all others.
type BlockParams struct {
	Attention     int64 // projections, their biases, norms inside the attention, sinks
	Norms         int64 // the two norms in front of attention and FFN: 2·hidden
	Router        int64 // hidden·experts, and experts more with router_bias
	RoutedExperts int64 // experts · ExpertParams
	SharedExperts int64 // shared_experts · SharedExpertParams
	DenseFFN      int64 // 3·hidden·dense_width
}

// Total is the sum of the parts.
func (b BlockParams) Total() int64 {
	return b.Attention + b.Norms + b.Router + b.RoutedExperts + b.SharedExperts + b.DenseFFN
}

// BlockParams counts the parameters of one layer (from 0) by part.
func (s Spec) BlockParams(layer int) BlockParams {
	b := BlockParams{Attention: s.attentionParams(), Norms: 2 * int64(s.Hidden)}
	if s.IsDense(layer) {
		b.DenseFFN = sumParams(s.DenseMatrices())
		return b
	}
	b.Router = s.routerParams()
	b.RoutedExperts = int64(s.Experts) * s.ExpertParams()
	b.SharedExperts = int64(s.SharedExperts) * s.SharedExpertParams()
	return b
}

func (s Spec) attentionParams() int64 {
	return sumParams(s.AttentionMatrices()) + s.attentionVectorParams()
}

// attentionVectorParams counts what is not a matrix.
func (s Spec) attentionVectorParams() int64 {
	if s.Attention == MLA {
		return int64(s.QLoraRank + s.KVLoraRank) // a norm on each latent
	}
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	n := 0
	if s.AttentionBias {
		n += q + 2*kv + s.Hidden
	}
	switch s.QKNorm {
	case QKNormHead:
		n += 2 * s.HeadDim
	case QKNormFull:
		n += q + kv
	}
	if s.AttentionSinks {
		n += s.Heads
	}
	return int64(n)
}

func (s Spec) routerParams() int64 {
	n := s.RouterMatrix().Params()
	if s.RouterBias {
		n += int64(s.Experts)
	}
	return n
}

// ExpertParams counts one routed expert: 3·hidden·expert_width, and with
// expert_bias 2·expert_width + hidden more.
func (s Spec) ExpertParams() int64 {
	n := sumParams(s.ExpertMatrices())
	if s.ExpertBias {
		n += int64(2*s.ExpertWidth + s.Hidden)
	}
	return n
}

// SharedExpertParams counts one shared expert: 3·hidden·shared_expert_width; 0
// when the model has none.
func (s Spec) SharedExpertParams() int64 { return sumParams(s.SharedExpertMatrices()) }

// EmbeddingParams counts the embedding table: vocabulary·hidden.
func (s Spec) EmbeddingParams() int64 { return int64(s.Vocabulary) * int64(s.Hidden) }

// LMHeadParams counts the LM head's own weights: vocabulary·hidden, or 0 with
// tied_embeddings. The norm in front of it is [Spec.FinalNormParams].
func (s Spec) LMHeadParams() int64 {
	if s.TiedEmbeddings {
		return 0
	}
	return s.LMHeadMatrix().Params()
}

// FinalNormParams counts the norm between the last block and the LM head: hidden.
func (s Spec) FinalNormParams() int64 { return int64(s.Hidden) }

// Params is the total: embedding, blocks, final norm and LM head.
func (s Spec) Params() int64 {
	n := s.EmbeddingParams() + s.FinalNormParams() + s.LMHeadParams()
	for layer := range s.Layers {
		n += s.BlockParams(layer).Total()
	}
	return n
}

// ActiveParams is what one token uses: all parameters except the routed experts
// it doesn't visit,
//
//	Params − MoELayers·(experts − top_k)·ExpertParams.
//
// The embedding table counts in full, although a token reads one row of it. With
// this convention OLMoE has its published 1.3 B, Qwen3-30B-A3B 3.3 B,
// DeepSeek-MoE-16B 2.8 B and Mixtral-8x7B 12.9 B. The published active counts of
// gpt-oss, DeepSeek-V2-Lite and DeepSeek-V3 leave the embedding table out: those
// are ActiveParams − [Spec.EmbeddingParams].
func (s Spec) ActiveParams() int64 {
	idle := int64(s.MoELayers()) * int64(s.Experts-s.TopK) * s.ExpertParams()
	return s.Params() - idle
}

// Bytes is the size of that many elements: n·element_bytes.
func (s Spec) Bytes(elements int64) int64 { return elements * int64(s.ElementBytes) }

// ExpertBytes is the size of one routed expert.
func (s Spec) ExpertBytes() int64 { return s.Bytes(s.ExpertParams()) }

// SharedExpertBytes is the size of one shared expert; 0 when the model has none.
func (s Spec) SharedExpertBytes() int64 { return s.Bytes(s.SharedExpertParams()) }

// AttentionBytes is the size of what the attention chiplet holds of a layer
// wherever experts are placed: attention, norms and, in an MoE layer, the router
// (Mozart paper, "attention and router").
func (s Spec) AttentionBytes(layer int) int64 {
	b := s.BlockParams(layer)
	return s.Bytes(b.Attention + b.Norms + b.Router)
}

// DenseBytes is the size of a dense layer's FFN; 0 when the model has none.
func (s Spec) DenseBytes() int64 { return s.Bytes(sumParams(s.DenseMatrices())) }
