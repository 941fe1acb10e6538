package engine_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sarchlab/akita/v4/mem/idealmemcontroller"
	"github.com/sarchlab/akita/v4/mem/mem"
	"github.com/sarchlab/akita/v4/sim"
	"github.com/sarchlab/akita/v4/sim/directconnection"
	"github.com/sarchlab/akita/v4/tracing"
)

// reader is a ticking component that sends reads as fast as its port takes them
// and notes when the answers come.
type reader struct {
	*sim.TickingComponent
	port sim.Port
	dst  sim.RemotePort
	left int
	sent map[string]*mem.ReadReq // by ID
	// order has the number of a request by its ID.
	order map[string]int
	at    []sim.VTimeInSec
}

func newReader(e sim.Engine, freq sim.Freq, name string, requests int) *reader {
	r := &reader{left: requests, sent: map[string]*mem.ReadReq{}, order: map[string]int{}, at: make([]sim.VTimeInSec, requests)}
	r.TickingComponent = sim.NewTickingComponent(name, e, freq, r)
	r.port = sim.NewPort(r, 2, 2, name+".Mem")
	r.AddPort("Mem", r.port)
	return r
}

// Tick implements sim.Ticker.
func (r *reader) Tick() bool {
	progress := false
	if msg := r.port.RetrieveIncoming(); msg != nil {
		id := msg.(*mem.DataReadyRsp).RespondTo
		r.at[r.order[id]] = r.CurrentTime()
		tracing.TraceReqFinalize(r.sent[id], r)
		progress = true
	}
	if r.left > 0 && r.port.CanSend() {
		req := mem.ReadReqBuilder{}.
			WithSrc(r.port.AsRemote()).WithDst(r.dst).
			WithAddress(uint64(64 * r.left)).WithByteSize(64).Build()
		r.port.Send(req)
		r.left--
		r.sent[req.ID], r.order[req.ID] = req, len(r.at)-r.left-1
		tracing.TraceReqInitiate(req, r, "")
		progress = true
	}
	return progress
}

// setup is a reader at Akita's ideal memory controller, and what watches it.
type setup struct {
	reader, memory sim.Freq
	latency        int
	requests       int
}

var setups = []setup{
	{sim.GHz, sim.GHz, 1, 40},
	{sim.GHz, sim.GHz, 100, 40},
	{sim.GHz, sim.GHz, 5000, 40},      // beyond the inner ring of the wheel
	{sim.GHz, sim.GHz, 1_500_000, 40}, // beyond the outer one
	{sim.GHz, 500 * sim.MHz, 20, 40},
	{1.6 * sim.GHz, sim.GHz, 20, 40},
	{2 * sim.GHz, 400 * sim.MHz, 20, 40},
}

// String implements fmt.Stringer.
func (s setup) String() string {
	return fmt.Sprintf("%g/%g/%d", float64(s.reader), float64(s.memory), s.latency)
}

// build wires the system and has the reader start.
func (s setup) build(e sim.Engine) (*reader, *idealmemcontroller.Comp) {
	memory := idealmemcontroller.MakeBuilder().WithEngine(e).WithFreq(s.memory).
		WithLatency(s.latency).WithNewStorage(1 << 20).WithTopBufSize(3).Build("Memory")
	r := newReader(e, s.reader, "Reader", s.requests)
	conn := directconnection.MakeBuilder().WithEngine(e).WithFreq(s.memory).Build("Wire")
	conn.PlugIn(r.port)
	conn.PlugIn(memory.GetPortByName("Top"))
	r.dst = memory.GetPortByName("Top").AsRemote()
	r.TickLater()
	return r, memory
}

// answered is when each read was answered.
func (r *reader) answered(t *testing.T) []sim.VTimeInSec {
	t.Helper()
	for i, at := range r.at {
		if at == 0 {
			t.Fatalf("read %d was not answered", i)
		}
	}
	return r.at
}

func TestStockComponentsKeepTheirTiming(t *testing.T) {
	for _, s := range setups {
		t.Run(s.String(), func(t *testing.T) {
			times := func(e sim.Engine) []sim.VTimeInSec {
				r, _ := s.build(e)
				if err := e.Run(); err != nil {
					t.Fatal(err)
				}
				return r.answered(t)
			}
			if d := cmp.Diff(times(sim.NewSerialEngine()), times(newSerial(t, sim.GHz))); d != "" {
				t.Errorf("-akita +mozart:\n%s", d)
			}
		})
	}
}

// row is what Akita's tracer stores of a task. IDs are left out: they are counted
// over all runs of a process.
type row struct {
	Kind, What, Location string
	Start, End           float64
}

// recorder is a database in memory.
type recorder struct{ rows []row }

