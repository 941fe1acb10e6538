package topology_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/topology"
)

// groupsOf lists the Group of every router.
func groupsOf(g *topology.Graph) []int {
	var out []int
	for _, n := range g.OfKind(topology.KindSwitch) {
		out = append(out, n.Group)
	}
	return out
}

func TestPackagesOfThePaper(t *testing.T) {
	for _, tc := range []struct {
		net     topology.Net
		groups  []int
		links   int // in the bisection
		exact   bool
		domains int
		center  string
	}{
		{
			topology.Net{Kind: topology.NetworkMesh, Width: 4, Height: 4},
			[]int{0, 0, 2, 2, 0, 0, 2, 2, 1, 1, 3, 3, 1, 1, 3, 3}, 4, false, 5, "Switch[10]",
		},
		{
			topology.Net{Kind: topology.NetworkTorus, Width: 4, Height: 4},
			[]int{0, 0, 2, 2, 0, 0, 2, 2, 1, 1, 3, 3, 1, 1, 3, 3}, 8, false, 5, "Switch[10]",
		},
		{topology.Net{Kind: topology.NetworkMesh, Width: 3, Height: 2}, []int{0, 1, 2, 0, 1, 3}, 2, false, 5, "Switch[4]"},
		{topology.Net{Kind: topology.NetworkRing, Width: 8}, []int{0, 0, 1, 1, 2, 2, 3, 3}, 2, false, 5, "Switch[4]"},
		{topology.Net{Kind: topology.NetworkRing, Width: 2}, []int{topology.NoGroup, topology.NoGroup}, 1, true, 3, "Switch[1]"},
		{topology.Net{Kind: topology.NetworkCrossbar}, []int{topology.NoGroup}, 8, true, 2, "Switch[0]"},
	} {
		g := must(t)(topology.Package(tc.net, topology.DefaultTreeSpec()))
		if diff := cmp.Diff(tc.groups, groupsOf(g)); diff != "" {
			t.Errorf("groups of the routers of %v (-want +got):\n%s", tc.net, diff)
		}
		if got := g.Bisection(); got.Links != tc.links || got.Exact != tc.exact || g.Domains() != tc.domains {
			t.Errorf("%v: bisection %+v, %d domains; want %d links, exact %v, %d domains", tc.net, got, g.Domains(), tc.links, tc.exact, tc.domains)
		}
		if got := g.Node(g.Neighbor(0, 0)).Name; got != tc.center {
			t.Errorf("%v: the attention chiplet is at %s, want %s", tc.net, got, tc.center)
		}
	}
}

func TestPackageLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTree(t)
		s.RootRouter = false
		net := topology.Net{
			Kind:  rapid.SampledFrom([]string{topology.NetworkMesh, topology.NetworkTorus, topology.NetworkRing, topology.NetworkCrossbar}).Draw(t, "kind"),
			Width: rapid.IntRange(1, 5).Draw(t, "width"), Height: rapid.IntRange(1, 5).Draw(t, "height"),
		}
		g := must(t)(topology.Package(net, s))
		checkNetwork(t, g)
		checkLikeTree(t, g, must(t)(topology.NoPTree(s)), s)
		if net.Kind == topology.NetworkMesh {
			staysInGroup(t, g)
		}
	})
}

// checkLikeTree checks that a package holds what a tree of the same spec does,
// switches aside, in the same order, and that attention stacks are in domain 0.
func checkLikeTree(t fataler, g, tree *topology.Graph, s topology.TreeSpec) {
	t.Helper()
	strip := func(nodes []topology.Node) []topology.Node {
		nodes = slices.Clone(nodes)
		for i := range nodes {
			nodes[i].ID = 0
		}
		return nodes
	}
	if diff := cmp.Diff(strip(tree.Endpoints()), strip(g.Endpoints())); diff != "" {
		t.Fatalf("nodes (-tree +package):\n%s", diff)
	}
	if g.Node(0).Kind != topology.KindAttention || g.Ports(0) != 1+s.AttentionStacks {
		t.Fatalf("node 0 is %v with %d ports", g.Node(0), g.Ports(0))
	}
	for _, n := range g.Endpoints() {
		atAttention := n.Kind == topology.KindAttention || n.Kind == topology.KindStack && n.Group == topology.NoGroup
		if atAttention != (g.Domain(n.ID) == 0) {
			t.Fatalf("%s of group %d lies in domain %d", n.Name, n.Group, g.Domain(n.ID))
		}
	}
}

// staysInGroup checks that on a mesh nothing within a group passes a router of
// another one.
func staysInGroup(t fataler, g *topology.Graph) {
	t.Helper()
	for _, a := range g.Endpoints() {
		for _, b := range g.Endpoints() {
			if a.Group != b.Group || a.Group == topology.NoGroup {
				continue
			}
			for _, n := range g.Path(a.ID, b.ID) {
				if other := g.Node(n).Group; other != a.Group && other != topology.NoGroup {
					t.Fatalf("from %s to %s of group %d through %s of group %d", a.Name, b.Name, a.Group, g.Node(n).Name, other)
				}
			}
		}
	}
}

func TestWrongPackages(t *testing.T) {
	for _, net := range []topology.Net{{Kind: "star"}, {Kind: topology.NetworkMesh, Width: 4}, {Kind: topology.NetworkRing}} {
		if g, err := topology.Package(net, topology.DefaultTreeSpec()); err == nil || g != nil {
			t.Errorf("%v: error %v", net, err)
		}
	}
	if _, err := topology.Package(topology.Net{Kind: topology.NetworkCrossbar}, topology.TreeSpec{}); err == nil {
		t.Error("a package without groups was built")
	}
}
