package port_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"github.com/sarchlab/akita/v4/sim/directconnection"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
)

func newDirect(e sim.Engine) *directconnection.Comp {
	return directconnection.MakeBuilder().WithEngine(e).WithFreq(hz).Build("Direct")
}

// sleeper notes when it is woken and does what the test says.
type sleeper struct {
	woken []int64
	tags  []int
	then  func(a *port.Alarm, now int64)
}

// Wake implements port.Sleeper.
func (s *sleeper) Wake(a *port.Alarm, now int64) {
	s.woken = append(s.woken, now)
	s.tags = append(s.tags, a.Tag)
	if s.then != nil {
		s.then(a, now)
	}
}

// onEngines runs a test on every engine.
func onEngines(t *testing.T, f func(t *testing.T, e sim.Engine, c port.Clock)) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) { f(t, e, port.NewClock(e, hz)) })
	}
}

func wantWakes(t *testing.T, s *sleeper, e sim.Engine, want ...int64) {
	t.Helper()
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.woken); diff != "" {
		t.Errorf("woken at (-want +got):\n%s", diff)
	}
}

func TestTheEarliestCycleWins(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		a := port.NewAlarm(c, s, 42)
		for _, cycle := range []int64{70, 90, 30, 50, 30} {
			a.Set(cycle)
		}
		// 70 was obsolete from the moment that 30 was asked for.
		wantWakes(t, s, e, 30)
		if s.tags[0] != 42 || a.Now() < 30 {
			t.Errorf("woken with tag %d; now %d", s.tags[0], a.Now())
		}
	})
}

func TestSetAgainInsideTheCall(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		a := port.NewAlarm(c, s, 0)
		s.then = func(a *port.Alarm, now int64) {
			if len(s.woken) < 5 {
				a.Set(now + 3)
			}
		}
		a.Set(10)
		wantWakes(t, s, e, 10, 13, 16, 19, 22)
	})
}

func TestSetAgainForTheSameCycle(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		a := port.NewAlarm(c, s, 0)
		s.then = func(a *port.Alarm, now int64) {
			if len(s.woken) < 3 {
				a.Set(now)
			}
		}
		a.Set(5)
		wantWakes(t, s, e, 5, 5, 5)
	})
}

// A dropped event must not ring in place of a later one for the same cycle, nor
// ring it twice.
func TestStaleEventsAreDropped(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		a := port.NewAlarm(c, s, 0)
		s.then = func(a *port.Alarm, now int64) {
			if now == 10 {
				a.Set(20) // an event for 20 is still on its way
			}
		}
		a.Set(20)
		a.Set(10)
		wantWakes(t, s, e, 10, 20)
	})
}

// Against a list of requests: an owner that asks for cycles in any order is woken
// at the earliest one that is open, and asks again for the rest.
func TestAlarmAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 5), 1, 30).Draw(t, "asked")
		for name, e := range map[string]sim.Engine{"akita": sim.NewSerialEngine(), "mozart": mozart(t)} {
			s := &sleeper{}
			var open, want []int64
			next := 0
			ask := func(a *port.Alarm, now int64) {
				if next < len(asked) {
					for _, d := range asked[next] {
						open = append(open, now+d)
						a.Set(now + d)
					}
					next++
				}
			}
			s.then = func(a *port.Alarm, now int64) {
				earliest := open[0]
				for _, c := range open {
					earliest = min(earliest, c)
				}
				want = append(want, earliest)
				rest := open[:0]
				for _, c := range open {
					if c > now {
						rest = append(rest, c)
					}
				}
				open = rest
				for _, c := range open {
					a.Set(c)
				}
				ask(a, now)
			}
			a := port.NewAlarm(port.NewClock(e, hz), s, 0)
			ask(a, 0)
			if err := e.Run(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, s.woken); diff != "" {
				t.Errorf("%s: woken at (-want +got):\n%s", name, diff)
			}
			if len(open) > 0 {
				t.Errorf("%s: never woken for %v", name, open)
			}
		}
	})
}

func mozart(t *rapid.T) sim.Engine {
	e, err := newSerial()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A late alarm rings after everything else of its cycle, even what is scheduled
// after it, and what it causes in that cycle happens before it rings again.
func TestLateAlarmsRingLast(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		late := port.NewLateAlarm(c, s, 9)
		alarms := make([]*port.Alarm, 5)
		for i := range alarms {
			alarms[i] = port.NewAlarm(c, s, i)
		}
		first := true
		s.then = func(a *port.Alarm, now int64) {
			switch {
			case a.Tag == 2:
				alarms[4].Set(now)
			case a.Tag == 9 && first:
				first = false
				late.Set(now)
				alarms[3].Set(now)
			}
		}
		late.Set(7)
		for _, a := range alarms[:3] {
			a.Set(7)
		}
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		if len(s.tags) != 7 || s.tags[4] != 9 || s.tags[5] != 3 || s.tags[6] != 9 {
			t.Errorf("alarms rang in the order %v, want 9 after 0, 1, 2 and 4, then 3 and 9", s.tags)
		}
	})
}

