package config

import (
	"errors"
	"fmt"

	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/runner/config/strict"
)

// isFile tells whether the tree asks for a network from a file.
func isFile(tree *strict.Tree) bool {
	kind, _ := tree.Get(topologyKey + "kind").Text()
	return kind == fileKind
}

// uncounted has the counts of a network pass as numbers until its file is read: they
// have no key of their own then that could be missing.
func (t *Topology) uncounted() {
	t.Groups, t.ChipletsPerGroup, t.StacksPerGroup, t.AttentionStacks = 1, 1, 1, 1
}

// readNetwork takes the counts of a package from the file of its network. What is
// wrong with the file, or cannot be a package, is reported.
func (x *Experiment) readNetwork(tree *strict.Tree, known strict.Errors) strict.Errors {
	const key = topologyKey + "file"
	c := newCheck(tree, known)
	t := &x.Hardware.Topology
	c.rule(keys(key, topologyKey+"kind"), t.File != "", nothing, "the path of a file, for hardware.topology.kind: file")
	if t.File == "" || !c.sound(key, "hardware.clock", "hardware.links.wire_rate") {
		return c.errs
	}
	g, err := x.Hardware.network()
	if inside := (strict.Errors)(nil); errors.As(err, &inside) {
		c.fail(key, fmt.Sprintf("%q", t.File), "the path of a network without errors")
		return append(c.errs, inside...)
	}
	if err == nil {
		err = t.count(g)
	}
	if err == nil {
		err = checkRouters(g)
	}
	if err != nil {
		c.fail(key, fmt.Sprintf("%q", t.File), fmt.Sprintf("a package: %v", err))
	}
	return c.errs
}

// checkRouters reports a router with more lanes of ports than one can have.
func checkRouters(g *topology.Graph) error {
	for _, n := range g.OfKind(topology.KindSwitch) {
		if slots := router.SlotsOf(g, n.ID); slots > router.MaxSlots {
			return fmt.Errorf("its router %s has %d ports, lanes counted one by one, want at most %d", n.Name, slots, router.MaxSlots)
		}
	}
	return nil
}

// count takes the counts from a network. It is an error if that is no package: one
// attention chiplet, and groups of as many expert chiplets in a row and as many stacks.
func (t *Topology) count(g *topology.Graph) error {
	if n := len(g.OfKind(topology.KindAttention)); n != 1 {
		return fmt.Errorf("it has %d attention chiplets, want 1", n)
	}
	if n := len(g.OfKind(topology.KindEndpoint)); n != 0 {
		return fmt.Errorf("it has %d endpoints of synthetic traffic, want none", n)
	}
	experts := g.OfKind(topology.KindExpert)
	if len(experts) == 0 {
		return errors.New("it has no expert chiplet")
	}
	groups := 0
	for _, n := range experts {
		groups = max(groups, n.Group+1)
	}
	if groups == 0 || len(experts)%groups != 0 {
		return fmt.Errorf("its %d expert chiplets are in %d groups, want groups of one size", len(experts), groups)
	}
	for i, n := range experts {
		if want := i * groups / len(experts); n.Group != want {
			return fmt.Errorf("its expert chiplet %s is in group %d, want %d: groups are listed one after another, and are of one size", n.Name, n.Group, want)
		}
	}
	t.Groups, t.ChipletsPerGroup = groups, len(experts)/groups
	return t.countStacks(g)
}

func (t *Topology) countStacks(g *topology.Graph) error {
	stacks := make([]int, 1+t.Groups) // the attention chiplet's first
	for _, n := range g.OfKind(topology.KindStack) {
		if n.Group >= t.Groups {
			return fmt.Errorf("its stack %s is in group %d of %d", n.Name, n.Group, t.Groups)
		}
		stacks[1+n.Group]++
	}
	for i, n := range stacks {
		switch {
		case n < 1 && i == 0:
			return errors.New("it has no stack without a group, for the attention chiplet")
		case n < 1 || i > 0 && n != stacks[1]:
			return fmt.Errorf("its group %d has %d stacks, group 0 has %d, want as many and at least 1", i-1, n, stacks[1])
		}
	}
	t.AttentionStacks, t.StacksPerGroup = stacks[0], stacks[1]
	return nil
}
