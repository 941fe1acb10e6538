package router_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

func TestContract(t *testing.T) {
	const children = 3
	size := func(i int) int32 { return int32(1 + i*37%512) }
	wiretest.RunContract(t, wiretest.Contract{
		MaxBytes: 512,
		Build: func(tb wiretest.TB, s *wiretest.System, st wiretest.Stress) []*wiretest.Agent {
			p := roomyPlan(29, 13)
			p.router.InBytes, p.router.OutMessages = st.InBytes, st.OutMessages
			p.agent = wiretest.Spec{
				Port:          port.Spec{VCs: vcs, InBytes: st.InBytes, OutMessages: st.OutMessages},
				ServiceCycles: st.ServiceCycles,
			}
			n := star(tb, s, children, p)
			agents := []*wiretest.Agent{n.agents[root]}
			for _, child := range children2nodes(children) {
				agents = append(agents, n.agents[child])
			}
			return agents
		},
		Load: func(s *wiretest.System, i int) (int, port.Message) {
			from := i % (children + 1)
			to := (from + 1 + i%children) % (children + 1)
			return from, packet(s, node(from), node(to), wire.Class(i%vcs), size(i))
		},
		Answers: func(i int) (int64, int64) { return 1, int64(size(i)) },
	})
}

// node is the i-th end of the star: the root, then its children.
func node(i int) wire.NodeID {
	if i == 0 {
		return root
	}
	return firstChild + wire.NodeID(i-1)
}

// drawTree draws a tree in which nodes of one port are agents.
func drawTree(t *rapid.T) *topology.Graph {
	n := rapid.IntRange(3, 10).Draw(t, "nodes")
	nodes := []topology.Node{{Name: "Node[0]", Kind: topology.KindSwitch}}
	var edges []topology.Edge
	ports := make([]int, n)
	for i := 1; i < n; i++ {
		parent := rapid.IntRange(0, i-1).Draw(t, "parent")
		nodes = append(nodes, topology.Node{ID: wire.NodeID(i), Name: fmt.Sprintf("Node[%d]", i), Kind: topology.KindSwitch})
		edges = append(edges, topology.Edge{A: wire.NodeID(parent), B: wire.NodeID(i), PortA: ports[parent], PortB: 0})
		ports[parent]++
		ports[i]++
	}
	g, err := topology.New(nodes, edges)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// scenario is a network and its traffic, drawn once and run on any engine.
type scenario struct {
	graph  *topology.Graph
	plan   plan
	sends  []send
	leaves []wire.NodeID
}

type send struct {
	from, to wire.NodeID
	class    wire.Class
	bytes    int32
	start    int64
}

func drawScenario(t *rapid.T) scenario {
	sc := scenario{graph: drawTree(t)}
	maxBytes := rapid.IntRange(1, 700).Draw(t, "largest packet")
	ports := func(who string) port.Spec {
		return port.Spec{
			VCs: vcs, InBytes: maxBytes * rapid.IntRange(1, 3).Draw(t, who+" room"),
			OutMessages: rapid.IntRange(1, 3).Draw(t, who+" queue"),
		}
	}
	links := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) link.Spec {
		return link.Spec{BitsPerCycle: rapid.Int64Range(1, 2000).Draw(t, "bits"), LatencyCycles: rapid.Int64Range(1, 12).Draw(t, "flight"), AheadBytes: rapid.SampledFrom([]int{0, 1000}).Draw(t, "ahead")}
	}), len(sc.graph.Edges()), len(sc.graph.Edges())).Draw(t, "links")
	sc.plan = roomyPlan(1, 1)
	sc.plan.link = func(i int) link.Spec { return links[i] }
	sc.plan.agent.Port = ports("agent")
	r := ports("router")
	sc.plan.router.InBytes, sc.plan.router.OutMessages = r.InBytes, r.OutMessages
	sc.plan.router.LatencyCycles = rapid.Int64Range(1, 6).Draw(t, "router latency")
	for _, n := range sc.graph.Nodes() {
		if sc.graph.Ports(n.ID) == 1 {
			sc.leaves = append(sc.leaves, n.ID)
		}
	}
	for range rapid.IntRange(1, 40).Draw(t, "packets") {
		pair := rapid.Permutation(sc.leaves).Draw(t, "ends")
		sc.sends = append(sc.sends, send{
			from: pair[0], to: pair[1], class: wire.Class(rapid.IntRange(0, vcs-1).Draw(t, "class")),
			bytes: int32(rapid.IntRange(0, maxBytes).Draw(t, "bytes")), start: rapid.Int64Range(0, 500).Draw(t, "start"),
		})
	}
	return sc
}

