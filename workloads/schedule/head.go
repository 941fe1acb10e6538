package schedule

import (
	"mozart/workloads/op"
)

// slices returns the widths of the vocabulary slices that the LM head is cut
// into.
func (b *builder) slices() []int64 {
	vocabulary := int64(b.in.Model.Vocabulary)
	row := b.in.Model.Bytes(int64(b.in.Model.Hidden))
	n := max(1, (vocabulary*row+int64(b.in.Policy.LMHeadSlice)-1)/int64(b.in.Policy.LMHeadSlice))
	n = min(n, vocabulary)
	out := make([]int64, n)
	for i := range out {
		out[i] = (int64(i)+1)*vocabulary/n - int64(i)*vocabulary/n
	}
	return out
}

// head adds final norm, LM head and loss, forward and backward, one slice of
// the vocabulary after another. Logits are saved to the stacks in between.
func (r *root) head() {
	if r.b.in.Policy.LMHead == "none" {
		return
	}
	r.b.step++
	mod := r.b.in.Model
	h := int64(mod.Hidden)
	for m := range r.b.in.Workload.MicroBatches {
		r.compute(r.vector(op.ForwardHead, costNorm, int64(r.b.tokens)*h), op.None, m, costNorm.name)
	}
	for _, n := range r.b.slices() {
		weights := r.slice(op.ForwardWeights, n)
		r.headPieces(func(m int, tokens int64) {
			bytes := mod.Bytes(tokens * n)
			r.largest = max(r.largest, bytes)
			o := gemm(op.ForwardHead, tokens, h, n, 1)
			o.Allocate = bytes
			r.compute(o, op.None, m, "lm-head", weights, r.saves[0])
			r.compute(r.vector(op.ForwardHead, costLoss, tokens*n), op.None, m, costLoss.name)
			r.save(op.None, m, bytes, bytes, r.chain)
		})
		r.release(r.chain, mod.Bytes(h*n))
		r.weightsFree = r.chain
	}
	r.b.step++
	for _, n := range r.b.slices() {
		r.headBackward(n)
	}
	for m := range r.b.in.Workload.MicroBatches {
		r.compute(r.vector(op.BackwardHead, costNormGradient, int64(r.b.tokens)*h), op.None, m, costNormGradient.name)
	}
}

// slice loads the weights of n words.
func (r *root) slice(phase op.Phase, n int64) int32 {
	o := r.transfer(op.Load, phase, op.Weights, r.b.in.Model.Bytes(int64(r.b.in.Model.Hidden)*n))
	o.Allocate, o.Priority = o.Bytes, o.Priority+1
	if r.b.in.Policy.Overlap.WeightsWithAttention {
		return r.add(o, op.None, none, "lm-head-weights", r.weightsFree)
	}
	r.chain = r.add(o, op.None, none, "lm-head-weights", r.chain, r.weightsFree)
	return r.chain
}

// headPieces calls f for every piece of every micro-batch.
func (r *root) headPieces(f func(m int, tokens int64)) {
	for m := range r.b.in.Workload.MicroBatches {
		for _, sequences := range r.b.pieces() {
			f(m, sequences*int64(r.b.in.Workload.SequenceLength))
		}
	}
}

func (r *root) headBackward(n int64) {
	mod := r.b.in.Model
	h := int64(mod.Hidden)
	params := h * n
	weights := r.slice(op.BackwardWeights, n)
	first := true
	r.headPieces(func(m int, tokens int64) {
		bytes := mod.Bytes(tokens * n)
		acts := r.restore(op.None, m, bytes, r.window[0])
		o := r.vector(op.BackwardHead, costLossGradient, tokens*n)
		if first {
			o.Allocate = mod.Bytes(params)
			first = false
		}
		r.compute(o, op.None, m, costLossGradient.name, weights, acts)
		r.compute(gemm(op.BackwardHead, tokens, n, h, 1), op.None, m, "lm-head-dgrad")
		r.compute(gemm(op.BackwardHead, h, tokens, n, 1), op.None, m, "lm-head-wgrad")
		r.release(r.chain, bytes)
		r.window[0], r.window[1] = r.window[1], r.chain
	})
	r.compute(r.vector(op.Update, costSGD, params), op.None, op.None, costSGD.name)
	o := r.transfer(op.Store, op.UpdateMemory, op.Weights, mod.Bytes(params))
	o.Release = 2 * o.Bytes
	r.weightsFree = r.writeChain(r.add(o, op.None, none, "lm-head-weights", r.chain))
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
		r.writeChain(r.add(o, op.None, int32(m), "embedding-rows", r.chain))
	}
}
