package flit_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"mozart/interconnect/flit"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// direction finds what the link from one end to another counted.
func (r *rig) direction(from, to wire.NodeID) flit.ChannelStats {
	for _, ch := range r.net.Channels() {
		if ch.Edge >= 0 && ch.From == from && ch.To == to {
			return ch
		}
	}
	r.tb.Fatal("no such direction")
	return flit.ChannelStats{}
}

// windowsOf are the windows of the same direction, by VC.
func (r *rig) windowsOf(from, to wire.NodeID) [][]int64 {
	at := 0
	series := r.net.Windows(r.net.WindowCycles())
	for _, ch := range r.net.Channels() {
		if ch.Edge >= 0 && ch.From == from && ch.To == to {
			return series[at : at+len(ch.VCs)]
		}
		at += len(ch.VCs)
	}
	return nil
}

// waits counts flits by the cycles they waited.
func waits(cycles ...int64) stats.Histogram {
	var h stats.Histogram
	for _, c := range cycles {
		h.Count(c)
	}
	return h.Clone()
}

// Two packets of 4 flits, A and B, of two classes with a VC each, meet at an output. They
// arrive in 12 to 15, have their VCs in 13 and ask for the switch from 14 on:
//
//	switch won   A 14  B 15  A 16  B 17  A 18  B 19  A 20  B 21, a cycle later on the wire
func TestTwoVCsByHand(t *testing.T) {
	g := must(topology.Crossbar(3))
	spec := flit.DefaultNetworkSpec()
	spec.Router.Classes = []flit.ClassSpec{{VCsPerLane: 1, Weight: 1}, {VCsPerLane: 1, Weight: 1}}
	r := newRig(t, g, spec)
	r.listen()
	for from := range 2 {
		p := r.packet(from, 2, 4, 10)
		p.Class = uint8(from)
		r.gate(from).Inject(p)
	}
	r.run()
	hub := g.Neighbor(r.ends[2].ID, 0)
	// A waits 14 to 15 as B does; each flit but the first of A lost a cycle to the other.
	for vc, want := range []flit.VCStats{
		{Class: 0, Flits: 4, Packets: 1, BusyCycles: 4, Arrived: 4, ArbitrationStallCycles: 3},
		{Class: 1, Flits: 4, Packets: 1, BusyCycles: 4, Arrived: 4, ArbitrationStallCycles: 4},
	} {
		if d := gocmp.Diff(want, r.direction(hub, r.ends[2].ID).VCs[vc]); d != "" {
			t.Errorf("out of the router, VC %d (-want +got)\n%s", vc, d)
		}
	}
	// A is in its buffer 12..14, 13..16, 14..18 and 15..20, B each a cycle longer. A flit
	// that comes in the cycle in which another leaves meets it.
	for from, want := range []flit.VCStats{
		{Class: 0, OccupancyFlitCycles: 2 + 3 + 4 + 5, OccupancyP99Flits: 3, OccupancyMaxFlits: 3, Wait: waits(3, 4, 5, 6)},
		{Class: 1, OccupancyFlitCycles: 3 + 4 + 5 + 6, OccupancyP99Flits: 3, OccupancyMaxFlits: 4, Wait: waits(4, 5, 6, 7)},
	} {
		want.Flits, want.Packets, want.BusyCycles, want.Arrived = 4, 1, 4, 4
		if d := gocmp.Diff(want, r.direction(r.ends[from].ID, hub).VCs[from]); d != "" {
			t.Errorf("into the router from %d (-want +got)\n%s", from, d)
		}
	}
	if d := gocmp.Diff([][]int64{{4}, {4}}, r.windowsOf(hub, r.ends[2].ID)); d != "" {
		t.Errorf("windows (-want +got)\n%s", d)
	}
}

// With buffers of one flit the second flit waits for credit twice: at its source from 2,
// when it could go, to 7, and in the router from 9 to 11.
func TestWaitingForCreditByHand(t *testing.T) {
	g := must(topology.Crossbar(2))
	r := newRig(t, g, router(buffers(1, 1)))
	r.listen()
	r.gate(0).Inject(r.packet(0, 1, 2, 1))
	r.run()
	hub := g.Neighbor(r.ends[0].ID, 0)
	for _, c := range []struct {
		from, to wire.NodeID
		want     int64
	}{{r.ends[0].ID, hub, 7 - 2}, {hub, r.ends[1].ID, 11 - 9}} {
		v := r.direction(c.from, c.to).VCs[0]
		if v.CreditStallCycles != c.want || v.ArbitrationStallCycles != 0 {
			t.Errorf("from node %d: %d cycles without credit and %d without a turn, want %d and 0",
				c.from, v.CreditStallCycles, v.ArbitrationStallCycles, c.want)
		}
	}
}

