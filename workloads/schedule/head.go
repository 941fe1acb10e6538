package schedule

import (
	"mozart/workloads/op"
)

// head adds final norm, LM head and loss, forward and backward, one slice of
// the vocabulary after another. Logits are saved to the stacks in between. The
// final norm's outputs, and later the sums of their gradients, are on chip.
func (r *root) head() {
	if r.b.in.Policy.LMHead == "none" {
		return
	}
	r.join(op.ForwardHead, op.None, "final-norm", r.residual)
	r.headNorm(op.ForwardHead, costNorm)
	r.sweep(r.headSweep(op.ForwardWeights, false, r.headForward))
	r.sweep(r.headSweep(op.BackwardWeights, true, r.headBackward))
	r.headNorm(op.BackwardHead, costNormGradient)
	r.release(r.chain, r.residual)
}

func (r *root) headNorm(phase op.Phase, c vectorCost) {
	for m := range r.b.in.Workload.MicroBatches {
		r.elementWise(phase, op.None, m, c, int64(r.b.tokens)*int64(r.b.in.Model.Hidden))
	}
}

func (r *root) headSweep(phase op.Phase, update bool, work func(i int, words int64)) sweep {
	m := r.b.in.Model
	return sweep{
		layer: op.None, phase: phase, label: "lm-head-weights", work: work, update: update,
		columns: int64(m.Vocabulary), perColumn: int64(m.Hidden),
	}
}

func logits(i, m, p int) item {
	return item{what: logitsSaved, layer: op.None, microBatch: m, slice: i, part: p}
}

func (r *root) headForward(i int, words int64) {
	r.eachPiece(func(m, p int, tokens int64) {
		bytes := r.piece(tokens * words)
		o := gemm(op.ForwardHead, tokens, int64(r.b.in.Model.Hidden), words, 1)
		o.Allocate = bytes
		r.compute(o, op.None, m, "lm-head", r.weights, r.window[0])
		r.used()
		r.elementWise(op.ForwardHead, op.None, m, costLoss, tokens*words)
		r.save(logits(i, m, p), bytes, bytes, r.chain)
	})
}

func (r *root) headBackward(i int, words int64) {
	h := int64(r.b.in.Model.Hidden)
	r.eachPiece(func(m, p int, tokens int64) {
		bytes := r.piece(tokens * words)
		acts := r.restore(logits(i, m, p), bytes, r.window[0])
		r.elementWise(op.BackwardHead, op.None, m, costLossGradient, tokens*words, r.weights, acts)
		r.compute(gemm(op.BackwardHead, tokens, words, h, 1), op.None, m, "lm-head-dgrad")
		wgrad := gemm(op.BackwardHead, h, tokens, words, 1)
		wgrad.Allocate = r.gradients()
		r.compute(wgrad, op.None, m, "lm-head-wgrad")
		r.release(r.chain, bytes)
		r.freed(r.chain)
	})
}

// embeddingGradient adds the update of the embedding rows of every token: read
// the rows, subtract, write them back.
func (r *root) embeddingGradient() {
	in := &r.b.in
	if in.Policy.Embedding == "none" {
		return
	}
	r.b.step++
	rows := int64(r.b.tokens) * int64(in.Model.Hidden)
	bytes := in.Model.Bytes(rows)
	early := r.window[1]
	for m := range in.Workload.MicroBatches {
		o := r.transfer(op.Load, op.UpdateMemory, op.Weights, bytes)
		o.Allocate = bytes
		if !in.Policy.Overlap.WeightsWithAttention {
			early = r.chain
		}
		load := r.add(o, op.None, int32(m), "embedding-rows", early)
		early = r.compute(r.vector(op.BackwardEmbedding, costSGD, rows), op.None, m, costSGD.name, load)
		o = r.transfer(op.Store, op.UpdateMemory, op.Weights, bytes)
		o.Release = bytes
		r.writing(r.writeChain(r.add(o, op.None, int32(m), "embedding-rows", r.chain)))
	}
}
