package topology_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// fataler is what tests and properties share.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// checkNetwork holds the laws of every network: from each endpoint every other one
// is reached by Hop, in Hops links, by way of NextPort, in lanes below Lanes and
// without a loop; no ring of channels can wait for itself.
func checkNetwork(t fataler, g *topology.Graph) {
	t.Helper()
	for _, n := range g.Nodes() {
		sim.NameMustBeValid(n.Name)
		if d := g.Domain(n.ID); d < 0 || d >= g.Domains() {
			t.Fatalf("%s lies in domain %d of %d", n.Name, d, g.Domains())
		}
		if g.IsRouter(n.ID) != (n.Kind == topology.KindSwitch) {
			t.Fatalf("%s of kind %s: router is %v", n.Name, n.Kind, g.IsRouter(n.ID))
		}
	}
	for _, a := range g.Endpoints() {
		for _, b := range g.Endpoints() {
			if got, want := walk(t, g, a.ID, b.ID), g.Hops(a.ID, b.ID); got != want {
				t.Fatalf("from %s to %s Hop takes %d links, Hops says %d", a.Name, b.Name, got, want)
			}
		}
	}
	if ring := g.Cycle(); ring != nil {
		t.Fatalf("%s routing can deadlock: %v", g.Routing(), ring)
	}
}

// walk follows Hop and returns the number of links taken.
func walk(t fataler, g *topology.Graph, from, to wire.NodeID) int {
	t.Helper()
	at, in, lane, links := from, -1, uint8(0), 0
	for at != to {
		port, next := g.Hop(at, in, lane, to)
		if port != g.NextPort(at, to) || int(next) >= g.Lanes() || links > len(g.Nodes()) {
			t.Fatalf("at node %d to %d after %d links: port %d lane %d, NextPort %d", at, to, links, port, next, g.NextPort(at, to))
		}
		e := g.Edges()[g.EdgeAt(at, port)]
		if e.A == at && e.PortA == port {
			at, in = e.B, e.PortB
		} else {
			at, in = e.A, e.PortA
		}
		lane = next
		links++
	}
	if port, _ := g.Hop(to, in, lane, to); port != -1 {
		t.Fatalf("at its destination %d a packet leaves by port %d", to, port)
	}
	return links
}

func must(t fataler) func(g *topology.Graph, err error) *topology.Graph {
	return func(g *topology.Graph, err error) *topology.Graph {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
}

// way is the distance of two coordinates.
func way(a, b, size int, wrap bool) int {
	d := max(a-b, b-a)
	if wrap {
		d = min(d, size-d)
	}
	return d
}

func TestGridsTakeTheShortestWayInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 6).Draw(t, "w"), rapid.IntRange(1, 6).Draw(t, "h")
		wrap := rapid.Bool().Draw(t, "wrap")
		g, lanes := must(t)(topology.Mesh(w, h)), 1
		if wrap {
			g = must(t)(topology.Torus(w, h))
			if w > 2 || h > 2 {
				lanes = 2
			}
		}
		checkNetwork(t, g)
		if g.Lanes() != lanes || g.Routing() != topology.RoutingDimensionOrder {
			t.Fatalf("%d lanes and %s routing, want %d", g.Lanes(), g.Routing(), lanes)
		}
		ends := g.Endpoints()
		if len(ends) != w*h || g.Domains() != min(h, 8) {
			t.Fatalf("%d endpoints, %d domains", len(ends), g.Domains())
		}
		for i, a := range ends {
			for j, b := range ends {
				want := 2 + way(i%w, j%w, w, wrap) + way(i/w, j/w, h, wrap)
				if i == j {
					want = 0
				}
				if got := g.Hops(a.ID, b.ID); got != want {
					t.Fatalf("from %d to %d in %d links, want %d", i, j, got, want)
				}
				inOrder(t, g.Path(a.ID, b.ID), w)
			}
		}
	})
}

// inOrder checks that a path over a grid of rows of w, whose routers have the
// first IDs, never moves in x after it moved in y.
func inOrder(t fataler, path []wire.NodeID, w int) {
	t.Helper()
	y := false
	for i := 2; i < len(path)-1; i++ {
		a, b := int(path[i-1]), int(path[i])
		y = y || a/w != b/w
		if y && a%w != b%w {
			t.Fatalf("path %v turns from y to x", path)
		}
	}
}

