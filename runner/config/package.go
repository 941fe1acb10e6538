package config

import (
	"errors"
	"fmt"
	"math"

	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/workloads/schedule"
)

// GroupCount is the number of groups of expert chiplets.
func (t Topology) GroupCount() int {
	n := t.Groups
	if !t.IsTree() {
		return n
	}
	for _, arity := range t.Levels {
		n *= arity
	}
	return n
}

// Chiplets is the number of expert chiplets.
func (t Topology) Chiplets() int { return t.GroupCount() * t.ChipletsPerGroup }

// describe is the expert chiplets in words.
func (t Topology) describe() string {
	if len(t.Levels) == 0 || !t.IsTree() {
		return fmt.Sprintf("%d expert chiplets (%d groups of %d)", t.Chiplets(), t.Groups, t.ChipletsPerGroup)
	}
	return fmt.Sprintf("%d expert chiplets (%d switches, levels %v, groups of %d)", t.Chiplets(), t.Groups, t.Levels, t.ChipletsPerGroup)
}

// Below is the number of expert chiplets below a switch, for each level of a tree from
// the groups up; nil for other networks.
func (t Topology) Below() []int {
	if !t.IsTree() {
		return nil
	}
	below := []int{t.ChipletsPerGroup}
	for i := len(t.Levels) - 1; i >= 0; i-- {
		below = append(below, below[len(below)-1]*t.Levels[i])
	}
	return below
}

// IsTree tells whether switches stand between the attention chiplet and the groups.
// Only they add on the way up.
func (t Topology) IsTree() bool { return t.Kind == topology.NetworkNoPTree }

// fileKind is the Kind of a network from a file.
const fileKind = "file"

// net is the network of routers of a package that is no tree.
func (t Topology) net() topology.Net {
	n := topology.Net{Kind: t.Kind, Width: t.Width, Height: t.Height}
	chiplets := t.Chiplets()
	switch {
	case t.Kind == topology.NetworkRing && n.Width == 0:
		n.Width = chiplets
	case n.Width == 0 && n.Height == 0:
		for n.Height = int(math.Sqrt(float64(chiplets))); n.Height > 1 && chiplets%n.Height != 0; n.Height-- {
		}
		n.Height = max(1, n.Height)
		n.Width = chiplets / n.Height
	case n.Width == 0:
		n.Width = (chiplets + n.Height - 1) / n.Height
	case n.Height == 0:
		n.Height = (chiplets + n.Width - 1) / n.Width
	}
	return n
}

// Graph is the network of the package. Every edge has its rate and latency.
func (h Hardware) Graph() (*topology.Graph, error) {
	g, err := h.network()
	if err != nil {
		return nil, err
	}
	return h.fill(g)
}

func (h Hardware) network() (*topology.Graph, error) {
	t := h.Topology
	spec := topology.TreeSpec{
		Groups: t.Groups, Levels: t.Levels, ChipletsPerGroup: t.ChipletsPerGroup,
		StacksPerGroup: t.StacksPerGroup, AttentionStacks: t.AttentionStacks,
	}
	switch {
	case t.IsTree():
		return topology.NoPTree(spec)
	case t.Kind == fileKind:
		return LoadTopology(t.File, h.Clock, h.Links.WireRate)
	}
	return topology.Package(t.net(), spec)
}

// Machine is what the schedule has to know of the hardware.
func (h Hardware) Machine(g *topology.Graph) schedule.Machine {
	m := schedule.Machine{Groups: h.Topology.GroupCount()}
	attention := g.OfKind(topology.KindAttention)[0].ID
	for _, n := range g.OfKind(topology.KindExpert) {
		m.Trunks = append(m.Trunks, g.NextPort(attention, n.ID))
	}
	m.Chiplets = len(m.Trunks)
	return m
}

// namedLink is a link with its key.
type namedLink struct {
	name string
	Link
}

// all lists the links in the order of their keys.
func (l Links) all() []namedLink {
	named := []namedLink{{"root", l.Root}}
	for i, level := range l.Levels {
		named = append(named, namedLink{fmt.Sprintf("levels[%d]", i), level})
	}
	return append(named, namedLink{"router", l.Router}, namedLink{"leaf", l.Leaf}, namedLink{"stack", l.Stack}, namedLink{"attention_stack", l.AttentionStack})
}

// of is the kind of link that an edge is.
func (l Links) of(e topology.Edge) Link {
	switch e.Level {
	case topology.LevelRouter:
		return l.Router
	case topology.LevelLeaf:
		return l.Leaf
	case topology.LevelStack:
		return l.Stack
	case topology.LevelAttentionStack:
		return l.AttentionStack
	case topology.LevelMid:
		if i := int(e.Depth) - 1; i < len(l.Levels) {
			return l.Levels[i]
		}
	}
	return l.Root
}

// fill gives every edge without a rate or latency of its own those of its kind.
func (h Hardware) fill(g *topology.Graph) (*topology.Graph, error) {
	var errs []error
	filled := g.WithLinks(func(e topology.Edge) (bitsPerCycle, latencyCycles int64) {
		kind := h.Links.of(e)
		bitsPerCycle, latencyCycles = e.BitsPerCycle, e.LatencyCycles
		if bitsPerCycle == 0 {
			rate, err := h.BitsPerCycle(kind)
			if err != nil && errs == nil {
				errs = append(errs, fmt.Errorf("%v link: %w", e.Level, err))
			}
			bitsPerCycle = rate
		}
		if latencyCycles == 0 {
			latencyCycles = max(1, kind.Latency.Cycles(h.Clock))
		}
		return bitsPerCycle, latencyCycles
	})
	return filled, errors.Join(errs...)
}

// BitsPerCycle is the rate of a link; an error if it is not a whole number.
func (h Hardware) BitsPerCycle(l Link) (int64, error) {
	return (h.Links.WireRate * units.Bandwidth(l.Wires)).BitsPerCycle(h.Clock)
}
