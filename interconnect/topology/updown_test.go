package topology

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"mozart/interconnect/wire"
)

// randomNetwork is a random tree of routers and some links more, with an endpoint
// at every router: endpoint n+i at router i.
func randomNetwork(t *testing.T, r *rand.Rand, n, extra int) *Graph {
	t.Helper()
	var nodes []Node
	var edges []Edge
	node := func(k Kind, name string) wire.NodeID {
		id := wire.NodeID(len(nodes))
		nodes = append(nodes, Node{ID: id, Kind: k, Name: name, Group: NoGroup})
		return id
	}
	for i := range n {
		id := node(KindSwitch, fmt.Sprintf("Switch[%d]", i))
		if i > 0 {
			edges = append(edges, Edge{A: wire.NodeID(r.IntN(i)), B: id})
		}
	}
	for range extra {
		if a, b := r.IntN(n), r.IntN(n); a != b {
			edges = append(edges, Edge{A: wire.NodeID(a), B: wire.NodeID(b)})
		}
	}
	for i := range n {
		edges = append(edges, Edge{A: wire.NodeID(i), B: node(KindEndpoint, fmt.Sprintf("Endpoint[%d]", i))})
	}
	g, err := FromEdges(nodes, edges, RoutingUpDown)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// legal gives the length of the shortest legal route from every router to a
// destination, which may go up also where it could go down.
func (u *upDown) legal(dest wire.NodeID) []int32 {
	u.descend(dest)
	length := make([]int32, len(u.g.nodes))
	for _, n := range u.order {
		length[n] = u.down[n]
		for _, e := range u.g.ends[n] {
			if u.above(e.node, n) {
				length[n] = min(length[n], length[e.node]+1)
			}
		}
	}
	return length
}

// Choosing by destination alone costs under 1% of the length of routes, and the
// rule of up and down under 10% (docs/topologies.md).
func TestUpDownIsNearlyShortest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{8, 16, 32, 64} {
		for _, extra := range []int{2, n / 2, n, 2 * n} {
			var taken, legal, shortest int
			for range 4 {
				g := randomNetwork(t, r, n, extra)
				u := newUpDown(g)
				for dest := n; dest < 2*n; dest++ {
					length, d := u.legal(wire.NodeID(dest)), g.distances(wire.NodeID(dest), g.IsRouter)
					for at := range n {
						taken += g.Hops(wire.NodeID(at), wire.NodeID(dest))
						legal += int(length[at])
						shortest += int(d[at])
					}
				}
			}
			overLegal, overShortest := float64(taken)/float64(legal)-1, float64(legal)/float64(shortest)-1
			t.Logf("%d routers, %d links more than a tree: %.2f%% above the shortest legal routes, which are %.2f%% above the shortest of all", n, extra, 100*overLegal, 100*overShortest)
			if overLegal < 0 || overLegal > 0.01 || overShortest < 0 || overShortest > 0.1 {
				t.Errorf("%d routers, %d links more: %.4f and %.4f", n, extra, overLegal, overShortest)
			}
		}
	}
}
