package topology

import (
	"errors"
	"fmt"
)

// Net is the network of routers that a package is built on.
type Net struct {
	// Kind is NetworkMesh, NetworkTorus, NetworkRing or NetworkCrossbar.
	Kind string
	// Width and Height are the routers per row and column; a ring has Width routers
	// and a crossbar one.
	Width, Height int
}

// fabric gives the routers and their extent.
func (n Net) fabric() (fabric, block, error) {
	switch n.Kind {
	case NetworkMesh, NetworkTorus:
		l := lattice{n.Kind, []int{n.Width, n.Height}, n.Kind == NetworkTorus}
		return l, block{w: n.Width, h: n.Height}, l.validate()
	case NetworkRing:
		l := lattice{n.Kind, []int{n.Width}, true}
		return l, block{w: n.Width, h: 1}, l.validate()
	case NetworkCrossbar:
		return crossbar{}, block{w: 1, h: 1}, nil
	}
	return nil, block{}, fmt.Errorf("topology: network %q, want %s, %s, %s or %s", n.Kind, NetworkMesh, NetworkTorus, NetworkRing, NetworkCrossbar)
}

// Package makes a package on a network: what a NoP-Tree of the same counts holds,
// but for the switches. The attention chiplet hangs with one link at the router in
// the middle, its stacks at the attention chiplet. Each group has a rectangle of
// routers (an arc of a ring) to which its chiplets and stacks are attached, evenly
// and in order; groups share one where there are fewer routers than groups.
//
// The nodes are in the order of NoPTree. A router has the Group of its rectangle,
// or NoGroup if several share it. Domain 0 is the attention chiplet and its stacks,
// the others are the rectangles. With dimension order, what passes between nodes of
// a group on a mesh stays in its rectangle.
func Package(n Net, s TreeSpec) (*Graph, error) {
	f, whole, err := n.fabric()
	if err := errors.Join(err, s.Validate()); err != nil {
		return nil, fmt.Errorf("topology: package: %w", err)
	}
	p := placer{spec: s, width: whole.w, blocks: make([]block, s.LowestSwitches()), owner: make([]int, f.routers()), group: make([]int, f.routers())}
	p.split(whole, 0, len(p.blocks))
	attached := p.attached(whole)
	g, err := attach(f, func(router int) int { return p.group[router] }, attached)
	if err != nil {
		return nil, err
	}
	g.setDomains(p.marks(g, attached))
	return g, nil
}

// block is a rectangle of routers: w x h from column x and row y on.
type block struct{ x, y, w, h int }

// placer finds the block of every group.
type placer struct {
	spec  TreeSpec
	width int // of a row of the whole network
	// blocks[g] is the block of group g.
	blocks []block
	// owner[r] is the first group whose block router r lies in, group[r] its only
	// one.
	owner, group []int
}

// split shares a block out among groups first to end, along its longer side and as
// even as it goes.
func (p *placer) split(b block, first, end int) {
	if end-first == 1 || b.w*b.h == 1 {
		for g := first; g < end; g++ {
			p.blocks[g] = b
		}
		for i := range b.w * b.h {
			r := p.router(b, i)
			p.owner[r], p.group[r] = first, first
			if end-first > 1 {
				p.group[r] = NoGroup
			}
		}
		return
	}
	middle := (first + end) / 2
	one, two := b, b
	if b.w >= b.h {
		one.w = share(b.w, middle-first, end-first)
		two.x, two.w = b.x+one.w, b.w-one.w
	} else {
		one.h = share(b.h, middle-first, end-first)
		two.y, two.h = b.y+one.h, b.h-one.h
	}
	p.split(one, first, middle)
	p.split(two, middle, end)
}

// share is part/whole of n, rounded, with at least one left and taken.
func share(n, part, whole int) int { return min(max((n*part+whole/2)/whole, 1), n-1) }

// router is the i-th router of a block, row by row.
func (p *placer) router(b block, i int) int { return b.x + i%b.w + (b.y+i/b.w)*p.width }

// attached lists every node that hangs at a router or the attention chiplet.
func (p *placer) attached(whole block) []attachment {
	center := whole.x + whole.w/2 + (whole.y+whole.h/2)*p.width
	out := []attachment{{KindAttention, "Attention", NoGroup, center, LevelAttention}}
	stacks := 0
	stack := func(group, router int, level Level) {
		out = append(out, attachment{KindStack, fmt.Sprintf("Stack[%d]", stacks), group, router, level})
		stacks++
	}
	for g, b := range p.blocks {
		for k := range p.spec.ChipletsPerGroup {
			name := fmt.Sprintf("Expert[%d]", g*p.spec.ChipletsPerGroup+k)
			at := p.router(b, k*b.w*b.h/p.spec.ChipletsPerGroup)
			out = append(out, attachment{KindExpert, name, g, at, LevelLeaf})
		}
	}
	for g, b := range p.blocks {
		for k := range p.spec.StacksPerGroup {
			stack(g, p.router(b, (2*k+1)*b.w*b.h/(2*p.spec.StacksPerGroup)), LevelStack)
		}
	}
	for range p.spec.AttentionStacks {
		stack(NoGroup, atAttention, LevelAttentionStack)
	}
	return out
}

// marks gives every node the first group of its router, and the attention chiplet
// and its stacks one of their own.
func (p *placer) marks(g *Graph, attached []attachment) []int {
	marks := make([]int, len(g.nodes))
	const attention = -1
	marks[0] = attention
	for r, owner := range p.owner {
		marks[1+r] = owner
	}
	for i, a := range attached[1:] {
		marks[1+len(p.owner)+i] = attention
		if a.router != atAttention {
			marks[1+len(p.owner)+i] = p.owner[a.router]
		}
	}
	return marks
}
