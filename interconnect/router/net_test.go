package router_test

import (
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

const vcs = int(wire.NumClasses)

// network is a graph made real: nodes with one port are agents, the others routers.
type network struct {
	graph   *topology.Graph
	agents  map[wire.NodeID]*wiretest.Agent
	routers map[wire.NodeID]*router.Router
	links   []*link.Link
}

// plan sizes a network.
type plan struct {
	agent  wiretest.Spec
	router router.Spec
	// link sizes the i-th edge of the graph.
	link func(i int) link.Spec
	// oneLane leaves out the lanes that routes need.
	oneLane bool
}

func build(tb wiretest.TB, s *wiretest.System, g *topology.Graph, p plan) *network {
	tb.Helper()
	n := &network{graph: g, agents: map[wire.NodeID]*wiretest.Agent{}, routers: map[wire.NodeID]*router.Router{}}
	for _, node := range g.Nodes() {
		if g.Ports(node.ID) == 1 {
			n.agents[node.ID] = s.Agent(tb, node.Name, p.agent)
			continue
		}
		w := router.WiringOf(g, node.ID)
		w.BitsPerCycle = nil // this network's own
		for i := range w.Neighbors {
			w.BitsPerCycle = append(w.BitsPerCycle, p.link(g.EdgeAt(node.ID, i)).BitsPerCycle)
		}
		if p.oneLane {
			w.Lanes, w.Turns = nil, nil
		}
		r, err := router.New(node.Name, s.Clock, p.router, w, s.Pool)
		if err != nil {
			tb.Fatalf("%v", err)
		}
		s.Add(r)
		n.routers[node.ID] = r
	}
	for i, e := range g.Edges() {
		l, err := link.New(fmt.Sprintf("Link[%d]", i), s.Clock, p.link(i), n.end(e.A, e.PortA), n.end(e.B, e.PortB))
		if err != nil {
			tb.Fatalf("%v", err)
		}
		s.Add(l)
		n.links = append(n.links, l)
	}
	return n
}

func (n *network) end(node wire.NodeID, portIndex int) link.End {
	if r, ok := n.routers[node]; ok {
		return link.End{Port: r.Port(portIndex), CutThrough: true}
	}
	return link.End{Port: n.agents[node].Port()}
}

// The star: one switch with the attention chiplet above and expert chiplets below.
const (
	root       = wire.NodeID(0)
	hub        = wire.NodeID(1)
	firstChild = wire.NodeID(2)
)

func star(tb wiretest.TB, s *wiretest.System, children int, p plan) *network {
	tb.Helper()
	g, err := topology.NoPTree(topology.TreeSpec{Groups: 1, ChipletsPerGroup: children})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return build(tb, s, g, p)
}

// bits makes every link but the root's of one rate.
func bits(rootLink, leafLinks int64) func(int) link.Spec {
	return func(i int) link.Spec {
		if i == 0 {
			return link.Spec{BitsPerCycle: rootLink, LatencyCycles: 5}
		}
		return link.Spec{BitsPerCycle: leafLinks, LatencyCycles: 5}
	}
}

func roomyPlan(rootLink, leafLinks int64) plan {
	return plan{
		agent: wiretest.Spec{Port: port.Spec{VCs: vcs, InBytes: 1 << 16, OutMessages: 4}},
		router: router.Spec{
			LatencyCycles: 3, InBytes: 1 << 16, OutMessages: 2,
			Reducer: collective.Spec{Entries: 64, AddBytesPerCycle: 64, AddLatencyCycles: 4, Full: collective.FullStall},
		},
		link: bits(rootLink, leafLinks),
	}
}

func packet(s *wiretest.System, from, to wire.NodeID, class wire.Class, bytes int32) *wire.Packet {
	p := s.Pool.Get()
	p.Kind, p.Class, p.Bytes, p.Source, p.Dest = wire.KindWriteData, class, bytes, from, to
	return p
}

func combine(s *wiretest.System, from wire.NodeID, token int32, fanIn, contributions uint16, bytes int32) *wire.Packet {
	p := packet(s, from, root, wire.ClassToken, bytes)
	p.Kind, p.Reduce, p.Token, p.FanIn, p.Contributions = wire.KindCombine, true, token, fanIn, contributions
	return p
}

func cycles(a *wiretest.Agent) []int64 {
	var out []int64
	for _, arrival := range a.Arrivals {
		out = append(out, arrival.Cycle)
	}
	return out
}