// run sends everything; Op is the index of the send. The system ends quiet.
func (sc scenario) run(t wiretest.TB, e sim.Engine) *network {
	t.Helper()
	return sc.runAt(t, e, stats.DetailBasic)
}

// runAt is run with a detail of what is recorded.
func (sc scenario) runAt(t wiretest.TB, e sim.Engine, d stats.Detail) *network {
	t.Helper()
	s := wiretest.NewSystemOn(e)
	n := build(t, s, sc.graph, sc.plan)
	record(n, d)
	for i, m := range sc.sends {
		p := packet(s, m.from, m.to, m.class, m.bytes)
		p.Op = int32(i)
		n.agents[m.from].Queue(m.start, p)
	}
	s.Run(t)
	s.CheckQuiet(t)
	return n
}

// flow is what stays in order on the way.
type flow struct {
	from, to wire.NodeID
	class    wire.Class
}

func TestAnyTreeDeliversEverythingInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t)
		n := sc.run(t, sim.NewSerialEngine())
		want, got := map[flow][]int32{}, map[flow][]int32{}
		for i, m := range sc.sends {
			f := flow{m.from, m.to, m.class}
			want[f] = append(want[f], int32(i))
		}
		var hops, forwarded int64
		for _, m := range sc.sends {
			hops += int64(sc.graph.Hops(m.from, m.to))
		}
		for id, a := range n.agents {
			for _, arrival := range a.Arrivals {
				p := arrival.Packet
				if p.Dest != id {
					t.Fatalf("a packet for node %d came to node %d", p.Dest, id)
				}
				f := flow{p.Source, p.Dest, p.Class}
				got[f] = append(got[f], p.Op)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("per flow (-sent +got):\n%s", diff)
		}
		for _, l := range n.links {
			for _, row := range l.Stats() {
				forwarded += row.Messages
			}
		}
		if forwarded != hops {
			t.Fatalf("links carried %d packets, want %d", forwarded, hops)
		}
	})
}

// TestOrderWithinACycleDoesNotMatter: an engine that shuffles events of equal time
// delivers the same packets at the same cycles. Two engines, and two domains of one
// engine, agree on nothing more than that.
func TestOrderWithinACycleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t)
		want := arrivalsOf(sc.run(t, sim.NewSerialEngine()), sc.leaves)
		for seed := range uint64(3) {
			got := arrivalsOf(sc.run(t, wiretest.NewShuffledEngine(seed)), sc.leaves)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d (-serial +shuffled):\n%s", seed, diff)
			}
		}
	})
}

// arrivalsOf lists who came when, leaf by leaf.
func arrivalsOf(n *network, leaves []wire.NodeID) [][]string {
	var out [][]string
	for _, id := range leaves {
		var list []string
		for _, a := range n.agents[id].Arrivals {
			list = append(list, fmt.Sprintf("cycle %d: %d", a.Cycle, a.Packet.Op))
		}
		out = append(out, list)
	}
	return out
}

// TestReductionDoesNotDependOnOrderWithinACycle repeats the law with sums: equal
// streams from every child, which meet in the same cycles.
func TestReductionDoesNotDependOnOrderWithinACycle(t *testing.T) {
	const children, tokens = 4, 30
	run := func(e sim.Engine, policy string) []string {
		p := roomyPlan(64, 64)
		p.router.InBytes, p.router.OutMessages = 128, 1
		p.router.Reducer = collective.Spec{Entries: 3, AddBytesPerCycle: 16, AddLatencyCycles: 2, Full: policy}
		s := wiretest.NewSystemOn(e)
		n := star(t, s, children, p)
		for i, child := range children2nodes(children) {
			for token := range tokens {
				order := token
				if policy == collective.FullEvict {
					order = (token + 5*i) % tokens // skewed
				}
				n.agents[child].Queue(0, combine(s, child, int32(order), children, 1, 64))
			}
		}
		s.Run(t)
		s.CheckQuiet(t)
		var out []string
		for _, a := range n.agents[root].Arrivals {
			out = append(out, fmt.Sprintf("cycle %d: token %d, %d", a.Cycle, a.Packet.Token, a.Packet.Contributions))
		}
		return out
	}
	for _, policy := range []string{collective.FullStall, collective.FullEvict} {
		want := run(sim.NewSerialEngine(), policy)
		for seed := range uint64(10) {
			if got := run(wiretest.NewShuffledEngine(seed), policy); !slices.Equal(want, got) {
				t.Errorf("%s, seed %d:\n%s", policy, seed, cmp.Diff(want, got))
			}
		}
	}
}
