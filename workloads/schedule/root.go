package schedule

import (
	"mozart/workloads/model"
	"mozart/workloads/op"
)

// root builds the program of the attention chiplet.
type root struct {
	device

	weights int32 // load of the current block's weights
	// weightsFree is the op after which the block before has left the SRAM.
	weightsFree int32
	start       int32 // signal that lets the expert chiplets load
	starts      []op.Peer
	residual    int64 // bytes of the residual stream of all micro-batches
	graded      bool  // the current block has gradients
	lastPiece   int32 // last op of the current block that used its weights
	// window holds the last ops of the two pieces before, whose restored
	// activations are on chip.
	window  [2]int32
	largest int64 // most SRAM of one piece's saved activations
}

func newRoot(b *builder, labels *op.Labels) *root {
	return &root{device: newDevice(b, op.Attention, labels), weightsFree: none, window: [2]int32{none, none}}
}

// pieces returns the number of sequences of each piece of a micro-batch.
func (b *builder) pieces() []int64 {
	sequences := b.in.Workload.Sequences / b.in.Workload.MicroBatches
	n := min(b.in.Policy.AttentionPiece, sequences)
	pieces := make([]int64, n)
	for i := range pieces {
		pieces[i] = int64((i+1)*sequences/n - i*sequences/n)
	}
	return pieces
}

// join is an op that is done when its dependencies are.
func (d *device) join(phase op.Phase, l int, label string, deps ...int32) int32 {
	return d.add(op.Op{Kind: op.Await, Phase: phase}, l, none, label, deps...)
}

// begin adds the embedding of every micro-batch and makes room for the
// residual stream, which stays on chip for the whole step.
func (r *root) begin() {
	in := &r.b.in
	r.residual = in.Model.Bytes(int64(in.Workload.Tokens()) * int64(in.Model.Hidden))
	r.chain = r.add(op.Op{Kind: op.Await, Phase: op.ForwardEmbedding, Allocate: r.residual}, op.None, none, "residual-stream")
	if in.Policy.Embedding == "none" {
		return
	}
	rows := int64(r.b.tokens) * int64(in.Model.Hidden)
	early := r.chain
	for m := range in.Workload.MicroBatches {
		o := r.transfer(op.Load, op.ForwardEmbedding, op.Weights, in.Model.Bytes(rows))
		if !in.Policy.Overlap.WeightsWithAttention {
			early = r.chain
		}
		load := r.add(o, op.None, int32(m), "embedding-rows", early)
		r.compute(r.vector(op.ForwardEmbedding, costCopy, rows), op.None, m, costCopy.name, load)
	}
}

// blockParams are the parameters of a block that live at the attention chiplet.
func (r *root) blockParams(l int) int64 {
	p := r.b.in.Model.BlockParams(l)
	n := p.Attention + p.Norms + p.Router + p.DenseFFN
	if r.b.remoteShared == 0 {
		n += p.SharedExperts
	}
	return n
}

func (r *root) blockBytes(l int) int64 { return r.b.in.Model.Bytes(r.blockParams(l)) }

// loadBlock adds the load of a block's weights.
func (r *root) loadBlock(l int, phase op.Phase) {
	o := r.transfer(op.Load, phase, op.Weights, r.blockBytes(l))
	o.Allocate, o.Priority = o.Bytes, o.Priority+1
	r.graded = false
	if r.b.in.Policy.Overlap.WeightsWithAttention {
		r.weights = r.add(o, l, none, "attention-weights", r.weightsFree)
	} else {
		r.chain = r.add(o, l, none, "attention-weights", r.chain, r.weightsFree)
		r.weights = r.chain
	}
	r.lastPiece = r.weights
}

// endForward frees the block's weights after their last use.
func (r *root) endForward() {
	l := int(r.Op(r.weights).Layer)
	r.release(r.lastPiece, r.blockBytes(l))
	r.weightsFree = r.lastPiece
}

// shape is what the ops of one piece of attention need to know.
type shape struct {
	tokens, sequences, length int64
	hidden, heads, qk, v      int64 // channels
	projected                 int64 // elements per token that the projections before the scores give
	context                   int64 // elements per token between scores and output projection
	logits, dense             int64 // router outputs, dense FFN width; 0 where there is none
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
	if m.IsDense(l) {
		s.dense = int64(m.DenseWidth)
	} else {
		s.logits = int64(m.Experts)
	}
	return s
}

// saved is the number of elements per token that the backward pass needs: the
// block's input, the projections, the context, the FFN's input, and the
// router's logits or the dense FFN's gate, up and product.
func (s shape) saved() int64 {
	return 2*s.hidden + s.projected + s.context + s.logits + 3*s.dense
}

// scores is the number of attention scores per head of one sequence under a
// causal mask, as a GEMM's M and N with M*N = length*(length+1)/2.
func (s shape) scores() (m, n int64) {
	if s.length%2 == 0 {
		return s.length + 1, s.length / 2
	}
	return s.length, (s.length + 1) / 2
}

