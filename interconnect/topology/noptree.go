package topology

import (
	"errors"
	"fmt"
	"slices"

	"mozart/interconnect/wire"
)

// TreeSpec sizes a NoP-Tree, or counts what a package on another network holds.
type TreeSpec struct {
	// Groups is the number of switches below the root: one per root link.
	Groups int
	// Levels is how many switches hang below each switch, for every level of
	// switches that follows the first. Empty: expert chiplets hang at the switches
	// below the root.
	Levels []int
	// ChipletsPerGroup is the number of expert chiplets at each lowest switch.
	ChipletsPerGroup int
	// StacksPerGroup is the number of DRAM stacks at each lowest switch.
	StacksPerGroup int
	// AttentionStacks is the number of DRAM stacks at the attention chiplet.
	AttentionStacks int
	// RootRouter puts a router at the root, with the attention chiplet attached to
	// it. Without, the attention chiplet is the root and has an injection queue per
	// link, so that a busy link never holds up packets for another one.
	RootRouter bool
}

// DefaultTreeSpec is the machine of the paper: 4 switches, 16 expert chiplets,
// 6 stacks of which 2 belong to the attention chiplet (section 5, hardware).
func DefaultTreeSpec() TreeSpec {
	return TreeSpec{Groups: 4, ChipletsPerGroup: 4, StacksPerGroup: 1, AttentionStacks: 2}
}

// LowestSwitches is the number of switches that chiplets hang at, which is the
// number of groups that Node.Group counts.
func (s TreeSpec) LowestSwitches() int {
	n := s.Groups
	for _, arity := range s.Levels {
		n *= arity
	}
	return n
}

// Chiplets is the number of expert chiplets.
func (s TreeSpec) Chiplets() int { return s.LowestSwitches() * s.ChipletsPerGroup }

// Validate reports every wrong field.
func (s TreeSpec) Validate() error {
	var errs []error
	atLeast := func(name string, v, low int) {
		if v < low || v > maxNodes {
			errs = append(errs, fmt.Errorf("%s must be %d to %d, got %d", name, low, maxNodes, v))
		}
	}
	atLeast("Groups", s.Groups, 1)
	for i, arity := range s.Levels {
		atLeast(fmt.Sprintf("Levels[%d]", i), arity, 1)
	}
	atLeast("ChipletsPerGroup", s.ChipletsPerGroup, 1)
	atLeast("StacksPerGroup", s.StacksPerGroup, 0)
	atLeast("AttentionStacks", s.AttentionStacks, 0)
	if errs == nil && !s.fits() {
		errs = append(errs, fmt.Errorf("the tree has more than %d nodes", maxNodes))
	}
	return errors.Join(errs...)
}

// fits reports whether the tree has at most maxNodes nodes.
func (s TreeSpec) fits() bool {
	nodes, width := 1+s.AttentionStacks, s.Groups
	for _, arity := range s.Levels {
		nodes += width
		if nodes > maxNodes {
			return false
		}
		width *= arity
	}
	return nodes <= maxNodes && nodes+width*(1+s.ChipletsPerGroup+s.StacksPerGroup) <= maxNodes
}

// The ports of a NoP-Tree without a root router. The attention chiplet's ports
// are its switches, then its stacks; a switch's are the way up, the switches or
// chiplets below it, its stacks.
const (
	// UpPort is a switch's port towards the attention chiplet.
	UpPort = 0
	// FirstChildPort is a switch's port to the first node below it.
	FirstChildPort = 1
	// EndpointPort is the only port of an expert chiplet or a stack.
	EndpointPort = 0
)