// CreateTable implements datarecording.DataRecorder.
func (*recorder) CreateTable(string, any) {}

// InsertData implements datarecording.DataRecorder. It keeps tasks.
func (r *recorder) InsertData(table string, entry any) {
	if table != "trace" {
		return
	}
	v := reflect.ValueOf(entry)
	r.rows = append(r.rows, row{
		Kind: v.FieldByName("Kind").String(), What: v.FieldByName("What").String(),
		Location: v.FieldByName("Location").String(),
		Start:    v.FieldByName("StartTime").Float(), End: v.FieldByName("EndTime").Float(),
	})
}

// ListTables implements datarecording.DataRecorder.
func (*recorder) ListTables() []string { return nil }

// Flush implements datarecording.DataRecorder.
func (*recorder) Flush() {}

// Close implements datarecording.DataRecorder.
func (*recorder) Close() error { return nil }

// eventLog is a hook of an engine: how many events there were at a time, before
// and after, and whether each one found its own time.
type eventLog struct {
	engine        sim.Engine
	Before, After map[sim.VTimeInSec]int
	Wrong         int
}

// Func implements sim.Hook.
func (l *eventLog) Func(ctx sim.HookCtx) {
	at := ctx.Item.(sim.Event).Time()
	if l.engine.CurrentTime() != at {
		l.Wrong++
	}
	switch ctx.Pos {
	case sim.HookPosBeforeEvent:
		l.Before[at]++
	case sim.HookPosAfterEvent:
		l.After[at]++
	}
}

// Akita's own tracer, the one that Daisen's pictures are made from, stores the
// same tasks with the same times on both engines, and a hook sees as many events
// at every time.
func TestTracersAndHooksSeeTheSame(t *testing.T) {
	for _, s := range setups {
		t.Run(s.String(), func(t *testing.T) {
			watch := func(e sim.Engine) ([]row, *eventLog) {
				r, memory := s.build(e)
				db := &recorder{}
				tracer := tracing.NewDBTracer(e, db)
				tracer.StartTracing()
				tracing.CollectTrace(r, tracer)
				tracing.CollectTrace(memory, tracer)
				log := &eventLog{engine: e, Before: map[sim.VTimeInSec]int{}, After: map[sim.VTimeInSec]int{}}
				e.AcceptHook(log)
				if err := e.Run(); err != nil {
					t.Fatal(err)
				}
				tracer.Terminate()
				// Tasks that end at one time are stored in the order of their events.
				slices.SortFunc(db.rows, func(a, b row) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				return db.rows, log
			}
			wantRows, wantLog := watch(sim.NewSerialEngine())
			gotRows, gotLog := watch(newSerial(t, sim.GHz))
			if d := cmp.Diff(wantRows, gotRows); d != "" {
				t.Errorf("tasks, -akita +mozart:\n%s", d)
			}
			if d := cmp.Diff(wantLog, gotLog, cmpopts.IgnoreUnexported(eventLog{})); d != "" {
				t.Errorf("events, -akita +mozart:\n%s", d)
			}
			// Every read is a task of the reader and one of the memory.
			if len(gotRows) != 2*s.requests || gotLog.Wrong != 0 || len(gotLog.Before) == 0 {
				t.Errorf("%d tasks of %d reads, %d times, %d events at a wrong time",
					len(gotRows), s.requests, len(gotLog.Before), gotLog.Wrong)
			}
		})
	}
}

// What the buttons of Akita's monitor do while the engine runs: pause, ask for the
// time, continue. The time stands still in a pause and never goes back, and the
// components notice nothing.
func TestTheButtonsOfTheMonitor(t *testing.T) {
	s := setup{1.6 * sim.GHz, sim.GHz, 20, 3000}
	run := func(e sim.Engine, press func()) []sim.VTimeInSec {
		r, _ := s.build(e)
		done := make(chan error, 1)
		go func() { done <- e.Run() }()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
				return r.answered(t)
			default:
				press()
			}
		}
	}
	want := run(sim.NewSerialEngine(), func() { time.Sleep(time.Millisecond) })
	e := newSerial(t, sim.GHz)
	last, pauses := sim.VTimeInSec(0), 0
	got := run(e, func() {
		e.Pause()
		now := e.CurrentTime()
		time.Sleep(10 * time.Microsecond)
		if e.CurrentTime() != now || now < last {
			t.Errorf("the time went from %v to %v, and to %v in the pause", last, now, e.CurrentTime())
		}
		if now != last {
			pauses++
		}
		last = now
		e.Continue()
		time.Sleep(10 * time.Microsecond)
	})
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-akita +mozart:\n%s", d)
	}
	if pauses == 0 {
		t.Error("no pause fell into the run")
	}
}