// A source whose two classes share a link of a flit per cycle loses every other cycle.
func TestClassesOfASourceTakeTurnsByHand(t *testing.T) {
	g := must(topology.Crossbar(2))
	spec := flit.DefaultNetworkSpec()
	spec.Router.Classes = []flit.ClassSpec{{VCsPerLane: 1, Weight: 1}, {VCsPerLane: 1, Weight: 1}}
	r := newRig(t, g, spec)
	r.listen()
	for class := range uint8(2) { // on the wire in 10, 12, 14 and in 11, 13, 15
		p := r.packet(0, 1, 3, 10)
		p.Class = class
		r.gate(0).Inject(p)
	}
	r.run()
	for vc, want := range []int64{2, 3} {
		v := r.direction(r.ends[0].ID, g.Neighbor(r.ends[0].ID, 0)).VCs[vc]
		if v.ArbitrationStallCycles != want || v.CreditStallCycles != 0 {
			t.Errorf("VC %d: %d cycles without a turn and %d without credit, want %d and 0", vc, v.ArbitrationStallCycles, v.CreditStallCycles, want)
		}
	}
}

// A lone packet on links of a flit in 4 cycles waits for nothing but its own flits, and
// its 20 flits are in two windows of 64 cycles: those that come to the wire in 1, 5, 9 to
// 61, and in 65 to 77.
func TestOwnFlitsAreNoStall(t *testing.T) {
	g := must(topology.Crossbar(2))
	spec := flit.DefaultNetworkSpec()
	spec.Router.Classes[0].VCsPerLane = 1
	spec.Link.BitsPerCycle = spec.FlitBits / 4
	r := newRig(t, g, spec)
	r.listen()
	r.gate(0).Inject(r.packet(0, 1, 20, 1))
	r.run()
	for _, ch := range r.net.Channels() {
		v := &ch.VCs[0]
		if v.CreditStallCycles != 0 || v.ArbitrationStallCycles != 0 {
			t.Errorf("from node %d: %d cycles without credit, %d without a turn", ch.From, v.CreditStallCycles, v.ArbitrationStallCycles)
		}
		if v.Flits > 0 && v.BusyCycles != 80 {
			t.Errorf("from node %d: busy for %d cycles, want 80", ch.From, v.BusyCycles)
		}
	}
	if d := gocmp.Diff([][]int64{{16, 4}}, r.windowsOf(r.ends[0].ID, g.Neighbor(r.ends[0].ID, 0))); d != "" {
		t.Errorf("windows (-want +got)\n%s", d)
	}
}

// Two packets of 4 flits, sent in cycle 0: the head of the first is on the wire in 1, its
// tail in 4, and the head of the second in 5.
func TestQueueOfAnInterfaceByHand(t *testing.T) {
	s := wiretest.NewSystem()
	k := newPack(t, s, 1, 1, roomy())
	for range 2 {
		k.agents[1].Queue(0, k.data(s, 1, 0, wire.ClassToken, 4*flitBytes))
	}
	s.Run(t)
	s.CheckQuiet(t)
	var want stats.Line
	want.Level.Add(1, 4)
	want.Stay.Count(4)
	want.Level, want.Stay = want.Level.Clone(), want.Stay.Clone()
	if d := gocmp.Diff(want, k.faces[1].Queue(int(wire.ClassToken))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := gocmp.Diff(stats.Line{}, k.faces[1].Queue(int(wire.ClassWeight))); d != "" {
		t.Errorf("another class (-want +got)\n%s", d)
	}
}

// checkCounters holds Little's law for every buffer, exactly, and wants the windows of
// every VC to add up.
func (r *rig) checkCounters(st int64) {
	r.tb.Helper()
	at := 0
	series := r.net.Windows(r.net.WindowCycles())
	for _, ch := range r.net.Channels() {
		for vc := range ch.VCs {
			v := &ch.VCs[vc]
			if r.graph.IsRouter(ch.To) {
				if in := v.Wait.Sum - st*v.Arrived; in != v.OccupancyFlitCycles {
					r.tb.Errorf("flits were in a buffer for %d cycles, the buffer held them for %d", in, v.OccupancyFlitCycles)
				}
				if n := v.Wait.Total(); n != v.Arrived {
					r.tb.Errorf("%d flits waited, %d left", n, v.Arrived)
				}
			}
			sum := int64(0)
			for _, n := range series[at] {
				sum += n
			}
			if at++; ch.Edge >= 0 && sum != v.Flits {
				r.tb.Errorf("windows have %d flits of %d", sum, v.Flits)
			}
		}
	}
}
