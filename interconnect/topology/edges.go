package topology

import (
	"errors"
	"fmt"

	"mozart/interconnect/wire"
)

// FromEdges makes any network from its nodes, in the order of their IDs, and its
// edges, of which ports, levels and depths need not be filled in: at each node,
// ports lead to nodes of the other sort (routers or not) first, each by ID, then in
// the order of the edges. Levels follow from what an edge joins.
//
// Only routers pass on what is not for them, so they must reach each other through
// routers. A node that is no router is next to one, or hangs with its only link at
// one that is, as a stack does at the attention chiplet.
//
// routing is RoutingUpDown or RoutingShortest. Shortest paths that can deadlock are
// a *CycleError.
func FromEdges(nodes []Node, edges []Edge, routing string) (*Graph, error) {
	edges = append([]Edge(nil), edges...)
	for i := range edges {
		e := &edges[i]
		if e.A < 0 || e.B < 0 || int(max(e.A, e.B)) >= len(nodes) || e.A == e.B {
			return nil, fmt.Errorf("topology: edge %d joins nodes %d and %d, want two different ones of %d", i, e.A, e.B, len(nodes))
		}
		e.Level, e.Depth = levelBetween(nodes[e.A].Kind, nodes[e.B].Kind), 0
	}
	ports(edges, len(nodes), endpointsFirst(nodes))
	g, err := plugged(NetworkCustom, nodes, edges)
	if err != nil {
		return nil, err
	}
	if err := g.checkForwarding(); err != nil {
		return nil, err
	}
	if err := g.routeAs(routing); err != nil {
		return nil, err
	}
	g.partitionByCut()
	return g, nil
}

func (g *Graph) routeAs(routing string) error {
	switch routing {
	case RoutingUpDown:
		return g.routeBy(routing, 1, g.viaHosts(newUpDown(g).toward))
	case RoutingShortest:
		err := g.routeBy(routing, 1, g.viaHosts(func(dest wire.NodeID) func(wire.NodeID) step {
			d := g.distances(dest, g.IsRouter)
			return func(at wire.NodeID) step { return step{port: g.nearer(at, d, g.IsRouter), lane: sameLane} }
		}))
		return errors.Join(err, g.checkCycle())
	}
	return fmt.Errorf("topology: routing %q, want %s or %s", routing, RoutingUpDown, RoutingShortest)
}

// checkForwarding reports routers that routers do not reach, and nodes that hang
// where nothing is passed on.
func (g *Graph) checkForwarding() error {
	routers := g.OfKind(KindSwitch)
	if len(routers) == 0 {
		return errors.New("topology: no router")
	}
	var errs []error
	d := g.distances(routers[0].ID, g.IsRouter)
	for _, r := range routers {
		if d[r.ID] < 0 {
			errs = append(errs, fmt.Errorf("topology: no way from %s to %s through routers alone", routers[0].Name, r.Name))
		}
	}
	for i, n := range g.nodes {
		if g.nextToRouter(n.ID) {
			continue
		}
		if len(g.ends[i]) > 1 || !g.nextToRouter(g.ends[i][0].node) {
			errs = append(errs, fmt.Errorf("topology: %s has no router next to it, and is not alone at a node that has", n.Name))
		}
	}
	return errors.Join(errs...)
}

// levelBetween is the level of an edge between two kinds of nodes.
func levelBetween(a, b Kind) Level {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == KindSwitch && b == KindSwitch:
		return LevelRouter
	case b == KindEndpoint:
		return LevelEndpoint
	case a == KindAttention && b == KindStack:
		return LevelAttentionStack
	case b == KindStack:
		return LevelStack
	case a == KindAttention:
		return LevelAttention
	}
	return LevelLeaf
}
