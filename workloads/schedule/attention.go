package schedule

import (
	"mozart/workloads/model"
	"mozart/workloads/op"
)

// pieces returns the number of sequences of each piece of a micro-batch.
func (b *builder) pieces() []int64 {
	sequences := b.in.Workload.Sequences / b.in.Workload.MicroBatches
	return cut(int64(sequences), int64(min(b.in.Policy.AttentionPiece, sequences)))
}

// cut divides total into n parts that differ by at most one.
func cut(total, n int64) []int64 {
	parts := make([]int64, n)
	for i := range parts {
		parts[i] = (int64(i)+1)*total/n - int64(i)*total/n
	}
	return parts
}

// shape is what the ops of one piece of attention need to know.
type shape struct {
	tokens, sequences, length int64
	hidden, heads, qk, v      int64 // channels
	// projected and context are the elements per token that the projections before
	// the scores give, and those between scores and output projection.
	projected, context int64
	// rotated are the elements per token with rotary embedding, normed those of
	// queries, keys or latents that have a norm of their own.
	rotated, normed int64
	logits          int64 // router outputs; 0 in a dense layer
	// Scores are computed in tiles of queries x keys; there are so many in the piece,
	// over all heads and sequences.
	queries, keys, tiles int64
	// kept says that the probabilities are saved, not computed again.
	kept bool
}

func (r *root) shape(l int, sequences int64) shape {
	m := r.b.in.Model
	s := shape{
		sequences: sequences, length: int64(r.b.in.Workload.SequenceLength),
		hidden: int64(m.Hidden), heads: int64(m.Heads), qk: int64(m.QKHeadDim()), v: int64(m.ValueHeadDim()),
	}
	s.tokens = s.sequences * s.length
	s.context = s.heads * s.v
	matrices := m.AttentionMatrices()
	for _, w := range matrices[:len(matrices)-1] {
		s.projected += int64(w.Out)
	}
	if m.Attention == model.MLA {
		s.rotated = int64((m.Heads + 1) * m.QKRopeHeadDim)
		s.normed = int64(m.QLoraRank + m.KVLoraRank)
	} else {
		s.rotated = int64((m.Heads + m.KVHeads) * m.HeadDim)
		if m.QKNorm != model.QKNormNone {
			s.normed = s.rotated
		}
	}
	if !m.IsDense(l) {
		s.logits = int64(m.Experts)
	}
	s.queries, s.keys, s.tiles = r.b.in.Policy.Scores(s.length)
	s.tiles *= s.heads * s.sequences
	s.kept = !r.b.in.Policy.Recompute
	return s
}

// Scores is the part of a sequence's attention scores that is computed for each head:
// so many tiles of queries x keys. Under a causal mask a sequence in one piece gives
// length*(length+1)/2 scores, as a tile of other proportions.
func (s Spec) Scores(length int64) (queries, keys, tiles int64) {
	causal := s.AttentionMask == "causal"
	if side := int64(s.AttentionTile); side > 0 && side < length {
		n := (length + side - 1) / side
		if causal {
			return side, side, n * (n + 1) / 2
		}
		return side, side, n * n
	}
	switch {
	case !causal:
		return length, length, 1
	case length%2 == 0:
		return length + 1, length / 2, 1
	}
	return length, (length + 1) / 2, 1
}

// tiled says that the results of a query are those of several tiles.
func (s shape) tiled() bool { return s.tiles > s.heads*s.sequences }

// saved is the number of elements that the backward pass needs: the block's
// input, the projections and the context, in an MoE layer the FFN's input
// and the router's logits, and the probabilities if they are not computed again.
func (s shape) saved() int64 {
	n := s.hidden + s.projected + s.context
	if s.logits > 0 {
		n += s.hidden + s.logits
	}
	n *= s.tokens
	if s.kept {
		n += s.scoreElements()
	}
	return n
}

func (s shape) scoreElements() int64 { return s.queries * s.keys * s.tiles }

// project adds x times each weight matrix.
func (r *root) project(phase op.Phase, l, m int, tokens int64, matrices []model.Matrix) {
	for _, w := range matrices {
		r.compute(gemm(phase, tokens, int64(w.In), int64(w.Out), 1), l, m, w.Name)
	}
}

// projectBackward adds dgrad and wgrad of each weight matrix, last one first.
func (r *root) projectBackward(phase op.Phase, l, m int, tokens int64, matrices []model.Matrix) {
	for i := len(matrices) - 1; i >= 0; i-- {
		w := matrices[i]
		r.compute(gemm(phase, tokens, int64(w.Out), int64(w.In), 1), l, m, w.Name+"-dgrad")
		wgrad := gemm(phase, int64(w.In), tokens, int64(w.Out), 1)
		wgrad.Allocate = r.gradients()
		r.compute(wgrad, l, m, w.Name+"-wgrad")
	}
}

// elementWise adds vector work, if there is any.
func (r *root) elementWise(phase op.Phase, l, m int, c vectorCost, elements int64, deps ...int32) {
	if elements > 0 {
		r.compute(r.vector(phase, c, elements), l, m, c.name, deps...)
	}
}

