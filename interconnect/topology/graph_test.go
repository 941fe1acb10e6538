package topology_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// checkRoutes holds the laws of routes and of the partition on any graph.
func checkRoutes(t *rapid.T, g *topology.Graph) {
	t.Helper()
	for _, a := range g.Nodes() {
		if d := g.Domain(a.ID); d < 0 || d >= g.Domains() {
			t.Fatalf("node %d lies in domain %d of %d", a.ID, d, g.Domains())
		}
		for _, b := range g.Nodes() {
			path := g.Path(a.ID, b.ID)
			if len(path)-1 != g.Hops(a.ID, b.ID) || g.Hops(a.ID, b.ID) != g.Hops(b.ID, a.ID) {
				t.Fatalf("path %v takes %d and %d hops", path, g.Hops(a.ID, b.ID), g.Hops(b.ID, a.ID))
			}
			sorted := slices.Sorted(slices.Values(path))
			if len(slices.Compact(sorted)) != len(path) {
				t.Fatalf("path %v has a loop", path)
			}
			for i, n := range path[:len(path)-1] {
				if g.Hops(path[i+1], b.ID) != g.Hops(n, b.ID)-1 {
					t.Fatalf("path %v does not come nearer at %d", path, n)
				}
				for p := range g.NextPort(n, b.ID) {
					if g.Hops(g.Neighbor(n, p), b.ID) < g.Hops(n, b.ID) {
						t.Fatalf("node %d takes port %d to %d although port %d is as short", n, g.NextPort(n, b.ID), b.ID, p)
					}
				}
			}
		}
	}
}

// drawGraph draws a connected graph: a random tree and some edges more.
func drawGraph(t *rapid.T) *topology.Graph {
	n := rapid.IntRange(2, 12).Draw(t, "nodes")
	var nodes []topology.Node
	var edges []topology.Edge
	ports := make([]int, n)
	join := func(a, b int) {
		edges = append(edges, topology.Edge{A: wire.NodeID(a), B: wire.NodeID(b), PortA: ports[a], PortB: ports[b]})
		ports[a]++
		ports[b]++
	}
	for i := range n {
		nodes = append(nodes, topology.Node{ID: wire.NodeID(i), Kind: topology.KindSwitch, Name: fmt.Sprintf("Switch[%d]", i), Group: i % 3})
		if i > 0 {
			join(rapid.IntRange(0, i-1).Draw(t, "parent"), i)
		}
	}
	for range rapid.IntRange(0, n).Draw(t, "extra edges") {
		a := rapid.IntRange(0, n-2).Draw(t, "a")
		join(a, rapid.IntRange(a+1, n-1).Draw(t, "b"))
	}
	g, err := topology.New(nodes, edges)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRouteLawsOnAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkRoutes(t, drawGraph(t)) })
}

func TestWrongGraphs(t *testing.T) {
	two := []topology.Node{{ID: 0, Name: "A"}, {ID: 1, Name: "B"}}
	for _, tc := range []struct {
		name  string
		nodes []topology.Node
		edges []topology.Edge
		want  string
	}{
		{"no nodes", nil, nil, "no nodes"},
		{"wrong ID", []topology.Node{{ID: 4, Name: "A"}}, nil, `"A" has ID 4 at place 0`},
		{"unknown end", two, []topology.Edge{{A: 0, B: 2}}, "joins nodes 0 and 2"},
		{"loop", two, []topology.Edge{{A: 1, B: 1}}, "joins nodes 1 and 1"},
		{"port used twice", two, []topology.Edge{{A: 0, B: 1}, {A: 0, B: 1, PortB: 1}}, "both use port 0 of node 0"},
		{"port left out", two, []topology.Edge{{A: 0, B: 1, PortA: 1}, {A: 0, B: 1, PortA: 2, PortB: 1}, {A: 0, B: 1, PortA: 3, PortB: 2}}, "want one below"},
		{"hole", two, []topology.Edge{{A: 0, B: 1, PortA: 1}, {A: 0, B: 1, PortA: 1, PortB: 1}}, "port 0 of node 0 has no edge"},
		{"not connected", two, nil, "node 1 (B) cannot be reached"},
	} {
		_, err := topology.New(tc.nodes, tc.edges)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}

func TestSerialCycles(t *testing.T) {
	for _, tc := range []struct {
		bytes int
		bits  int64
		want  int64
	}{
		{4096, 29, 1130}, // 32768 / 29 = 1129.9...
		{4096, 2048, 16}, // whole
		{0, 29, 1},       // a message without bytes still takes the wire
		{1, 1, 8},        // one wire
		{1 << 20, 0, 0},  // on-chip wire
		{64, 1 << 40, 1}, // wider than the message
		{29, 8 * 29, 1},  // exactly one cycle
		{30, 8 * 29, 2},  // one byte more
		{1 << 30, 1, 8 << 30},
	} {
		if got := topology.SerialCycles(tc.bytes, tc.bits); got != tc.want {
			t.Errorf("SerialCycles(%d, %d) = %d, want %d", tc.bytes, tc.bits, got, tc.want)
		}
		s := topology.NewSerializer(tc.bits)
		for _, bytes := range []int{tc.bytes, tc.bytes, 77, 0, tc.bytes} {
			if got, want := s.Cycles(bytes), topology.SerialCycles(bytes, tc.bits); got != want {
				t.Errorf("a serializer of %d bits takes %d cycles for %d bytes, want %d", tc.bits, got, bytes, want)
			}
		}
	}
}
