package wiretest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

var roomy = port.Spec{VCs: 1, InBytes: 1000, OutMessages: 2}

// join puts an on-chip wire of one cycle between two agents.
func join(t *testing.T, s *wiretest.System, a, b *wiretest.Agent) {
	t.Helper()
	l, err := link.New("Link", s.Clock, link.Spec{LatencyCycles: 1}, link.End{Port: a.Port()}, link.End{Port: b.Port()})
	if err != nil {
		t.Fatal(err)
	}
	s.Add(l)
}

func packet(s *wiretest.System, op int32) *wire.Packet {
	p := s.Pool.Get()
	p.Bytes, p.Op = 10, op
	return p
}

func cycles(a *wiretest.Agent) []int64 {
	var out []int64
	for _, arrival := range a.Arrivals {
		out = append(out, arrival.Cycle)
	}
	return out
}

func TestAgentKeepsItsTimes(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy), s.Sink(t, "B", roomy, 100)
	join(t, s, a, b)
	for i, start := range []int64{0, 10, 500} {
		a.Queue(start, packet(s, int32(i)))
	}
	s.Run(t)
	s.CheckQuiet(t)
	// In the port at 1, 11 and 501; served for 100 cycles each, one at a time.
	if diff := cmp.Diff([]int64{101, 201, 601}, cycles(b)); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
	if b.Taken != 3 || b.TakenBytes != 30 {
		t.Errorf("%d messages and %d bytes taken, want 3 and 30", b.Taken, b.TakenBytes)
	}
}

func TestEchoSwapsTheEnds(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy), s.Echo(t, "B", roomy)
	join(t, s, a, b)
	p := packet(s, 5)
	p.Source, p.Dest = 3, 4
	a.Queue(7, p)
	s.Run(t)
	s.CheckQuiet(t)
	if got := a.Arrivals[0]; got.Cycle != 9 || got.Packet.Source != 4 || got.Packet.Dest != 3 || got.Packet.Op != 5 {
		t.Errorf("echo at %d is %+v", got.Cycle, got.Packet)
	}
}

func TestFeedSendsUntilItEnds(t *testing.T) {
	const n = 50
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy), s.Agent(t, "B", wiretest.Spec{Port: roomy, Quiet: true})
	join(t, s, a, b)
	sent := 0
	a.Feed = func(int64) port.Message {
		if sent == n {
			return nil
		}
		sent++
		return packet(s, int32(sent))
	}
	a.Start()
	s.Run(t)
	s.CheckQuiet(t)
	if b.Taken != n || len(b.Arrivals) != 0 {
		t.Errorf("%d taken and %d recorded, want %d and none", b.Taken, len(b.Arrivals), n)
	}
}

// failure stands for a test that has failed.
type failure struct{ text string }

func (*failure) Helper() {}
func (f *failure) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}

func TestCheckQuietFindsWhatIsLeft(t *testing.T) {
	for _, tc := range []struct {
		name  string
		leave func(*wiretest.System)
		want  string
	}{
		{"a packet outside the pool", func(s *wiretest.System) { s.Pool.Get() }, "1 packets did not return to the pool"},
		{"a message not sent", func(s *wiretest.System) {
			s.Source(t, "A", roomy).Queue(0, packet(s, 0))
		}, "A is not idle at the end"},
		{"credits away", func(s *wiretest.System) { s.Add(part{idle: true}) }, "Part: credits are not home"},
		{"idle but waiting", func(s *wiretest.System) {
			s.Add(part{idle: true, home: true, waits: []port.Wait{{From: "X", To: "Y", Why: "z"}}})
		}, "idle parts still wait: [{X Y z}]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := wiretest.NewSystem()
			tc.leave(s)
			f := &failure{}
			defer func() {
				if recover() != f || !strings.Contains(f.text, tc.want) {
					t.Errorf("failure %q, want one with %q", f.text, tc.want)
				}
			}()
			s.CheckQuiet(f)
		})
	}
}

type part struct {
	idle, home bool
	waits      []port.Wait
}

func (part) Name() string           { return "Part" }
func (p part) Idle() bool           { return p.idle }
func (p part) CreditsHome() bool    { return p.home }
func (p part) Waits() []port.Wait   { return p.waits }
func (part) Metrics() []port.Metric { return nil }

// recorder notes the order in which its events are handled.
type recorder struct{ order []sim.VTimeInSec }

func (r *recorder) Handle(e sim.Event) error {
	r.order = append(r.order, e.Time())
	return nil
}

func TestShuffledEngineKeepsTimeAndMixesTies(t *testing.T) {
	orders := map[string]bool{}
	for seed := range uint64(20) {
		e := wiretest.NewShuffledEngine(seed)
		late := &recorder{}
		e.Schedule(sim.NewEventBase(2, late))
		var who []int
		for i := range 4 {
			e.Schedule(event{sim.NewEventBase(1, late), func() { who = append(who, i) }})
		}
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		if len(who) != 4 || len(late.order) != 1 || e.CurrentTime() != 2 {
			t.Fatalf("seed %d: %v and then %v at %v", seed, who, late.order, e.CurrentTime())
		}
		orders[fmt.Sprint(who)] = true
	}
	if len(orders) < 5 {
		t.Errorf("20 seeds gave %d orders of 4 events", len(orders))
	}
}

// event calls a function instead of its handler.
type event struct {
	*sim.EventBase
	do func()
}

func (e event) Handler() sim.Handler { return e }

func (e event) Handle(sim.Event) error {
	e.do()
	return nil
}
