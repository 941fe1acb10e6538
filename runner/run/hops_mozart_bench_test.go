package run_test

import (
	"fmt"
	"testing"

	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
	"mozart/runner/config"
	"mozart/runner/engine"
)

// mozartTree is the NoP-Tree on our links, routers and engine. The attention
// chiplet is one agent per switch: it has an injection queue per root link and no
// router.
type mozartTree struct {
	system *wiretest.System
	load   *load
	// roots[g] and leaves[g][c] are the ends below the attention chiplet's port g.
	roots  []*wiretest.Agent
	leaves [][]*wiretest.Agent
	reduce bool
	// up says which way the round goes; sent[g] and results[g][c] are what each agent
	// has sent of it.
	up      bool
	sent    []int
	results [][]int
	shares  [][][]share // by group and child
	links   []*link.Link
}

// The nodes of a group's own graph.
const (
	treeRoot      wire.NodeID = 0
	treeSwitch    wire.NodeID = 1
	treeFirstLeaf wire.NodeID = 2
)

func newMozartTree(tb testing.TB, l *load, reduce bool) *mozartTree {
	tb.Helper()
	e, err := engine.NewSerial(wiretest.Frequency)
	if err != nil {
		tb.Fatal(err)
	}
	t := &mozartTree{system: wiretest.NewSystemOn(e), load: l, reduce: reduce}
	for g := range l.groups {
		t.group(tb, g)
	}
	return t
}

func (t *mozartTree) group(tb testing.TB, g int) {
	tb.Helper()
	graph, err := topology.NoPTree(topology.TreeSpec{Groups: 1, ChipletsPerGroup: t.load.children})
	if err != nil {
		tb.Fatal(err)
	}
	hw := t.load.hardware
	spec := wiretest.Spec{Quiet: true, Port: port.Spec{
		VCs: int(wire.NumClasses), InBytes: int(hw.Buffer), OutMessages: hw.ExpertChiplet.InjectionQueue,
	}}
	root := t.system.Agent(tb, fmt.Sprintf("Attention[%d]", g), spec)
	root.Feed = func(int64) port.Message { return t.dispatch(g) }
	sw := t.router(tb, g, graph)
	t.link(tb, hw.Links.Root, root, sw, topology.UpPort)
	var leaves []*wiretest.Agent
	var shares [][]share
	for c := range t.load.children {
		leaf := t.system.Agent(tb, fmt.Sprintf("Expert[%d]", g*t.load.children+c), spec)
		leaf.Feed = func(int64) port.Message { return t.result(g, c) }
		t.link(tb, hw.Links.Leaf, leaf, sw, topology.FirstChildPort+c)
		leaves = append(leaves, leaf)
		shares = append(shares, t.load.child(g, c))
	}
	t.roots, t.leaves, t.shares = append(t.roots, root), append(t.leaves, leaves), append(t.shares, shares)
	t.sent, t.results = append(t.sent, 0), append(t.results, make([]int, t.load.children))
}

func (t *mozartTree) router(tb testing.TB, g int, graph *topology.Graph) *router.Router {
	tb.Helper()
	hw := t.load.hardware
	s := hw.Switch
	w := router.Wiring{Routes: graph.Routes(treeSwitch), Neighbors: graph.Neighbors(treeSwitch)}
	for i := range w.Neighbors {
		kind := hw.Links.Leaf
		if i == topology.UpPort {
			kind = hw.Links.Root
		}
		w.BitsPerCycle = append(w.BitsPerCycle, t.bits(tb, kind))
	}
	r, err := router.New(fmt.Sprintf("Switch[%d]", g), t.system.Clock, router.Spec{
		LatencyCycles: t.load.cycles(s.Latency), InBytes: int(hw.Buffer), OutMessages: s.OutputQueue,
		Reducer: collective.Spec{
			Entries: s.Reduction.Entries, AddBytesPerCycle: int(s.Reduction.Adder.BytesPerCycle(hw.Clock)),
			AddLatencyCycles: t.load.cycles(s.Reduction.AddLatency), Full: s.Reduction.WhenFull,
		},
	}, w, t.system.Pool)
	if err != nil {
		tb.Fatal(err)
	}
	t.system.Add(r)
	return r
}

