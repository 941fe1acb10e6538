package build

import (
	"github.com/sarchlab/akita/v4/sim"

	"mozart/components/chiplet"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config"
	"mozart/runner/engine"
	"mozart/workloads/op"
)

// site is what the parts of one engine domain share.
type site struct {
	engine sim.Engine
	clock  port.Clock
	pool   *wire.Pool
}

// site makes the site of an engine.
func (b *builder) site(e sim.Engine) site {
	pool := &wire.Pool{}
	b.Pools = append(b.Pools, pool)
	return site{engine: e, clock: port.NewClock(e, b.freq), pool: pool}
}

// at is the site of a node.
func (b *builder) at(n topology.Node) *site { return &b.sites[b.Graph.Domain(n.ID)] }

// Divisible reports whether a system may run on an engine for each of its domains. At
// packet fidelity promises of how soon something may cross are known for trees alone; at
// flit fidelity they are those of the wires, and what crosses has to be part of the flit
// network.
func Divisible(graph *topology.Graph, hw config.Hardware, flits bool) bool {
	if graph.Domains() < 2 || !flits && !hw.Topology.IsTree() {
		return false
	}
	for _, e := range graph.Edges() {
		if flits && graph.Domain(e.A) != graph.Domain(e.B) && !graph.IsRouter(e.A) && !graph.IsRouter(e.B) {
			return false
		}
	}
	return true
}

// NewParallel builds the system at packet fidelity on the domains of an engine, which
// must be as many as those of the system's Graph and count in cycles of the hardware's
// clock.
func NewParallel(e *engine.Parallel, hw config.Hardware, program *op.Program) (*System, error) {
	return onDomains(e, hw, program, false)
}

// NewParallelFlit is NewParallel with the network at flit fidelity.
func NewParallelFlit(e *engine.Parallel, hw config.Hardware, program *op.Program) (*System, error) {
	return onDomains(e, hw, program, true)
}

// onDomains builds the system on an engine for each of its domains.
func onDomains(e *engine.Parallel, hw config.Hardware, program *op.Program, flits bool) (*System, error) {
	graph, err := hw.Graph()
	if err != nil {
		return nil, err
	}
	b := newBuilder(graph, hw, program)
	b.parallel, b.flits = e, flits
	for d := range graph.Domains() {
		b.sites = append(b.sites, b.site(e.Domain(d)))
	}
	b.turns = make([]turns, graph.Domains())
	for d := range b.turns {
		e.Foresee(d, func() { b.turns[d].n++ })
	}
	return b.build()
}

// cross connects both directions of a link between two domains: its end 0 lies in
// domain a, its end 1 in domain b.
func cross(e *engine.Parallel, l *link.Pair, a, b int) error {
	for end, d := range [2][2]int{{a, b}, {b, a}} {
		flights, err := engine.Cross(e, engine.Crossing{
			Name: l.Name() + ".Flights", From: d[0], To: d[1], LookaheadCycles: l.FlightLookahead(),
		}, l.Departures(end), l.Arrivals(1-end))
		if err != nil {
			return err
		}
		l.ConnectFlights(end, flights)
		returns, err := engine.Cross(e, engine.Crossing{
			Name: l.Name() + ".Credits", From: d[0], To: d[1], LookaheadCycles: l.ReturnLookahead(),
		}, l.Releases(end), l.Credits(1-end))
		if err != nil {
			return err
		}
		l.ConnectReturns(end, returns)
	}
	return nil
}

// join makes the link of an edge.
func (b *builder) join(name string, spec link.Spec, e topology.Edge) (*link.Link, error) {
	x, y := b.Graph.Domain(e.A), b.Graph.Domain(e.B)
	if x == y || b.parallel == nil {
		return link.New(name, b.sites[x].clock, spec, b.end(e.A, e.PortA), b.end(e.B, e.PortB))
	}
	pair, err := link.NewPair(name, spec, b.pairEnd(e.A, e.PortA), b.pairEnd(e.B, e.PortB))
	if err != nil {
		return nil, err
	}
	return pair.Link, cross(b.parallel, pair, x, y)
}

// pairEnd is an end of a link between the attention chiplet and a switch: tokens and
// signals cross it; weights and activations stay in their group.
func (b *builder) pairEnd(n wire.NodeID, p int) link.PairEnd {
	largest := make([]int, wire.NumClasses)
	largest[wire.ClassControl] = chiplet.ControlBytes
	largest[wire.ClassToken] = int(b.Program.TokenBytes)
	node := b.Graph.Nodes()[n]
	return link.PairEnd{
		End: b.end(n, p), Clock: b.at(node).clock, Pool: b.at(node).pool, Largest: largest, Quiet: b.oncePerTurn(n, b.quiet(node, p)),
	}
}

// turns is a counter on a cache line of its own: every domain's thread writes one.
type turns struct {
	n int64
	_ [120]byte
}

// oncePerTurn keeps what a function of a node's domain says until the domain has had
// another turn: flights and credit both ask.
func (b *builder) oncePerTurn(n wire.NodeID, f func() port.Promise) func() port.Promise {
	d := b.Graph.Domain(n)
	turn := &b.turns[d].n
	var kept port.Promise
	at := *turn - 1
	return func() port.Promise {
		if at != *turn {
			at, kept = *turn, f()
		}
		return kept
	}
}

// quiet says how soon a node of a link between two domains may give a packet to
// its port p.
func (b *builder) quiet(n topology.Node, p int) func() port.Promise {
	if n.Kind != topology.KindAttention {
		return (&group{builder: b, node: n}).quiet
	}
	attention, links := b.Chiplets[0], b.hw.Topology.Groups
	lacks := func(receive int32) int64 { return attention.Lacks(receive, links) }
	// What comes in at the attention chiplet has been announced to it.
	signalled := func() bool { return false }
	return func() port.Promise { return attention.Quiet(p, lacks, signalled, silence) }
}

// LivePackets is the number of packets in the system.
func (s *System) LivePackets() int64 {
	n := int64(0)
	for _, p := range s.Pools {
		n += p.Live()
	}
	return n
}
