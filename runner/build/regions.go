package build

import (
	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// regions says where in the stacks everything lies that the ops of a program move: one
// region of each stack of a group per tensor, in the order in which the program first
// names them, so that what is moved together lies together. What is stored and what is
// loaded again later is one tensor. Ops of a stack that holds more than it has room
// for wrap around.
type regions struct {
	// first[n][i] is the address of what op i of node n moves, in each of its stacks.
	first [][]int64
}

// Address implements hbm.Layout.
func (r *regions) Address(source wire.NodeID, i int32) int64 { return r.first[source][i] }

// regionAlign is where regions begin: a row of every bank of one kind, so that no two
// tensors share a row.
const regionAlign = 64 * units.KiB

// tensor is what a program calls by the same name.
type tensor struct {
	device     int
	class      op.DataClass
	layer      op.LayerID
	microBatch int16
	expert     op.ExpertID
	bytes      int64
	// number tells apart what is equal in all of that: the how manieth of its kind and
	// phase.
	number int
}

// pass counts the ops of a kind and phase on equal tensors.
type pass struct {
	tensor
	kind  op.Kind
	phase op.Phase
}

// layout gives every tensor of a program its region.
func (b *builder) layout() *regions {
	r := &regions{first: make([][]int64, len(b.Graph.Nodes()))}
	used := map[int]int64{} // by group
	for d, node := range b.nodes {
		n := b.Graph.Node(node)
		set := n.Group
		if n.Kind == topology.KindAttention {
			set = topology.NoGroup
		}
		room := int64(b.stackSpec(set).Capacity)
		used[set] = b.place(r, d, node, used[set], len(b.stacksOf(n)), room)
	}
	return r
}

// place lays out the tensors of a device from an address on, and returns where the
// next one's begin.
func (b *builder) place(r *regions, d int, node wire.NodeID, from int64, stacks int, room int64) int64 {
	ops := b.Program.Devices[d].Ops
	first := make([]int64, len(ops))
	known, seen := map[tensor]int64{}, map[pass]int{}
	for i := range ops {
		o := &ops[i]
		if o.Kind != op.Load && o.Kind != op.Store {
			continue
		}
		t := tensor{device: d, class: o.Class, layer: o.Layer, microBatch: o.MicroBatch, expert: o.Expert, bytes: o.Bytes}
		p := pass{t, o.Kind, o.Phase}
		t.number = seen[p]
		seen[p]++
		at, ok := known[t]
		if !ok {
			at = from
			known[t] = at
			share := (o.Bytes + int64(stacks) - 1) / int64(stacks)
			align := int64(regionAlign)
			from = (from + (share+align-1)/align*align) % room
		}
		first[i] = at
	}
	r.first[node] = first
	return from
}
