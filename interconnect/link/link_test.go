package link_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

const vcs = int(wire.NumClasses)

func roomy() port.Spec { return port.Spec{VCs: vcs, InBytes: 1 << 17, OutMessages: 8} }

// join links two agents; the link is added to the system.
func join(tb wiretest.TB, s *wiretest.System, spec link.Spec, a, b *wiretest.Agent) *link.Link {
	tb.Helper()
	l, err := link.New("Link", s.Clock, spec, link.End{Port: a.Port()}, link.End{Port: b.Port()})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.Add(l)
	return l
}

func packet(s *wiretest.System, class wire.Class, bytes int32, op int32) *wire.Packet {
	p := s.Pool.Get()
	p.Kind, p.Class, p.Bytes, p.Op = wire.KindWriteData, class, bytes, op
	return p
}

func cycles(a *wiretest.Agent) []int64 {
	var out []int64
	for _, arrival := range a.Arrivals {
		out = append(out, arrival.Cycle)
	}
	return out
}

func TestLonePacketTakesRegisterSerialisationAndLatency(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spec  link.Spec
		bytes int32
		want  int64
	}{
		{"29 wires", link.Spec{BitsPerCycle: 29, LatencyCycles: 5}, 4096, 100 + 1 + 1130 + 5},
		{"one cycle", link.Spec{BitsPerCycle: 1 << 20, LatencyCycles: 1}, 4096, 100 + 1 + 1 + 1},
		{"no data", link.Spec{BitsPerCycle: 8, LatencyCycles: 3}, 0, 100 + 1 + 1 + 3},
	} {
		s := wiretest.NewSystem()
		a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
		join(t, s, tc.spec, a, b)
		a.Queue(100, packet(s, wire.ClassToken, tc.bytes, 0))
		s.Run(t)
		s.CheckQuiet(t)
		if diff := cmp.Diff([]int64{tc.want}, cycles(b)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if got := b.Arrivals[0].Packet.TailCycle; got != tc.want {
			t.Errorf("%s: TailCycle %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestCutThroughEndGetsTheHead(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l, err := link.New("Link", s.Clock, link.Spec{BitsPerCycle: 8, LatencyCycles: 5},
		link.End{Port: a.Port()}, link.End{Port: b.Port(), CutThrough: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Add(l)
	a.Queue(0, packet(s, wire.ClassToken, 64, 0))
	s.Run(t)
	s.CheckQuiet(t)
	if got := b.Arrivals[0]; got.Cycle != 1+1+5 || got.Packet.TailCycle != 1+64+5 {
		t.Errorf("head at %d and tail at %d, want 7 and 70", got.Cycle, got.Packet.TailCycle)
	}
	if got := b.Arrivals[0].Packet.HeadCycle; got != 7 {
		t.Errorf("HeadCycle %d, want 7", got)
	}
}

func TestTailCannotLeaveBeforeItHasComeIn(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, link.Spec{BitsPerCycle: 1024, LatencyCycles: 2}, a, b)
	p := packet(s, wire.ClassToken, 1280, 0) // 10 cycles
	p.TailCycle = 50
	a.Queue(0, p)
	a.Queue(0, packet(s, wire.ClassToken, 1280, 0))
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{50 + 2, 50 + 10 + 2}, cycles(b)); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
	if got := l.Stats()[int(wire.ClassToken)].BusyCycles; got != 49+10 {
		t.Errorf("the wire was held %d cycles, want 59", got)
	}
}

func TestStreamIsBoundByTheWire(t *testing.T) {
	const n, bytes = 100, 1000
	spec := link.Spec{BitsPerCycle: 56, LatencyCycles: 7}
	serial := topology.SerialCycles(bytes, spec.BitsPerCycle)
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", port.Spec{VCs: vcs, InBytes: 1, OutMessages: 1}), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, spec, a, b)
	for range n {
		a.Queue(0, packet(s, wire.ClassWeight, bytes, 0))
	}
	s.Run(t)
	s.CheckQuiet(t)
	if got, want := b.Arrivals[n-1].Cycle, 1+n*serial+7; got != want {
		t.Errorf("last of %d packets at %d, want %d", n, got, want)
	}
	row := l.Stats()[int(wire.ClassWeight)]
	if row.BusyCycles != n*serial || row.Bytes != n*bytes || row.Messages != n || row.CreditStallCycles != 0 {
		t.Errorf("counters %+v", row)
	}
	if row.Class != "weight" || row.From != "A.Port" || row.To != "B.Port" {
		t.Errorf("row is named %q from %q to %q", row.Class, row.From, row.To)
	}
}

// TestCreditLoop: with room for one packet the next one may start when the first has
// been taken and its credit is back, a loop of serialisation and twice the latency.
func TestCreditLoop(t *testing.T) {
	const n, bytes = 20, 100
	spec := link.Spec{BitsPerCycle: 80, LatencyCycles: 6}
	depth1 := port.Spec{VCs: vcs, InBytes: bytes, OutMessages: 1}
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", depth1), s.Sink(t, "B", depth1, 0)
	l := join(t, s, spec, a, b)
	for range n {
		a.Queue(0, packet(s, wire.ClassToken, bytes, 0))
	}
	s.Run(t)
	s.CheckQuiet(t)
	loop := int64(10 + 6 + 6)
	if got, want := b.Arrivals[n-1].Cycle, 1+(n-1)*loop+10+6; got != want {
		t.Errorf("last packet at %d, want %d", got, want)
	}
	if got, want := l.Stats()[int(wire.ClassToken)].CreditStallCycles, int64(n-1)*12; got != want {
		t.Errorf("%d cycles without credit, want %d", got, want)
	}
}

func TestBlockedClassDoesNotStopAnother(t *testing.T) {
	const bytes = 100
	depth1 := port.Spec{VCs: vcs, InBytes: bytes, OutMessages: 4}
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", depth1), s.Sink(t, "B", depth1, 10_000)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1}, a, b)
	a.Queue(0, packet(s, wire.ClassWeight, bytes, 1))
	a.Queue(0, packet(s, wire.ClassWeight, bytes, 2))
	a.Queue(50, packet(s, wire.ClassControl, bytes, 3))
	s.Run(t)
	s.CheckQuiet(t)
	var order []int32
	for _, arrival := range b.Arrivals {
		order = append(order, arrival.Packet.Op)
	}
	if diff := cmp.Diff([]int32{1, 3, 2}, order); diff != "" {
		t.Errorf("order of arrival (-want +got):\n%s", diff)
	}
	if got := l.Stats()[int(wire.ClassControl)].CreditStallCycles; got != 0 {
		t.Errorf("control waited %d cycles for credit", got)
	}
}

func TestChannelsTakeTurns(t *testing.T) {
	const n, first, size = 50, 8, 4096
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1}, a, b)
	for range n {
		a.Queue(0, packet(s, wire.ClassToken, size, 0))
		a.Queue(0, packet(s, wire.ClassWeight, size, 0))
	}
	s.Run(t)
	s.CheckQuiet(t)
	// What the source queues first finds nothing else waiting.
	for i, arrival := range b.Arrivals[first : 2*n-first] {
		if before := b.Arrivals[first+i-1]; arrival.Packet.Class == before.Packet.Class {
			t.Fatalf("packets %d and %d are of class %s", first+i-1, first+i, arrival.Packet.Class)
		}
	}
}

