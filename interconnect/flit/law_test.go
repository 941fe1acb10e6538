package flit_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wiretest"
	"mozart/runner/engine"
)

// scenario is a network and what is sent through it.
type scenario struct {
	graph   *topology.Graph
	spec    flit.NetworkSpec
	packets []sending
	// room bounds the sinks to that many flits a class, which come back after service
	// cycles; 0 leaves them unbounded.
	room, service int64
}

// sending is one packet, pushed into its queue in cycle at.
type sending struct {
	at, created int64
	from, to    int
	flits       int32
	class       uint8
}

func drawGraph(t *rapid.T) *topology.Graph {
	size := rapid.IntRange(1, 4)
	switch rapid.SampledFrom([]string{"tree", "deep", "root", "mesh", "torus", "ring", "crossbar"}).Draw(t, "network") {
	case "tree":
		return must(topology.NoPTree(topology.TreeSpec{Groups: size.Draw(t, "groups"), ChipletsPerGroup: size.Draw(t, "chiplets"), StacksPerGroup: 1}))
	case "deep":
		return must(topology.NoPTree(topology.TreeSpec{Groups: 2, Levels: []int{2, 1}, ChipletsPerGroup: size.Draw(t, "chiplets")}))
	case "root":
		return must(topology.NoPTree(topology.TreeSpec{Groups: size.Draw(t, "groups"), ChipletsPerGroup: size.Draw(t, "chiplets"), RootRouter: true}))
	case "mesh":
		return must(topology.Mesh(size.Draw(t, "w"), size.Draw(t, "h")))
	case "torus":
		return must(topology.Torus(size.Draw(t, "w"), size.Draw(t, "h")))
	case "ring":
		return must(topology.Ring(rapid.IntRange(2, 6).Draw(t, "n")))
	default:
		return must(topology.Crossbar(rapid.IntRange(2, 70).Draw(t, "n")))
	}
}

func drawSpec(t *rapid.T, g *topology.Graph) flit.NetworkSpec {
	s := flit.DefaultNetworkSpec()
	s.FlitBits = 64
	r := &s.Router
	r.Classes = nil
	for range rapid.IntRange(1, 3).Draw(t, "classes") {
		r.Classes = append(r.Classes, flit.ClassSpec{VCsPerLane: rapid.IntRange(1, 3).Draw(t, "vcs"), Weight: rapid.IntRange(1, 3).Draw(t, "weight")})
	}
	r.VCBufferFlits = rapid.SampledFrom([]int{1, 1, 2, 3, 8}).Draw(t, "depth")
	r.Delays = flit.Delays{
		RC: rapid.Int64Range(0, 3).Draw(t, "rc"), VA: rapid.Int64Range(1, 3).Draw(t, "va"),
		SA: rapid.Int64Range(1, 3).Draw(t, "sa"), ST: rapid.Int64Range(0, 2).Draw(t, "st"),
	}
	r.CreditCycles = rapid.Int64Range(0, 3).Draw(t, "credit")
	names := rapid.SampledFrom([]string{"islip", "islip:3", "separable-input-first", "round-robin"})
	r.VCAllocator, r.SwitchAllocator = names.Draw(t, "vc allocator"), names.Draw(t, "switch allocator")
	if vcs := r.VCs(g.Lanes()); vcs%2 == 0 {
		r.InputSpeedup = rapid.IntRange(1, 2).Draw(t, "speed-up")
	}
	for range g.Edges() {
		s.Links = append(s.Links, flit.LinkSpec{
			BitsPerCycle:  rapid.SampledFrom([]int64{0, 0, 64, 40, 7}).Draw(t, "bits"),
			LatencyCycles: rapid.Int64Range(0, 4).Draw(t, "latency"),
		})
	}
	return s
}

