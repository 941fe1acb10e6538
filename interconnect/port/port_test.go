package port_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
)

var _ sim.Port = (*port.Port)(nil)

func TestSpecMustBePositive(t *testing.T) {
	for _, s := range []port.Spec{{}, {VCs: 0, InBytes: 1, OutMessages: 1}, {VCs: 1, InBytes: 0, OutMessages: 1}, {VCs: 1, InBytes: 1, OutMessages: -1}} {
		if _, err := port.New(newOwner(), "Owner.Port", 0, s); err == nil {
			t.Errorf("%+v makes a port", s)
		}
	}
	p, o, w := plugged(t, port.Spec{VCs: 2, InBytes: 3, OutMessages: 4})
	if p.Name() != "Owner.Port" || p.AsRemote() != "Owner.Port" || p.Index != 7 || p.Component() != sim.Component(o) || p.Spec().InBytes != 3 {
		t.Errorf("port %q of %v", p.Name(), p.Component())
	}
	if p.InName(1) != "Owner.Port.In[1]" || p.OutName(0) != "Owner.Port.Out[0]" {
		t.Errorf("queues %q and %q", p.InName(1), p.OutName(0))
	}
	defer func() {
		if recover() == nil {
			t.Error("a second connection is taken")
		}
	}()
	p.SetConnection(w)
}

// queues are a port as one would write it without care for speed.
type queues struct{ in, out [][]*message }

// Whatever is done to a port: each queue gives back what it was given, in order
// and once, no bound is exceeded, and exactly the edges are told.
func TestPortAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := port.Spec{
			VCs: rapid.IntRange(1, 4).Draw(t, "vcs"), InBytes: rapid.IntRange(1, 40).Draw(t, "bytes"),
			OutMessages: rapid.IntRange(1, 9).Draw(t, "messages"),
		}
		p, o, w := plugged(t, spec)
		m := queues{make([][]*message, spec.VCs), make([][]*message, spec.VCs)}
		var want struct {
			received, freed int
			ready           []int
			credits         []credit
		}
		draw := func(t *rapid.T) *message {
			return &message{
				vc: rapid.IntRange(0, spec.VCs-1).Draw(t, "vc"), bytes: rapid.IntRange(0, 12).Draw(t, "size"),
				number: rapid.Int().Draw(t, "number"),
			}
		}
		held := func(q []*message) (n int) {
			for _, x := range q {
				n += max(1, x.bytes)
			}
			return n
		}
		same := func(t *rapid.T, got port.Message, q []*message) {
			if len(q) == 0 && got != nil || len(q) > 0 && got != port.Message(q[0]) {
				t.Fatalf("took %v, want the first of %d", got, len(q))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"deliver": func(t *rapid.T) {
				x := draw(t)
				q := &m.in[x.vc]
				fits := held(*q)+max(1, x.bytes) <= spec.InBytes
				if err := p.Deliver(x); (err == nil) != fits {
					t.Fatalf("%d bytes on top of %d of %d: %v", x.bytes, held(*q), spec.InBytes, err)
				}
				if !fits {
					return
				}
				if len(*q) == 0 {
					want.received++
				}
				*q = append(*q, x)
			},
			"send": func(t *rapid.T) {
				x := draw(t)
				q := &m.out[x.vc]
				fits := len(*q) < spec.OutMessages
				if p.CanSendVC(x.vc) != fits {
					t.Fatalf("CanSendVC is %v with %d of %d", !fits, len(*q), spec.OutMessages)
				}
				if err := p.Send(x); (err == nil) != fits {
					t.Fatalf("message %d of %d: %v", len(*q)+1, spec.OutMessages, err)
				}
				if !fits {
					return
				}
				if len(*q) == 0 {
					want.ready = append(want.ready, x.vc)
				}
				*q = append(*q, x)
			},
			"take in": func(t *rapid.T) {
				vc, cycle := rapid.IntRange(0, spec.VCs-1).Draw(t, "vc"), rapid.Int64().Draw(t, "cycle")
				q := &m.in[vc]
				same(t, p.PeekIn(vc), *q)
				same(t, p.TakeIn(vc, cycle), *q)
				if len(*q) > 0 {
					want.credits = append(want.credits, credit{vc, max(1, (*q)[0].bytes), cycle})
					*q = (*q)[1:]
				}
			},
			"take out": func(t *rapid.T) {
				vc := rapid.IntRange(0, spec.VCs-1).Draw(t, "vc")
				q := &m.out[vc]
				same(t, p.PeekOut(vc), *q)
				same(t, p.TakeOut(vc), *q)
				if len(*q) > 0 {
					if len(*q) == spec.OutMessages {
						want.freed++
					}
					*q = (*q)[1:]
				}
			},
			"": func(t *rapid.T) {
				empty, canSend := true, true
				for vc := range spec.VCs {
					if p.InLen(vc) != len(m.in[vc]) || p.InBytes(vc) != held(m.in[vc]) || p.OutLen(vc) != len(m.out[vc]) {
						t.Fatalf("channel %d: %d messages and %d bytes in, %d out", vc, p.InLen(vc), p.InBytes(vc), p.OutLen(vc))
					}
					empty = empty && len(m.in[vc])+len(m.out[vc]) == 0
					canSend = canSend && len(m.out[vc]) < spec.OutMessages
				}
				if p.Empty() != empty || p.CanSend() != canSend {
					t.Fatalf("empty %v, can send %v, want %v and %v", p.Empty(), p.CanSend(), empty, canSend)
				}
				if o.received != want.received || o.freed != want.freed {
					t.Fatalf("told %d times of messages and %d times of room, want %d and %d", o.received, o.freed, want.received, want.freed)
				}
				if diff := cmp.Diff(fmt.Sprint(want.ready, want.credits), fmt.Sprint(w.ready, w.credits)); diff != "" {
					t.Fatalf("the wire was told (-want +got):\n%s", diff)
				}
			},
		})
	})
}

