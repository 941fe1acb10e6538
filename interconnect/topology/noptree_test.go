package topology_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

func paperTree(t *testing.T) *topology.Graph {
	t.Helper()
	g, err := topology.NoPTree(topology.DefaultTreeSpec())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestPaperTreeNodesAndPorts(t *testing.T) {
	g := paperTree(t)
	if got := len(g.Nodes()); got != 1+4+16+6 {
		t.Fatalf("%d nodes, want 27", got)
	}
	for _, tc := range []struct {
		id    wire.NodeID
		want  topology.Node
		ports int
	}{
		{0, topology.Node{ID: 0, Kind: topology.KindAttention, Name: "Attention", Group: topology.NoGroup}, 6},
		{2, topology.Node{ID: 2, Kind: topology.KindSwitch, Name: "Switch[1]", Group: 1}, 6},
		{5 + 7, topology.Node{ID: 12, Kind: topology.KindExpert, Name: "Expert[7]", Group: 1}, 1},
		{21 + 3, topology.Node{ID: 24, Kind: topology.KindStack, Name: "Stack[3]", Group: 3}, 1},
		{26, topology.Node{ID: 26, Kind: topology.KindStack, Name: "Stack[5]", Group: topology.NoGroup}, 1},
	} {
		if diff := cmp.Diff(tc.want, g.Node(tc.id)); diff != "" {
			t.Errorf("node %d (-want +got):\n%s", tc.id, diff)
		}
		if got := g.Ports(tc.id); got != tc.ports {
			t.Errorf("node %d has %d ports, want %d", tc.id, got, tc.ports)
		}
	}
	// Switch 1: up, experts 4..7, stack 1.
	want := []wire.NodeID{0, 9, 10, 11, 12, 22}
	if diff := cmp.Diff(want, g.Neighbors(2)); diff != "" {
		t.Errorf("neighbors of Switch[1] (-want +got):\n%s", diff)
	}
	if got := g.Edges()[g.EdgeAt(2, topology.UpPort)].Level; got != topology.LevelRoot {
		t.Errorf("the edge at the up port is of level %s", got)
	}
}

func TestPaperTreeRoutes(t *testing.T) {
	g := paperTree(t)
	for _, tc := range []struct {
		name string
		a, b wire.NodeID
		want []wire.NodeID
	}{
		{"attention to expert", 0, 12, []wire.NodeID{0, 2, 12}},
		{"expert to attention", 12, 0, []wire.NodeID{12, 2, 0}},
		{"stack to expert of its group", 22, 9, []wire.NodeID{22, 2, 9}},
		{"attention to its stack", 0, 25, []wire.NodeID{0, 25}},
		{"expert to expert of another group", 5, 20, []wire.NodeID{5, 1, 0, 4, 20}},
		{"node to itself", 7, 7, []wire.NodeID{7}},
	} {
		if diff := cmp.Diff(tc.want, g.Path(tc.a, tc.b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if got := g.NextPort(7, 7); got != -1 {
		t.Errorf("the way from a node to itself takes port %d, want -1", got)
	}
}

func TestDomainsCutOnlyRootLinks(t *testing.T) {
	g := paperTree(t)
	if g.Domains() != 5 {
		t.Fatalf("%d domains, want the attention chiplet's and 4 groups", g.Domains())
	}
	for _, e := range g.Edges() {
		crosses := g.Domain(e.A) != g.Domain(e.B)
		if crosses != (e.Level == topology.LevelRoot) {
			t.Errorf("edge %d-%d of level %s: crosses domains is %v", e.A, e.B, e.Level, crosses)
		}
	}
}

func TestTreeSpecReportsEveryField(t *testing.T) {
	err := topology.TreeSpec{StacksPerGroup: -1, AttentionStacks: -1}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"Groups", "ChipletsPerGroup", "StacksPerGroup", "AttentionStacks"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not reported in %q", field, err)
		}
	}
	if _, err := topology.NoPTree(topology.TreeSpec{}); err == nil {
		t.Error("a tree without groups was built")
	}
}

func TestTreeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := topology.TreeSpec{
			Groups:           rapid.IntRange(1, 5).Draw(t, "groups"),
			ChipletsPerGroup: rapid.IntRange(1, 5).Draw(t, "chiplets"),
			StacksPerGroup:   rapid.IntRange(0, 2).Draw(t, "stacks"),
			AttentionStacks:  rapid.IntRange(0, 3).Draw(t, "attention stacks"),
		}
		g, err := topology.NoPTree(s)
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 + s.Groups*(1+s.ChipletsPerGroup+s.StacksPerGroup) + s.AttentionStacks; len(g.Nodes()) != want {
			t.Fatalf("%d nodes, want %d", len(g.Nodes()), want)
		}
		if want := 1 + s.Groups; g.Domains() != want {
			t.Fatalf("%d domains, want %d", g.Domains(), want)
		}
		for _, n := range g.Nodes() {
			sim.NameMustBeValid(n.Name)
		}
		checkRoutes(t, g)
	})
}
