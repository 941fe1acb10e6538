package topology

import (
	"fmt"
	"slices"

	"mozart/interconnect/wire"
)

// nowhere marks the port taken at the destination itself.
const nowhere = -1

// route fills hops and next with a breadth-first search from every destination.
func (g *Graph) route() {
	n := len(g.nodes)
	g.hops = make([][]int, n)
	g.next = make([][]int, n)
	for at := range n {
		g.hops[at] = g.distances(wire.NodeID(at))
	}
	for at := range n {
		g.next[at] = make([]int, n)
		for dest := range n {
			g.next[at][dest] = g.shortest(at, dest)
		}
	}
}

// distances counts the hops from one node to every other, -1 for one that
// cannot be reached.
func (g *Graph) distances(from wire.NodeID) []int {
	d := slices.Repeat([]int{-1}, len(g.nodes))
	d[from] = 0
	for queue := []wire.NodeID{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, e := range g.ends[at] {
			if d[e.node] < 0 {
				d[e.node] = d[at] + 1
				queue = append(queue, e.node)
			}
		}
	}
	return d
}

// shortest is the lowest port of at whose neighbor is one hop nearer to dest.
func (g *Graph) shortest(at, dest int) int {
	for p, e := range g.ends[at] {
		if d := g.hops[dest][e.node]; d >= 0 && d == g.hops[dest][at]-1 {
			return p
		}
	}
	return nowhere
}

func (g *Graph) checkConnected() error {
	for i, d := range g.hops[0] {
		if d < 0 {
			return fmt.Errorf("topology: node %d (%s) cannot be reached from node 0", i, g.nodes[i].Name)
		}
	}
	return nil
}

// NextPort is the port of at that leads to dest, or -1 when at is dest.
func (g *Graph) NextPort(at, dest wire.NodeID) int { return g.next[at][dest] }

// Routes is the routing table of a node: the port to take per destination, -1
// for the node itself. The caller must not change it.
func (g *Graph) Routes(at wire.NodeID) []int { return g.next[at] }

// Hops is the number of links on the way from a to b.
func (g *Graph) Hops(a, b wire.NodeID) int { return g.hops[a][b] }

// Path lists the nodes on the way from a to b, both included.
func (g *Graph) Path(a, b wire.NodeID) []wire.NodeID {
	path := []wire.NodeID{a}
	for at := a; at != b; {
		at = g.Neighbor(at, g.NextPort(at, b))
		path = append(path, at)
	}
	return path
}

// partition puts each switch group into a domain of its own and everything
// without a group into the first one. Only links between an ungrouped node and
// a switch, or between switches, cross.
func (g *Graph) partition() {
	number := map[int]int{}
	g.domain = make([]int, len(g.nodes))
	for i, n := range g.nodes {
		d, seen := number[n.Group]
		if !seen {
			d = len(number)
			number[n.Group] = d
		}
		g.domain[i] = d
	}
	g.domains = len(number)
}

// Domain is the number of the engine domain that a node belongs to: the
// attention chiplet with its own stacks, or one switch group.
func (g *Graph) Domain(n wire.NodeID) int { return g.domain[n] }

// Domains is the number of engine domains.
func (g *Graph) Domains() int { return g.domains }
