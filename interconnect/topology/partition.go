package topology

import (
	"slices"

	"mozart/interconnect/wire"
)

// Domain is the number of the engine domain that a node belongs to. In a tree
// these are the root (attention chiplet and its stacks) and what hangs below each
// root link.
func (g *Graph) Domain(n wire.NodeID) int { return g.domain[n] }

// Domains is the number of engine domains.
func (g *Graph) Domains() int { return g.domains }

// maxDomains is the most domains that a network is cut into that does not say
// itself where: more than threads that are likely to be there, and few enough that
// each has work.
const maxDomains = 8

// partitionByGroup puts each group into a domain of its own and everything
// without a group into one more.
func (g *Graph) partitionByGroup() {
	groups := make([]int, len(g.nodes))
	for i, n := range g.nodes {
		groups[i] = n.Group
	}
	g.setDomains(groups)
}

// partitionByCut halves the graph, the halves and so on, each time into as many
// nodes and across as few links as halve finds.
func (g *Graph) partitionByCut() {
	b := g.bunch(g.hangs, func(Node) int { return 1 }, func(Edge) cost { return cost{links: 1} })
	parts := [][]int{b.all()}
	for 2*len(parts) <= min(maxDomains, len(b.weight)) {
		var halves [][]int
		for _, p := range parts {
			if len(p) < 2 {
				halves = append(halves, p)
				continue
			}
			first, second := b.halve(p).sides()
			halves = append(halves, first, second)
		}
		if len(halves) == len(parts) {
			break
		}
		parts = halves
	}
	part := make([]int, len(b.weight))
	for i, p := range parts {
		for _, m := range p {
			part[m] = i
		}
	}
	marks := make([]int, len(g.nodes))
	for i := range marks {
		marks[i] = part[b.of[i]]
	}
	g.setDomains(marks)
}

// setDomains makes a domain of the nodes of each mark, numbered by ascending marks.
func (g *Graph) setDomains(marks []int) {
	distinct := slices.Compact(slices.Sorted(slices.Values(marks)))
	g.domain = make([]int, len(marks))
	for i, m := range marks {
		g.domain[i], _ = slices.BinarySearch(distinct, m)
	}
	g.domains = len(distinct)
}
