package topology

import (
	"cmp"
	"math"
	"slices"

	"mozart/interconnect/wire"
)

// upDown routes any graph free of deadlock in one lane (Schroeder et al., Autonet,
// 1990). A root orders the routers: by their distance from it, then by ID. A link
// leads up at its end that is later in this order. A legal route goes up any number
// of times, then down any number of times, never up after down; so no ring of
// packets can wait for each other.
//
// Here every node takes the shortest way down if its destination lies below it,
// and goes up otherwise. So a node chooses by destination alone, and what came down
// to it goes on down. Routes may be longer than the shortest legal ones, which
// sometimes climb over a node from which they could have gone down.
type upDown struct {
	g *Graph
	// rank[n] is the place of a router in the order; order lists the routers by it.
	rank  []int
	order []wire.NodeID
	// down[n] is the length of the shortest way down to the destination, total[n]
	// that of the route, far where there is none.
	down, total []int32
}

// far is longer than any route.
const far = math.MaxInt32 / 2

// newUpDown orders the routers of a graph, all of which other routers reach.
func newUpDown(g *Graph) *upDown {
	n := len(g.nodes)
	u := &upDown{g: g, rank: make([]int, n), down: make([]int32, n), total: make([]int32, n)}
	root := g.center()
	depth := g.distances(root, g.IsRouter)
	for _, r := range g.OfKind(KindSwitch) {
		u.order = append(u.order, r.ID)
	}
	slices.SortStableFunc(u.order, func(a, b wire.NodeID) int { return cmp.Compare(depth[a], depth[b]) })
	for i, r := range u.order {
		u.rank[r] = i
	}
	return u
}

// center is the router of least eccentricity among the routers: the one whose
// farthest router is nearest. Of several, it is the one with the lowest ID.
func (g *Graph) center() wire.NodeID {
	best, least := wire.NodeID(nowhere), int32(math.MaxInt32)
	for _, r := range g.OfKind(KindSwitch) {
		d := g.distances(r.ID, g.IsRouter)
		eccentricity := int32(0)
		for _, o := range g.OfKind(KindSwitch) {
			eccentricity = max(eccentricity, d[o.ID])
		}
		if eccentricity < least {
			best, least = r.ID, eccentricity
		}
	}
	return best
}

// above reports whether the step from n to a neighbor leads up. Endpoints are
// below routers.
func (u *upDown) above(neighbor, n wire.NodeID) bool {
	switch {
	case !u.g.IsRouter(neighbor):
		return false
	case !u.g.IsRouter(n):
		return true
	}
	return u.rank[neighbor] < u.rank[n]
}

// toward prepares the routes to one destination.
func (u *upDown) toward(dest wire.NodeID) func(at wire.NodeID) step {
	u.descend(dest)
	u.climb(dest)
	return func(at wire.NodeID) step {
		descends := u.down[at] < far
		best, length := int16(nowhere), int32(far)
		for p, e := range u.g.ends[at] {
			if u.above(e.node, at) == descends || e.node != dest && !u.g.IsRouter(e.node) {
				continue
			}
			d := u.total[e.node]
			if descends {
				d = u.down[e.node]
			}
			if d < length {
				best, length = int16(p), d
			}
		}
		return step{port: best, lane: sameLane}
	}
}

// descend fills down: lowest routers last, so those above a router follow it.
func (u *upDown) descend(dest wire.NodeID) {
	for n := range u.down {
		u.down[n] = far
	}
	u.down[dest] = 0
	for _, e := range u.g.ends[dest] {
		if !u.g.IsRouter(dest) {
			u.down[e.node] = 1
		}
	}
	for _, n := range slices.Backward(u.order) {
		for _, e := range u.g.ends[n] {
			if u.g.IsRouter(e.node) && !u.above(e.node, n) {
				u.down[n] = min(u.down[n], u.down[e.node]+1)
			}
		}
	}
}

// climb fills total: highest routers first, then endpoints.
func (u *upDown) climb(dest wire.NodeID) {
	for i := range u.total {
		u.total[i] = far
	}
	u.total[dest] = 0
	for _, n := range u.order {
		u.total[n] = u.down[n]
		if u.down[n] < far {
			continue
		}
		for _, e := range u.g.ends[n] {
			if u.above(e.node, n) {
				u.total[n] = min(u.total[n], u.total[e.node]+1)
			}
		}
	}
}
