package router_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// tight has room for one packet everywhere.
func tight(size int) plan {
	p := roomyPlan(64, 64)
	p.agent = wiretest.Spec{Port: port.Spec{VCs: vcs, InBytes: size, OutMessages: 1}, ServiceCycles: 5}
	p.router.InBytes, p.router.OutMessages = size, 1
	return p
}

func drawLattice(t *rapid.T) *topology.Graph {
	side := rapid.IntRange(1, 4)
	var g *topology.Graph
	var err error
	switch rapid.SampledFrom([]string{"mesh", "torus", "ring", "crossbar"}).Draw(t, "network") {
	case "mesh":
		g, err = topology.Mesh(2*side.Draw(t, "width"), side.Draw(t, "height"))
	case "torus":
		g, err = topology.Torus(2*side.Draw(t, "width"), side.Draw(t, "height"))
	case "ring":
		g, err = topology.Ring(2 + side.Draw(t, "routers"))
	default:
		g, err = topology.Crossbar(1 + side.Draw(t, "ports"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Whatever is sent across a lattice arrives once, even if every buffer has room for one
// packet alone; a multicast arrives once at each destination.
func TestLatticesDeliver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 64
		s := wiretest.NewSystem()
		g := drawLattice(t)
		n := build(t, s, g, tight(size))
		ends := g.Endpoints()
		pick := rapid.IntRange(0, len(ends)-1)
		want, got := make([][]int32, len(ends)), make([][]int32, len(ends))
		for token := range int32(rapid.IntRange(1, 60).Draw(t, "packets")) {
			from, to := pick.Draw(t, "from"), rapid.SliceOfNDistinct(pick, 1, 4, rapid.ID[int]).Draw(t, "to")
			to = slices.DeleteFunc(to, func(k int) bool { return k == from })
			if len(to) == 0 {
				continue
			}
			p := packet(s, ends[from].ID, ends[to[0]].ID, wire.Class(token%2), size)
			p.Token = token
			if len(to) > 1 {
				s.Pool.Equip(p)
				p.Kind = wire.KindDispatch
				for _, k := range to {
					p.Branch(wire.Branch{Dest: ends[k].ID})
				}
			}
			for _, k := range to {
				want[k] = append(want[k], token)
			}
			n.agents[ends[from].ID].Queue(0, p)
		}
		s.Run(t)
		s.CheckQuiet(t)
		for k, end := range ends {
			for _, a := range n.agents[end.ID].Arrivals {
				got[k] = append(got[k], a.Packet.Token)
			}
			slices.Sort(got[k])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("packets per endpoint (-sent +got):\n%s", diff)
		}
	})
}

// around has every endpoint of a ring send to the one three routers on, all the same
// way round.
func around(t *testing.T, oneLane bool) (*wiretest.System, *network) {
	t.Helper()
	const size, routers, each = 64, 8, 20
	g, err := topology.Ring(routers)
	if err != nil {
		t.Fatal(err)
	}
	s := wiretest.NewSystem()
	p := tight(size)
	p.oneLane = oneLane
	n := build(t, s, g, p)
	ends := g.Endpoints()
	for i, end := range ends {
		for range each {
			n.agents[end.ID].Queue(0, packet(s, end.ID, ends[(i+3)%routers].ID, wire.ClassToken, size))
		}
	}
	s.Run(t)
	return s, n
}

// Lanes keep a ring from stopping: without them its packets wait for each other in a
// circle.
func TestLanesKeepARingGoing(t *testing.T) {
	s, _ := around(t, false)
	s.CheckQuiet(t)
	_, n := around(t, true)
	if !slices.ContainsFunc(n.links, func(l *link.Link) bool { return !l.Idle() }) {
		t.Error("the ring does not stop without lanes, so the case does not test what it says")
	}
}

func TestWrongTurnsAreRefused(t *testing.T) {
	g, err := topology.Ring(4)
	if err != nil {
		t.Fatal(err)
	}
	g = g.WithLinks(func(topology.Edge) (int64, int64) { return 8, 1 })
	hub := g.OfKind(topology.KindSwitch)[0].ID
	wired := func(change func(*router.Wiring)) error {
		w := router.WiringOf(g, hub)
		change(&w)
		return w.Validate()
	}
	if err := wired(func(*router.Wiring) {}); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*router.Wiring){
		"3 ports but lanes of 1":                           func(w *router.Wiring) { w.Lanes = w.Lanes[:1] },
		"port 0 has 0 lanes, want at least 1":              func(w *router.Wiring) { w.Lanes[0] = 0 },
		"5 lanes at 3 ports need a table of turns":         func(w *router.Wiring) { w.Turns = nil },
		"5 lanes but turns from 5, want one more":          func(w *router.Wiring) { w.Turns = w.Turns[1:] },
		"lane 2 has turns to 3 nodes, want 8":              func(w *router.Wiring) { w.Turns[2] = w.Turns[2][:3] },
		"the turn from lane 1 to node 7 takes lane 5 of 5": func(w *router.Wiring) { w.Turns[1][7] = 5 },
	} {
		if err := wired(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
