package flit_test

import (
	"math/bits"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
	"mozart/runner/engine"
)

// spread steers packets to the set of endpoints in their Tag, by their places.
type spread struct {
	graph *topology.Graph
	ends  []topology.Node
}

func (s *spread) Branches(node wire.NodeID, _ int, p *flit.Packet) flit.Branches {
	var b flit.Branches
	for m := uint64(p.Tag); m != 0; m &= m - 1 {
		b.Ports |= 1 << s.graph.NextPort(node, s.ends[bits.TrailingZeros64(m)].ID)
	}
	return b
}

func (s *spread) Split(node wire.NodeID, p *flit.Packet, out int, branch *flit.Packet) {
	branch.Tag = 0
	for m := uint64(p.Tag); m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		if s.graph.NextPort(node, s.ends[i].ID) == out {
			branch.Tag |= 1 << i
			branch.Dest = s.ends[i].ID
		}
	}
	branch.Steered = branch.Tag&(branch.Tag-1) != 0
}

func (s *spread) Merged(wire.NodeID, *flit.Packet) {}

type multicast struct {
	created int64
	from    int
	to      uint64
	flits   int32
}

// playMulticasts returns the arrivals by endpoint and creation.
func playMulticasts(t tb, e sim.Engine, g *topology.Graph, spec flit.NetworkSpec, casts []multicast) []map[int64]arrival {
	steering := &spread{graph: g, ends: g.Endpoints()}
	spec.Steering = steering
	r := newRigOn(t, e, g, spec)
	var logs []*log
	for i := range r.ends {
		logs = append(logs, &log{})
		r.gate(i).SetClient(logs[i])
	}
	for i, c := range casts {
		p := r.packet(c.from, bits.TrailingZeros64(c.to), c.flits, c.created)
		p.Steered, p.Tag = true, int64(c.to)
		p.CreatedCycle = 100*c.created + int64(i) // tells packets apart
		r.gate(c.from).Inject(p)
	}
	r.run()
	var all []map[int64]arrival
	for _, l := range logs {
		by := map[int64]arrival{}
		for _, a := range l.got {
			if _, twice := by[a.Created]; twice {
				t.Errorf("packet created in %d came twice to %d", a.Created, a.At)
			}
			a.Tag = 0
			by[a.Created] = a
		}
		all = append(all, by)
	}
	return all
}

const longest = 6 // flits of a multicast

func TestAMulticastReachesEveryDestinationOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := must(topology.NoPTree(topology.TreeSpec{
			Groups: rapid.IntRange(1, 3).Draw(t, "groups"), Levels: rapid.SampledFrom([][]int{nil, {2}}).Draw(t, "levels"),
			ChipletsPerGroup: rapid.IntRange(1, 4).Draw(t, "chiplets"), RootRouter: true,
		}))
		spec := drawSpec(t, g)
		n := len(g.Endpoints())
		fromRoot := rapid.Bool().Draw(t, "from the root")
		if !fromRoot { // a buffer has to hold a multicast then
			spec.Router.VCBufferFlits += longest
		}
		var casts []multicast
		for range rapid.IntRange(1, 30).Draw(t, "packets") {
			c := multicast{
				created: rapid.Int64Range(0, 3).Draw(t, "created"), from: rapid.IntRange(0, n-1).Draw(t, "from"),
				to: rapid.Uint64Range(1, 1<<n-1).Draw(t, "to"), flits: int32(rapid.IntRange(1, longest).Draw(t, "flits")),
			}
			if fromRoot {
				c.from = 0
			}
			casts = append(casts, c)
		}
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		got := playMulticasts(t, e, g, spec, casts)
		for i := range got {
			for k, c := range casts {
				_, came := got[i][100*c.created+int64(k)]
				if want := c.to>>i&1 != 0; came != want {
					t.Errorf("packet %d at endpoint %d: %v, want %v", k, i, came, want)
				}
			}
		}
		shuffled := playMulticasts(t, wiretest.NewShuffledEngine(1), g, spec, casts)
		if d := gocmp.Diff(got, shuffled); d != "" {
			t.Errorf("another order of events: (-serial +shuffled)\n%s", d)
		}
		cut := playMulticasts(t, onDomains(t, g, 2), g, spec, casts)
		if d := gocmp.Diff(got, cut); d != "" {
			t.Errorf("%d domains: (-serial +parallel)\n%s", g.Domains(), d)
		}
	})
}

// A multicast without others in its way takes as long as a unicast to each of its
// destinations: copies are made side by side.
func TestCopiesLeaveTogether(t *testing.T) {
	for _, name := range []string{"islip", "separable-input-first", "round-robin"} {
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		got := playMulticasts(t, e, tree(), router(allocators(name)), []multicast{{from: 0, to: 0x1fffe, flits: 16}})
		for i := 1; i <= 16; i++ {
			if a := got[i][0]; a.Ejected-a.Injected != 12+15 || a.Hops != 2 {
				t.Errorf("%s: endpoint %d: %d cycles and %d hops, want 27 and 2", name, i, a.Ejected-a.Injected, a.Hops)
			}
		}
	}
}

// A multicast takes VCs at all its outputs or at none, and gets its turn although
// unicasts take every VC that becomes free.
func TestAMulticastIsNotStarved(t *testing.T) {
	g := tree()
	spec := router(buffers(1, 4))
	spec.Steering = &spread{graph: g, ends: g.Endpoints()}
	r := newRig(t, g, spec)
	l := r.listen()
	for i := 5; i <= 16; i++ { // leaves of other routers keep leaves 1 to 4 busy
		for k := range 100 {
			r.gate(i).Inject(r.packet(i, 1+(i+k)%4, 3, 0))
		}
	}
	p := r.packet(0, 1, 3, 50)
	p.Steered, p.Tag = true, 0b11110
	r.gate(0).Inject(p)
	r.run()
	copies := 0
	for _, a := range l.got {
		if a.From == r.ends[0].ID {
			copies++
			if a.Ejected > 600 {
				t.Errorf("a copy arrived in %d", a.Ejected)
			}
		}
	}
	if copies != 4 {
		t.Errorf("%d copies, want 4", copies)
	}
}
