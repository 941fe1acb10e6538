package router_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// TestLonePacketOverTwoHops: 64 bytes take 64 cycles at 8 bits and 8 cycles at 64;
// links fly 5 cycles, the router takes 3. Each port register adds 1.
func TestLonePacketOverTwoHops(t *testing.T) {
	for _, tc := range []struct {
		name             string
		in, out          int64
		start, tail, end int64 // on the second link
	}{
		// Head at the router 1+1+5 = 7, moved 10, on the link 11.
		{"equal", 8, 8, 11, 75, 80},
		// Head at 7 but tail at 1+64+5 = 70: its bits may be on the link from 70+4 on,
		// in the last of 8 cycles.
		{"slow to fast", 8, 64, 67, 75, 80},
		// As with equal links, the second one sets the pace.
		{"fast to slow", 64, 8, 11, 75, 80},
	} {
		s := wiretest.NewSystem()
		n := star(t, s, 1, roomyPlan(tc.out, tc.in))
		n.agents[firstChild].Queue(0, packet(s, firstChild, root, wire.ClassToken, 64))
		s.Run(t)
		s.CheckQuiet(t)
		if diff := cmp.Diff([]int64{tc.end}, cycles(n.agents[root])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		busy := n.links[0].Stats()[vcs+int(wire.ClassToken)].BusyCycles
		if busy != tc.tail-tc.start {
			t.Errorf("%s: the second link was held %d cycles, want %d", tc.name, busy, tc.tail-tc.start)
		}
	}
}

func TestStreamIsBoundByTheSlowestLink(t *testing.T) {
	const n, bytes = 64, 64
	for _, tc := range []struct {
		name    string
		in, out int64
		last    int64
	}{
		{"equal", 8, 8, 80 + (n-1)*64},
		{"slow to fast", 8, 64, 80 + (n-1)*64},
		{"fast to slow", 64, 8, 80 + (n-1)*64},
		{"one cycle each", 512, 512, 1 + 1 + 5 + 3 + 1 + 1 + 5 + (n - 1)},
	} {
		s := wiretest.NewSystem()
		net := star(t, s, 1, roomyPlan(tc.out, tc.in))
		for range n {
			net.agents[firstChild].Queue(0, packet(s, firstChild, root, wire.ClassWeight, bytes))
		}
		s.Run(t)
		s.CheckQuiet(t)
		if got := net.agents[root].Arrivals[n-1].Cycle; got != tc.last {
			t.Errorf("%s: last packet at %d, want %d", tc.name, got, tc.last)
		}
	}
}

// TestFastLinkServesManySlowOnes: four links of 8 bits fill one of 32. If a packet held
// the fast link while its bits trickle in, it would take four times as long.
func TestFastLinkServesManySlowOnes(t *testing.T) {
	const n, bytes, children = 25, 64, 4
	s := wiretest.NewSystem()
	net := star(t, s, children, roomyPlan(32, 8))
	for i := range wire.NodeID(children) {
		for range n {
			net.agents[firstChild+i].Queue(0, packet(s, firstChild+i, root, wire.ClassToken, bytes))
		}
	}
	s.Run(t)
	s.CheckQuiet(t)
	serial := topology.SerialCycles(bytes, 32)
	// The first four packets end at the router together; the last of them waits for
	// three others on the fast link.
	want := int64(80) + (n-1)*64 + (children-1)*serial
	if got := net.agents[root].Arrivals[n*children-1].Cycle; got != want {
		t.Errorf("last packet at %d, want %d", got, want)
	}
}

// TestCreditLoopThroughRouter: a router with room for one packet. The room is free when
// the tail is in, and the credit then flies back.
func TestCreditLoopThroughRouter(t *testing.T) {
	const n, bytes = 20, 64
	p := roomyPlan(64, 8)
	p.router.InBytes = bytes
	s := wiretest.NewSystem()
	net := star(t, s, 1, p)
	for range n {
		net.agents[firstChild].Queue(0, packet(s, firstChild, root, wire.ClassToken, bytes))
	}
	s.Run(t)
	s.CheckQuiet(t)
	// 64 on the wire, 5 of flight, 5 for the credit.
	if got, want := net.agents[root].Arrivals[n-1].Cycle, int64(80+(n-1)*(64+5+5)); got != want {
		t.Errorf("last packet at %d, want %d", got, want)
	}
}

func TestInputsTakeTurns(t *testing.T) {
	const n, children = 30, 3
	s := wiretest.NewSystem()
	net := star(t, s, children, roomyPlan(8, 8))
	for i := range wire.NodeID(children) {
		for range n {
			net.agents[firstChild+i].Queue(0, packet(s, firstChild+i, root, wire.ClassToken, 64))
		}
	}
	s.Run(t)
	s.CheckQuiet(t)
	for i, arrival := range net.agents[root].Arrivals {
		if want := firstChild + wire.NodeID(i%children); arrival.Packet.Source != want {
			t.Fatalf("packet %d is from node %d, want %d", i, arrival.Packet.Source, want)
		}
	}
}

// TestInputLaneMovesOnePacketPerCycle: three packets are ready behind one that was
// blocked; they move to different outputs in three cycles, not in one.
func TestInputLaneMovesOnePacketPerCycle(t *testing.T) {
	const size = 16 << 10 // too long for the link to take one before it is free
	p := roomyPlan(512, 8)
	p.router.OutMessages = 1
	s := wiretest.NewSystem()
	n := star(t, s, 3, p)
	// Child 1 takes one on its link, one in its queue, and blocks the third.
	for _, child := range []wire.NodeID{0, 0, 0, 1, 2} {
		n.agents[root].Queue(0, packet(s, root, firstChild+child, wire.ClassToken, size))
	}
	s.Run(t)
	s.CheckQuiet(t)
	// First packet: on the link 1, at the router 7, moved 10, on the leaf 11. The
	// second follows in the queue and starts when the link is free, which makes room for
	// the third; the fourth moves a cycle later and the fifth two.
	const free, way = 11 + size, 1 + size + 5
	for child, want := range [][]int64{{free + 5, free + size + 5, free + 2*size + 5}, {free + 1 + way}, {free + 2 + way}} {
		if diff := cmp.Diff(want, cycles(n.agents[firstChild+wire.NodeID(child)])); diff != "" {
			t.Errorf("child %d (-want +got):\n%s", child+1, diff)
		}
	}
}