// attend adds the forward pass of one block at the attention chiplet, up to the
// router or the dense FFN's input, for one micro-batch.
func (r *root) attend(l, m int) {
	r.written()
	for p, sequences := range r.b.pieces() {
		s := r.shape(l, sequences)
		bytes := r.piece(s.saved())
		r.attendPiece(l, m, s, bytes)
		r.save(item{what: attentionSaved, layer: l, microBatch: m, part: p}, bytes, bytes, r.chain)
		if s.logits == 0 {
			r.save(item{what: ffnInputSaved, layer: l, microBatch: m, part: p}, r.b.in.Model.Bytes(s.tokens*s.hidden), 0, r.chain)
		}
	}
	r.used()
}

func (r *root) attendPiece(l, m int, s shape, bytes int64) {
	const phase = op.ForwardAttention
	matrices := r.b.in.Model.AttentionMatrices()
	last := len(matrices) - 1
	first := r.vector(phase, costNorm, s.tokens*s.hidden)
	first.Allocate = bytes
	r.compute(first, l, m, costNorm.name, r.weights, r.window[0])
	r.project(phase, l, m, s.tokens, matrices[:last])
	r.elementWise(phase, l, m, costNorm, s.tokens*s.normed)
	r.elementWise(phase, l, m, costRotary, s.tokens*s.rotated)
	r.scores(phase, l, m, s)
	r.compute(gemm(phase, s.queries, s.keys, s.v, s.tiles), l, m, "context")
	if s.tiled() {
		r.elementWise(phase, l, m, costRescale, s.queries*s.v*s.tiles)
	}
	r.project(phase, l, m, s.tokens, matrices[last:])
	r.elementWise(phase, l, m, costResidual, s.tokens*s.hidden)
	r.elementWise(phase, l, m, costNorm, s.tokens*s.hidden)
	if s.logits == 0 {
		return
	}
	r.project(phase, l, m, s.tokens, []model.Matrix{r.b.in.Model.RouterMatrix()})
	r.elementWise(phase, l, m, costRouter, s.tokens*s.logits)
	if r.b.in.Policy.AuxLoss {
		r.elementWise(phase, l, m, costAuxLoss, s.tokens*s.logits)
	}
}

// scores adds queries times keys and the softmax.
func (r *root) scores(phase op.Phase, l, m int, s shape) {
	r.compute(gemm(phase, s.queries, s.qk, s.keys, s.tiles), l, m, "scores")
	r.elementWise(phase, l, m, costSoftmax, s.scoreElements())
}

// attendBackward adds the backward pass of one block's attention and router for
// one micro-batch.
func (r *root) attendBackward(l, m int) {
	r.written()
	for p, sequences := range r.b.pieces() {
		s := r.shape(l, sequences)
		bytes := r.piece(s.saved())
		acts := r.restore(item{what: attentionSaved, layer: l, microBatch: m, part: p}, bytes, r.window[0])
		r.pieceBackward(l, m, s, acts)
		r.release(r.chain, bytes)
		r.freed(r.chain)
	}
}

func (r *root) pieceBackward(l, m int, s shape, acts int32) {
	const phase = op.BackwardAttention
	mod := r.b.in.Model
	matrices := mod.AttentionMatrices()
	last := len(matrices) - 1
	begin := []int32{acts, r.weights}
	if s.logits > 0 {
		r.elementWise(phase, l, m, costRouterGradient, s.tokens*s.logits, begin...)
		begin = nil
		if r.b.in.Policy.AuxLoss {
			r.elementWise(phase, l, m, costAuxLoss, s.tokens*s.logits)
		}
		r.projectBackward(phase, l, m, s.tokens, []model.Matrix{mod.RouterMatrix()})
	}
	r.elementWise(phase, l, m, costNormGradient, s.tokens*s.hidden, begin...)
	r.projectBackward(phase, l, m, s.tokens, matrices[last:])
	if !s.kept {
		r.scores(phase, l, m, s)
	}
	r.scoresBackward(phase, l, m, s)
	r.elementWise(phase, l, m, costRotary, s.tokens*s.rotated)
	r.elementWise(phase, l, m, costNormGradient, s.tokens*s.normed)
	r.projectBackward(phase, l, m, s.tokens, matrices[:last])
	r.elementWise(phase, l, m, costNormGradient, s.tokens*s.hidden)
	r.elementWise(phase, l, m, costResidual, s.tokens*s.hidden)
}

// scoresBackward adds the gradients of values, probabilities, queries and keys.
func (r *root) scoresBackward(phase op.Phase, l, m int, s shape) {
	r.compute(gemm(phase, s.keys, s.queries, s.v, s.tiles), l, m, "values-dgrad")
	r.compute(gemm(phase, s.queries, s.v, s.keys, s.tiles), l, m, "probabilities-dgrad")
	r.elementWise(phase, l, m, costSoftmaxGradient, s.scoreElements())
	r.compute(gemm(phase, s.queries, s.keys, s.qk, s.tiles), l, m, "queries-dgrad")
	r.compute(gemm(phase, s.keys, s.queries, s.qk, s.tiles), l, m, "keys-dgrad")
	if s.tiled() {
		r.elementWise(phase, l, m, costAccumulate, (s.queries*s.qk+s.keys*(s.qk+s.v))*s.tiles)
	}
}
