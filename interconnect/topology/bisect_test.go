package topology_test

import (
	"fmt"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// cheapest tries every cut of a graph of up to some twenty nodes into halves of the
// given nodes and returns the lowest price.
func cheapest(g *topology.Graph, halved []topology.Node, price func(topology.Edge) int64) int64 {
	mask := uint32(0)
	for _, n := range halved {
		mask |= 1 << n.ID
	}
	least := int64(1 << 60)
	for side := range uint32(1) << (len(g.Nodes()) - 1) { // the last node is always on one side
		on := bits.OnesCount32(side & mask)
		if d := 2*on - len(halved); d < -1 || d > 1 {
			continue
		}
		sum := int64(0)
		for _, e := range g.Edges() {
			if side>>e.A&1 != side>>e.B&1 {
				sum += price(e)
			}
		}
		least = min(least, sum)
	}
	return least
}

func byLink(topology.Edge) int64 { return 1 }

// cheapestGrid tries every cut of up to some sixteen routers, each with one
// endpoint. Where the routers' sides are not halves, endpoints are taken from them.
func cheapestGrid(g *topology.Graph, endpoint int64, router func(topology.Edge) int64) int64 {
	routers := g.OfKind(topology.KindSwitch)
	place := map[wire.NodeID]int{}
	for i, r := range routers {
		place[r.ID] = i
	}
	type link struct {
		a, b int
		cost int64
	}
	var links []link
	for _, e := range g.Edges() {
		if g.IsRouter(e.A) && g.IsRouter(e.B) {
			links = append(links, link{place[e.A], place[e.B], router(e)})
		}
	}
	n := len(routers)
	least := int64(1 << 60)
	for side := range uint32(1) << (n - 1) {
		on := bits.OnesCount32(side)
		sum := endpoint * int64(max(n/2-on, on-(n-n/2), 0))
		for _, l := range links {
			if side>>l.a&1 != side>>l.b&1 {
				sum += l.cost
			}
		}
		least = min(least, sum)
	}
	return least
}

func TestBisectionOfGridsIsExact(t *testing.T) {
	for _, wrap := range []bool{false, true} {
		for w := 1; w <= 7; w++ {
			for h := 1; w*h <= 16; h++ {
				g := must(t)(topology.Mesh(w, h))
				if wrap {
					g = must(t)(topology.Torus(w, h))
				}
				if got, want := g.Bisection(), cheapestGrid(g, 1, byLink); int64(got.Links) != want || !got.Exact {
					t.Errorf("%s %dx%d: %+v, want %d links", g.Kind(), w, h, got, want)
				}
				wide := g.WithLinks(func(e topology.Edge) (int64, int64) {
					if e.Level == topology.LevelEndpoint {
						return 7, 1
					}
					return 3, 1
				})
				if got, want := wide.Bisection(), cheapestGrid(g, 7, func(topology.Edge) int64 { return 3 }); got.BitsPerCycle != want || !got.Exact {
					t.Errorf("%s %dx%d: %+v, want %d bits per cycle", g.Kind(), w, h, got, want)
				}
			}
		}
	}
	for n, want := range map[int]topology.Cut{
		1: {Exact: true}, 2: {Links: 1, Exact: true}, 3: {Links: 1, Exact: true}, 6: {Links: 2, Exact: true}, 7: {Links: 2, Exact: true},
	} {
		if got := must(t)(topology.Ring(n)).Bisection(); got != want {
			t.Errorf("a ring of %d: %+v, want %+v", n, got, want)
		}
	}
}

// With narrow endpoint links, or links of several widths, the closed form does not
// hold.
func TestGridsOfUnequalLinksAreSearched(t *testing.T) {
	for name, width := range map[string]func(topology.Edge) int64{
		"narrow to endpoints": func(e topology.Edge) int64 {
			return map[bool]int64{true: 1, false: 8}[e.Level == topology.LevelEndpoint]
		},
		"several widths": func(e topology.Edge) int64 { return int64(1 + e.A%2) },
	} {
		g := must(t)(topology.Mesh(3, 3)).WithLinks(func(e topology.Edge) (int64, int64) { return width(e), 1 })
		want := cheapest(g, g.Endpoints(), func(e topology.Edge) int64 { return e.BitsPerCycle })
		if got := g.Bisection(); got.Exact || got.BitsPerCycle != want {
			t.Errorf("%s: %+v, want %d bits per cycle, found", name, got, want)
		}
	}
}

func TestBisectionOfTreesIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := topology.TreeSpec{
			Groups:           rapid.IntRange(1, 3).Draw(t, "groups"),
			ChipletsPerGroup: rapid.IntRange(1, 3).Draw(t, "chiplets"),
			RootRouter:       rapid.Bool().Draw(t, "root router"),
		}
		if rapid.Bool().Draw(t, "deep") {
			s.Groups, s.Levels, s.ChipletsPerGroup = 2, []int{rapid.IntRange(1, 2).Draw(t, "arity")}, 2
		}
		width := map[topology.Level]int64{}
		g := must(t)(topology.NoPTree(s)).WithLinks(func(e topology.Edge) (int64, int64) {
			if width[e.Level] == 0 {
				width[e.Level] = int64(rapid.IntRange(1, 40).Draw(t, e.Level.String()))
			}
			return width[e.Level], 1
		})
		want := cheapest(g, g.OfKind(topology.KindExpert), func(e topology.Edge) int64 { return e.BitsPerCycle })
		if got := g.Bisection(); got.BitsPerCycle != want || !got.Exact {
			t.Fatalf("%+v, want %d bits per cycle", got, want)
		}
	})
}

