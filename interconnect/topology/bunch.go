package topology

import (
	"slices"

	"mozart/interconnect/wire"
)

// cost of a cut: what crosses in bits per cycle, then how many edges.
type cost struct{ bits, links int64 }

func (c cost) plus(d cost) cost  { return cost{c.bits + d.bits, c.links + d.links} }
func (c cost) minus(d cost) cost { return cost{c.bits - d.bits, c.links - d.links} }
func (c cost) times(n int) cost  { return cost{c.bits * int64(n), c.links * int64(n)} }
func (c cost) less(d cost) bool {
	return c.bits < d.bits || c.bits == d.bits && c.links < d.links
}

// bunches is a graph in which some nodes with one link are one with the node they
// hang at, so that a cut does not part them.
type bunches struct {
	// of[n] is the bunch of node n.
	of []int
	// weight[b] is what a cut has to share out evenly.
	weight []int
	// arcs[b] leads to other bunches, one arc for all edges between two.
	arcs [][]arc
}

// arc joins a bunch with another one.
type arc struct {
	to   int
	cost cost
}

// bunch contracts the graph: nodes that hang, which have one link, are merged with
// their neighbors. weight(n) is the weight of a node, price(e) the cost of cutting
// an edge.
func (g *Graph) bunch(hangs func(wire.NodeID) bool, weight func(Node) int, price func(Edge) cost) *bunches {
	b := &bunches{of: slices.Repeat([]int{nowhere}, len(g.nodes))}
	for i := range g.nodes {
		if !hangs(wire.NodeID(i)) {
			b.add(i)
		}
	}
	for i := range g.nodes {
		if b.of[i] != nowhere {
			continue
		}
		if b.of[i] = b.of[g.ends[i][0].node]; b.of[i] == nowhere { // two endpoints joined by one link
			b.add(i)
		}
	}
	for i, n := range g.nodes {
		b.weight[b.of[i]] += weight(n)
	}
	b.arcs = make([][]arc, len(b.weight))
	for _, e := range g.edges {
		if x, y := b.of[e.A], b.of[e.B]; x != y {
			b.join(x, y, price(e))
			b.join(y, x, price(e))
		}
	}
	return b
}

// hangs reports whether a node is an endpoint with one link.
func (g *Graph) hangs(n wire.NodeID) bool { return len(g.ends[n]) == 1 && !g.IsRouter(n) }

func (b *bunches) add(node int) {
	b.of[node] = len(b.weight)
	b.weight = append(b.weight, 0)
}

func (b *bunches) join(x, y int, c cost) {
	for i := range b.arcs[x] {
		if b.arcs[x][i].to == y {
			b.arcs[x][i].cost = b.arcs[x][i].cost.plus(c)
			return
		}
	}
	b.arcs[x] = append(b.arcs[x], arc{y, c})
}

// all lists every bunch.
func (b *bunches) all() []int {
	all := make([]int, len(b.weight))
	for i := range all {
		all[i] = i
	}
	return all
}

// breadthFirst orders members by their distance from a start, in waves; what is not
// joined to it through members follows in the same way.
func (b *bunches) breadthFirst(members []int, start int) []int {
	waiting := make([]bool, len(b.weight))
	for _, m := range members {
		waiting[m] = true
	}
	var order []int
	for _, from := range slices.Concat([]int{start}, members) {
		if !waiting[from] {
			continue
		}
		waiting[from] = false
		order = append(order, from)
		for next := len(order) - 1; next < len(order); next++ {
			for _, a := range b.arcs[order[next]] {
				if waiting[a.to] {
					waiting[a.to] = false
					order = append(order, a.to)
				}
			}
		}
	}
	return order
}
