package wire_test

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

var (
	_ port.Message = (*wire.Packet)(nil)
	_ port.Message = (*wire.Compute)(nil)
	_ port.Message = (*wire.Access)(nil)
)

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{"unknown": true}
	note := func(name string) {
		if seen[name] {
			t.Errorf("%q names two things, or nothing", name)
		}
		seen[name] = true
	}
	for c := range wire.NumClasses {
		note(c.String())
	}
	for k := wire.KindDispatch; k <= wire.KindSignal; k++ {
		note(k.String())
	}
	if wire.NumClasses.String() != "unknown" || (wire.KindSignal+1).String() != "unknown" {
		t.Error("what does not exist has a name")
	}
}

// What comes out of a pool is blank, whatever was put in.
func TestPoolGivesBlankPackets(t *testing.T) {
	var pool wire.Pool
	a, b := pool.Get(), pool.Get()
	if pool.Live() != 2 {
		t.Errorf("%d packets live, want 2", pool.Live())
	}
	a.Kind, a.Class, a.Reduce, a.Last = wire.KindCombine, wire.ClassWeight, true, true
	a.Source, a.Dest, a.Bytes, a.Op, a.Token, a.FanIn, a.Contributions = 1, 2, 3, 4, 5, 6, 7
	a.SentCycle, a.HeadCycle, a.TailCycle = 8, 9, 10
	pool.Equip(a)
	a.Children, a.Amount, a.Chunk, a.Priority, a.DataClass = 11, 12, 13, 14, wire.ClassWeight
	a.ChildContributions[3], a.ChildOps[4] = 1, 2
	*a.Meta() = sim.MsgMeta{ID: "C", Src: "A", Dst: "B"}
	side := a.Side
	pool.Put(a)
	pool.Put(b)
	c, d := pool.Get(), pool.Get()
	if c != b || d != a {
		t.Error("packets are not used again")
	}
	for _, p := range []*wire.Packet{c, d} {
		if diff := cmp.Diff(&wire.Packet{}, p, cmpopts.IgnoreUnexported(wire.Side{})); diff != "" {
			t.Errorf("not blank (-want +got):\n%s", diff)
		}
	}
	if pool.Equip(c); c.Side != side || *c.Side != (wire.Side{}) {
		t.Error("what a packet had at its side is not used again, blank")
	}
	if e := pool.Get(); e == c || e == d || pool.Live() != 3 {
		t.Error("a packet was handed out twice")
	}
}

// A packet is one cache line.
func TestPacketSize(t *testing.T) {
	if n := unsafe.Sizeof(wire.Packet{}); n != 64 {
		t.Errorf("a packet has %d bytes", n)
	}
}

func TestPoolDoesNotAllocate(t *testing.T) {
	var pool wire.Pool
	round := func() {
		pk := pool.Get()
		pool.Equip(pk)
		pool.Put(pk)
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// A copy is equal but for its name, and its own: what changes there stays there.
func TestClonesAreApart(t *testing.T) {
	packet := &wire.Packet{Class: wire.ClassWeight, Bytes: 7, Token: 3}
	*packet.Meta() = sim.MsgMeta{ID: "old", Src: "A"}
	compute := &wire.Compute{MsgMeta: sim.MsgMeta{ID: "old"}, Op: 5, M: 2}
	access := &wire.Access{MsgMeta: sim.MsgMeta{ID: "old"}, Op: 6, Bytes: 9}
	for _, m := range []port.Message{packet, compute, access} {
		c := m.Clone().(port.Message)
		if c.Meta().ID == "old" || c.Meta().ID == "" {
			t.Errorf("%T: the copy's name is %q", m, c.Meta().ID)
		}
		if c.VC() != m.VC() || c.SizeBytes() != m.SizeBytes() || c.Meta().Src != m.Meta().Src {
			t.Errorf("%T: the copy differs", m)
		}
		c.Meta().Src = "elsewhere"
		if m.Meta().Src == "elsewhere" {
			t.Errorf("%T: the copy is not apart", m)
		}
	}
	if packet.VC() != int(wire.ClassWeight) || packet.SizeBytes() != 7 || compute.VC() != 0 || compute.SizeBytes() != 0 || access.SizeBytes() != 0 {
		t.Error("channel and size are not those of the wires")
	}
	if packet.Multicast() {
		t.Error("a packet without children is a multicast")
	}
	packet.Children = 4
	if c := packet.Clone().(*wire.Packet); !packet.Multicast() || !c.Multicast() {
		t.Error("a multicast, or its copy, is none")
	}
	// A copy of a pooled packet is no part of the pool.
	var pool wire.Pool
	a, b := pool.Get(), pool.Get()
	pool.Put(a)
	pool.Put(b)
	clone := pool.Get().Clone().(*wire.Packet)
	pool.Put(clone)
	if pool.Get() != clone || pool.Get() != a {
		t.Error("a copy brought its place in the pool along")
	}
}
