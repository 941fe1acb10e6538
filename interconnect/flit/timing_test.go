package flit_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
)

// A lone packet takes what doc.go says, for any delays.
func TestLatencyIsTheSumOfTheStages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := tree()
		spec := drawSpec(t, g)
		latency := rapid.Int64Range(0, 5).Draw(t, "latency of all links")
		spec.Links, spec.Link = nil, flit.LinkSpec{LatencyCycles: latency}
		flits := int32(rapid.IntRange(1, 20).Draw(t, "flits"))
		spec.Router.VCBufferFlits = 100 // no loop of credits
		d := spec.Router.Delays
		r := newRig(t, g, spec)
		l := r.listen()
		to := rapid.SampledFrom([]int{0, 2, 16}).Draw(t, "to")
		r.gate(1).Inject(r.packet(1, to, flits, 10))
		r.run()
		a := l.got[0]
		// Body flits of a router with a slow switch allocation come SA cycles apart.
		want := 1 + latency + int64(a.Hops)*(d.RC+d.VA+d.SA+d.ST+latency) + int64(flits-1)*d.SA
		if d.SA > 1 && flits > 1 {
			if got := a.Ejected - a.Created; got > want || got < want-int64(a.Hops)*d.SA {
				t.Errorf("%d cycles, want about %d", got, want)
			}
			return
		}
		if got := a.Ejected - a.Created; got != want {
			t.Errorf("%d cycles, want %d", got, want)
		}
	})
}

// ejected runs packets, injected in cycle 0 unless created later, and returns when
// their tails arrived, in the order given.
func ejected(t *testing.T, g *topology.Graph, spec flit.NetworkSpec, packets ...sending) []int64 {
	t.Helper()
	r := newRig(t, g, spec)
	l := r.listen()
	for i, s := range packets {
		p := r.packet(s.from, s.to, s.flits, s.created)
		p.Class, p.Tag = s.class, int64(i)
		r.gate(s.from).Inject(p)
	}
	r.run()
	at := make([]int64, len(packets))
	for _, a := range l.got {
		at[a.Tag] = a.Ejected
	}
	return at
}

func wantCycles(t *testing.T, what string, got []int64, want ...int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: arrivals in %v, want %v", what, got, want)
	}
}

// Two heads want the one VC of an output. The second may have it in the cycle after the
// tail of the first has won the switch.
func TestAnOutputVCIsFreeAfterItsTail(t *testing.T) {
	g := must(topology.Crossbar(3))
	spec := router(buffers(1, 8))
	// Created in 10, at the router in 12, VC allocation in 13, switch in 14 to 17, tail
	// at the sink in 17+1+2 = 20. The other: VC in 18, switch in 19, sink in 22.
	wantCycles(t, "4 flits before 1", ejected(t, g, spec,
		sending{from: 0, to: 2, flits: 4, created: 10}, sending{from: 1, to: 2, flits: 1, created: 10}), 20, 22)
	// Had it come in time for the same cycle it would be the same; one cycle after that
	// it pays for itself alone.
	wantCycles(t, "just in time", ejected(t, g, spec,
		sending{from: 0, to: 2, flits: 4, created: 10}, sending{from: 1, to: 2, flits: 1, created: 15}), 20, 22)
	wantCycles(t, "one cycle late", ejected(t, g, spec,
		sending{from: 0, to: 2, flits: 4, created: 10}, sending{from: 1, to: 2, flits: 1, created: 16}), 20, 23)
}

// With a buffer of one flit, a flit waits for the credit of the one before: 1 cycle to
// the wire, the flight both ways and the delay of the credit.
func TestACreditComesBackInTime(t *testing.T) {
	g := must(topology.Crossbar(2))
	for _, c := range []struct{ latency, credit, apart int64 }{{1, 0, 5}, {1, 1, 6}, {1, 3, 8}, {3, 1, 10}} {
		spec := router(buffers(1, 1))
		spec.Link.LatencyCycles, spec.Router.CreditCycles = c.latency, c.credit
		a := ejected(t, g, spec, sending{from: 0, to: 1, flits: 1, created: 1})
		b := ejected(t, g, spec, sending{from: 0, to: 1, flits: 2, created: 1})
		// Switch allocation of a flit, 1 cycle of traversal, 1+latency to the sink, and
		// 1+latency+credit back.
		if got := b[0] - a[0]; got != c.apart {
			t.Errorf("latency %d, credit delay %d: flits %d cycles apart, want %d", c.latency, c.credit, got, c.apart)
		}
	}
}

// A source may use a credit in the cycle in which it arrives.
func TestASourceUsesCreditsAtOnce(t *testing.T) {
	g := must(topology.Crossbar(2))
	spec := router(buffers(1, 1))
	spec.Router.CreditCycles = 50 // of the router only: for the ejection
	spec.Router.Classes[0].VCsPerLane = 2
	r := newRig(t, g, spec)
	l := r.listen()
	for range 3 {
		r.gate(0).Inject(r.packet(0, 1, 1, 1))
	}
	r.run()
	// Sent in 1 and 2 on both VCs; the first is at the router in 3, wins the switch in
	// 5, and its credit is home in 7.
	var injected []int64
	for _, a := range l.got {
		injected = append(injected, a.Injected)
	}
	wantCycles(t, "injection", injected, 1, 2, 7)
}

// Flits of 64 bits on 24 wires leave every 64/24 cycles, not every 3.
func TestNarrowLinksKeepFractions(t *testing.T) {
	g := must(topology.Crossbar(2))
	spec := router(buffers(1, 64))
	spec.FlitBits = 64
	spec.Links = []flit.LinkSpec{{LatencyCycles: 1}, {BitsPerCycle: 24, LatencyCycles: 1}}
	one := ejected(t, g, spec, sending{from: 0, to: 1, flits: 1, created: 1})
	// 5 to the router's wire, ceil(64/24) on it, 1 of flight.
	wantCycles(t, "one flit", one, 1+5+3+1)
	many := ejected(t, g, spec, sending{from: 0, to: 1, flits: 60, created: 1})
	wantCycles(t, "60 flits", many, 1+5+160+1)
	r := newRig(t, g, spec)
	r.listen()
	r.gate(0).Inject(r.packet(0, 1, 60, 1))
	r.run()
	for _, c := range r.net.Channels() {
		if c.To == r.ends[1].ID && c.BusyCycles != 160 {
			t.Errorf("busy for %d cycles, want 160", c.BusyCycles)
		}
	}
}

// Two packets of different classes wait at one input until others leave the outputs that
// they want, at the same time. Input speed-up 2 lets them go side by side.
func TestInputSpeedup(t *testing.T) {
	g := must(topology.Crossbar(5))
	for _, c := range []struct {
		speedup int
		want    []int64
	}{{1, []int64{48, 48, 68, 69}}, {2, []int64{48, 48, 59, 59}}} {
		spec := flit.DefaultNetworkSpec()
		spec.Router.Classes = []flit.ClassSpec{{VCsPerLane: 1, Weight: 1}, {VCsPerLane: 1, Weight: 1}}
		spec.Router.VCBufferFlits, spec.Router.InputSpeedup = 64, c.speedup
		got := ejected(t, g, spec,
			sending{from: 3, to: 1, flits: 40, created: 2}, sending{from: 4, to: 2, flits: 40, created: 2, class: 1},
			sending{from: 0, to: 1, flits: 10, created: 3}, sending{from: 0, to: 2, flits: 10, created: 3, class: 1})
		wantCycles(t, "speed-up", got, c.want...)
	}
}
