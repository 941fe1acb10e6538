package topology

import "mozart/interconnect/wire"

// hosts gives, for each node that has no router next to it, the endpoint that it
// hangs at: a stack at the attention chiplet, say. The host of any other node is
// the node itself.
func (g *Graph) hosts() []wire.NodeID {
	hosts := make([]wire.NodeID, len(g.nodes))
	for i := range g.nodes {
		n := wire.NodeID(i)
		hosts[i] = n
		if !g.nextToRouter(n) {
			hosts[i] = g.ends[n][0].node
		}
	}
	return hosts
}

// nextToRouter reports whether a node is a router or has one next to it.
func (g *Graph) nextToRouter(n wire.NodeID) bool {
	if g.IsRouter(n) {
		return true
	}
	for _, e := range g.ends[n] {
		if g.IsRouter(e.node) {
			return true
		}
	}
	return false
}

// viaHosts extends a routing among routers and what is next to them to nodes
// behind endpoints, by way of their hosts.
func (g *Graph) viaHosts(toward func(dest wire.NodeID) func(at wire.NodeID) step) func(wire.NodeID) func(wire.NodeID) step {
	hosts := g.hosts()
	return func(dest wire.NodeID) func(wire.NodeID) step {
		host := hosts[dest]
		next := toward(host)
		return func(at wire.NodeID) step {
			switch {
			case hosts[at] != at:
				return step{port: 0, lane: sameLane}
			case at == host:
				return step{port: g.portTo(at, dest), lane: sameLane}
			}
			return next(at)
		}
	}
}

// portTo is the lowest port of a node to a neighbor.
func (g *Graph) portTo(at, neighbor wire.NodeID) int16 {
	for p, e := range g.ends[at] {
		if e.node == neighbor {
			return int16(p)
		}
	}
	return nowhere
}