// NoPTree makes the tree of the paper, of any depth: at the root the attention
// chiplet, with one link per switch and per stack of its own; below it one or
// more levels of switches; at the lowest switches expert chiplets and stacks. The
// nodes are, in this order, the attention chiplet, the switches level by level
// from the top, the expert chiplets group by group, the groups' stacks, the
// attention chiplet's stacks.
//
// With a root router, which is Switch[0], the ports of every switch are in
// BookSim2's order for its "anynet": what is not a switch, then the switches, each
// by ID.
func NoPTree(s TreeSpec) (*Graph, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("topology: NoP-Tree: %w", err)
	}
	b := treeBuilder{spec: s}
	root := b.node(KindAttention, "Attention", NoGroup, rootMark)
	top := root
	if s.RootRouter {
		top = b.node(KindSwitch, "Switch[0]", NoGroup, rootMark)
		b.edge(top, root, LevelAttention, 0)
	}
	b.endpoints(root, b.switches(top))
	ports(b.edges, len(b.nodes), b.rank())
	g, err := plugged(NetworkNoPTree, b.nodes, b.edges)
	if err != nil {
		return nil, err
	}
	if err := g.routeShortest(anyNode); err != nil {
		return nil, err
	}
	g.setDomains(b.marks)
	g.findUp(top)
	return g, nil
}

// rootMark marks what is at the root; nodes below root link i bear the mark i.
const rootMark = -1

type treeBuilder struct {
	spec    TreeSpec
	nodes   []Node
	edges   []Edge
	marks   []int // of the part of the tree that each node lies in
	routers int
}

// switches makes the levels of switches below the root and returns the lowest.
func (b *treeBuilder) switches(top wire.NodeID) []wire.NodeID {
	b.routers = len(b.nodes) - 1
	level := []wire.NodeID{top}
	arities := slices.Concat([]int{b.spec.Groups}, b.spec.Levels)
	for depth, arity := range arities {
		var next []wire.NodeID
		for _, above := range level {
			for k := range arity {
				mark, group, kind := k, NoGroup, LevelRoot
				if depth > 0 {
					mark, kind = b.marks[above], LevelMid
				}
				if depth == len(arities)-1 {
					group = len(next)
				}
				n := b.node(KindSwitch, fmt.Sprintf("Switch[%d]", b.routers), group, mark)
				b.routers++
				b.edge(above, n, kind, depth)
				next = append(next, n)
			}
		}
		level = next
	}
	return level
}

// endpoints hangs chiplets and stacks at the lowest switches and stacks at the
// attention chiplet.
func (b *treeBuilder) endpoints(attention wire.NodeID, lowest []wire.NodeID) {
	depth := 1 + len(b.spec.Levels)
	for i, sw := range lowest {
		for k := range b.spec.ChipletsPerGroup {
			n := b.node(KindExpert, fmt.Sprintf("Expert[%d]", i*b.spec.ChipletsPerGroup+k), i, b.marks[sw])
			b.edge(sw, n, LevelLeaf, depth)
		}
	}
	stacks := 0
	for i, sw := range lowest {
		for range b.spec.StacksPerGroup {
			n := b.node(KindStack, fmt.Sprintf("Stack[%d]", stacks), i, b.marks[sw])
			stacks++
			b.edge(sw, n, LevelStack, depth)
		}
	}
	for range b.spec.AttentionStacks {
		n := b.node(KindStack, fmt.Sprintf("Stack[%d]", stacks), NoGroup, rootMark)
		stacks++
		b.edge(attention, n, LevelAttentionStack, 0)
	}
}

func (b *treeBuilder) node(k Kind, name string, group, mark int) wire.NodeID {
	id := wire.NodeID(len(b.nodes))
	b.nodes = append(b.nodes, Node{ID: id, Kind: k, Name: name, Group: group})
	b.marks = append(b.marks, mark)
	return id
}

func (b *treeBuilder) edge(above, below wire.NodeID, l Level, depth int) {
	b.edges = append(b.edges, Edge{A: above, B: below, Level: l, Depth: depth})
}

// rank orders the ports of a node.
func (b *treeBuilder) rank() func(at, neighbor wire.NodeID) int {
	if b.spec.RootRouter {
		return endpointsFirst(b.nodes)
	}
	return func(_, neighbor wire.NodeID) int { return int(neighbor) }
}

// findUp fills up for a tree with its root at top.
func (g *Graph) findUp(top wire.NodeID) {
	g.up = make([]int, len(g.nodes))
	for n := range g.nodes {
		g.up[n] = g.NextPort(wire.NodeID(n), top)
	}
}

// Up is the port of a node of a NoP-Tree that leads towards the root; -1 at the
// root itself and in networks that are no trees.
func (g *Graph) Up(n wire.NodeID) int {
	if g.up == nil {
		return nowhere
	}
	return g.up[n]
}
