package flit_test

import (
	"math/bits"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/collective"
	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

const wireClasses = int(wire.NumClasses)

// pack is a package of agents: attention chiplet, expert chiplets, each behind an
// interface, with a reducer at every router.
type pack struct {
	graph    *topology.Graph
	agents   []*wiretest.Agent
	faces    []*flit.Interface
	reducers []*flit.Reducer
	net      *flit.Network
}

// packSpec sizes it.
type packSpec struct {
	agent   wiretest.Spec
	vcs     int // per class
	depth   int
	link    flit.LinkSpec
	reducer collective.Spec
	stage   int64 // bytes
	ports   int   // local ports of a reducer
}

func roomy() packSpec {
	return packSpec{
		agent: wiretest.Spec{Port: port.Spec{VCs: wireClasses, InBytes: 1 << 16, OutMessages: 4}},
		vcs:   2, depth: 8, link: flit.LinkSpec{LatencyCycles: 1}, stage: 1024, ports: 2,
		reducer: collective.Spec{Entries: 64, AddBytesPerCycle: 64, AddLatencyCycles: 4, Full: collective.FullStall},
	}
}

// flitBytes is small, so that packets have several flits.
const flitBytes = 16

func newPack(tb wiretest.TB, s *wiretest.System, groups, chiplets int, p packSpec) *pack {
	tb.Helper()
	g := must(topology.NoPTree(topology.TreeSpec{Groups: groups, ChipletsPerGroup: chiplets, RootRouter: true}))
	spec := flit.DefaultNetworkSpec()
	spec.FlitBits, spec.Link = 8*flitBytes, p.link
	spec.Router.Classes, spec.Router.VCBufferFlits = nil, p.depth
	for range wireClasses {
		spec.Router.Classes = append(spec.Router.Classes, flit.ClassSpec{VCsPerLane: p.vcs, Weight: 1})
	}
	spec.LocalPorts = func(topology.Node) int { return p.ports }
	spec.Steering = flit.NewCollectives(g, func(topology.Node) *wire.Pool { return s.Pool }, spec.LocalPorts)
	net, err := flit.NewNetwork(s.Clock, g, spec)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	k := &pack{graph: g, net: net}
	s.Add(net.Parts()...)
	for _, n := range g.Endpoints() {
		a := s.Agent(tb, n.Name, p.agent)
		face, err := flit.NewInterface(net, net.Endpoint(n.ID, 0), a.Port(), s.Clock)
		if err != nil {
			tb.Fatalf("%v", err)
		}
		s.Add(face)
		k.agents, k.faces = append(k.agents, a), append(k.faces, face)
	}
	for _, n := range g.OfKind(topology.KindSwitch) {
		sums, err := collective.New(n.Name+".Sums", p.reducer, s.Pool)
		if err != nil {
			tb.Fatalf("%v", err)
		}
		r := flit.NewReducer(net, net.Locals(n.ID), sums, s.Clock, p.stage)
		s.Add(r)
		k.reducers = append(k.reducers, r)
	}
	return k
}

// node is the node of the i-th agent: 0 is the attention chiplet.
func (k *pack) node(i int) wire.NodeID { return k.graph.Endpoints()[i].ID }

func (k *pack) data(s *wiretest.System, from, to int, class wire.Class, bytes int32) *wire.Packet {
	p := s.Pool.Get()
	p.Kind, p.Class, p.Bytes, p.Source, p.Dest = wire.KindWriteData, class, bytes, k.node(from), k.node(to)
	return p
}

func TestInterfacesKeepTheContract(t *testing.T) {
	const largest = 8 * flitBytes
	for _, depth := range []int{1, 8} {
		var k *pack
		wiretest.RunContract(t, wiretest.Contract{
			MaxBytes: largest,
			Build: func(tb wiretest.TB, s *wiretest.System, st wiretest.Stress) []*wiretest.Agent {
				p := roomy()
				p.depth, p.link.BitsPerCycle = depth, 100
				p.agent = wiretest.Spec{Port: port.Spec{VCs: wireClasses, InBytes: st.InBytes, OutMessages: st.OutMessages}, ServiceCycles: st.ServiceCycles}
				k = newPack(tb, s, 2, 2, p)
				return k.agents
			},
			Load: func(s *wiretest.System, i int) (int, port.Message) {
				from := i % 5
				return from, k.data(s, from, (i*7+1)%5, wire.Class(i%wireClasses), bytesOf(i))
			},
			Answers: func(i int) (int64, int64) { return 1, int64(bytesOf(i)) },
		})
	}
}

func bytesOf(i int) int32 { return int32(1 + i*37%(8*flitBytes)) }

// The interface cuts a packet into flits, a part of one counts as one; a packet that is
// sent in cycle t has its head on the wire in t+1.
func TestAPacketIsItsFlits(t *testing.T) {
	for bytes, flits := range map[int32]int64{1: 1, 16: 1, 17: 2, 160: 10} {
		s := wiretest.NewSystem()
		k := newPack(t, s, 2, 2, roomy())
		k.agents[1].Queue(10, k.data(s, 1, 0, wire.ClassToken, bytes))
		s.Run(t)
		s.CheckQuiet(t)
		a := k.agents[0].Arrivals[0]
		if want := 10 + 1 + 2 + 2*5 + flits - 1; a.Cycle != want || k.net.FlitHops() != 2*flits {
			t.Errorf("%d bytes arrived in %d after %d flit-hops, want %d and %d", bytes, a.Cycle, k.net.FlitHops(), want, 2*flits)
		}
		if got := k.faces[1].Sent(int(wire.ClassToken)); got != k.faces[0].Delivered(int(wire.ClassToken)) || got.Bytes != int64(bytes) {
			t.Errorf("sent %+v, delivered %+v", got, k.faces[0].Delivered(int(wire.ClassToken)))
		}
	}
}

// With one VC per class, packets of a class between two nodes stay in order.
func TestOneVCKeepsOrder(t *testing.T) {
	s := wiretest.NewSystem()
	p := roomy()
	p.vcs = 1
	k := newPack(t, s, 2, 2, p)
	for i := range 40 {
		m := k.data(s, 1, 4, wire.ClassWeight, bytesOf(i))
		m.Op = int32(i)
		k.agents[1].Queue(0, m)
		k.agents[2].Queue(0, k.data(s, 2, 4, wire.ClassWeight, 100))
	}
	s.Run(t)
	s.CheckQuiet(t)
	next := int32(0)
	for _, a := range k.agents[4].Arrivals {
		if a.Packet.Source != k.node(1) {
			continue
		}
		if a.Packet.Op != next {
			t.Fatalf("packet %d came when %d was due", a.Packet.Op, next)
		}
		next++
	}
}

// counts counts what a hook sees.
type counts map[string]int

func (c counts) Func(ctx sim.HookCtx) { c[ctx.Pos.Name]++ }

func TestHooksSeeBothEnds(t *testing.T) {
	s := wiretest.NewSystem()
	k := newPack(t, s, 1, 2, roomy())
	seen := counts{}
	for _, f := range k.faces {
		f.AcceptHook(seen)
	}
	for range 3 {
		k.agents[0].Queue(0, k.data(s, 0, 2, wire.ClassToken, 50))
	}
	s.Run(t)
	s.CheckQuiet(t)
	if d := cmp.Diff(counts{sim.HookPosConnStartTrans.Name: 3, sim.HookPosConnDeliver.Name: 3}, seen); d != "" {
		t.Errorf("hooks (-want +got):\n%s", d)
	}
}

func TestDispatchesReachEachChipletOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups, chiplets := rapid.IntRange(1, 3).Draw(t, "groups"), rapid.IntRange(1, 4).Draw(t, "chiplets")
		n := groups * chiplets
		p := roomy()
		p.vcs, p.depth = rapid.IntRange(1, 2).Draw(t, "vcs"), rapid.SampledFrom([]int{1, 2, 8}).Draw(t, "depth")
		p.link.BitsPerCycle = rapid.Int64Range(20, 200).Draw(t, "bits")
		p.agent.Port.InBytes = 64 * rapid.IntRange(1, 3).Draw(t, "room")
		p.agent.ServiceCycles = rapid.Int64Range(0, 100).Draw(t, "service")
		s := wiretest.NewSystem()
		k := newPack(t, s, groups, chiplets, p)
		want := make([][]int32, n)
		for token := range int32(rapid.IntRange(1, 20).Draw(t, "tokens")) {
			set := rapid.IntRange(1, 1<<n-1).Draw(t, "set")
			m := k.data(s, 0, 1, wire.ClassToken, 64)
			m.Kind, m.Token = wire.KindDispatch, token
			s.Pool.Equip(m)
			for i := range n {
				if set>>i&1 != 0 {
					m.Branch(wire.Branch{Dest: k.node(1 + i), Op: int32(100 + i), Contributions: uint16(10 + i)})
					want[i] = append(want[i], token)
				}
			}
			k.agents[0].Queue(0, m)
		}
		s.Run(t)
		s.CheckQuiet(t)
		got := make([][]int32, n)
		for i := range got {
			for _, a := range k.agents[1+i].Arrivals {
				m := a.Packet
				got[i] = append(got[i], m.Token)
				if m.Multicast() || m.Dest != k.node(1+i) || m.Op != int32(100+i) || m.Contributions != uint16(10+i) {
					t.Fatalf("chiplet %d got %+v", i, m)
				}
			}
			slices.Sort(got[i])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("tokens per chiplet (-sent +got):\n%s", d)
		}
	})
}