func (s shape) scoreElements() int64 {
	m, n := s.scores()
	return m * n * s.heads * s.sequences
}

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
		r.compute(gemm(phase, int64(w.In), tokens, int64(w.Out), 1), l, m, w.Name+"-wgrad")
	}
}

// attend adds the forward pass of one block at the attention chiplet, up to the
// router, for one micro-batch.
func (r *root) attend(l, m int) {
	const phase = op.ForwardAttention
	total := int64(0)
	overlap := r.b.in.Policy.Overlap.Activations
	for _, sequences := range r.b.pieces() {
		s := r.shape(l, sequences)
		bytes := r.b.in.Model.Bytes(s.tokens * s.saved())
		r.largest = max(r.largest, bytes)
		r.attendPiece(l, m, s, bytes, phase)
		if overlap {
			r.save(l, m, bytes, bytes, r.chain)
		}
		total += bytes
	}
	r.lastPiece = r.chain
	if !overlap {
		r.save(l, m, total, total, r.chain)
	}
}

func (r *root) attendPiece(l, m int, s shape, bytes int64, phase op.Phase) {
	mod := r.b.in.Model
	matrices := mod.AttentionMatrices()
	vector := func(c vectorCost, elements int64, deps ...int32) {
		r.compute(r.vector(phase, c, elements), l, m, c.name, deps...)
	}
	first := r.vector(phase, costNorm, s.tokens*s.hidden)
	first.Allocate = bytes
	r.compute(first, l, m, costNorm.name, r.weights, r.saves[0])
	r.project(phase, l, m, s.tokens, matrices[:len(matrices)-1])
	vector(costRotary, s.tokens*s.projected)
	r.scores(phase, l, m, s)
	sm, sn := s.scores()
	r.compute(gemm(phase, sm, sn, s.v, s.heads*s.sequences), l, m, "context")
	r.project(phase, l, m, s.tokens, matrices[len(matrices)-1:])
	vector(costResidual, s.tokens*s.hidden)
	vector(costNorm, s.tokens*s.hidden)
	if s.dense > 0 {
		dense := mod.DenseMatrices()
		r.project(phase, l, m, s.tokens, dense[:len(dense)-1])
		vector(costSwiGLU, s.tokens*s.dense)
		r.project(phase, l, m, s.tokens, dense[len(dense)-1:])
		vector(costResidual, s.tokens*s.hidden)
		return
	}
	r.project(phase, l, m, s.tokens, []model.Matrix{mod.RouterMatrix()})
	vector(costRouter, s.tokens*s.logits)
	if r.b.in.Policy.AuxLoss {
		vector(costAuxLoss, s.tokens*s.logits)
	}
}

// scores adds queries times keys and the softmax.
func (r *root) scores(phase op.Phase, l, m int, s shape) {
	sm, sn := s.scores()
	r.compute(gemm(phase, sm, s.qk, sn, s.heads*s.sequences), l, m, "scores")
	r.compute(r.vector(phase, costSoftmax, s.scoreElements()), l, m, costSoftmax.name)
}

// shared adds the shared experts of the attention chiplet, which work while the
// expert chiplets do.
func (r *root) shared(l, m int, ph phases) {
	mod := r.b.in.Model
	if mod.SharedExperts == 0 || r.b.remoteShared > 0 {
		return
	}
	tokens := int64(r.b.tokens)
	width := int64(mod.SharedExperts * mod.SharedExpertWidth)
	bytes := mod.Bytes(3 * tokens * width)
	wide := func(ws []model.Matrix) []model.Matrix {
		out := append([]model.Matrix(nil), ws...)
		for i := range out {
			if out[i].In == mod.Hidden {
				out[i].Out = int(width)
			} else {
				out[i].In = int(width)
			}
		}
		return out
	}
	ws := wide(mod.SharedExpertMatrices())
	last := len(ws) - 1
	if ph.backward {
		acts := r.restore(l, m, bytes, r.window[0])
		r.compute(r.vector(ph.post, costScale, tokens*int64(mod.Hidden)), l, m, costScale.name, acts, r.weights)
		r.projectBackward(ph.post, l, m, tokens, ws[last:])
		r.compute(r.vector(ph.post, costSwiGLUGradient, tokens*width), l, m, costSwiGLUGradient.name)
		r.projectBackward(ph.post, l, m, tokens, ws[:last])
		r.release(r.chain, bytes)
		r.largest = max(r.largest, bytes)
		return
	}
	o := gemm(ph.post, tokens, int64(ws[0].In), int64(ws[0].Out), 1)
	o.Allocate = bytes
	r.compute(o, l, m, "shared-"+ws[0].Name, r.saves[0])
	r.project(ph.post, l, m, tokens, ws[1:last])
	r.compute(r.vector(ph.post, costSwiGLU, tokens*width), l, m, costSwiGLU.name)
	r.project(ph.post, l, m, tokens, ws[last:])
	r.lastPiece = r.chain
	r.largest = max(r.largest, bytes)
	r.save(l, m, bytes, bytes, r.chain)
}

