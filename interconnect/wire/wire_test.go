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
	a.UpperFanIn, a.Lane = [3]uint8{1, 2, 3}, 4
	a.Amount, a.Chunk, a.Priority, a.DataClass = 12, 13, 14, wire.ClassWeight
	a.Branch(wire.Branch{Dest: 1, Op: 2, Contributions: 3})
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

// What each switch on the way down has counted comes up again, the lowest first.
func TestFanInsGoDownAndUp(t *testing.T) {
	var p wire.Packet
	for copies := 1; copies <= wire.MaxTreeLevels; copies++ {
		p.Descend(10 * copies)
	}
	for want := uint16(10 * wire.MaxTreeLevels); want > 0; want -= 10 {
		if p.FanIn != want {
			t.Errorf("fan-in %d, want %d", p.FanIn, want)
		}
		p.Climb()
	}
	if p != (wire.Packet{}) {
		t.Errorf("%+v is left at the top", p)
	}
}

// Branches are all in the packet, and its contributions are theirs.
func TestBranches(t *testing.T) {
	var pool wire.Pool
	p := pool.Get()
	pool.Equip(p)
	for i := range wire.MaxBranches {
		p.Branch(wire.Branch{Dest: wire.NodeID(i), Op: int32(2 * i), Contributions: uint16(i)})
	}
	for i, b := range p.Branches[:p.BranchCount] {
		if b != (wire.Branch{Dest: wire.NodeID(i), Op: int32(2 * i), Contributions: uint16(i)}) {
			t.Errorf("branch %d is %+v", i, b)
		}
	}
	if n := wire.MaxBranches; int(p.BranchCount) != n || int(p.Contributions) != n*(n-1)/2 {
		t.Errorf("%d branches of %d contributions", p.BranchCount, p.Contributions)
	}
}

// Channels are numbered lane by lane.
func TestChannels(t *testing.T) {
	seen := map[int]bool{}
	for lane := range uint8(3) {
		for class := range wire.NumClasses {
			p := wire.Packet{Class: class, Lane: lane}
			seen[p.VC()] = true
			if p.VC()%int(wire.NumClasses) != int(class) || p.VC()/int(wire.NumClasses) != int(lane) {
				t.Errorf("class %v of lane %d is channel %d", class, lane, p.VC())
			}
		}
	}
	if len(seen) != 3*int(wire.NumClasses) {
		t.Errorf("%d channels", len(seen))
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
		t.Error("a packet without branches is a multicast")
	}
	packet.Branch(wire.Branch{Dest: 4})
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