// combine is what chiplets send up for some tokens.
type combine struct {
	groups, chiplets, tokens int
	spec                     packSpec
	// stall says that no sum leaves before it is finished.
	stall bool
	sent  []contribution
}

// contribution is what the chiplet of an agent sends up for a token: fanIn packets meet
// at its switch, upper at the root.
type contribution struct {
	from, token, fanIn, upper int
	start                     int64
}

func drawCombine(t *rapid.T) combine {
	c := combine{
		groups: rapid.IntRange(1, 3).Draw(t, "groups"), chiplets: rapid.IntRange(1, 4).Draw(t, "chiplets"),
		tokens: rapid.IntRange(1, 12).Draw(t, "tokens"), spec: roomy(), stall: rapid.Bool().Draw(t, "stall"),
	}
	p := &c.spec
	p.vcs, p.depth = rapid.IntRange(1, 2).Draw(t, "vcs"), rapid.SampledFrom([]int{1, 2, 8}).Draw(t, "depth")
	p.agent.Port.InBytes = 64 * rapid.IntRange(1, 3).Draw(t, "room")
	p.agent.ServiceCycles = rapid.Int64Range(0, 50).Draw(t, "service")
	p.stage = 64 * rapid.Int64Range(1, 3).Draw(t, "stage")
	p.ports = rapid.IntRange(1, 3).Draw(t, "reducer ports")
	p.reducer = collective.Spec{
		Entries: rapid.IntRange(1, 6).Draw(t, "entries"), AddBytesPerCycle: rapid.IntRange(1, 64).Draw(t, "adder"),
		AddLatencyCycles: rapid.Int64Range(0, 8).Draw(t, "latency"), Full: collective.FullEvict,
	}
	if c.stall { // an entry for every token, or it locks up
		p.reducer.Entries, p.reducer.Full = c.tokens, collective.FullStall
	}
	for token := range c.tokens {
		c.drawToken(t, token)
	}
	return c
}

