package topology

import (
	"errors"
	"fmt"

	"mozart/interconnect/wire"
)

// TreeSpec sizes a NoP-Tree.
type TreeSpec struct {
	// Groups is the number of switches below the attention chiplet.
	Groups int
	// ChipletsPerGroup is the number of expert chiplets at each switch.
	ChipletsPerGroup int
	// StacksPerGroup is the number of DRAM stacks at each switch.
	StacksPerGroup int
	// AttentionStacks is the number of DRAM stacks at the attention chiplet.
	AttentionStacks int
}

// DefaultTreeSpec is the machine of the paper: 4 switches, 16 expert chiplets,
// 6 stacks of which 2 belong to the attention chiplet (section 5, hardware).
func DefaultTreeSpec() TreeSpec {
	return TreeSpec{Groups: 4, ChipletsPerGroup: 4, StacksPerGroup: 1, AttentionStacks: 2}
}

// Validate reports every wrong field.
func (s TreeSpec) Validate() error {
	var errs []error
	atLeast := func(name string, v, low int) {
		if v < low {
			errs = append(errs, fmt.Errorf("%s must be at least %d, got %d", name, low, v))
		}
	}
	atLeast("Groups", s.Groups, 1)
	atLeast("ChipletsPerGroup", s.ChipletsPerGroup, 1)
	atLeast("StacksPerGroup", s.StacksPerGroup, 0)
	atLeast("AttentionStacks", s.AttentionStacks, 0)
	return errors.Join(errs...)
}

// The ports of a NoP-Tree. The attention chiplet's ports are its switches by
// group, then its stacks; a switch's are the way up, its chiplets, its stacks.
const (
	// UpPort is a switch's port towards the attention chiplet.
	UpPort = 0
	// FirstChildPort is a switch's port to its first expert chiplet.
	FirstChildPort = 1
	// EndpointPort is the only port of an expert chiplet or a stack.
	EndpointPort = 0
)

// NoPTree makes the tree of the paper: the attention chiplet as root with one
// link per switch and per stack of its own, and under each switch its expert
// chiplets and stacks. The nodes are, in this order, the attention chiplet, the
// switches, the expert chiplets group by group, the groups' stacks, the
// attention chiplet's stacks.
//
// There is no router at the root: the attention chiplet has an injection queue
// per link, so a busy link never holds up packets for another one.
func NoPTree(s TreeSpec) (*Graph, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("topology: NoP-Tree: %w", err)
	}
	b := treeBuilder{}
	root := b.node(KindAttention, "Attention", NoGroup)
	switches := make([]wire.NodeID, s.Groups)
	for i := range switches {
		switches[i] = b.node(KindSwitch, fmt.Sprintf("Switch[%d]", i), i)
		b.edge(root, switches[i], i, UpPort, LevelRoot)
	}
	for i, sw := range switches {
		for k := range s.ChipletsPerGroup {
			n := b.node(KindExpert, fmt.Sprintf("Expert[%d]", i*s.ChipletsPerGroup+k), i)
			b.edge(sw, n, FirstChildPort+k, EndpointPort, LevelLeaf)
		}
	}
	for i, sw := range switches {
		for k := range s.StacksPerGroup {
			n := b.stack(i)
			b.edge(sw, n, FirstChildPort+s.ChipletsPerGroup+k, EndpointPort, LevelStack)
		}
	}
	for k := range s.AttentionStacks {
		b.edge(root, b.stack(NoGroup), s.Groups+k, EndpointPort, LevelAttentionStack)
	}
	return New(b.nodes, b.edges)
}

type treeBuilder struct {
	nodes  []Node
	edges  []Edge
	stacks int
}

func (b *treeBuilder) node(k Kind, name string, group int) wire.NodeID {
	id := wire.NodeID(len(b.nodes))
	b.nodes = append(b.nodes, Node{ID: id, Kind: k, Name: name, Group: group})
	return id
}

func (b *treeBuilder) stack(group int) wire.NodeID {
	b.stacks++
	return b.node(KindStack, fmt.Sprintf("Stack[%d]", b.stacks-1), group)
}

func (b *treeBuilder) edge(a, c wire.NodeID, portA, portC int, l Level) {
	b.edges = append(b.edges, Edge{A: a, B: c, PortA: portA, PortB: portC, Level: l})
}
