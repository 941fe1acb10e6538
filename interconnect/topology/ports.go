package topology

import (
	"cmp"
	"slices"

	"mozart/interconnect/wire"
)

// ports numbers the ports of every node: by the rank of the node behind, then in
// the order of the edges.
func ports(edges []Edge, nodes int, rank func(at, neighbor wire.NodeID) int) {
	type plug struct {
		port     *int
		neighbor wire.NodeID
	}
	at := make([][]plug, nodes)
	for i := range edges {
		e := &edges[i]
		at[e.A] = append(at[e.A], plug{&e.PortA, e.B})
		at[e.B] = append(at[e.B], plug{&e.PortB, e.A})
	}
	for n, plugs := range at {
		slices.SortStableFunc(plugs, func(x, y plug) int {
			return cmp.Compare(rank(wire.NodeID(n), x.neighbor), rank(wire.NodeID(n), y.neighbor))
		})
		for p := range plugs {
			*plugs[p].port = p
		}
	}
}

// endpointsFirst ranks, at a router, endpoints before routers, each by ID, which is
// BookSim2's order of ports in an "anynet"; and at an endpoint, routers first.
func endpointsFirst(nodes []Node) func(at, neighbor wire.NodeID) int {
	return func(at, neighbor wire.NodeID) int {
		if (nodes[at].Kind == KindSwitch) == (nodes[neighbor].Kind == KindSwitch) {
			return len(nodes) + int(neighbor)
		}
		return int(neighbor)
	}
}
