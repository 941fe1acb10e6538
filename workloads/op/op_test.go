package op_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/workloads/op"
)

// exchange is a valid program: two tokens, two expert chiplets, a dispatch and a
// combine, and a signal each way.
func exchange() *op.Program {
	labels := op.NewLabels()
	p := &op.Program{
		Labels: labels, Dispatch: op.DispatchPerChiplet, Combine: op.CombineInChiplet,
		Tables: []op.Table{{
			Tokens: 2, PerToken: 2,
			Copies: []op.Copy{
				{Token: 0, Chiplet: 0, Contributions: 1, FanIn: 2}, {Token: 0, Chiplet: 1, Contributions: 1, FanIn: 2},
				{Token: 1, Chiplet: 1, Contributions: 2, FanIn: 1},
			},
			Assignments: []int32{1, 3}, Copied: []int32{1, 2},
		}},
	}
	root := op.NewBuilder(op.Attention, labels)
	first := root.Add(op.Op{Kind: op.Gemm, M: 1, K: 2, N: 3, Count: 4}, "qkv", op.None)
	send := root.Add(op.Op{Kind: op.Send, Tokens: 3}, "dispatch", first)
	receive := root.Add(op.Op{Kind: op.Receive, Tokens: 2}, "combine", send)
	wait := root.Add(op.Op{Kind: op.Await, Signals: 2}, "loaded", first, receive)
	root.Add(op.Op{Kind: op.Vector, M: 5, K: 2, Bytes: 20}, "norm", wait)
	var peers []op.Peer
	var leaves []op.Device
	for c, packets := range []int64{1, 2} {
		leaf := op.NewBuilder(c, labels)
		load := leaf.Add(op.Op{Kind: op.Load, Bytes: 8}, "weights")
		arrived := leaf.Add(op.Op{Kind: op.Receive, Tokens: packets}, "dispatch")
		up := leaf.Add(op.Op{Kind: op.Send, Tokens: packets}, "combine", load, arrived)
		loaded := leaf.Add(op.Op{Kind: op.Signal}, "loaded", load)
		leaf.SetPeers(up, []op.Peer{{Device: 0, Op: receive}})
		leaf.SetPeers(loaded, []op.Peer{{Device: 0, Op: wait}})
		peers = append(peers, op.Peer{Device: int32(1 + c), Op: arrived})
		leaves = append(leaves, leaf.Device())
	}
	root.SetPeers(send, peers)
	p.Devices = append([]op.Device{root.Device()}, leaves...)
	return p
}

