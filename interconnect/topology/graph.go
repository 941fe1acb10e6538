package topology

import (
	"errors"
	"fmt"

	"mozart/interconnect/wire"
)

// NoGroup is the Group of a node that belongs to no switch.
const NoGroup = -1

// Node is a chiplet, a switch or a stack.
type Node struct {
	// ID is the node's index in Graph.Nodes.
	ID   wire.NodeID
	Kind Kind
	// Name is valid as the name of an Akita component: "Attention",
	// "Switch[0]", "Expert[3]", "Stack[4]".
	Name string
	// Group is the switch group, or NoGroup.
	Group int
}

// Edge is a link between two ports of two different nodes.
type Edge struct {
	A, B         wire.NodeID
	PortA, PortB int
	Level        Level
	// Depth is the number of switch levels above the edge in a tree: 0 for root
	// links, 1 for the links to the next level of switches, and so on. It is 0 in
	// other networks.
	Depth int
	// BitsPerCycle and LatencyCycles are the link's own width and time of flight,
	// each 0 where the configuration of its level decides.
	BitsPerCycle, LatencyCycles int64
}

// Graph is a connected network. It does not change once made.
type Graph struct {
	kind, routing string
	nodes         []Node
	edges         []Edge
	// ends[n][p] is what is plugged into port p of node n.
	ends  [][]end
	lanes int
	// steps and hops are indexed at*len(nodes)+dest.
	steps []step
	hops  []int32
	// up[n] is the port of node n towards the root of a tree; nil in other networks.
	up []int
	// grid is the shape of a grid with an endpoint at every router; nil otherwise.
	grid *lattice
	// domain is the number of the domain of each node; domains counts them.
	domain  []int
	domains int
}

type end struct {
	node wire.NodeID
	edge int
}

// New makes a graph from its nodes, in the order of their IDs, and its edges.
// Routes are shortest paths, and each group of nodes is a domain. It reports
// every node with a wrong ID, every edge with an unknown or equal end, ports used
// twice or left out, and nodes that cannot be reached.
//
// Routes may pass through nodes of any kind and need not be free of deadlock; see
// Cycle.
func New(nodes []Node, edges []Edge) (*Graph, error) {
	g, err := plugged(NetworkCustom, nodes, edges)
	if err != nil {
		return nil, err
	}
	if err := g.routeShortest(anyNode); err != nil {
		return nil, err
	}
	g.partitionByGroup()
	return g, nil
}

// plugged is a connected graph without routes and domains.
func plugged(kind string, nodes []Node, edges []Edge) (*Graph, error) {
	g := &Graph{kind: kind, nodes: nodes, edges: edges, ends: make([][]end, len(nodes)), lanes: 1}
	if err := errors.Join(g.checkNodes(), g.plugEdges()); err != nil {
		return nil, err
	}
	if err := g.checkConnected(); err != nil {
		return nil, err
	}
	return g, nil
}

// anyNode is the rule that every node passes on what is not for it.
func anyNode(wire.NodeID) bool { return true }

// maxNodes keeps the routing table, which is the square of it, near 100 MB.
const maxNodes = 1 << 12

func (g *Graph) checkNodes() error {
	switch n := len(g.nodes); {
	case n == 0:
		return errors.New("topology: no nodes")
	case n > maxNodes:
		return fmt.Errorf("topology: %d nodes, want at most %d", n, maxNodes)
	}
	var errs []error
	for i, n := range g.nodes {
		if int(n.ID) != i {
			errs = append(errs, fmt.Errorf("topology: node %q has ID %d at place %d", n.Name, n.ID, i))
		}
	}
	return errors.Join(errs...)
}

// plugEdges fills ends and checks that the ports of each node are 0, 1, 2, ...
func (g *Graph) plugEdges() error {
	var errs []error
	for i, e := range g.edges {
		if !g.has(e.A) || !g.has(e.B) || e.A == e.B {
			errs = append(errs, fmt.Errorf("topology: edge %d joins nodes %d and %d, want two different ones of %d", i, e.A, e.B, len(g.nodes)))
			continue
		}
		errs = append(errs, g.plug(e.A, e.PortA, end{e.B, i}), g.plug(e.B, e.PortB, end{e.A, i}))
	}
	for n, ends := range g.ends {
		for p, e := range ends {
			if e.edge < 0 {
				errs = append(errs, fmt.Errorf("topology: port %d of node %d has no edge", p, n))
			}
		}
	}
	return errors.Join(errs...)
}

func (g *Graph) has(n wire.NodeID) bool { return n >= 0 && int(n) < len(g.nodes) }

func (g *Graph) plug(n wire.NodeID, port int, e end) error {
	if port < 0 || port >= len(g.edges) || port > maxPort {
		return fmt.Errorf("topology: edge %d uses port %d of node %d, want one below the number of edges, %d", e.edge, port, n, len(g.edges))
	}
	for len(g.ends[n]) <= port {
		g.ends[n] = append(g.ends[n], end{edge: -1})
	}
	if old := g.ends[n][port].edge; old >= 0 {
		return fmt.Errorf("topology: edges %d and %d both use port %d of node %d", old, e.edge, port, n)
	}
	g.ends[n][port] = e
	return nil
}

// Nodes returns every node, by ID. The caller must not change it.
func (g *Graph) Nodes() []Node { return g.nodes }

// Node returns the node of an ID.
func (g *Graph) Node(id wire.NodeID) Node { return g.nodes[id] }

// Edges returns every edge, in the order given. The caller must not change it.
func (g *Graph) Edges() []Edge { return g.edges }

// OfKind returns the nodes of one kind, by ID.
func (g *Graph) OfKind(k Kind) []Node {
	var out []Node
	for _, n := range g.nodes {
		if n.Kind == k {
			out = append(out, n)
		}
	}
	return out
}

// Endpoints returns the nodes that are not routers, by ID. Synthetic traffic
// numbers its sources and destinations by their place in this list.
func (g *Graph) Endpoints() []Node {
	var out []Node
	for _, n := range g.nodes {
		if n.Kind != KindSwitch {
			out = append(out, n)
		}
	}
	return out
}

// IsRouter reports whether a node is a router, which forwards what is not for it.
func (g *Graph) IsRouter(n wire.NodeID) bool { return g.nodes[n].Kind == KindSwitch }

// Kind is the kind of network: one of the Network constants.
func (g *Graph) Kind() string { return g.kind }

// Ports is the number of ports of a node.
func (g *Graph) Ports(n wire.NodeID) int { return len(g.ends[n]) }

// Neighbor is the node behind a port.
func (g *Graph) Neighbor(n wire.NodeID, port int) wire.NodeID { return g.ends[n][port].node }

// Neighbors lists the nodes behind the ports of a node, by port.
func (g *Graph) Neighbors(n wire.NodeID) []wire.NodeID {
	out := make([]wire.NodeID, g.Ports(n))
	for p, e := range g.ends[n] {
		out[p] = e.node
	}
	return out
}

// EdgeAt is the index in Edges of the edge plugged into a port.
func (g *Graph) EdgeAt(n wire.NodeID, port int) int { return g.ends[n][port].edge }