func drawScenario(t *rapid.T) scenario {
	g := drawGraph(t)
	c := scenario{graph: g, spec: drawSpec(t, g)}
	n := len(g.Endpoints())
	longest := int64(1)
	for range rapid.IntRange(1, 40).Draw(t, "packets") {
		p := sending{
			at: rapid.Int64Range(0, 60).Draw(t, "at"), from: rapid.IntRange(0, n-1).Draw(t, "from"), to: rapid.IntRange(0, n-1).Draw(t, "to"),
			flits: int32(rapid.IntRange(1, 9).Draw(t, "flits")), class: uint8(rapid.IntRange(0, len(c.spec.Router.Classes)-1).Draw(t, "class")),
		}
		p.created = p.at + rapid.Int64Range(0, 3).Draw(t, "wait")
		if links(g, p.from, p.to) == 0 {
			continue
		}
		longest = max(longest, int64(p.flits))
		c.packets = append(c.packets, p)
	}
	if rapid.Bool().Draw(t, "slow sinks") {
		c.room, c.service = longest+rapid.Int64Range(0, 5).Draw(t, "room"), rapid.Int64Range(0, 30).Draw(t, "service")
	}
	return c
}

// links is the number of links from an endpoint to another one or, over a router, to
// itself; 0 if there is none but through a third one.
func links(g *topology.Graph, from, to int) int {
	a, b := g.Endpoints()[from].ID, g.Endpoints()[to].ID
	if a == b {
		if g.IsRouter(g.Neighbor(a, 0)) {
			return 2
		}
		return 0
	}
	path := g.Path(a, b)
	for _, n := range path[1 : len(path)-1] {
		if !g.IsRouter(n) {
			return 0
		}
	}
	return len(path) - 1
}

// pusher hands packets over at their time, in one domain.
type pusher struct {
	rig   *rig
	todo  []sending
	alarm port.Alarm
}

func (p *pusher) Wake(_ *port.Alarm, now int64) {
	for ; len(p.todo) > 0 && p.todo[0].at <= now; p.todo = p.todo[1:] {
		s := p.todo[0]
		k := p.rig.packet(s.from, s.to, s.flits, s.created)
		k.Class, k.Tag = s.class, s.at
		p.rig.sender(s.from, s.to).Inject(k)
	}
	if len(p.todo) > 0 {
		p.alarm.Set(p.todo[0].at)
	}
}

// sender is the endpoint of a node towards another one.
func (r *rig) sender(from, to int) *flit.Endpoint {
	at := max(0, r.graph.NextPort(r.ends[from].ID, r.ends[to].ID))
	return r.net.Endpoint(r.ends[from].ID, at)
}

// slow is a client that gives room back after some cycles.
type slow struct {
	log
	service int64
	end     *flit.Endpoint
	due     []owed
	alarm   port.Alarm
}

type owed struct {
	cycle, flits int64
	class        uint8
}

func (s *slow) Ejected(e *flit.Endpoint, p *flit.Packet, cycle int64) {
	s.end = e
	s.due = append(s.due, owed{cycle + s.service, int64(p.Flits), p.Class})
	s.alarm.Set(s.due[0].cycle)
	s.log.Ejected(e, p, cycle)
}

func (s *slow) Wake(_ *port.Alarm, now int64) {
	for ; len(s.due) > 0 && s.due[0].cycle <= now; s.due = s.due[1:] {
		s.end.AddRoom(s.due[0].class, s.due[0].flits)
	}
	if len(s.due) > 0 {
		s.alarm.Set(s.due[0].cycle)
	}
}

