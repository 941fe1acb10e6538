package router_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/router"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// record has every part of a network record all there is.
func record(n *network, d stats.Detail) {
	for _, r := range n.routers {
		r.Record(d)
	}
	for _, l := range n.links {
		l.Record(d)
	}
}

// histogram counts values, each with a weight.
func histogram(weights map[int64]int64) stats.Histogram {
	var h stats.Histogram
	for v, w := range weights {
		h.Add(v, w)
	}
	return h.Clone()
}

// long is the size of packets of which no link here is given one ahead, wireBits the
// rate at which it takes 64 cycles.
const (
	long     = 320 * 64
	wireBits = 320 * 8
)

// TestInputByHand: five packets come in, 64 cycles each, and leave at half the rate.
//
//	         head and tail here   moves   on the root link
//	first     7   70               10      11..139
//	second   71  134               74     139..267   waits in the output queue, which is full with it
//	third   135  198              139     267..395   could move at 138
//	fourth  199  262              267     395..523   could move at 202
//	fifth   263  326              395     523..651   is the oldest from 268 on
func TestInputByHand(t *testing.T) {
	p := roomyPlan(wireBits/2, wireBits)
	p.router.OutMessages = 1
	s := wiretest.NewSystem()
	n := star(t, s, 1, p)
	record(n, stats.DetailFull)
	for range 5 {
		n.agents[firstChild].Queue(0, packet(s, firstChild, root, wire.ClassToken, long))
	}
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{144, 272, 400, 528, 656}, cycles(n.agents[root])); diff != "" {
		t.Fatalf("arrivals (-want +got)\n%s", diff)
	}
	want := router.InputStats{
		// Each is there until its tail is in and it has moved; the fourth and the fifth
		// are there together from 263 to 267.
		Buffer:          histogram(map[int64]int64{long: 63 + 63 + 63 + 64 + 128, 2 * long: 4}),
		Wait:            histogram(map[int64]int64{3: 2, 4: 1, 68: 1, 132: 1}),
		FullStallCycles: 1 + 65 + 127,
	}
	if diff := cmp.Diff(want, n.routers[hub].Input(1, int(wire.ClassToken))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(router.InputStats{}, n.routers[hub].Input(0, int(wire.ClassToken))); diff != "" {
		t.Errorf("nothing came in from the root (-want +got)\n%s", diff)
	}
	// The queue of the root link: the second from 75 on, the third from 140, the fourth
	// from 268 and the fifth from 396.
	want2 := stats.Line{
		Level: histogram(map[int64]int64{1: 64 + 127 + 127 + 127}),
		Stay:  histogram(map[int64]int64{64: 1, 127: 3}),
	}
	if diff := cmp.Diff(want2, n.links[0].Queues()[vcs+int(wire.ClassToken)]); diff != "" {
		t.Errorf("queue of the root link (-want +got)\n%s", diff)
	}
}

// TestLosersWaitForTheirTurn: three packets could move to the root link at 10. The first
// does and is on the wire at once; the second moves at 11 into the queue, and the third
// when that sets out at 75.
func TestLosersWaitForTheirTurn(t *testing.T) {
	p := roomyPlan(wireBits, wireBits)
	p.router.OutMessages = 1
	s := wiretest.NewSystem()
	n := star(t, s, 3, p)
	record(n, stats.DetailFull)
	for _, child := range children2nodes(3) {
		n.agents[child].Queue(0, packet(s, child, root, wire.ClassToken, long))
	}
	s.Run(t)
	s.CheckQuiet(t)
	for i, moved := range []int64{10, 11, 75} {
		want := router.InputStats{
			Buffer: histogram(map[int64]int64{long: max(moved, 70) - 7}), Wait: histogram(map[int64]int64{moved - 7: 1}),
			ArbitrationStallCycles: moved - 10,
		}
		if diff := cmp.Diff(want, n.routers[hub].Input(1+i, int(wire.ClassToken))); diff != "" {
			t.Errorf("child %d (-want +got)\n%s", i, diff)
		}
	}
}

// seen is what a network shows.
type seen struct {
	Arrivals [][]string
	Rows     []link.Row
	Queues   []stats.Line
	Windows  [][]int64
	Inputs   []router.InputStats
}

func (sc scenario) see(t wiretest.TB, e sim.Engine, d stats.Detail) seen {
	n := sc.runAt(t, e, d)
	out := seen{Arrivals: arrivalsOf(n, sc.leaves)}
	for _, l := range n.links {
		out.Rows = append(out.Rows, l.Stats()...)
		out.Queues = append(out.Queues, l.Queues()...)
		out.Windows = append(out.Windows, l.Windows(l.WindowCycles())...)
	}
	for _, node := range sc.graph.Nodes() {
		r, ok := n.routers[node.ID]
		if !ok {
			continue
		}
		for p := range sc.graph.Ports(node.ID) {
			for vc := range vcs {
				out.Inputs = append(out.Inputs, r.Input(p, vc))
			}
		}
	}
	return out
}

// TestRecordDoesNotShowTheOrderWithinACycle runs the same traffic on engines that
// shuffle events of equal time.
func TestRecordDoesNotShowTheOrderWithinACycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t)
		want := sc.see(t, sim.NewSerialEngine(), stats.DetailFull)
		for seed := range uint64(2) {
			if diff := cmp.Diff(want, sc.see(t, wiretest.NewShuffledEngine(seed), stats.DetailFull)); diff != "" {
				t.Fatalf("seed %d (-serial +shuffled):\n%s", seed, diff)
			}
		}
	})
}

// TestRecordingChangesNothing: not the arrivals, not the counters.
func TestRecordingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t)
		basic, full := sc.see(t, sim.NewSerialEngine(), stats.DetailBasic), sc.see(t, sim.NewSerialEngine(), stats.DetailFull)
		for i := range full.Rows {
			full.Rows[i].ArbitrationStallCycles = 0
		}
		full.Queues, full.Inputs, basic.Inputs = nil, nil, nil
		if diff := cmp.Diff(basic, full); diff != "" {
			t.Errorf("-basic +full\n%s", diff)
		}
	})
}

// TestInputsAddUp: what routers say of their inputs is what links say they delivered,
// and every wait has one cause.
func TestInputsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t)
		n := sc.runAt(t, sim.NewSerialEngine(), stats.DetailFull)
		latency := sc.plan.router.LatencyCycles
		for i, e := range sc.graph.Edges() {
			rows := n.links[i].Stats()
			for k, end := range [2]struct {
				node wire.NodeID
				port int
			}{{e.B, e.PortB}, {e.A, e.PortA}} {
				r, ok := n.routers[end.node]
				if !ok {
					continue
				}
				for vc := range vcs {
					in, sent := r.Input(end.port, vc), rows[k*vcs+vc].Delivered
					if in.Wait.Total() != sent.Messages {
						t.Errorf("%d packets waited, %d came in", in.Wait.Total(), sent.Messages)
					}
					if known := in.FullStallCycles + in.ArbitrationStallCycles + latency*sent.Messages; known > in.Wait.Sum {
						t.Errorf("%d cycles of latency and stalls, of %d", known, in.Wait.Sum)
					}
					if in.Buffer.Max > int64(sc.plan.router.InBytes) {
						t.Errorf("%d bytes in a buffer of %d", in.Buffer.Max, sc.plan.router.InBytes)
					}
				}
			}
		}
	})
}
