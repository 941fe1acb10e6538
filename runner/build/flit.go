package build

import (
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/engine"
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
	adds := b.reducerSpec()
	flitBits := 8 * int64(b.hw.Flit.Size)
	ports := func(n topology.Node) int {
		return flit.ReducerPorts(b.Graph, n.ID, 8*int64(adds.AddBytesPerCycle), flitBits)
	}
	spec := flit.NetworkSpec{
		Router: b.hw.FlitRouter(), FlitBits: flitBits,
		Steering:   flit.NewCollectives(b.Graph, func(n topology.Node) *wire.Pool { return b.at(n).pool }, ports),
		LocalPorts: ports,
	}
	for _, e := range b.Graph.Edges() {
		spec.Links = append(spec.Links, flit.LinkSpec{BitsPerCycle: e.BitsPerCycle, LatencyCycles: e.LatencyCycles})
	}
	net, err := b.newFlits(spec)
	if err != nil {
		return err
	}
	b.Flits = net
	// What reducers hold of contributions that they have still to add is bounded as an input
	// buffer of a packet router is.
	for _, n := range b.Graph.OfKind(topology.KindSwitch) {
		sums, err := collective.New(n.Name+".Reducer", adds, b.at(n).pool)
		if err != nil {
			return err
		}
		b.Reducers = append(b.Reducers, flit.NewReducer(net, net.Locals(n.ID), sums, b.at(n).clock, int64(b.hw.Buffer)))
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
			face, err := flit.NewInterface(net, net.Endpoint(end.node.ID, end.port), b.ports[end.node.ID][end.port], b.at(end.node).clock)
			if err != nil {
				return fmt.Errorf("edge %d: %w", i, err)
			}
			b.Interfaces = append(b.Interfaces, face)
		}
	}
	return nil
}

// newFlits makes the network in one engine domain or in those of the graph.
func (b *builder) newFlits(spec flit.NetworkSpec) (*flit.Network, error) {
	if b.parallel == nil {
		return flit.NewNetwork(b.sites[0].clock, b.Graph, spec)
	}
	var sites []flit.Site
	for i := range b.sites {
		sites = append(sites, flit.Site{Clock: b.sites[i].clock, Pool: b.sites[i].pool})
	}
	net, err := flit.NewParallelNetwork(sites, b.Graph, spec)
	if err != nil {
		return nil, err
	}
	for _, border := range net.Borders() {
		if err := crossFlits(b.parallel, border); err != nil {
			return nil, err
		}
	}
	return net, nil
}

// crossFlits connects a border of a flit network.
func crossFlits(e *engine.Parallel, b *flit.Border) error {
	from, to := b.Domains()
	flights, err := engine.Cross(e, engine.Crossing{
		Name: b.Name() + ".Flights", From: from, To: to, LookaheadCycles: b.FlightLookahead(),
	}, b.Departures(), b.Arrivals())
	if err != nil {
		return err
	}
	b.ConnectFlights(flights)
	returns, err := engine.Cross(e, engine.Crossing{
		Name: b.Name() + ".Credits", From: to, To: from, LookaheadCycles: b.ReturnLookahead(),
	}, b.Releases(), b.Credits())
	if err != nil {
		return err
	}
	b.ConnectReturns(returns)
	return nil
}