// TestNoChunkIsGivenAhead: a token that is sent while a chunk waits for the end of
// another goes before it, whatever the wire may be given ahead.
func TestNoChunkIsGivenAhead(t *testing.T) {
	var arrivals [2]int64
	for i, ahead := range []int{0, 8 << 10} {
		s := wiretest.NewSystem()
		a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
		join(t, s, link.Spec{BitsPerCycle: 440, LatencyCycles: 5, AheadBytes: ahead}, a, b)
		a.Queue(0, packet(s, wire.ClassWeight, 64<<10, 0))
		a.Queue(1150, packet(s, wire.ClassWeight, 64<<10, 0))
		a.Queue(1155, packet(s, wire.ClassToken, 4096, 1))
		s.Run(t)
		s.CheckQuiet(t)
		for _, arrival := range b.Arrivals {
			if arrival.Packet.Op == 1 {
				arrivals[i] = arrival.Cycle
			}
		}
	}
	if want := int64(1 + 1192 + 75 + 5); arrivals != [2]int64{want, want} {
		t.Errorf("the token arrives at %v, want %d in both cases", arrivals, want)
	}
}

// TestWireIsGivenAhead: while the wire is busy it takes short messages, to start one
// after the other, but no more than a bound of them, and none behind a long one.
func TestWireIsGivenAhead(t *testing.T) {
	for _, tc := range []struct {
		name          string
		sizes         []int32
		queued, taken int
	}{
		{"tokens", []int32{4096, 4096, 4096, 4096, 4096}, 3, 2},
		{"behind a chunk", []int32{64 << 10, 16, 16}, 2, 1},
		{"a chunk behind tokens", []int32{4096, 64 << 10, 16}, 2, 1},
	} {
		s := wiretest.NewSystem()
		a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
		l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 5, AheadBytes: 8 << 10}, a, b)
		want := int64(1)
		for _, size := range tc.sizes {
			a.Queue(0, packet(s, wire.ClassToken, size, 0))
			want += topology.SerialCycles(int(size), 80)
		}
		port.NewAlarm(s.Clock, &prober{at: func() {
			if got := a.Port().OutLen(int(wire.ClassToken)); got != tc.queued {
				t.Errorf("%s: %d wait, want %d", tc.name, got, tc.queued)
			}
			if got := l.Stats()[int(wire.ClassToken)].Messages; got != int64(tc.taken) {
				t.Errorf("%s: the wire has been given %d, want %d", tc.name, got, tc.taken)
			}
		}}, 0).Set(2)
		s.Run(t)
		s.CheckQuiet(t)
		if got := b.Arrivals[len(tc.sizes)-1].Cycle; got != want+5 {
			t.Errorf("%s: the last comes at %d, want %d", tc.name, got, want+5)
		}
	}
}