func (t *mozartTree) bits(tb testing.TB, k config.Link) int64 {
	tb.Helper()
	bits, err := t.load.hardware.BitsPerCycle(k)
	if err != nil {
		tb.Fatal(err)
	}
	return bits
}

func (t *mozartTree) link(tb testing.TB, k config.Link, a *wiretest.Agent, r *router.Router, p int) {
	tb.Helper()
	l, err := link.New(fmt.Sprintf("Link[%d]", len(t.links)), t.system.Clock,
		link.Spec{BitsPerCycle: t.bits(tb, k), LatencyCycles: t.load.cycles(k.Latency)},
		link.End{Port: a.Port()}, link.End{Port: r.Port(p), CutThrough: true})
	if err != nil {
		tb.Fatal(err)
	}
	t.system.Add(l)
	t.links = append(t.links, l)
}

// dispatch is the next packet down to group g, or nil.
func (t *mozartTree) dispatch(g int) port.Message {
	i := t.sent[g]
	if t.up || i == len(t.load.groups[g]) {
		return nil
	}
	t.sent[g]++
	s := &t.load.groups[g][i]
	p := t.packet(wire.KindDispatch, s)
	p.Source, p.Dest, p.FanIn = treeRoot, treeFirstLeaf+wire.NodeID(s.child), s.fanIn
	return p
}

// result is the next packet up from chiplet c of group g, or nil.
func (t *mozartTree) result(g, c int) port.Message {
	i := t.results[g][c]
	if !t.up || i == len(t.shares[g][c]) {
		return nil
	}
	t.results[g][c]++
	s := &t.shares[g][c][i]
	p := t.packet(wire.KindCombine, s)
	p.Source, p.Dest, p.FanIn = treeFirstLeaf+wire.NodeID(c), treeRoot, 1
	if t.reduce {
		p.Reduce, p.FanIn = true, s.fanIn
	}
	return p
}

func (t *mozartTree) packet(k wire.Kind, s *share) *wire.Packet {
	p := t.system.Pool.Get()
	p.Kind, p.Class, p.Bytes, p.Token, p.Contributions = k, wire.ClassToken, t.load.packetBytes, s.token, s.contributions
	return p
}

func (t *mozartTree) round(tb testing.TB) {
	down, up := t.taken()
	t.up = false
	for g, root := range t.roots {
		t.sent[g] = 0
		root.Start()
	}
	t.system.Run(tb)
	t.up = true
	for g := range t.leaves {
		for c, leaf := range t.leaves[g] {
			t.results[g][c] = 0
			leaf.Start()
		}
	}
	t.system.Run(tb)
	t.system.CheckQuiet(tb)
	nowDown, nowUp := t.taken()
	every(tb, "copies", nowDown-down, t.load.down())
	every(tb, "results", nowUp-up, t.arriving())
}

// taken counts what the expert chiplets and the attention chiplet have received.
func (t *mozartTree) taken() (down, up int64) {
	for g := range t.roots {
		up += t.roots[g].Taken
		for _, leaf := range t.leaves[g] {
			down += leaf.Taken
		}
	}
	return down, up
}

// arriving is the number of results that reach the attention chiplet in a round.
func (t *mozartTree) arriving() int64 {
	if t.reduce {
		return t.load.sums()
	}
	return t.load.down()
}

// hops: a copy crosses a root link and a leaf link, a result a leaf link and, alone
// or in a sum, a root link.
func (t *mozartTree) hops() int64 { return 3*t.load.down() + t.arriving() }

// TestHopsAreThoseThatLinksDeliver keeps the divisor of the benchmarks honest.
func TestHopsAreThoseThatLinksDeliver(t *testing.T) {
	if testing.Short() {
		t.Skip("plans sixteen layers, which takes long under the race detector")
	}
	for _, reduce := range []bool{false, true} {
		tree := newMozartTree(t, olmoeLoad(t, 100), reduce)
		tree.round(t)
		delivered := int64(0)
		for _, l := range tree.links {
			for _, s := range l.Stats() {
				delivered += s.Delivered.Messages
			}
		}
		every(t, "packet-hops", delivered, tree.hops())
	}
}
