package router_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/collective"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

func multicast(s *wiretest.System, token int32, ports ...int) *wire.Packet {
	p := packet(s, root, hub, wire.ClassToken, 64)
	p.Kind, p.Token = wire.KindDispatch, token
	s.Pool.Equip(p)
	for _, i := range ports {
		p.Branch(wire.Branch{Dest: firstChild + wire.NodeID(i-1), Op: int32(100 + i), Contributions: uint16(10 + i)})
	}
	return p
}

func TestMulticastReachesEachChildOnce(t *testing.T) {
	s := wiretest.NewSystem()
	n := star(t, s, 4, roomyPlan(8, 8))
	n.agents[root].Queue(0, multicast(s, 7, 1, 3, 4))
	s.Run(t)
	s.CheckQuiet(t)
	for i := 1; i <= 4; i++ {
		child := firstChild + wire.NodeID(i-1)
		arrivals := n.agents[child].Arrivals
		if i == 2 {
			if len(arrivals) != 0 {
				t.Errorf("child 2 is not addressed but got %d copies", len(arrivals))
			}
			continue
		}
		if diff := cmp.Diff([]int64{80}, cycles(n.agents[child])); diff != "" {
			t.Fatalf("child %d (-want +got):\n%s", i, diff)
		}
		p := arrivals[0].Packet
		if p.Multicast() || p.Dest != child || p.Token != 7 || p.FanIn != 3 || int(p.Contributions) != 10+i || int(p.Op) != 100+i {
			t.Errorf("child %d got %+v", i, p)
		}
	}
	if got := n.routers[hub].Stats().Copies; got != 3 {
		t.Errorf("%d copies, want 3", got)
	}
}

// TestMulticastsReachEachChildOnce: any sets of children, any room.
func TestMulticastsReachEachChildOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		children := rapid.IntRange(1, 6).Draw(t, "children")
		p := roomyPlan(rapid.Int64Range(1, 600).Draw(t, "root bits"), rapid.Int64Range(1, 600).Draw(t, "leaf bits"))
		p.router.InBytes = 64 * rapid.IntRange(1, 3).Draw(t, "room")
		p.router.OutMessages = rapid.IntRange(1, 3).Draw(t, "queue")
		p.agent.ServiceCycles = rapid.Int64Range(0, 100).Draw(t, "service")
		s := wiretest.NewSystem()
		n := star(t, s, children, p)
		want := make([][]int32, children)
		for token := range int32(rapid.IntRange(1, 20).Draw(t, "tokens")) {
			set := rapid.IntRange(1, 1<<children-1).Draw(t, "set")
			var ports []int
			for i := range children {
				if set>>i&1 == 1 {
					ports = append(ports, i+1)
					want[i] = append(want[i], token)
				}
			}
			n.agents[root].Queue(0, multicast(s, token, ports...))
		}
		s.Run(t)
		s.CheckQuiet(t)
		got := make([][]int32, children)
		for i := range got {
			for _, arrival := range n.agents[firstChild+wire.NodeID(i)].Arrivals {
				got[i] = append(got[i], arrival.Packet.Token)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("tokens per child (-sent +got):\n%s", diff)
		}
	})
}

// TestCopiesLeaveOnTheirOwn: a blocked child holds back its own copy and the packets
// behind the original, not the other copies.
func TestCopiesLeaveOnTheirOwn(t *testing.T) {
	p := roomyPlan(64, 64)
	p.router.InBytes, p.router.OutMessages = 64, 1
	p.agent = wiretest.Spec{Port: port.Spec{VCs: vcs, InBytes: 64, OutMessages: 8}, ServiceCycles: 1000}
	s := wiretest.NewSystem()
	n := star(t, s, 2, p)
	// Three unicasts fill child 1, its credit and its output queue.
	for range 3 {
		n.agents[root].Queue(0, packet(s, root, firstChild, wire.ClassToken, 64))
	}
	n.agents[root].Queue(0, multicast(s, 1, 1, 2))
	s.Run(t)
	s.CheckQuiet(t)
	blocked, free := cycles(n.agents[firstChild]), cycles(n.agents[firstChild+1])
	if len(blocked) != 4 || len(free) != 1 {
		t.Fatalf("%d and %d arrivals, want 4 and 1", len(blocked), len(free))
	}
	// The free child's copy has been served (1000 cycles) before child 1 has even
	// begun with its own.
	if free[0] > blocked[3]-1000 {
		t.Errorf("the free child's copy was done at %d, the blocked one's at %d", free[0], blocked[3])
	}
}