func TestPortsAreInTheOrderOfBookSim(t *testing.T) {
	mesh := must(t)(topology.Mesh(3, 3))
	tree := must(t)(topology.NoPTree(topology.TreeSpec{Groups: 4, ChipletsPerGroup: 4, RootRouter: true}))
	for _, tc := range []struct {
		name string
		g    *topology.Graph
		node wire.NodeID
		want []string
	}{
		{"middle of a mesh: +x -x +y -y, endpoint", mesh, 4, []string{"Switch[5]", "Switch[3]", "Switch[7]", "Switch[1]", "Endpoint[4]"}},
		{"corner of a mesh", mesh, 0, []string{"Switch[1]", "Switch[3]", "Endpoint[0]"}},
		{"torus", must(t)(topology.Torus(3, 3)), 0, []string{"Switch[1]", "Switch[2]", "Switch[3]", "Switch[6]", "Endpoint[0]"}},
		{"ring", must(t)(topology.Ring(5)), 0, []string{"Switch[1]", "Switch[4]", "Endpoint[0]"}},
		{"ring of two", must(t)(topology.Ring(2)), 1, []string{"Switch[0]", "Endpoint[1]"}},
		{"crossbar", must(t)(topology.Crossbar(3)), 0, []string{"Endpoint[0]", "Endpoint[1]", "Endpoint[2]"}},
		{"root router: node, then routers", tree, 1, []string{"Attention", "Switch[1]", "Switch[2]", "Switch[3]", "Switch[4]"}},
		{"leaf router: nodes, then root", tree, 3, []string{"Expert[4]", "Expert[5]", "Expert[6]", "Expert[7]", "Switch[0]"}},
	} {
		var got []string
		for _, n := range tc.g.Neighbors(tc.node) {
			got = append(got, tc.g.Node(n).Name)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// On a ring of 6, what crosses the link between the last and the first router is
// in lane 1 until it has crossed. Of two ways of three links, even routers go up.
func TestLanesOfARing(t *testing.T) {
	g := must(t)(topology.Ring(6))
	for _, tc := range []struct {
		at, dest int
		port     int
		lane     uint8
	}{
		{1, 3, 0, 0}, {4, 0, 0, 1}, {5, 0, 0, 1}, {0, 4, 1, 1}, {1, 0, 1, 0}, {5, 3, 1, 0},
		{0, 3, 0, 0}, {3, 0, 1, 0}, {2, 5, 0, 0}, {5, 2, 1, 0}, {4, 1, 0, 1}, {1, 4, 1, 1},
	} {
		port, lane := g.Hop(wire.NodeID(tc.at), -1, 0, g.Endpoints()[tc.dest].ID)
		if port != tc.port || lane != tc.lane {
			t.Errorf("from %d to %d by port %d in lane %d, want %d and %d", tc.at, tc.dest, port, lane, tc.port, tc.lane)
		}
	}
	// A packet leaves the ring in the lane that it came in.
	if port, lane := g.Hop(2, 1, 1, g.Endpoints()[2].ID); port != 2 || lane != 1 {
		t.Errorf("to its endpoint by port %d in lane %d, want 2 and 1", port, lane)
	}
}

func TestCrossbarsReachInTwoLinks(t *testing.T) {
	g := must(t)(topology.Crossbar(5))
	checkNetwork(t, g)
	if diameter, mean := g.Distances(); diameter != 2 || mean != 2 || g.Domains() != 1 || g.Kind() != topology.NetworkCrossbar {
		t.Errorf("diameter %d, mean %g, %d domains, kind %s", diameter, mean, g.Domains(), g.Kind())
	}
}

func TestSizesOutOfRange(t *testing.T) {
	for name, build := range map[string]func() (*topology.Graph, error){
		"mesh without rows": func() (*topology.Graph, error) { return topology.Mesh(4, 0) },
		"huge mesh":         func() (*topology.Graph, error) { return topology.Mesh(1<<40, 1<<40) },
		"large mesh":        func() (*topology.Graph, error) { return topology.Mesh(64, 64) },
		"ring of none":      func() (*topology.Graph, error) { return topology.Ring(0) },
		"crossbar of none":  func() (*topology.Graph, error) { return topology.Crossbar(0) },
		"large crossbar":    func() (*topology.Graph, error) { return topology.Crossbar(1 << 12) },
		"large tree": func() (*topology.Graph, error) {
			return topology.NoPTree(topology.TreeSpec{Groups: 4, Levels: []int{4, 4, 4, 4}, ChipletsPerGroup: 4})
		},
		"huge tree": func() (*topology.Graph, error) {
			return topology.NoPTree(topology.TreeSpec{Groups: 4096, Levels: []int{4096, 4096, 4096, 4096, 4096}, ChipletsPerGroup: 4})
		},
	} {
		if g, err := build(); err == nil || g != nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// levels counts the edges of each level and depth.
func levels(g *topology.Graph) map[string]int {
	count := map[string]int{}
	for _, e := range g.Edges() {
		count[fmt.Sprintf("%s %d", e.Level, e.Depth)]++
	}
	return count
}