// held is an owner that holds its alarm by value.
type held struct {
	alarm port.Alarm
	woken []int64
}

// Wake implements port.Sleeper.
func (h *held) Wake(a *port.Alarm, now int64) {
	h.woken = append(h.woken, now)
	if a == &h.alarm && len(h.woken) < 3 {
		a.Set(now + 4)
	}
}

func TestAnAlarmByValue(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		h := &held{}
		h.alarm.Init(c, h, 3)
		h.alarm.Set(9)
		h.alarm.Set(6)
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]int64{6, 10, 14}, h.woken); d != "" || h.alarm.Tag != 3 {
			t.Errorf("tag %d, woken at (-want +got):\n%s", h.alarm.Tag, d)
		}
	})
}

// timeLog is a hook that notes what the events say of themselves.
type timeLog struct {
	t     *testing.T
	times []sim.VTimeInSec
	late  []bool
}

// Func implements sim.Hook.
func (l *timeLog) Func(ctx sim.HookCtx) {
	w, ok := ctx.Item.(*port.Wake)
	if !ok || ctx.Pos != sim.HookPosBeforeEvent {
		return
	}
	if w.Handler() == nil || w.Cycle() != int64(float64(w.Time())*float64(hz)+0.5) {
		l.t.Errorf("handler %v, cycle %d at %v s", w.Handler(), w.Cycle(), w.Time())
	}
	l.times = append(l.times, w.Time())
	l.late = append(l.late, w.IsSecondary())
}

// A hook learns time and kind of an event, an obsolete one and a second one of an
// alarm included.
func TestEventsTellTheirTime(t *testing.T) {
	onEngines(t, func(t *testing.T, e sim.Engine, c port.Clock) {
		s := &sleeper{}
		late := port.NewLateAlarm(c, s, 0)
		late.Set(500)
		late.Set(200)
		port.NewAlarm(c, s, 1).Set(200)
		log := &timeLog{t: t}
		e.AcceptHook(log)
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]sim.VTimeInSec{200e-9, 200e-9, 500e-9}, log.times); d != "" {
			t.Errorf("times (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]bool{false, true, true}, log.late); d != "" {
			t.Errorf("secondary (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]int64{200, 200}, s.woken); d != "" {
			t.Errorf("woken at (-want +got):\n%s", d)
		}
	})
}

// The cycle survives the trip through float64 seconds, far into a run and at
// clocks whose period is no round number.
func TestClockIsExact(t *testing.T) {
	for _, f := range []sim.Freq{1 * sim.GHz, 1.2 * sim.GHz, 937 * sim.MHz, 3 * sim.GHz} {
		e := sim.NewSerialEngine()
		s := &sleeper{}
		c := port.NewClock(e, f)
		a := port.NewAlarm(c, s, 0)
		want := []int64{0, 1, 2, 3, 999_999_937, 7_600_000_001, 1<<45 + 1}
		s.then = func(a *port.Alarm, now int64) {
			if c.Now() != now {
				t.Errorf("%v: the clock says %d in the call for %d", f, c.Now(), now)
			}
			if n := len(s.woken); n < len(want) {
				a.Set(want[n])
			}
		}
		a.Set(0)
		wantWakes(t, s, e, want...)
		if c.Engine() != sim.Engine(e) {
			t.Error("the clock reads another engine")
		}
	}
}

// An alarm that rings again and again reuses its events.
func TestAlarmDoesNotAllocate(t *testing.T) {
	e, err := newSerial()
	if err != nil {
		t.Fatal(err)
	}
	s := &counter{}
	a := port.NewAlarm(port.NewClock(e, hz), s, 0)
	late := port.NewLateAlarm(port.NewClock(e, hz), s, 1)
	round := func() {
		for i := range int64(20) {
			a.Set(a.Now() + 100 - i)
			late.Set(a.Now() + 70)
			if err := e.Run(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations in a round", n)
	}
	if s.n == 0 {
		t.Error("never woken")
	}
}

type counter struct{ n int }

// Wake implements port.Sleeper.
func (c *counter) Wake(*port.Alarm, int64) { c.n++ }

func BenchmarkAlarm(b *testing.B) {
	e, err := newSerial()
	if err != nil {
		b.Fatal(err)
	}
	s := &sleeper{then: func(a *port.Alarm, now int64) {
		if now < int64(b.N) {
			a.Set(now + 1)
		}
	}}
	s.woken = make([]int64, 0, b.N+1)
	s.tags = make([]int, 0, b.N+1)
	port.NewAlarm(port.NewClock(e, hz), s, 0).Set(1)
	b.ReportAllocs()
	b.ResetTimer()
	if err := e.Run(); err != nil {
		b.Fatal(err)
	}
}