func TestCheckAcceptsAnExchange(t *testing.T) {
	if err := exchange().Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	set := func(d, i int, change func(*op.Op)) func(*op.Program) {
		return func(p *op.Program) { change(&p.Devices[d].Ops[i]) }
	}
	for name, c := range map[string]struct {
		change func(*op.Program)
		want   string
	}{
		"no expert chiplet":     {func(p *op.Program) { p.Devices = p.Devices[:1] }, "at least one expert chiplet, not 1 devices"},
		"devices out of order":  {func(p *op.Program) { p.Devices[1].Chiplet = 1 }, "device 1 is chiplet 1, want 0"},
		"waits for a later op":  {func(p *op.Program) { p.Devices[1].Deps(2)[0] = 3 }, "device 1, op 2 (send) waits for op 3, want an earlier one"},
		"waits for itself":      {func(p *op.Program) { p.Devices[0].Deps(1)[0] = 1 }, "device 0, op 1 (send) waits for op 1"},
		"unknown kind":          {set(0, 0, func(o *op.Op) { o.Kind = 99 }), "unknown kind"},
		"unknown phase":         {set(0, 0, func(o *op.Op) { o.Phase = op.NumPhases }), "is in phase 18 of 18"},
		"unknown label":         {set(0, 0, func(o *op.Op) { o.Label = 77 }), "has label 77"},
		"empty product":         {set(0, 0, func(o *op.Op) { o.N = 0 }), "device 0, op 0 (gemm) multiplies 4 times 1 x 2 by 2 x 0"},
		"empty vector":          {set(0, 4, func(o *op.Op) { o.M = 0 }), "device 0, op 4 (vector) has 0 elements"},
		"empty load":            {set(1, 0, func(o *op.Op) { o.Bytes = 0 }), "device 1, op 0 (load) moves 0 bytes"},
		"negative release":      {set(1, 0, func(o *op.Op) { o.Release = -1 }), "releases -1"},
		"table out of range":    {set(1, 1, func(o *op.Op) { o.Table = 1 }), "device 1, op 1 (receive) has table 1 of 1"},
		"too many packets":      {set(1, 1, func(o *op.Op) { o.Tokens = 2 }), "device 1, op 1 (receive) is for 2 packets, its table says 1"},
		"too few results":       {set(2, 2, func(o *op.Op) { o.Tokens = 1 }), "device 2, op 2 (send) is for 1 packets, its table says 2"},
		"too few tokens":        {set(0, 2, func(o *op.Op) { o.Tokens = 1 }), "device 0, op 2 (receive) is for 1 packets, its table says 2"},
		"signal too many":       {set(0, 3, func(o *op.Op) { o.Signals = 1 }), "device 0, op 3 (await) waits for 1 signals and gets 2"},
		"signal to a load":      {func(p *op.Program) { p.Devices[1].Peers(3)[0] = op.Peer{Device: 2, Op: 0} }, "reaches op 0 of device 2, want one of kind await"},
		"signal to itself":      {func(p *op.Program) { p.Devices[1].Peers(3)[0].Device = 1 }, "reaches device 1, want another one"},
		"send to nobody":        {func(p *op.Program) { p.Devices[0].Peers(1)[0].Op = op.None }, "reaches op -1 of device 1, want one of kind receive"},
		"send to another":       {func(p *op.Program) { p.Devices[0].Peers(1)[0].Device = 2 }, "reaches device 2 as peer 0, want device 1"},
		"copies unsorted":       {func(p *op.Program) { c := p.Tables[0].Copies; c[0], c[1] = c[1], c[0] }, "not sorted by token and chiplet at copy 1"},
		"copy to nowhere":       {func(p *op.Program) { p.Tables[0].Copies[0].Chiplet = 2 }, "to chiplet 2 of 2"},
		"no contribution":       {func(p *op.Program) { p.Tables[0].Copies[0].Contributions = 0 }, "has 0 contributions"},
		"token not served":      {func(p *op.Program) { p.Tables[0].PerToken = 3 }, "token 0 has 2 expert outputs, want 3"},
		"wrong sums":            {func(p *op.Program) { p.Tables[0].Copied[1] = 1 }, "chiplet 1 has 3 assignments in 2 copies, listed as 3 in 1"},
		"sums of other systems": {func(p *op.Program) { p.Tables[0].Copied = nil }, "counts 2 and 0 chiplets, want 2"},
	} {
		t.Run(name, func(t *testing.T) {
			p := exchange()
			c.change(p)
			err := p.Check()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestCheckStopsAtTwentyErrors(t *testing.T) {
	p := exchange()
	b := op.NewBuilder(op.Attention, p.Labels)
	for range 50 {
		b.Add(op.Op{Kind: op.Load}, "nothing")
	}
	p.Devices[0] = b.Device()
	if n := strings.Count(p.Check().Error(), "\n") + 1; n != 20 {
		t.Errorf("%d errors, want 20", n)
	}
}

func TestWorkFollowsFromShape(t *testing.T) {
	for _, c := range []struct {
		o    op.Op
		want int64
	}{
		{op.Op{Kind: op.Gemm, M: 3, K: 5, N: 7, Count: 2}, 2 * 3 * 5 * 7 * 2},
		{op.Op{Kind: op.Vector, M: 11, K: 4}, 44},
		{op.Op{Kind: op.Load, M: 3, K: 3, N: 3, Count: 3, Bytes: 9}, 0},
	} {
		if got := c.o.FLOPs(); got != c.want {
			t.Errorf("%v: %d FLOPs, want %d", c.o.Kind, got, c.want)
		}
	}
	table := exchange().Tables[0]
	got := []int64{
		table.Packets(1, op.DispatchPerExpert), table.Packets(1, op.DispatchPerChiplet), table.Packets(1, op.DispatchPerGroup),
		table.Results(1, op.CombineAtRoot), table.Results(1, op.CombineInChiplet), table.Results(1, op.CombineInSwitch),
	}
	if diff := cmp.Diff([]int64{3, 2, 2, 3, 2, 2}, got); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
}

// Builders share nothing but labels: later ops and peers leave earlier ones alone.
func TestBuilderKeepsOpsApart(t *testing.T) {
	labels := op.NewLabels()
	b := op.NewBuilder(3, labels)
	a := b.Add(op.Op{Kind: op.Await}, "a", op.None, op.None)
	c := b.Add(op.Op{Kind: op.Signal}, "b", a, op.None)
	b.SetPeers(c, []op.Peer{{Device: 1, Op: 2}})
	e := b.Add(op.Op{Kind: op.Signal}, "a", a, c)
	b.SetPeers(e, []op.Peer{{Device: 0, Op: 1}, {Device: 2, Op: 1}})
	b.Op(a).Release = 9
	d := b.Device()
	if d.Chiplet != 3 || b.Len() != 3 || d.Ops[a].Release != 9 {
		t.Errorf("device %+v", d)
	}
	if diff := cmp.Diff([][]int32{{}, {a}, {a, c}}, [][]int32{d.Deps(0), d.Deps(1), d.Deps(2)}); diff != "" {
		t.Errorf("deps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]op.Peer{{Device: 1, Op: 2}}, d.Peers(int(c))); diff != "" {
		t.Errorf("peers (-want +got):\n%s", diff)
	}
	if labels.Name(d.Ops[a].Label) != "a" || d.Ops[a].Label != d.Ops[e].Label || labels.Name(d.Ops[c].Label) != "b" {
		t.Error("labels do not name the work")
	}
}

func TestPhaseNamesAreUniqueAndParse(t *testing.T) {
	for p := range op.NumPhases {
		if got, ok := op.ParsePhase(p.String()); !ok || got != p {
			t.Errorf("phase %d is %q, which parses as %d", p, p, got)
		}
	}
	if _, ok := op.ParsePhase("unknown"); ok || op.NumPhases.String() != "unknown" || op.Kind(99).String() != "unknown" {
		t.Error("an unknown phase or kind has a name")
	}
	activities := map[op.Phase]op.Activity{
		op.ForwardDispatch: op.AllToAll, op.BackwardCombine: op.AllToAll,
		op.ForwardSave: op.Memory, op.UpdateMemory: op.Memory, op.BackwardRestore: op.Memory,
		op.ForwardAttention: op.Compute, op.Update: op.Compute, op.BackwardExpert: op.Compute,
	}
	for p, want := range activities {
		if p.Activity() != want {
			t.Errorf("%v is activity %d, want %d", p, p.Activity(), want)
		}
	}
}

// Depend adds to the op before it, in order; Reserve keeps what is there and makes
// room.
func TestBuilderDependAndReserve(t *testing.T) {
	b := op.NewBuilder(0, op.NewLabels())
	first := b.Add(op.Op{Kind: op.Await}, "first")
	second := b.Add(op.Op{Kind: op.Await}, "second", first)
	b.Reserve(1000, 2000)
	third := b.Add(op.Op{Kind: op.Await}, "third", op.None, second)
	b.Depend(op.None)
	b.Depend(first)
	b.Add(op.Op{Kind: op.Await}, "fourth")
	d := b.Device()
	for i, want := range [][]int32{{}, {first}, {second, first}, {}} {
		if diff := cmp.Diff(want, append([]int32{}, d.Deps(i)...)); diff != "" {
			t.Errorf("op %d (-want +got)\n%s", i, diff)
		}
	}
	if n := cap(d.Ops); third != 2 || n < 1002 || n > 1100 {
		t.Errorf("op %d, room for %d ops", third, n)
	}
}
