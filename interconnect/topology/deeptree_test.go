package topology_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

func TestDeepTreesOf64To1024Chiplets(t *testing.T) {
	for _, tc := range []struct {
		spec     topology.TreeSpec
		chiplets int
		levels   map[string]int
	}{
		{
			topology.TreeSpec{Groups: 4, Levels: []int{4}, ChipletsPerGroup: 4, StacksPerGroup: 1, AttentionStacks: 2}, 64,
			map[string]int{"root 0": 4, "mid 1": 16, "leaf 2": 64, "stack 2": 16, "attention-stack 0": 2},
		},
		{
			topology.TreeSpec{Groups: 4, Levels: []int{4, 4}, ChipletsPerGroup: 4, StacksPerGroup: 1, AttentionStacks: 2}, 256,
			map[string]int{"root 0": 4, "mid 1": 16, "mid 2": 64, "leaf 3": 256, "stack 3": 64, "attention-stack 0": 2},
		},
		{
			topology.TreeSpec{Groups: 4, Levels: []int{4, 4, 4}, ChipletsPerGroup: 4, StacksPerGroup: 1, AttentionStacks: 2, RootRouter: true}, 1024,
			map[string]int{"root 0": 4, "mid 1": 16, "mid 2": 64, "mid 3": 256, "leaf 4": 1024, "stack 4": 256, "attention-stack 0": 2, "attention 0": 1},
		},
	} {
		g := must(t)(topology.NoPTree(tc.spec))
		if got := len(g.OfKind(topology.KindExpert)); got != tc.chiplets || tc.spec.Chiplets() != tc.chiplets {
			t.Errorf("%d chiplets and %d in the spec, want %d", got, tc.spec.Chiplets(), tc.chiplets)
		}
		if diff := cmp.Diff(tc.levels, levels(g)); diff != "" {
			t.Errorf("edges of %d chiplets (-want +got):\n%s", tc.chiplets, diff)
		}
	}
}

func drawTree(t *rapid.T) topology.TreeSpec {
	return topology.TreeSpec{
		Groups:           rapid.IntRange(1, 3).Draw(t, "groups"),
		Levels:           rapid.SliceOfN(rapid.IntRange(1, 3), 0, 3).Draw(t, "levels"),
		ChipletsPerGroup: rapid.IntRange(1, 2).Draw(t, "chiplets"),
		StacksPerGroup:   rapid.IntRange(0, 1).Draw(t, "stacks"),
		AttentionStacks:  rapid.IntRange(0, 2).Draw(t, "attention stacks"),
		RootRouter:       rapid.Bool().Draw(t, "root router"),
	}
}

func TestDeepTreeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTree(t)
		g := must(t)(topology.NoPTree(s))
		checkNetwork(t, g)
		if g.Domains() != 1+s.Groups || len(g.Edges()) != len(g.Nodes())-1 {
			t.Fatalf("%d domains, %d edges of %d nodes", g.Domains(), len(g.Edges()), len(g.Nodes()))
		}
		for _, e := range g.Edges() {
			if crosses := g.Domain(e.A) != g.Domain(e.B); crosses != (e.Level == topology.LevelRoot) {
				t.Fatalf("edge %d-%d of level %s: crosses domains is %v", e.A, e.B, e.Level, crosses)
			}
		}
		experts := g.OfKind(topology.KindExpert)
		if len(experts) != s.Chiplets() {
			t.Fatalf("%d chiplets, want %d", len(experts), s.Chiplets())
		}
		for i, n := range experts {
			sw := g.Node(g.Neighbor(n.ID, topology.EndpointPort))
			if n.Group != i/s.ChipletsPerGroup || sw.Group != n.Group || sw.Kind != topology.KindSwitch {
				t.Fatalf("%s of group %d hangs at %s of group %d", n.Name, n.Group, sw.Name, sw.Group)
			}
			climb(t, g, n.ID, s)
		}
		for _, n := range g.OfKind(topology.KindStack) {
			if above := g.Node(g.Neighbor(n.ID, topology.EndpointPort)); above.Group != n.Group {
				t.Fatalf("%s of group %d hangs at %s of group %d", n.Name, n.Group, above.Name, above.Group)
			}
		}
	})
}

// climb goes up from an expert chiplet and counts the links to the root.
func climb(t fataler, g *topology.Graph, from wire.NodeID, s topology.TreeSpec) {
	t.Helper()
	links, at := 0, from
	for g.Up(at) != -1 {
		if p := g.Up(at); !s.RootRouter && p != topology.UpPort {
			t.Fatalf("the way up from node %d is port %d", at, p)
		}
		at = g.Neighbor(at, g.Up(at))
		links++
	}
	want, top := 2+len(s.Levels), topology.KindAttention
	if s.RootRouter {
		top = topology.KindSwitch
	}
	if links != want || g.Node(at).Kind != top {
		t.Fatalf("%d links up to a %s, want %d", links, g.Node(at).Kind, want)
	}
}

func TestUpIsOfTreesOnly(t *testing.T) {
	if got := must(t)(topology.Mesh(2, 2)).Up(0); got != -1 {
		t.Errorf("a router of a mesh has its root at port %d", got)
	}
}
