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
	// margin is what write-backs in flight may still hold of it.
	occupied, peak, margin int64
	saved                  int64 // bytes of activations saved
	// expert is the expert whose work is being added, or None.
	expert op.ExpertID
	// window holds the ops that free the SRAM of the last two pieces of work: the
	// store of a piece's activations in the forward pass, its last use of them in
	// the backward pass. A piece waits for window[0], so that the SRAM never holds
	// the activations of more than three.
	window [2]int32
	// stores are the ops that save what the backward pass has still to restore.
	stores map[item]int32
}

// item names activations that are saved and restored. It has no padding and no
// pointer, which makes it a fast key.
type item struct {
	what                           activations
	layer, microBatch, slice, part int
}

// activations are the kinds of what is saved.
type activations int

const (
	attentionSaved activations = iota
	ffnInputSaved
	ffnSaved
	sharedSaved
	logitsSaved
	copiesSaved
	expertSaved
)

func newDevice(b *builder, chiplet int, labels *op.Labels) device {
	return device{
		Builder: op.NewBuilder(chiplet, labels), b: b,
		chain: none, expert: op.None, window: [2]int32{none, none}, stores: map[item]int32{},
	}
}

// add appends an op of layer l and micro-batch m (none: no micro-batch).
func (d *device) add(o op.Op, l int, m int32, label string, deps ...int32) int32 {
	o.Layer, o.MicroBatch = op.LayerID(l), int16(m)
	o.Expert = d.expert
	d.occupied += o.Allocate
	d.peak = max(d.peak, d.occupied+d.margin)
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
	return d.serial(d.add(o, l, int32(m), label, deps...))
}

// serial puts the op that was added last in the serial chain.
func (d *device) serial(i int32) int32 {
	d.Depend(d.chain)
	d.chain = i
	return i
}

// join appends an op to the serial chain that is done at once and takes so many
// bytes of SRAM.
func (d *device) join(phase op.Phase, l int, label string, allocate int64, deps ...int32) int32 {
	o := op.Op{Kind: op.Await, Phase: phase, Allocate: allocate}
	return d.serial(d.add(o, l, none, label, deps...))
}

func gemm(phase op.Phase, m, k, n, count int64) op.Op {
	return op.Op{Kind: op.Gemm, Phase: phase, M: m, K: k, N: n, Count: count}
}

// vector is element-wise work on so many elements.
func (d *device) vector(phase op.Phase, cost vectorCost, elements int64) op.Op {
	return op.Op{
		Kind: op.Vector, Phase: phase, M: elements, K: cost.operations(&d.b.in.Policy.VectorOps),
		Bytes: d.b.in.Model.Bytes(elements * cost.movements),
	}
}

func (d *device) transfer(kind op.Kind, phase op.Phase, class op.DataClass, bytes int64) op.Op {
	return op.Op{Kind: kind, Phase: phase, Class: class, Bytes: bytes, Priority: d.b.step * priorityStride}
}

// priorityStride separates the blocks in the priorities of loads; within a
// block, saved activations come before weights and weights follow the load order.
const priorityStride = 1 << 10

// save stores activations after an op: during computation, or in the serial
// chain. It frees so many bytes of SRAM.
func (d *device) save(it item, bytes, release int64, after int32) {
	if bytes == 0 {
		return
	}
	d.saved += bytes
	o := d.transfer(op.Store, op.ForwardSave, op.Activations, bytes)
	o.Release = release
	if d.b.in.Policy.Overlap.Activations {
		d.stores[it] = d.add(o, it.layer, int32(it.microBatch), "save", after)
		d.freed(d.stores[it])
		return
	}
	d.chain = d.add(o, it.layer, int32(it.microBatch), "save", after, d.chain)
	d.stores[it] = d.chain
}

// freed notes the op that frees the SRAM of a piece of work.
func (d *device) freed(i int32) { d.window[0], d.window[1] = d.window[1], i }

// restore loads what was saved, once it is in the stacks: as soon as early ops
// are done, or in the serial chain.
func (d *device) restore(it item, bytes int64, early ...int32) int32 {
	if bytes == 0 {
		return none
	}
	stored := d.stores[it]
	delete(d.stores, it)
	o := d.transfer(op.Load, op.BackwardRestore, op.Activations, bytes)
	o.Allocate = bytes
	if d.b.in.Policy.Overlap.Activations {
		i := d.add(o, it.layer, int32(it.microBatch), "restore", early...)
		d.Depend(stored)
		return i
	}
	d.chain = d.add(o, it.layer, int32(it.microBatch), "restore", d.chain, stored)
	return d.chain
}

// writeChain puts a write-back in the serial chain unless it overlaps.
func (d *device) writeChain(i int32) int32 {
	if !d.b.in.Policy.Overlap.WriteBack {
		d.chain = i
	}
	return i
}

// writeBack updates weights that are on chip and stores them, or stores their
// gradients for the update pass; either way the SRAM of both is free when the
// store, which it returns, is done.
func (d *device) writeBack(l int, params int64, label string, deferred bool) int32 {
	after := d.chain
	if deferred {
		label = "gradients"
	} else {
		after = d.compute(d.vector(op.Update, costSGD, params), l, op.None, costSGD.name)
	}
	o := d.transfer(op.Store, op.UpdateMemory, op.Weights, d.b.in.Model.Bytes(params))
	o.Release = 2 * o.Bytes
	return d.writeChain(d.add(o, l, none, label, after))
}

// updatePass loads weights and gradients once early ops are done, updates, and
// stores the weights.
func (d *device) updatePass(l int, params int64, rank int32, early ...int32) int32 {
	bytes := d.b.in.Model.Bytes(params)
	if !d.b.in.Policy.Overlap.WriteBack {
		early = append(early, d.chain)
	}
	load := func(label string) int32 {
		o := d.transfer(op.Load, op.UpdateMemory, op.Weights, bytes)
		o.Allocate, o.Priority = bytes, o.Priority+1+rank
		return d.add(o, l, none, label, early...)
	}
	w, g := load("weights"), load("gradients")
	sum := d.compute(d.vector(op.Update, costSGD, params), l, op.None, costSGD.name, w, g)
	o := d.transfer(op.Store, op.UpdateMemory, op.Weights, bytes)
	o.Release = 2 * bytes
	return d.writeChain(d.add(o, l, none, "weights", sum))
}