func TestReductionWaitsForEveryContribution(t *testing.T) {
	s := wiretest.NewSystem()
	n := star(t, s, 3, roomyPlan(64, 64))
	starts := []int64{0, 500, 200}
	for i, start := range starts {
		child := firstChild + wire.NodeID(i)
		n.agents[child].Queue(start, combine(s, child, 9, 3, uint16(i+1), 64))
	}
	s.Run(t)
	s.CheckQuiet(t)
	arrivals := n.agents[root].Arrivals
	if len(arrivals) != 1 {
		t.Fatalf("%d packets came up, want one sum", len(arrivals))
	}
	// Sent 500, on the link 501, tail at the router 501+8+5 = 514, one cycle of the
	// adder and 4 of its pipeline, moved at 519, on the link 520, here 520+8+5.
	if got := arrivals[0].Cycle; got != 533 {
		t.Errorf("the sum arrived at %d, want 533", got)
	}
	if p := arrivals[0].Packet; p.Contributions != 6 || p.FanIn > 1 || p.Token != 9 || p.Bytes != 64 {
		t.Errorf("the sum is %+v", p)
	}
}

// skewed has two children send their tokens in opposite orders, more than the reducer
// and the router's inputs hold.
func skewed(s *wiretest.System, n *network, tokens int) {
	for i := range tokens {
		n.agents[firstChild].Queue(0, combine(s, firstChild, int32(i), 2, 1, 64))
		n.agents[firstChild+1].Queue(0, combine(s, firstChild+1, int32(tokens-1-i), 2, 1, 64))
	}
}

func smallReducer(policy string) plan {
	p := roomyPlan(64, 64)
	p.router.InBytes = 64
	p.router.Reducer.Entries = 4
	p.router.Reducer.Full = policy
	return p
}

func TestSkewDeadlocksAReducerThatStalls(t *testing.T) {
	s := wiretest.NewSystem()
	n := star(t, s, 2, smallReducer(collective.FullStall))
	skewed(s, n, 20)
	s.Run(t)
	hubRouter := n.routers[hub]
	if hubRouter.Idle() || len(n.agents[root].Arrivals) != 0 {
		t.Fatalf("no deadlock: %d sums arrived", len(n.agents[root].Arrivals))
	}
	waits := hubRouter.Waits()
	want := []port.Wait{
		{From: "Switch[0].Port[1].In[1]", To: "Switch[0].Reducer", Why: "no free entry"},
		{From: "Switch[0].Reducer", To: "Switch[0].Port[1].In[1]", Why: "op 0 token 0 lacks 1 contributions"},
	}
	for _, w := range want {
		if !slices.Contains(waits, w) {
			t.Errorf("%+v is missing in %+v", w, waits)
		}
	}
	if got := n.links[1].Waits(); len(got) != 1 || got[0].From != "Expert[0].Port.Out[1]" || got[0].To != "Switch[0].Port[1].In[1]" {
		t.Errorf("the child's link waits for %+v", got)
	}
}

func TestSkewDoesNotStopAReducerThatEvicts(t *testing.T) {
	const tokens = 20
	s := wiretest.NewSystem()
	n := star(t, s, 2, smallReducer(collective.FullEvict))
	skewed(s, n, tokens)
	s.Run(t)
	s.CheckQuiet(t)
	sums := make([]int, tokens)
	for _, arrival := range n.agents[root].Arrivals {
		sums[arrival.Packet.Token] += int(arrival.Packet.Contributions)
	}
	if want := slices.Repeat([]int{2}, tokens); !slices.Equal(sums, want) {
		t.Errorf("contributions per token are %v, want 2 each", sums)
	}
	if got := n.routers[hub].Stats().Reducer.Evictions; got == 0 {
		t.Error("no eviction, so the case does not test what it says")
	}
}

