package schedule

import (
	"mozart/workloads/op"
)

// root builds the program of the attention chiplet.
type root struct {
	device

	held // the weights that are being worked with
	// weightsFree are the ops after which the weights before have left the SRAM.
	weightsFree [2]int32

	start    int32 // signal that lets the expert chiplets load
	starts   []op.Peer
	residual int64 // bytes of one vector per token of the step
	largest  int64 // most SRAM of one piece's saved activations
}

// held are weights on chip.
type held struct {
	weights int32 // their load
	params  int64 // how many they are
	graded  bool  // they have gradients
	lastUse int32 // last op so far that used them
}

func newRoot(b *builder, labels *op.Labels) *root {
	return &root{
		device: newDevice(b, op.Attention, labels), weightsFree: [2]int32{none, none},
		residual: b.program.TokenBytes * b.program.TokensPerStep,
	}
}

// reserve makes room for the ops that follow the forward pass of the first MoE
// block: as many for each block, some 1.6 times as many in its backward pass, and
// a few for the LM head.
func (r *root) reserve(block int) {
	ops := 3 * block * r.b.in.Model.MoELayers()
	r.Reserve(ops, ops*depsPerOp)
}

// begin adds the embedding of every micro-batch and makes room for the
// residual stream, which stays on chip for the whole step.
func (r *root) begin() {
	in := &r.b.in
	early := r.join(op.ForwardEmbedding, op.None, "residual-stream", r.residual)
	if in.Policy.Embedding == "none" {
		return
	}
	rows := int64(r.b.tokens) * int64(in.Model.Hidden)
	for m := range in.Workload.MicroBatches {
		o := r.transfer(op.Load, op.ForwardEmbedding, op.Weights, in.Model.Bytes(rows))
		if !in.Policy.Overlap.WeightsWithAttention {
			early = r.chain
		}
		load := r.add(o, op.None, int32(m), "embedding-rows", early)
		r.compute(r.vector(op.ForwardEmbedding, costCopy, rows), op.None, m, costCopy.name, load)
	}
}

// blockParams are the parameters of a block that are on the attention chiplet
// at one time; a dense FFN comes in slices, after them.
func (r *root) blockParams(l int) int64 {
	p := r.b.in.Model.BlockParams(l)
	n := p.Attention + p.Norms + p.Router
	if r.b.remoteShared == 0 {
		n += p.SharedExperts
	}
	return n
}

// load adds the load of weights once the SRAM that they go to is free.
func (r *root) load(phase op.Phase, l int, params int64, label string, free ...int32) held {
	o := r.transfer(op.Load, phase, op.Weights, r.b.in.Model.Bytes(params))
	o.Allocate, o.Priority = o.Bytes, o.Priority+1
	r.margin = max(0, r.margin-o.Bytes) // not both: the load waits for the write-back
	if r.b.in.Policy.Overlap.WeightsWithAttention {
		i := r.add(o, l, none, label, free...)
		return held{weights: i, params: params, lastUse: i}
	}
	i := r.serial(r.add(o, l, none, label, free...))
	return held{weights: i, params: params, lastUse: i}
}

// loadBlock adds the load of a block's weights.
func (r *root) loadBlock(phase op.Phase, l int) {
	r.held = r.load(phase, l, r.blockParams(l), "attention-weights", r.weightsFree[:]...)
}

// writing notes a write-back that the chain does not wait for, and returns it.
func (r *root) writing(store int32) int32 {
	if r.b.in.Policy.Overlap.WriteBack {
		r.margin += r.Op(store).Release
	}
	return store
}

// written notes that the chain waits for weights that wait for all write-backs.
func (r *root) written() { r.margin = 0 }

// used notes that the last op of the chain used the weights.
func (r *root) used() { r.lastUse = r.chain }

// unload frees the weights after their last use and returns that.
func (r *root) unload() int32 {
	r.release(r.lastUse, r.b.in.Model.Bytes(r.params))
	return r.lastUse
}

func (r *root) unloadBlock() { r.weightsFree = [2]int32{none, r.unload()} }

// gradients is what the op that makes the first gradients of the weights
// allocates for them, and 0 afterwards.
func (r *root) gradients() int64 {
	if r.graded {
		return 0
	}
	r.graded = true
	return r.b.in.Model.Bytes(r.params)
}

// updateBlock ends the backward pass of a block's weights.
func (r *root) updateBlock(l int) {
	r.weightsFree = [2]int32{none, r.writing(r.writeBack(l, r.params, "attention-weights", r.b.deferred()))}
}

func (r *root) deferredUpdate(l int) {
	done := r.updatePass(l, r.blockParams(l), 0, r.weightsFree[:]...)
	r.weightsFree = [2]int32{none, done}
}

// piece notes the SRAM that the saved activations of one piece take.
func (r *root) piece(elements int64) (bytes int64) {
	bytes = r.b.in.Model.Bytes(elements)
	r.largest = max(r.largest, bytes)
	return bytes
}

// received adds the combined outputs, which were summed as they arrived, to the
// residual stream. The FFN's inputs and the sums leave the SRAM.
func (r *root) received(l, m int, receive int32, ph phases) {
	o := r.vector(ph.post, costResidual, int64(r.b.tokens)*int64(r.b.in.Model.Hidden))
	o.Release = 2 * r.b.microBatchBytes()
	r.compute(o, l, m, costResidual.name, receive)
}

// finish ends the step: the residual stream leaves the SRAM.
func (r *root) finish() { r.release(r.join(op.Update, op.None, "end", 0), r.residual) }

// need is the most SRAM that the attention chiplet's data occupies at once:
// what program order gives, and two pieces' saved or restored activations.
func (r *root) need() int64 { return r.peak + 2*r.largest }