// play runs a scenario on an engine, which may be a parallel one of as many domains as
// the graph has, and returns what arrived, in an order of its own, and what the links
// counted.
func (c scenario) play(t tb, e sim.Engine) ([]arrival, []flit.ChannelStats) {
	r := newRigOn(t, e, c.graph, c.spec)
	var logs []*log
	for i, n := range r.ends {
		for p := range c.graph.Ports(n.ID) {
			end := r.net.Endpoint(n.ID, p)
			s := &slow{service: c.service}
			s.alarm.Init(r.clock(i), s, 0)
			logs = append(logs, &s.log)
			if c.room == 0 {
				end.SetClient(&s.log)
				continue
			}
			end.SetClient(s)
			for class := range c.spec.Router.Classes {
				end.BoundEjection(uint8(class), c.room)
			}
		}
	}
	todo := slices.Clone(c.packets)
	slices.SortStableFunc(todo, func(a, b sending) int { return cmp.Compare(a.at, b.at) })
	for d := range r.clocks {
		p := &pusher{rig: r}
		for _, s := range todo {
			if r.domain(s.from) == d {
				p.todo = append(p.todo, s)
			}
		}
		p.alarm.Init(r.clocks[d], p, 0)
		p.alarm.Set(0)
	}
	r.run()
	var all []arrival
	for _, l := range logs {
		all = append(all, l.got...)
	}
	slices.SortStableFunc(all, func(a, b arrival) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Injected, b.Injected), cmp.Compare(a.To, b.To))
	})
	c.checkFlits(t, r, all)
	r.checkCounters(c.spec.Router.Delays.ST)
	return all, r.net.Channels()
}

// checkFlits wants every packet once, at its destination, by the shortest way, and
// every flit counted on every link of it.
func (c scenario) checkFlits(t tb, r *rig, all []arrival) {
	want, got := int64(0), int64(0)
	for _, s := range c.packets {
		want += int64(s.flits) * int64(links(c.graph, s.from, s.to))
	}
	for _, ch := range r.net.Channels() {
		for _, vc := range ch.VCs {
			got += vc.Flits
			if vc.Arrived != vc.Flits || vc.Packets > vc.Flits || vc.Packets == 0 && vc.Flits > 0 {
				t.Errorf("%d packets of %d flits sent, %d flits taken", vc.Packets, vc.Flits, vc.Arrived)
			}
		}
	}
	if len(all) != len(c.packets) || want != got {
		t.Errorf("%d packets and %d flit-links, want %d and %d", len(all), got, len(c.packets), want)
	}
	for _, a := range all {
		if a.At != a.To || int64(a.Injected) < a.Created {
			t.Errorf("%+v: at the wrong place or too soon", a)
		}
	}
}

func TestFlitsAndCreditsAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawScenario(t)
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		c.play(t, e)
	})
}

func TestTheOrderOfEventsInACycleDoesNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawScenario(t)
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		packets, channels := c.play(t, e)
		shuffled, shuffledChannels := c.play(t, wiretest.NewShuffledEngine(rapid.Uint64().Draw(t, "seed")))
		if d := gocmp.Diff(packets, shuffled); d != "" {
			t.Errorf("another order of events: (-serial +shuffled)\n%s", d)
		}
		if d := gocmp.Diff(channels, shuffledChannels); d != "" {
			t.Errorf("another order of events: (-serial +shuffled)\n%s", d)
		}
	})
}

// A torus and a ring full of long packets in few shallow buffers would lock up without
// their lanes.
func TestRingsDoNotDeadlock(t *testing.T) {
	for _, g := range []*topology.Graph{must(topology.Torus(4, 4)), must(topology.Ring(8))} {
		r := newRig(t, g, router(buffers(1, 1)))
		w := r.measure(load{rate: 1, flits: 5, seed: 3}, 0, 3000)
		if w.perCycle() < 0.5 {
			t.Errorf("%s: %.3f flits per cycle", g.Kind(), w.perCycle())
		}
	}
}

// Uniform traffic on 1,024 chiplets ends, and crosses the middle of the tree.
func TestAThousandChiplets(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	g := must(topology.NoPTree(topology.TreeSpec{Groups: 4, Levels: []int{4, 4}, ChipletsPerGroup: 16, RootRouter: true}))
	r := newRig(t, g, flit.DefaultNetworkSpec())
	w := r.measure(load{rate: 0.002, flits: 4, seed: 1, to: func(rng *rand.Rand) int { return rng.IntN(len(r.ends)) }}, 200, 1000)
	if w.packets == 0 || w.meanLatency() < 20 {
		t.Errorf("%d packets, mean latency %.1f", w.packets, w.meanLatency())
	}
}