// TestContributionsAreConserved: any children, any order, any reducer that can drain.
func TestContributionsAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := roomyPlan(rapid.Int64Range(1, 600).Draw(t, "root bits"), rapid.Int64Range(1, 600).Draw(t, "leaf bits"))
		p.router.InBytes = 64 * rapid.IntRange(1, 3).Draw(t, "room")
		p.router.OutMessages = rapid.IntRange(1, 3).Draw(t, "queue")
		p.router.Reducer = collective.Spec{
			Entries: rapid.IntRange(1, 6).Draw(t, "entries"), AddBytesPerCycle: rapid.IntRange(1, 64).Draw(t, "adder"),
			AddLatencyCycles: rapid.Int64Range(0, 8).Draw(t, "latency"), Full: collective.FullEvict,
		}
		children := rapid.IntRange(1, 5).Draw(t, "children")
		s := wiretest.NewSystem()
		n := star(t, s, children, p)
		tokens := rapid.IntRange(1, 12).Draw(t, "tokens")
		want := make([]int, tokens)
		for token := range tokens {
			senders := rapid.Permutation(children2nodes(children)).Draw(t, "senders")
			senders = senders[:rapid.IntRange(1, children).Draw(t, "fan-in")]
			for _, child := range senders {
				c := rapid.IntRange(1, 8).Draw(t, "contributions")
				want[token] += c
				n.agents[child].Queue(rapid.Int64Range(0, 400).Draw(t, "start"),
					combine(s, child, int32(token), uint16(len(senders)), uint16(c), 64))
			}
		}
		s.Run(t)
		s.CheckQuiet(t)
		got := make([]int, tokens)
		for _, arrival := range n.agents[root].Arrivals {
			got[arrival.Packet.Token] += int(arrival.Packet.Contributions)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("contributions per token (-sent +got):\n%s", diff)
		}
	})
}

func children2nodes(children int) []wire.NodeID {
	var out []wire.NodeID
	for i := range children {
		out = append(out, firstChild+wire.NodeID(i))
	}
	return out
}

func TestWrongRoutersAreRefused(t *testing.T) {
	good := roomyPlan(8, 8).router
	wiring := router.Wiring{Routes: []int{-1, 0}, Neighbors: []wire.NodeID{1}, BitsPerCycle: []int64{8}}
	for _, tc := range []struct {
		field  string
		change func(*router.Spec, *router.Wiring)
	}{
		{"LatencyCycles", func(s *router.Spec, _ *router.Wiring) { s.LatencyCycles = 0 }},
		{"InBytes", func(s *router.Spec, _ *router.Wiring) { s.InBytes = 0 }},
		{"OutMessages", func(s *router.Spec, _ *router.Wiring) { s.OutMessages = 0 }},
		{"Entries", func(s *router.Spec, _ *router.Wiring) { s.Reducer.Entries = 0 }},
		{"1 to 63 ports", func(_ *router.Spec, w *router.Wiring) { w.Neighbors = nil }},
		{"1 ports but 2 link rates", func(_ *router.Spec, w *router.Wiring) { w.BitsPerCycle = []int64{8, 8} }},
		{"BitsPerCycle of port 0", func(_ *router.Spec, w *router.Wiring) { w.BitsPerCycle = []int64{0} }},
		{"the route to node 1 takes port 4 of 1", func(_ *router.Spec, w *router.Wiring) { w.Routes = []int{-1, 4} }},
	} {
		spec, w := good, wiring
		tc.change(&spec, &w)
		_, err := router.New("Switch[0]", wiretest.NewSystem().Clock, spec, w, &wire.Pool{})
		if err == nil || !strings.Contains(err.Error(), tc.field) {
			t.Errorf("error %v, want one with %q", err, tc.field)
		}
	}
}
