package build

import (
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
)

// atFlit reports whether an edge is part of the flit network: one that meets a
// router. Between two endpoints nothing is routed, and a link is the same at both
// fidelities.
func (b *builder) atFlit(e topology.Edge) bool {
	return b.flits && (b.Graph.IsRouter(e.A) || b.Graph.IsRouter(e.B))
}

// flitNetwork makes the routers, their reducers and all links at flit fidelity, and
// plugs in the ports of chiplets and stacks.
func (b *builder) flitNetwork() error {
	site := &b.sites[0]
	spec := flit.NetworkSpec{
		Router: b.hw.FlitRouter(), FlitBits: 8 * int64(b.hw.Flit.Size),
		Steering:   flit.NewCollectives(b.Graph, site.pool),
		LocalPorts: func(topology.Node) int { return 1 + flit.ReducerPort },
	}
	for _, e := range b.Graph.Edges() {
		spec.Links = append(spec.Links, flit.LinkSpec{BitsPerCycle: e.BitsPerCycle, LatencyCycles: e.LatencyCycles})
	}
	net, err := flit.NewNetwork(site.clock, b.Graph, spec)
	if err != nil {
		return err
	}
	b.Flits = net
	for _, n := range b.Graph.OfKind(topology.KindSwitch) {
		sums, err := collective.New(n.Name+".Reducer", b.reducerSpec(), site.pool)
		if err != nil {
			return err
		}
		b.Reducers = append(b.Reducers, flit.NewReducer(net, net.Local(n.ID, flit.ReducerPort), sums, site.clock, b.stageFlits()))
	}
	for i, e := range b.Graph.Edges() {
		if !b.atFlit(e) {
			continue
		}
		for _, end := range [2]struct {
			node topology.Node
			port int
		}{{b.Graph.Node(e.A), e.PortA}, {b.Graph.Node(e.B), e.PortB}} {
			if b.Graph.IsRouter(end.node.ID) {
				continue
			}
			face, err := flit.NewInterface(net, net.Endpoint(end.node.ID, end.port), b.ports[end.node.ID][end.port], site.clock)
			if err != nil {
				return fmt.Errorf("edge %d: %w", i, err)
			}
			b.Interfaces = append(b.Interfaces, face)
		}
	}
	return nil
}

// stageFlits bounds what a reducer holds of contributions that it has still to add:
// as much as one input buffer of the packet router.
func (b *builder) stageFlits() int64 { return int64(b.hw.Buffer) / int64(b.hw.Flit.Size) }