// drawToken has some chiplets contribute to a token, at least one.
func (c *combine) drawToken(t *rapid.T, token int) {
	sets := make([]int, c.groups)
	upper := 0
	for g := range sets {
		sets[g] = rapid.IntRange(0, 1<<c.chiplets-1).Draw(t, "set")
		if g == c.groups-1 && upper == 0 {
			sets[g] |= 1
		}
		if sets[g] != 0 {
			upper++
		}
	}
	for g, set := range sets {
		for i := range c.chiplets {
			if set>>i&1 != 0 {
				c.sent = append(c.sent, contribution{
					from: 1 + g*c.chiplets + i, token: token, fanIn: bits.OnesCount(uint(set)), upper: upper,
					start: rapid.Int64Range(0, 50).Draw(t, "start"),
				})
			}
		}
	}
}

// combined is what came up, and what the reducers counted.
type combined struct {
	Cycles   []int64
	Tokens   []int32
	Sums     []uint16
	Reducers []collective.Stats
}

func (c *combine) run(t wiretest.TB, e sim.Engine) combined {
	s := wiretest.NewSystemOn(e)
	k := newPack(t, s, c.groups, c.chiplets, c.spec)
	for _, x := range c.sent {
		p := k.data(s, x.from, 0, wire.ClassToken, 64)
		p.Kind, p.Reduce, p.Token, p.FanIn, p.Contributions = wire.KindCombine, true, int32(x.token), uint16(x.fanIn), 1
		p.UpperFanIn[0] = uint8(x.upper)
		k.agents[x.from].Queue(x.start, p)
	}
	s.Run(t)
	s.CheckQuiet(t)
	var got combined
	for _, a := range k.agents[0].Arrivals {
		got.Cycles, got.Tokens, got.Sums = append(got.Cycles, a.Cycle), append(got.Tokens, a.Packet.Token), append(got.Sums, a.Packet.Contributions)
	}
	for _, r := range k.reducers {
		got.Reducers = append(got.Reducers, r.Stats())
	}
	return got
}

func TestContributionsAreAddedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCombine(t)
		want, got := make([]int, c.tokens), make([]int, c.tokens)
		for _, x := range c.sent {
			want[x.token]++
		}
		came := c.run(t, sim.NewSerialEngine())
		for i, token := range came.Tokens {
			got[token] += int(came.Sums[i])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("contributions per token (-sent +got):\n%s", d)
		}
		if c.stall && len(came.Tokens) != c.tokens {
			t.Fatalf("%d packets came up, want one per token", len(came.Tokens))
		}
	})
}

func TestTheOrderOfEventsInACycleDoesNotShowInSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCombine(t)
		want := c.run(t, sim.NewSerialEngine())
		got := c.run(t, wiretest.NewShuffledEngine(rapid.Uint64().Draw(t, "seed")))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("another order of events: (-serial +shuffled)\n%s", d)
		}
	})
}

// A port brings a flit per cycle: contributions to many tokens pass an adder of twice
// that rate in half the time if two ports bring them.
func TestPortsBringWhatTheAdderTakes(t *testing.T) {
	last := map[int]int64{}
	for _, ports := range []int{1, 2} {
		c := combine{groups: 1, chiplets: 4, spec: roomy(), tokens: 50}
		c.spec.ports, c.spec.vcs = ports, 4
		c.spec.reducer.AddBytesPerCycle = 2 * flitBytes
		for token := range c.tokens {
			for from := range 4 {
				c.sent = append(c.sent, contribution{from: 1 + from, token: token, fanIn: 4, upper: 1})
			}
		}
		cycles := c.run(t, sim.NewSerialEngine()).Cycles
		last[ports] = cycles[len(cycles)-1]
	}
	adds := int64(50 * 4 * 64 / (2 * flitBytes))
	if last[1] < 2*adds || last[2] > adds*5/4 {
		t.Errorf("the last sum came in cycle %d with one port and %d with two, which lets the adder be idle; it is busy for %d cycles", last[1], last[2], adds)
	}
}

func TestReducerPorts(t *testing.T) {
	g := must(topology.NoPTree(topology.TreeSpec{Groups: 1, ChipletsPerGroup: 4})) // a switch of 5 links
	node := g.OfKind(topology.KindSwitch)[0].ID
	for adder, want := range map[int64]int{1: 1, 64: 1, 65: 2, 128: 2, 320: 5, 1 << 20: 5} {
		if got := flit.ReducerPorts(g, node, adder, 64); got != want {
			t.Errorf("an adder of %d bits behind ports of 64: %d ports, want %d", adder, got, want)
		}
	}
}

func TestInterfacesRefuseOtherClasses(t *testing.T) {
	s := wiretest.NewSystem()
	r := newRigOn(t, s.Engine, must(topology.Crossbar(2)), flit.DefaultNetworkSpec())
	a := s.Agent(t, "Agent", wiretest.Spec{Port: port.Spec{VCs: 2, InBytes: 64, OutMessages: 1}})
	if _, err := flit.NewInterface(r.net, r.gate(0), a.Port(), s.Clock); err == nil {
		t.Error("a port of 2 virtual channels goes with 1 class")
	}
}
