package schedule

import (
	"mozart/workloads/op"
)

// device is what the builders of both kinds of chiplets share.
type device struct {
	*op.Builder
	b *builder
	// chain is the op after which the next op in strictly serial order may start.
	chain int32
	// occupied and peak follow the SRAM in program order; since ops of different
	// resources may run early, a device needs somewhat more than peak.
	occupied, peak int64
	saved          int64 // bytes of activations saved
	// expert is the expert whose work is being added, or None.
	expert op.ExpertID
	// saves holds the stores of the two pieces of work before, whose activations
	// may still be on their way to the stacks.
	saves [2]int32
}

func newDevice(b *builder, chiplet int, labels *op.Labels) device {
	return device{
		Builder: op.NewBuilder(chiplet, labels), b: b,
		chain: none, expert: op.None, saves: [2]int32{none, none},
	}
}

// add appends an op of layer l and micro-batch m (none: no micro-batch).
func (d *device) add(o op.Op, l int, m int32, label string, deps ...int32) int32 {
	o.Layer, o.MicroBatch = op.LayerID(l), int16(m)
	o.Expert = d.expert
	d.occupied += o.Allocate
	d.peak = max(d.peak, d.occupied)
	d.occupied -= o.Release
	return d.Add(o, label, deps...)
}

// release frees SRAM when op i ends.
func (d *device) release(i int32, bytes int64) {
	d.Op(i).Release += bytes
	d.occupied -= bytes
}

// compute appends a matrix or vector op to the serial chain.
func (d *device) compute(o op.Op, l, m int, label string, deps ...int32) int32 {
	d.chain = d.add(o, l, int32(m), label, append(deps, d.chain)...)
	return d.chain
}

func gemm(phase op.Phase, m, k, n, count int64) op.Op {
	return op.Op{Kind: op.Gemm, Phase: phase, M: m, K: k, N: n, Count: count}
}

// vector is element-wise work on so many elements.
func (d *device) vector(phase op.Phase, cost vectorCost, elements int64) op.Op {
	return op.Op{
		Kind: op.Vector, Phase: phase, M: elements, K: cost.ops,
		Bytes: d.b.in.Model.Bytes(elements * cost.movements),
	}
}

func (d *device) transfer(kind op.Kind, phase op.Phase, class op.DataClass, bytes int64) op.Op {
	return op.Op{Kind: kind, Phase: phase, Class: class, Bytes: bytes, Priority: d.b.step * priorityStride}
}

// priorityStride separates the blocks in the priorities of loads; within a
// block, saved activations come before weights and weights follow the load order.
const priorityStride = 1 << 10

// save stores activations: during computation, or in the serial chain. It
// frees the SRAM they occupied. At most two saves run behind the computation:
// whoever adds the next piece of work makes it depend on saves[0].
func (d *device) save(l, m int, bytes, release int64, after int32) {
	if bytes == 0 {
		return
	}
	d.saved += bytes
	o := d.transfer(op.Store, op.ForwardSave, op.Activations, bytes)
	o.Release = release
	i := d.add(o, l, int32(m), "save", after)
	if d.b.in.Policy.Overlap.Activations {
		d.saves[0], d.saves[1] = d.saves[1], i
	} else {
		d.chain = i
	}
}

// restore loads saved activations: as soon as early is done, or in the serial
// chain.
func (d *device) restore(l, m int, bytes int64, early int32) int32 {
	if bytes == 0 {
		return none
	}
	o := d.transfer(op.Load, op.BackwardRestore, op.Activations, bytes)
	o.Allocate = bytes
	if d.b.in.Policy.Overlap.Activations {
		return d.add(o, l, int32(m), "restore", early)
	}
	d.chain = d.add(o, l, int32(m), "restore", d.chain)
	return d.chain
}

// writeChain puts a write-back in the serial chain unless it overlaps.
func (d *device) writeChain(i int32) int32 {
	if !d.b.in.Policy.Overlap.WriteBack {
		d.chain = i
	}
	return i
}

// updatePass loads weights and gradients, updates, and stores the weights.
func (d *device) updatePass(l int, params int64, early, rank int32) int32 {
	bytes := d.b.in.Model.Bytes(params)
	if !d.b.in.Policy.Overlap.WriteBack {
		early = d.chain
	}
	load := func(label string) int32 {
		o := d.transfer(op.Load, op.UpdateMemory, op.Weights, bytes)
		o.Allocate, o.Priority = bytes, o.Priority+1+rank
		return d.add(o, l, none, label, early)
	}
	w, g := load("weights"), load("gradients")
	sum := d.compute(d.vector(op.Update, costSGD, params), l, op.None, costSGD.name, w, g)
	o := d.transfer(op.Store, op.UpdateMemory, op.Weights, bytes)
	o.Release = 2 * bytes
	return d.writeChain(d.add(o, l, none, "weights", sum))
}
