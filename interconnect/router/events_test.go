package router_test

import (
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// eventCount is a hook on an engine.
type eventCount int

func (n *eventCount) Func(ctx sim.HookCtx) {
	if ctx.Pos == sim.HookPosBeforeEvent {
		*n++
	}
}

// events sends packets over a row of routers and returns how many events that took.
func events(t *testing.T, hops, packets int, gap int64, bytes int32) int {
	t.Helper()
	g, err := topology.Mesh(8, 1)
	if err != nil {
		t.Fatal(err)
	}
	engine := sim.NewSerialEngine()
	var n eventCount
	engine.AcceptHook(&n)
	s := wiretest.NewSystemOn(engine)
	net := build(t, s, g, roomyPlan(64, 64))
	ends := g.Endpoints()
	for i := range packets {
		net.agents[ends[0].ID].Queue(int64(i)*gap, packet(s, ends[0].ID, ends[hops].ID, wire.ClassToken, bytes))
	}
	s.Run(t)
	s.CheckQuiet(t)
	if got := len(net.agents[ends[hops].ID].Arrivals); got != packets {
		t.Fatalf("%d packets came, want %d", got, packets)
	}
	return int(n)
}

// A packet that waits for nothing costs one event per hop, a router and the link after
// it: an idle wire takes it without one. One that finds the wire taken costs another.
// What the ends cost is in both of two lengths.
func TestAnUncontendedHopIsOneEvent(t *testing.T) {
	const packets, near, far = 100, 2, 7
	for _, tc := range []struct {
		name string
		gap  int64
		most float64
	}{
		{"far apart", 10_000, 1},
		{"the links nearly busy", 66, 1},
		{"the links busy all the time", 0, 2},
	} {
		more := events(t, far, packets, tc.gap, 512) - events(t, near, packets, tc.gap, 512)
		perHop := float64(more) / float64(packets*(far-near))
		t.Logf("%s: %.3f events per hop", tc.name, perHop)
		if perHop > tc.most {
			t.Errorf("%s: %.3f events per hop, want at most %v", tc.name, perHop, tc.most)
		}
	}
}
