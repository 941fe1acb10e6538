package schedule

import (
	"mozart/workloads/op"
)

// denseSweep is the FFN of a dense layer, cut into slices of its intermediate
// channels: gate and up give a slice of the product, down adds its share of the
// output.
func (r *root) denseSweep(l int, phase op.Phase) sweep {
	m := r.b.in.Model
	return sweep{
		layer: l, phase: phase, label: "ffn-weights",
		columns: int64(m.DenseWidth), perColumn: 3 * int64(m.Hidden),
	}
}

// forwardDense adds the forward pass of a dense block: attention, then the FFN,
// for all micro-batches each. The FFN's inputs stay on chip meanwhile.
func (b *builder) forwardDense(l int) {
	const phase = op.ForwardAttention
	r := b.root
	r.join(phase, l, "ffn-inputs", r.residual)
	r.loadBlock(op.ForwardWeights, l)
	for m := range b.in.Workload.MicroBatches {
		r.attend(l, m)
	}
	r.unloadBlock()
	s := r.denseSweep(l, op.ForwardWeights)
	s.work = func(i int, width int64) {
		r.eachPiece(func(m, p int, tokens int64) {
			r.ffn(phase, item{what: ffnSaved, layer: l, microBatch: m, slice: i, part: p}, tokens, width, "ffn")
			r.elementWise(phase, l, m, costResidual, tokens*int64(b.in.Model.Hidden))
		})
	}
	r.sweep(s)
	r.release(r.join(phase, l, "ffn-done", 0), r.residual)
}

// backwardDense adds the backward pass of a dense block. The gradients of the
// FFN's inputs are summed over the slices on chip; the inputs are restored with
// the first slice and stay for all.
func (b *builder) backwardDense(l int) {
	const phase = op.BackwardAttention
	r := b.root
	r.join(phase, l, "ffn-gradients", r.residual)
	inputs := map[item]int32{}
	s := r.denseSweep(l, op.BackwardWeights)
	s.update = true
	s.work = func(i int, width int64) {
		r.eachPiece(func(m, p int, tokens int64) {
			input := item{what: ffnInputSaved, layer: l, microBatch: m, part: p}
			if i == 0 {
				r.piece(tokens * (3*width + int64(b.in.Model.Hidden))) // both may come early
				inputs[input] = r.restore(input, b.in.Model.Bytes(tokens*int64(b.in.Model.Hidden)), r.window[0])
			}
			r.ffnBackward(phase, item{what: ffnSaved, layer: l, microBatch: m, slice: i, part: p}, tokens, width, "ffn", inputs[input])
			r.elementWise(phase, l, m, costResidual, tokens*int64(b.in.Model.Hidden))
		})
	}
	r.sweep(s)
	r.release(r.join(phase, l, "ffn-done", 0), r.residual) // the inputs
	b.step++
	r.loadBlock(op.BackwardWeights, l)
	for m := range b.in.Workload.MicroBatches {
		r.attendBackward(l, m)
	}
	r.release(r.chain, r.residual) // the sums
	r.updateBlock(l)
}
