package topology

import (
	"slices"

	"mozart/interconnect/wire"
)

// Cut is what joins two halves of a network.
type Cut struct {
	// Links is the number of edges that cross, BitsPerCycle what they carry in one
	// direction; 0 if not every edge has its own width (see WithLinks).
	Links        int
	BitsPerCycle int64
	// Exact says that no cut into halves is cheaper. Otherwise it is the best found.
	Exact bool
}

// Bisection is the cheapest cut that parts the expert chiplets, or where there are
// none the endpoints, in two halves that differ by one at most: in bits per cycle
// if every edge has its width, then in links.
//
// It is exact in trees, by dynamic programming, and in meshes, tori and rings of
// synthetic endpoints whose links are alike, in closed form. In other networks it
// is the best that refinement from a few starts finds.
func (g *Graph) Bisection() Cut {
	price := g.price()
	if len(g.edges) == len(g.nodes)-1 {
		c := g.cutTree(price)
		return Cut{Links: int(c.links), BitsPerCycle: c.bits, Exact: true}
	}
	if c, ok := g.cutLattice(price); ok {
		return c
	}
	return g.searchCut(price)
}

// price is the cost of cutting an edge: its width too, if every edge has one.
func (g *Graph) price() func(Edge) cost {
	if slices.ContainsFunc(g.edges, func(e Edge) bool { return e.BitsPerCycle == 0 }) {
		return func(Edge) cost { return cost{links: 1} }
	}
	return func(e Edge) cost { return cost{e.BitsPerCycle, 1} }
}

// halved reports which nodes the bisection halves.
func (g *Graph) halved() func(Node) int {
	kind := KindEndpoint
	for _, n := range g.nodes {
		if n.Kind == KindExpert {
			kind = KindExpert
		}
	}
	return func(n Node) int {
		if n.Kind == kind {
			return 1
		}
		return 0
	}
}

// fewNodes are cut node by node besides bunch by bunch.
const fewNodes = 512

// searchCut looks for a cut between bunches, where the sides can be even, and, if
// they cannot or the graph is small, for one that may part endpoints from their
// routers.
func (g *Graph) searchCut(price func(Edge) cost) Cut {
	b := g.bunch(g.hangs, g.halved(), price)
	best := b.halve(b.all())
	if best.unevenness() > 1 || len(g.nodes) <= fewNodes {
		b := g.bunch(func(wire.NodeID) bool { return false }, g.halved(), price)
		if h := b.halve(b.all()); best.unevenness() > 1 || h.cut.less(best.cut) {
			best = h
		}
	}
	return Cut{Links: int(best.cut.links), BitsPerCycle: best.cut.bits}
}

// cutLattice is the closed form for a grid with an endpoint at every router, if all
// links of a level are alike and those to endpoints no cheaper than the others.
func (g *Graph) cutLattice(price func(Edge) cost) (Cut, bool) {
	if g.grid == nil {
		return Cut{}, false
	}
	router, endpoint := price(g.edges[0]), price(g.edges[len(g.edges)-1]) // links between routers come first
	for _, e := range g.edges {
		if e.Level == LevelRouter && price(e) != router || e.Level == LevelEndpoint && price(e) != endpoint {
			return Cut{}, false
		}
	}
	if endpoint.less(router) {
		return Cut{}, false
	}
	c := g.grid.bisection(router, endpoint)
	return Cut{Links: int(c.links), BitsPerCycle: c.bits, Exact: true}, true
}

// cutTree is the cheapest cut of a tree into halves.
func (g *Graph) cutTree(price func(Edge) cost) cost {
	weight := g.halved()
	order, above := g.fromTheTop()
	// least[n][k] is the cost of the cheapest cut below n with k halved nodes of its
	// subtree on the side of n.
	least := make([][]cost, len(g.nodes))
	for _, n := range slices.Backward(order) {
		own := make([]cost, weight(g.nodes[n])+1)
		if len(own) == 2 {
			own[0] = unreachable
		}
		for _, e := range g.ends[n] {
			if child := int(e.node); above[child] == n && child != order[0] {
				own = merge(own, least[child], price(g.edges[e.edge]))
				least[child] = nil
			}
		}
		least[n] = own
	}
	root := least[order[0]]
	total := len(root) - 1
	c := root[total/2]
	if other := root[total-total/2]; other.less(c) {
		c = other
	}
	return c
}

// unreachable is dearer than any cut.
var unreachable = cost{1 << 60, 1 << 60}

// merge adds the subtree of a child, whose edge costs link, on either side.
func merge(own, child []cost, link cost) []cost {
	total := len(child) - 1
	out := slices.Repeat([]cost{unreachable}, len(own)+total)
	for k, c := range own {
		for j, d := range child {
			if with := c.plus(d); with.less(out[k+j]) {
				out[k+j] = with
			}
			if against := c.plus(d).plus(link); against.less(out[k+total-j]) {
				out[k+total-j] = against
			}
		}
	}
	return out
}

// fromTheTop orders the nodes of a tree breadth-first from node 0 and gives for
// each the node above it.
func (g *Graph) fromTheTop() (order []int, above []int) {
	above = slices.Repeat([]int{nowhere}, len(g.nodes))
	order = []int{0}
	above[0] = 0
	for i := 0; i < len(order); i++ {
		for _, e := range g.ends[order[i]] {
			if above[e.node] == nowhere {
				above[e.node] = order[i]
				order = append(order, int(e.node))
			}
		}
	}
	return order, above
}