func TestDirectionsAreIndependent(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Echo(t, "B", roomy())
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 3}, a, b)
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	s.Run(t)
	s.CheckQuiet(t)
	// There: 1 + 10 + 3 and 10 more; back: 1 + 10 + 3 after each.
	if diff := cmp.Diff([]int64{28, 38}, cycles(a)); diff != "" {
		t.Errorf("echoes (-want +got):\n%s", diff)
	}
	rows := l.Stats()
	if there, back := rows[int(wire.ClassToken)], rows[vcs+int(wire.ClassToken)]; there.Bytes != 200 || back.Bytes != 200 {
		t.Errorf("%d bytes there and %d back, want 200 each", there.Bytes, back.Bytes)
	}
}

func TestOnChipWireHasLatencyOnly(t *testing.T) {
	wireSpec := port.Spec{VCs: 1, InBytes: 4, OutMessages: 4}
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", wireSpec), s.Sink(t, "B", wireSpec, 0)
	l := join(t, s, link.Spec{LatencyCycles: 2}, a, b)
	for i := range 3 {
		a.Queue(10, &wire.Access{Op: int32(i), Bytes: 1 << 20})
	}
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{12, 12, 12}, cycles(b)); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
	if got := b.Arrivals[2].Message.(*wire.Access).Op; got != 2 {
		t.Errorf("the third message is that of op %d", got)
	}
	if got := l.Stats()[0].Class; got != "wire" {
		t.Errorf("class %q, want wire", got)
	}
}