func TestBisectionOfThePapersTree(t *testing.T) {
	g := paperTree(t)
	if got, want := g.Bisection(), (topology.Cut{Links: 2, Exact: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	g = g.WithLinks(func(topology.Edge) (int64, int64) { return 29, 5 })
	if got, want := g.Bisection(), (topology.Cut{Links: 2, BitsPerCycle: 58, Exact: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// On any network the search finds a cut that is no better than the best one, and
// on these small ones nearly always the best.
func TestBisectionByRefinement(t *testing.T) {
	tried, best := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var n network
		count := rapid.IntRange(3, 8).Draw(t, "routers")
		n.routers(count)
		for i := 1; i < count; i++ {
			n.join(wire.NodeID(2*rapid.IntRange(0, i-1).Draw(t, "parent")), wire.NodeID(2*i))
		}
		for range rapid.IntRange(1, 2*count).Draw(t, "extra edges") {
			a := rapid.IntRange(0, count-2).Draw(t, "a")
			n.join(wire.NodeID(2*a), wire.NodeID(2*rapid.IntRange(a+1, count-1).Draw(t, "b")))
		}
		g := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingUpDown))
		got, want := g.Bisection(), cheapestGrid(g, 1, byLink)
		if got.Exact || int64(got.Links) < want {
			t.Fatalf("%+v, the best has %d links", got, want)
		}
		tried++
		if int64(got.Links) == want {
			best++
		}
	})
	if best*100 < tried*95 {
		t.Errorf("the best cut in %d of %d networks, want 95%%", best, tried)
	}
}

// Half of the chiplets at one router have to be parted from it.
func TestBisectionPartsEndpointsOfOneRouter(t *testing.T) {
	var n network
	a, b, c := n.node(topology.KindSwitch, "A"), n.node(topology.KindSwitch, "B"), n.node(topology.KindSwitch, "C")
	n.join(a, b)
	n.join(b, c)
	n.join(c, a)
	for i := range 6 {
		n.join(a, n.node(topology.KindExpert, fmt.Sprintf("Expert[%d]", i)))
	}
	n.join(b, n.node(topology.KindExpert, "Expert[6]"))
	g := must(t)(topology.FromEdges(n.nodes, n.edges, topology.RoutingUpDown))
	want := cheapest(g, g.OfKind(topology.KindExpert), byLink)
	if got := g.Bisection(); int64(got.Links) != want || want != 3 {
		t.Errorf("%+v, want %d links, to 3 of the chiplets at A", got, want)
	}
}

// A larger grid whose closed form is known, taken as any graph, comes out at it.
func TestRefinementFindsTheMiddleOfAMesh(t *testing.T) {
	mesh := must(t)(topology.Mesh(8, 8))
	var edges []topology.Edge
	for _, e := range mesh.Edges() {
		edges = append(edges, topology.Edge{A: e.A, B: e.B})
	}
	g := must(t)(topology.FromEdges(mesh.Nodes(), edges, topology.RoutingUpDown))
	if got, want := g.Bisection(), (topology.Cut{Links: 8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if g.Domains() != 8 {
		t.Fatalf("%d domains, want 8", g.Domains())
	}
	size, cut := make([]int, g.Domains()), 0
	for _, n := range g.Nodes() {
		size[g.Domain(n.ID)]++
	}
	for _, e := range g.Edges() {
		if g.Domain(e.A) != g.Domain(e.B) {
			cut++
		}
	}
	if want := "[16 16 16 16 16 16 16 16]"; fmt.Sprint(size) != want || cut > 32 {
		t.Errorf("domains of %v nodes, %d edges cut; want %s and at most 32: 8 for the halves, 8 for the quarters, 16 for the eighths", size, cut, want)
	}
}
