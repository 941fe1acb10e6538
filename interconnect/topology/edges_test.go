package topology_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// network is nodes and edges to be.
type network struct {
	nodes []topology.Node
	edges []topology.Edge
}

func (n *network) node(k topology.Kind, name string) wire.NodeID {
	id := wire.NodeID(len(n.nodes))
	n.nodes = append(n.nodes, topology.Node{ID: id, Kind: k, Name: name, Group: topology.NoGroup})
	return id
}

func (n *network) join(a, b wire.NodeID) { n.edges = append(n.edges, topology.Edge{A: a, B: b}) }

// routers adds routers with an endpoint each; their IDs are 0, 2, 4...
func (n *network) routers(count int) {
	for i := range count {
		r := n.node(topology.KindSwitch, fmt.Sprintf("Switch[%d]", i))
		n.join(r, n.node(topology.KindEndpoint, fmt.Sprintf("Endpoint[%d]", i)))
	}
}

// drawNetwork draws routers joined at random, with endpoints of one or two links
// and stacks at endpoints.
func drawNetwork(t *rapid.T) network {
	var n network
	routers := rapid.IntRange(1, 12).Draw(t, "routers")
	for i := range routers {
		r := n.node(topology.KindSwitch, fmt.Sprintf("Switch[%d]", i))
		if i > 0 {
			n.join(wire.NodeID(rapid.IntRange(0, i-1).Draw(t, "parent")), r)
		}
	}
	for range rapid.IntRange(0, 2*routers).Draw(t, "extra edges") {
		a, b := rapid.IntRange(0, routers-1).Draw(t, "a"), rapid.IntRange(0, routers-1).Draw(t, "b")
		if a != b {
			n.join(wire.NodeID(a), wire.NodeID(b))
		}
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "endpoints") {
		e := n.node(topology.KindEndpoint, fmt.Sprintf("Endpoint[%d]", i))
		for range rapid.IntRange(1, 2).Draw(t, "links") {
			n.join(e, wire.NodeID(rapid.IntRange(0, routers-1).Draw(t, "router")))
		}
		if rapid.Bool().Draw(t, "hosts") {
			n.join(e, n.node(topology.KindStack, fmt.Sprintf("Stack[%d]", i)))
		}
	}
	return n
}

// onlyRoutersForward checks that inside every path there are routers alone, but for
// the endpoint that a stack hangs at.
func onlyRoutersForward(t fataler, g *topology.Graph) {
	t.Helper()
	for _, a := range g.Endpoints() {
		for _, b := range g.Endpoints() {
			path := g.Path(a.ID, b.ID)
			for i := 1; i < len(path)-1; i++ {
				atHost := i == 1 && a.Kind == topology.KindStack || i == len(path)-2 && b.Kind == topology.KindStack
				if !g.IsRouter(path[i]) && !atHost {
					t.Fatalf("path %v leads through %s", path, g.Node(path[i]).Name)
				}
			}
		}
	}
}

func TestUpDownOnAnyNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawNetwork(t)
		g := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingUpDown))
		checkNetwork(t, g)
		onlyRoutersForward(t, g)
		if g.Lanes() != 1 || g.Routing() != topology.RoutingUpDown || g.Kind() != topology.NetworkCustom {
			t.Fatalf("%d lanes, %s routing, a %s", g.Lanes(), g.Routing(), g.Kind())
		}
	})
}

// Shortest paths are an error if they can deadlock, and shortest otherwise.
func TestShortestOnAnyNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawNetwork(t)
		upDown := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingUpDown))
		g, err := topology.FromEdges(n.nodes, n.edges, topology.RoutingShortest)
		var cycle *topology.CycleError
		if errors.As(err, &cycle) {
			checkRing(t, upDown, cycle.Nodes)
			return
		}
		must(t)(g, err)
		checkNetwork(t, g)
		onlyRoutersForward(t, g)
		for _, a := range g.Endpoints() {
			for _, b := range g.Endpoints() {
				if s, u := g.Hops(a.ID, b.ID), upDown.Hops(a.ID, b.ID); s > u {
					t.Fatalf("from %s to %s in %d links, up and down in %d", a.Name, b.Name, s, u)
				}
			}
		}
	})
}

