package schedule

import (
	"mozart/workloads/model"
	"mozart/workloads/op"
)

// ffn adds the forward pass of a gated FFN of so many intermediate channels for
// one piece and saves its intermediates.
func (r *root) ffn(phase op.Phase, it item, tokens, width int64, label string, deps ...int32) {
	h := int64(r.b.in.Model.Hidden)
	l, m := it.layer, it.microBatch
	bytes := r.piece(3 * tokens * width)
	o := gemm(phase, tokens, h, 2*width, 1)
	o.Allocate = bytes
	r.compute(o, l, m, label+"-gate-up", append(deps, r.weights, r.window[0])...)
	r.elementWise(phase, l, m, costSwiGLU, tokens*width)
	r.compute(gemm(phase, tokens, width, h, 1), l, m, label+"-down")
	r.used()
	r.save(it, bytes, bytes, r.chain)
}

// ffnBackward adds the backward pass of ffn, which waits for acts: the
// intermediates, which leave the SRAM, and what else the caller has restored.
func (r *root) ffnBackward(phase op.Phase, it item, tokens, width int64, label string, acts ...int32) {
	h := int(r.b.in.Model.Hidden)
	l, m := it.layer, it.microBatch
	bytes := r.piece(3 * tokens * width)
	begin := append(acts, r.restore(it, bytes, r.window[0]), r.weights)
	r.compute(gemm(phase, tokens, int64(h), width, 1), l, m, label+"-down-dgrad", begin...)
	wgrad := gemm(phase, width, tokens, int64(h), 1)
	wgrad.Allocate = r.gradients()
	r.compute(wgrad, l, m, label+"-down-wgrad")
	r.elementWise(phase, l, m, costSwiGLUGradient, tokens*width)
	r.projectBackward(phase, l, m, tokens, []model.Matrix{{Name: label + "-gate-up", In: h, Out: int(2 * width)}})
	r.release(r.chain, bytes)
	r.freed(r.chain)
}

// shared adds the shared experts of the attention chiplet, which work while the
// expert chiplets do.
func (r *root) shared(l, m int, ph phases) {
	mod := r.b.in.Model
	if mod.SharedExperts == 0 || r.b.remoteShared > 0 {
		return
	}
	r.written()
	width := int64(mod.SharedExperts * mod.SharedExpertWidth)
	for p, sequences := range r.b.pieces() {
		it := item{what: sharedSaved, layer: l, microBatch: m, part: p}
		tokens := sequences * int64(r.b.in.Workload.SequenceLength)
		if ph.backward {
			r.ffnBackward(ph.post, it, tokens, width, "shared")
		} else {
			r.ffn(ph.post, it, tokens, width, "shared")
		}
	}
}