// received adds what the attention chiplet does with the combined outputs.
func (r *root) received(l, m int, receive int32, ph phases) {
	mod := r.b.in.Model
	elements := int64(r.b.tokens) * int64(mod.Hidden)
	if r.b.program.Combine == op.CombineAtRoot {
		elements *= int64(mod.TopK + r.b.remoteShared)
	}
	r.compute(r.vector(ph.post, costAggregate, elements), l, m, costAggregate.name, receive)
}

// attendBackward adds the backward pass of one block's attention and router for
// one micro-batch.
func (r *root) attendBackward(l, m int) {
	const phase = op.BackwardAttention
	overlap := r.b.in.Policy.Overlap.Activations
	all, total := none, int64(0)
	if !overlap {
		for _, sequences := range r.b.pieces() {
			s := r.shape(l, sequences)
			total += r.b.in.Model.Bytes(s.tokens * s.saved())
		}
		all = r.restore(l, m, total, none)
	}
	for _, sequences := range r.b.pieces() {
		s := r.shape(l, sequences)
		bytes := r.b.in.Model.Bytes(s.tokens * s.saved())
		acts := all
		if overlap {
			acts = r.restore(l, m, bytes, r.window[0])
		}
		r.pieceBackward(l, m, s, acts, phase)
		r.release(r.chain, bytes)
		r.window[0], r.window[1] = r.window[1], r.chain
	}
	r.lastPiece = r.chain
}

func (r *root) pieceBackward(l, m int, s shape, acts int32, phase op.Phase) {
	mod := r.b.in.Model
	matrices := mod.AttentionMatrices()
	last := len(matrices) - 1
	vector := func(c vectorCost, elements int64) {
		r.compute(r.vector(phase, c, elements), l, m, c.name)
	}
	first := r.vector(phase, costScale, s.tokens*s.hidden)
	if !r.graded {
		r.graded = true
		first.Allocate = r.blockBytes(l)
	}
	r.compute(first, l, m, costScale.name, acts, r.weights)
	if s.dense > 0 {
		dense := mod.DenseMatrices()
		r.projectBackward(phase, l, m, s.tokens, dense[len(dense)-1:])
		vector(costSwiGLUGradient, s.tokens*s.dense)
		r.projectBackward(phase, l, m, s.tokens, dense[:len(dense)-1])
	} else {
		vector(costRouterGradient, s.tokens*s.logits)
		if r.b.in.Policy.AuxLoss {
			vector(costAuxLoss, s.tokens*s.logits)
		}
		r.projectBackward(phase, l, m, s.tokens, []model.Matrix{mod.RouterMatrix()})
	}
	vector(costNormGradient, s.tokens*s.hidden)
	r.projectBackward(phase, l, m, s.tokens, matrices[last:])
	r.scores(phase, l, m, s)
	r.scoresBackward(phase, l, m, s)
	vector(costRotary, s.tokens*s.projected)
	r.projectBackward(phase, l, m, s.tokens, matrices[:last])
	vector(costNormGradient, s.tokens*s.hidden)
	vector(costResidual, s.tokens*s.hidden)
}

// scoresBackward adds the gradients of values, probabilities, queries and keys.
func (r *root) scoresBackward(phase op.Phase, l, m int, s shape) {
	sm, sn := s.scores()
	count := s.heads * s.sequences
	r.compute(gemm(phase, sn, sm, s.v, count), l, m, "values-dgrad")
	r.compute(gemm(phase, sm, s.v, sn, count), l, m, "probabilities-dgrad")
	r.compute(r.vector(phase, costSoftmaxGradient, s.scoreElements()), l, m, costSoftmaxGradient.name)
	r.compute(gemm(phase, sm, sn, s.qk, count), l, m, "queries-dgrad")
	r.compute(gemm(phase, sn, sm, s.qk, count), l, m, "keys-dgrad")
}

// update adds the update of the block's weights at the attention chiplet.
func (r *root) update(l int) {
	after, label := r.chain, "gradients"
	if r.b.in.Policy.Gradients != "dram" {
		after = r.compute(r.vector(op.Update, costSGD, r.blockParams(l)), l, op.None, costSGD.name)
		label = "attention-weights"
	}
	o := r.transfer(op.Store, op.UpdateMemory, op.Weights, r.blockBytes(l))
	o.Release = 2 * o.Bytes
	r.weightsFree = r.writeChain(r.add(o, l, none, label, after))
}

func (r *root) deferredUpdate(l int) {
	r.weightsFree = r.updatePass(l, r.blockParams(l), r.weightsFree, 0)
}

// finish ends the step: the residual stream leaves the SRAM.
func (r *root) finish() {
	end := r.join(op.Update, op.None, "end", r.chain)
	r.release(end, r.residual)
}

// need is the most SRAM that the attention chiplet's data occupies at once:
// what program order gives, and two pieces' saved or restored activations.
func (r *root) need() int64 { return r.peak + 2*r.largest }