// Akita's own way to use a port: channels take turns.
func TestStockCallsTakeTurns(t *testing.T) {
	p, _, _ := plugged(t, port.Spec{VCs: 2, InBytes: 10, OutMessages: 5})
	for i := range 4 {
		if p.Deliver(&message{vc: i / 2, number: i}) != nil || p.Send(&message{vc: i / 2, number: i}) != nil {
			t.Fatal("no room")
		}
	}
	var in, out []int
	for range 4 {
		seen := p.PeekIncoming()
		taken := p.RetrieveIncoming()
		if seen != taken {
			t.Error("another message is taken than was seen")
		}
		seen = p.PeekOutgoing()
		taken = p.RetrieveOutgoing()
		if seen != taken {
			t.Error("another message is taken than was seen")
		}
		out = append(out, taken.(*message).number)
	}
	if p.PeekIncoming() != nil || p.RetrieveIncoming() != nil || p.PeekOutgoing() != nil || p.RetrieveOutgoing() != nil || !p.Empty() {
		t.Error("an empty port gives messages")
	}
	for i := range 4 {
		if p.Deliver(&message{vc: 1 - i/2, number: i}) != nil {
			t.Fatal("no room")
		}
	}
	for range 4 {
		in = append(in, p.RetrieveIncoming().(*message).number)
	}
	if diff := cmp.Diff([][]int{{0, 2, 1, 3}, {2, 0, 3, 1}}, [][]int{out, in}); diff != "" {
		t.Errorf("out and in (-want +got):\n%s", diff)
	}
}

// A port works with a stock connection, which knows nothing of channels.
func TestStockConnection(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) {
			from, to := newOwner(), newOwner()
			a, _ := port.New(from, "From.Port", 0, port.Spec{VCs: 1, InBytes: 4, OutMessages: 2})
			b, _ := port.New(to, "To.Port", 0, port.Spec{VCs: 1, InBytes: 4, OutMessages: 2})
			c := newDirect(e)
			c.PlugIn(a)
			c.PlugIn(b)
			for i := range 2 {
				m := &message{bytes: 2, number: i}
				m.Dst = b.AsRemote()
				if a.Send(m) != nil {
					t.Fatal("no room")
				}
			}
			if err := e.Run(); err != nil {
				t.Fatal(err)
			}
			if b.InLen(0) != 2 || to.received != 1 || from.freed != 1 {
				t.Errorf("%d messages have come, told %d times; room told %d times", b.InLen(0), to.received, from.freed)
			}
		})
	}
}

func TestForeignMessagesPanicWithThePortsName(t *testing.T) {
	p, _, _ := plugged(t, port.Spec{VCs: 1, InBytes: 1, OutMessages: 1})
	for name, do := range map[string]func(sim.Msg) *sim.SendError{"send": p.Send, "deliver": p.Deliver} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != "Owner.Port: *sim.GeneralRsp cannot travel here" {
					t.Errorf("%s: panic %q", name, got)
				}
			}()
			_ = do(&sim.GeneralRsp{})
		}()
	}
}

// hook lists the positions at which a port calls it.
type hook struct{ at []string }

// Func implements sim.Hook.
func (h *hook) Func(ctx sim.HookCtx) { h.at = append(h.at, ctx.Pos.Name) }

func TestHooksSeeEveryStep(t *testing.T) {
	p, _, _ := plugged(t, port.Spec{VCs: 1, InBytes: 1, OutMessages: 1})
	h := &hook{}
	p.AcceptHook(h)
	if p.Send(&message{}) != nil || p.Deliver(&message{}) != nil {
		t.Fatal("no room")
	}
	_ = p.Send(&message{})    // refused: no hook
	_ = p.Deliver(&message{}) // refused: no hook
	p.TakeOut(0)
	p.TakeIn(0, 0)
	want := []string{
		sim.HookPosPortMsgSend.Name, sim.HookPosPortMsgRecvd.Name,
		sim.HookPosPortMsgRetrieveOutgoing.Name, sim.HookPosPortMsgRetrieveIncoming.Name,
	}
	if diff := cmp.Diff(want, h.at); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
}

// A port that has reached its working size does not allocate.
func TestPortDoesNotAllocate(t *testing.T) {
	p, _, w := plugged(t, port.Spec{VCs: 3, InBytes: 100, OutMessages: 10})
	m := &message{vc: 2, bytes: 8}
	round := func() {
		for range 10 {
			if p.Send(m) != nil || p.Deliver(m) != nil {
				t.Fatal("no room")
			}
		}
		for range 10 {
			p.TakeOut(2)
			p.TakeIn(2, 0)
		}
		w.ready, w.credits = w.ready[:0], w.credits[:0]
	}
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations in a round", n)
	}
}

func BenchmarkPort(b *testing.B) {
	p, _, w := plugged(b, port.Spec{VCs: 4, InBytes: 100, OutMessages: 10})
	m := &message{vc: 2, bytes: 8}
	b.ReportAllocs()
	for b.Loop() {
		_ = p.Send(m)
		_ = p.Deliver(p.TakeOut(2))
		p.TakeIn(2, 0)
		w.ready, w.credits = w.ready[:0], w.credits[:0]
	}
}