func TestStuckLinkNamesItsWait(t *testing.T) {
	s := wiretest.NewSystem()
	a := s.Source(t, "A", port.Spec{VCs: vcs, InBytes: 100, OutMessages: 1})
	b := s.Sink(t, "B", port.Spec{VCs: vcs, InBytes: 100, OutMessages: 1}, 1<<40)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1}, a, b)
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	// The sink's service ends far away: look before.
	looked := false
	probe := &prober{at: func() {
		looked = true
		want := []port.Wait{{From: "A.Port.Out[1]", To: "B.Port.In[1]", Why: "no token credit on Link since cycle 11"}}
		if diff := cmp.Diff(want, l.Waits()); diff != "" {
			t.Errorf("waits (-want +got):\n%s", diff)
		}
		if l.Idle() || l.CreditsHome() {
			t.Error("a link whose credits lie in a buffer says it is at rest")
		}
	}}
	port.NewAlarm(s.Clock, probe, 0).Set(1000)
	s.Run(t)
	s.CheckQuiet(t)
	if !looked {
		t.Error("the probe did not run")
	}
}

// TestHooksSeeEveryMessage uses Akita's hooks as a tracer does.
func TestHooksSeeEveryMessage(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1}, a, b)
	seen := counter{}
	l.AcceptHook(&seen)
	a.Port().AcceptHook(&seen)
	b.Port().AcceptHook(&seen)
	l.AcceptHook(namesOf{t, "A.Port", "B.Port"})
	for range 5 {
		a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	}
	s.Run(t)
	s.CheckQuiet(t)
	// The first message finds the wire idle, the others wait in the port.
	want := counter{
		sim.HookPosConnStartTrans: 5, sim.HookPosConnDeliver: 5, sim.HookPosPortMsgSend: 5,
		sim.HookPosPortMsgRetrieveOutgoing: 5, sim.HookPosPortMsgRecvd: 5, sim.HookPosPortMsgRetrieveIncoming: 5,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("hook calls (-want +got):\n%s", diff)
	}
}

type counter map[*sim.HookPos]int

func (c *counter) Func(ctx sim.HookCtx) { (*c)[ctx.Pos]++ }

// namesOf checks the two ends of every message.
type namesOf struct {
	t        *testing.T
	src, dst sim.RemotePort
}

func (n namesOf) Func(ctx sim.HookCtx) {
	if m := ctx.Item.(sim.Msg).Meta(); m.Src != n.src || m.Dst != n.dst {
		n.t.Errorf("a message from %q to %q, want %q to %q", m.Src, m.Dst, n.src, n.dst)
	}
}

type prober struct{ at func() }

func (p *prober) Wake(*port.Alarm, int64) { p.at() }

func TestWrongLinksAreRefused(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Source(t, "B", port.Spec{VCs: 1, InBytes: 1, OutMessages: 1})
	ok := link.Spec{BitsPerCycle: 1, LatencyCycles: 1}
	for _, tc := range []struct {
		name string
		spec link.Spec
		a, b *port.Port
		want string
	}{
		{"rate", link.Spec{BitsPerCycle: -1, LatencyCycles: 1}, a.Port(), b.Port(), "BitsPerCycle"},
		{"latency", link.Spec{BitsPerCycle: 1}, a.Port(), b.Port(), "LatencyCycles"},
		{"channels", ok, a.Port(), b.Port(), "A.Port has 4 virtual channels, B.Port has 1"},
		{"one port", ok, a.Port(), a.Port(), "both ends are A.Port"},
		{"no port", ok, a.Port(), nil, "both ends need a port"},
	} {
		_, err := link.New("Link", s.Clock, tc.spec, link.End{Port: tc.a}, link.End{Port: tc.b})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}

func TestMessageThatNeverFitsPanicsWithTheName(t *testing.T) {
	s := wiretest.NewSystem()
	small := port.Spec{VCs: vcs, InBytes: 10, OutMessages: 1}
	a, b := s.Source(t, "A", small), s.Sink(t, "B", small, 0)
	join(t, s, link.Spec{BitsPerCycle: 8, LatencyCycles: 1}, a, b)
	a.Queue(0, packet(s, wire.ClassToken, 11, 0))
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "Link: a message of 11 bytes never fits") {
			t.Errorf("panic %q", msg)
		}
	}()
	s.Run(t)
}
