package topology

import (
	"errors"
	"fmt"

	"mozart/interconnect/wire"
)

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	KindAttention Kind = iota // the attention chiplet
	KindSwitch                // a NoP switch
	KindExpert                // an expert chiplet
	KindStack                 // a DRAM stack
)

var kindNames = [...]string{"attention", "switch", "expert", "stack"}

// String returns the name used in reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Level says where in the tree an edge lies; the width of a link is chosen per
// level.
type Level uint8

// The levels of edges.
const (
	LevelRoot           Level = iota // attention chiplet to switch
	LevelLeaf                        // switch to expert chiplet
	LevelStack                       // switch to DRAM stack
	LevelAttentionStack              // attention chiplet to DRAM stack
)

var levelNames = [...]string{"root", "leaf", "stack", "attention-stack"}

// String returns the name used in configs and reports.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

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
}

// Graph is a connected network. It does not change once made.
type Graph struct {
	nodes []Node
	edges []Edge
	// ends[n][p] is what is plugged into port p of node n.
	ends [][]end
	// next[at][dest] is the port to take, or -1 at the destination.
	next [][]int
	hops [][]int
	// domain is the number of the domain of each node; domains counts them.
	domain  []int
	domains int
}

type end struct {
	node wire.NodeID
	edge int
}

// New makes a graph from its nodes, in the order of their IDs, and its edges.
// It reports every node with a wrong ID, every edge with an unknown or equal
// end, ports used twice or left out, and nodes that cannot be reached.
func New(nodes []Node, edges []Edge) (*Graph, error) {
	g := &Graph{nodes: nodes, edges: edges, ends: make([][]end, len(nodes))}
	if err := errors.Join(g.checkNodes(), g.plugEdges()); err != nil {
		return nil, err
	}
	g.route()
	if err := g.checkConnected(); err != nil {
		return nil, err
	}
	g.partition()
	return g, nil
}

func (g *Graph) checkNodes() error {
	if len(g.nodes) == 0 {
		return errors.New("topology: no nodes")
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
	if port < 0 || port >= len(g.edges) {
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