// checkRing checks that names follow each other along edges and end as they begin.
func checkRing(t fataler, g *topology.Graph, names []string) {
	t.Helper()
	if len(names) < 4 || names[0] != names[len(names)-1] {
		t.Fatalf("%v is no ring", names)
	}
	byName := map[string]wire.NodeID{}
	for _, n := range g.Nodes() {
		byName[n.Name] = n.ID
	}
	for i, name := range names[1:] {
		if !slices.Contains(g.Neighbors(byName[names[i]]), byName[name]) {
			t.Fatalf("%s and %s of the ring %v are no neighbors", names[i], name, names)
		}
	}
}

func TestShortestPathsOnARingDeadlock(t *testing.T) {
	var n network
	n.routers(5)
	for i := range 5 {
		n.join(wire.NodeID(2*i), wire.NodeID(2*((i+1)%5)))
	}
	_, err := topology.FromEdges(n.nodes, n.edges, topology.RoutingShortest)
	want := "shortest routing can deadlock: packets may wait for each other around Switch[0] -> Switch[1] -> Switch[2] -> Switch[3] -> Switch[4] -> Switch[0]"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	g := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingUpDown))
	checkNetwork(t, g)
	// The root is router 0, and router 2 is above router 3. So a packet may go down
	// from 2 to 3, but not up from 3 to 2 after it came down from 4.
	if diff := cmp.Diff([]wire.NodeID{3, 2, 4, 6, 7}, g.Path(3, 7)); diff != "" {
		t.Errorf("from Endpoint[1] to Endpoint[3] (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]wire.NodeID{9, 8, 0, 2, 4, 5}, g.Path(9, 5)); diff != "" {
		t.Errorf("from Endpoint[4] to Endpoint[2] (-want +got):\n%s", diff)
	}
}

func TestLevelsFollowFromKinds(t *testing.T) {
	var n network
	router := n.node(topology.KindSwitch, "Switch[0]")
	other := n.node(topology.KindSwitch, "Switch[1]")
	attention := n.node(topology.KindAttention, "Attention")
	n.join(router, other)
	n.join(attention, router)
	n.join(attention, n.node(topology.KindStack, "Stack[0]"))
	n.join(n.node(topology.KindStack, "Stack[1]"), router)
	n.join(n.node(topology.KindExpert, "Expert[0]"), router)
	n.join(other, n.node(topology.KindEndpoint, "Endpoint[0]"))
	g := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingShortest))
	var got []string
	for _, e := range g.Edges() {
		got = append(got, e.Level.String())
	}
	want := []string{"router", "attention", "attention-stack", "stack", "leaf", "endpoint"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
	// Endpoints by ID, then routers.
	if diff := cmp.Diff([]wire.NodeID{2, 4, 5, 1}, g.Neighbors(router)); diff != "" {
		t.Errorf("ports of a router (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]wire.NodeID{router, 3}, g.Neighbors(attention)); diff != "" {
		t.Errorf("ports of the attention chiplet (-want +got):\n%s", diff)
	}
}

func TestWrongNetworks(t *testing.T) {
	var apart, loop, alone, chain network
	apart.routers(2)
	apart.nodes = append(apart.nodes, topology.Node{ID: 4, Kind: topology.KindAttention, Name: "Attention"})
	apart.join(4, 0)
	apart.join(4, 2)
	loop.routers(1)
	loop.join(0, 0)
	alone.join(alone.node(topology.KindExpert, "Expert[0]"), alone.node(topology.KindExpert, "Expert[1]"))
	chain.routers(1)
	for i := range 2 {
		chain.join(wire.NodeID(i+1), chain.node(topology.KindStack, fmt.Sprintf("Stack[%d]", i)))
	}
	for _, tc := range []struct {
		name    string
		n       network
		routing string
		want    string
	}{
		{"joined by an endpoint alone", apart, topology.RoutingUpDown, "no way from Switch[0] to Switch[1] through routers alone"},
		{"loop", loop, topology.RoutingUpDown, "edge 1 joins nodes 0 and 0"},
		{"no router", alone, topology.RoutingUpDown, "no router"},
		{"stack at a stack", chain, topology.RoutingUpDown, "Stack[1] has no router next to it"},
		{"unknown routing", network{nodes: apart.nodes[:2], edges: apart.edges[:1]}, "fast", `routing "fast", want up-down or shortest`},
	} {
		_, err := topology.FromEdges(tc.n.nodes, tc.n.edges, tc.routing)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}
