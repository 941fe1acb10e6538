package hbm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

const stackNode wire.NodeID = 7

// hops is what two wires of one cycle add to a round trip.
const hops = 2

var deep = wiretest.Spec{Port: port.Spec{VCs: int(wire.NumClasses), InBytes: 1 << 24, OutMessages: 256}}

// flat is a stack of 256 B per cycle at every length, 40 cycles of latency and
// 10 of turnaround, that buffers plenty.
func flat() hbm.Spec {
	s := hbm.HBM2()
	s.Efficiency = []hbm.EfficiencyPoint{{Bytes: 1, Efficiency: 1}}
	s.ReadLatency, s.Turnaround = 40*units.Nanosecond, 10*units.Nanosecond
	s.WriteBuffer, s.ReadBuffer = 16*units.MiB, 64
	return s
}

// bench is a stack with one agent at its port.
type bench struct {
	*wiretest.System
	stack *hbm.Comp
	agent *wiretest.Agent
}

func newBench(tb wiretest.TB, spec hbm.Spec, agent wiretest.Spec) *bench {
	s := wiretest.NewSystem()
	c, err := hbm.New("Stack", s.Engine, wiretest.Frequency, spec, stackNode, s.Pool, nil)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.Add(c)
	b := &bench{System: s, stack: c, agent: s.Agent(tb, "Chiplet", agent)}
	l, err := link.New("Wire", s.Clock, link.Spec{LatencyCycles: 1}, link.End{Port: b.agent.Port()}, link.End{Port: c.Port()})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.Add(l)
	return b
}

// read queues a read of amount bytes in chunks of 1 KiB, that is of 4 cycles.
func (b *bench) read(start int64, op int32, amount int64, priority int32, class wire.Class) {
	b.agent.Queue(start, b.readPacket(op, amount, 1024, priority, class))
}

func (b *bench) readPacket(op int32, amount int64, chunk, priority int32, class wire.Class) *wire.Packet {
	p := b.Pool.Get()
	p.Kind, p.Class, p.Source, p.Dest, p.Bytes = wire.KindReadReq, wire.ClassControl, 3, stackNode, 16
	b.Pool.Equip(p)
	p.Op, p.Amount, p.Chunk, p.Priority, p.DataClass = op, amount, chunk, priority, class
	return p
}

// write queues the chunks of a write.
func (b *bench) write(start int64, op int32, class wire.Class, chunks ...int32) {
	for i, n := range chunks {
		b.agent.Queue(start, b.writePacket(op, class, n, i == len(chunks)-1))
	}
}

func (b *bench) writePacket(op int32, class wire.Class, bytes int32, last bool) *wire.Packet {
	p := b.Pool.Get()
	p.Kind, p.Class, p.Source, p.Dest = wire.KindWriteData, class, 3, stackNode
	p.Op, p.Bytes, p.Last = op, bytes, last
	return p
}

// event is what a test looks at of an arrival.
type event struct {
	Cycle int64
	Kind  wire.Kind
	Op    int32
	Bytes int32
	Last  bool
}

func (b *bench) events() []event {
	var out []event
	for _, a := range b.agent.Arrivals {
		out = append(out, event{a.Cycle - hops, a.Packet.Kind, a.Packet.Op, a.Packet.Bytes, a.Packet.Last})
	}
	return out
}

func (b *bench) want(t *testing.T, want []event) {
	t.Helper()
	b.Run(t)
	b.CheckQuiet(t)
	if diff := cmp.Diff(want, b.events()); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
}

const (
	readData = wire.KindReadData
	ack      = wire.KindWriteAck
)

func TestLoneReadPaysLatencyOnceAndThenStreams(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.read(0, 5, 2500, 0, wire.ClassWeight)
	b.want(t, []event{
		{44, readData, 5, 1024, false},
		{48, readData, 5, 1024, false},
		{50, readData, 5, 452, true},
	})
	p := b.agent.Arrivals[0].Packet
	if p.Class != wire.ClassWeight || p.Source != stackNode || p.Dest != 3 || p.TailCycle != 44+hops {
		t.Errorf("class %v from %d to %d, tail at %d", p.Class, p.Source, p.Dest, p.TailCycle)
	}
}

func TestLatencyHidesBehindTheStreamBefore(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.read(0, 1, 4096, 0, wire.ClassWeight)
	b.read(5, 2, 1024, 0, wire.ClassWeight)
	b.read(100, 3, 1024, 0, wire.ClassWeight)
	b.want(t, []event{
		{44, readData, 1, 1024, false}, {48, readData, 1, 1024, false},
		{52, readData, 1, 1024, false}, {56, readData, 1, 1024, true},
		{60, readData, 2, 1024, true},
		{144, readData, 3, 1024, true},
	})
}

func TestMostUrgentThenOldestAndStreamsRunToTheirEnd(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.read(0, 1, 2048, 9, wire.ClassWeight) // starts at 40, before the others' first words
	b.read(1, 2, 1024, 5, wire.ClassWeight)
	b.read(1, 3, 1024, 2, wire.ClassActivation)
	b.read(1, 4, 1024, 5, wire.ClassWeight)
	b.want(t, []event{
		{44, readData, 1, 1024, false}, {48, readData, 1, 1024, true},
		{52, readData, 3, 1024, true},
		{56, readData, 2, 1024, true},
		{60, readData, 4, 1024, true},
	})
}

func TestWritesArePostedAndTheLastChunkIsAcknowledged(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.write(0, 8, wire.ClassWeight, 1024, 1000)
	b.write(0, 9, wire.ClassActivation, 256)
	// The classes take turns: 1024, 256, 1000 bytes.
	b.want(t, []event{{5, ack, 9, 16, false}, {9, ack, 8, 16, false}})
	p := b.agent.Arrivals[0].Packet
	if p.Class != wire.ClassControl || p.Source != stackNode || p.Dest != 3 {
		t.Errorf("class %v from %d to %d", p.Class, p.Source, p.Dest)
	}
	st := b.stack.Stats()
	if st.Written[wire.ClassWeight] != 2024 || st.Written[wire.ClassActivation] != 256 || st.Writes != 2 {
		t.Errorf("stats %+v", st)
	}
}

func TestReadsAndWritesAlternateAndPayTheTurnaround(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.read(0, 1, 3072, 0, wire.ClassWeight)
	b.write(41, 2, wire.ClassActivation, 1024, 1024)
	// read 40-44, gap to 54, write -58, gap to 68, read -72, gap, write 82-86, gap, read 96-100
	b.want(t, []event{
		{44, readData, 1, 1024, false},
		{72, readData, 1, 1024, false},
		{86, ack, 2, 16, false},
		{100, readData, 1, 1024, true},
	})
	st := b.stack.Stats()
	if st.BusyCycles != 20 || st.TurnaroundCycles != 40 {
		t.Errorf("busy %d and turnaround %d cycles, want 20 and 40", st.BusyCycles, st.TurnaroundCycles)
	}
}

// With a table that knows writes, chunks go at the rate of the mix while both
// directions have work, and at that of their own otherwise.
func TestBothDirectionsShareTheRateOfTheirMix(t *testing.T) {
	s := flat()
	s.Turnaround = 0
	s.Efficiency[0].WithWrites = []float64{0.75, 0.5, 0.5, 0.25}
	b := newBench(t, s, deep)
	b.read(0, 1, 3072, 0, wire.ClassWeight)
	b.write(41, 2, wire.ClassActivation, 1024, 1024)
	b.write(100, 3, wire.ClassActivation, 1024)
	// read 40-44 alone, write -52, read -60 and write -68 in turns, read -72 alone;
	// write 100-116 alone
	b.want(t, []event{
		{44, readData, 1, 1024, false},
		{60, readData, 1, 1024, false},
		{68, ack, 2, 16, false},
		{72, readData, 1, 1024, true},
		{116, ack, 3, 16, false},
	})
}

func TestTurnaroundHasPassedOnAnIdleBus(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.write(0, 2, wire.ClassWeight, 1024)
	b.read(0, 1, 1024, 0, wire.ClassWeight)
	b.want(t, []event{{4, ack, 2, 16, false}, {44, readData, 1, 1024, true}})
	if st := b.stack.Stats(); st.TurnaroundCycles != 0 {
		t.Errorf("turnaround of %d cycles, want 0", st.TurnaroundCycles)
	}
}

func TestChunksAreReadOnlyIntoRoom(t *testing.T) {
	s := flat()
	s.ReadBuffer = 1
	b := newBench(t, s, wiretest.Spec{
		Port: port.Spec{VCs: int(wire.NumClasses), InBytes: 1024, OutMessages: 4}, ServiceCycles: 100,
	})
	b.read(0, 1, 4096, 0, wire.ClassWeight)
	b.Run(t)
	b.CheckQuiet(t)
	st := b.stack.Stats()
	if b.agent.Taken != 4 || st.Read[wire.ClassWeight] != 4096 {
		t.Fatalf("%d packets of %d bytes, want 4 of 4096", b.agent.Taken, st.Read[wire.ClassWeight])
	}
	if st.StalledCycles < 100 {
		t.Errorf("stalled for %d cycles behind a receiver of 100 a packet", st.StalledCycles)
	}
	if st.BusyCycles != 16 {
		t.Errorf("busy for %d cycles, want 16", st.BusyCycles)
	}
}

func TestBlockedReadsLeaveTheBusToWrites(t *testing.T) {
	s := flat()
	s.ReadBuffer = 1
	agent := deep
	agent.ServiceCycles = 1000
	agent.Port.InBytes = 1024
	b := newBench(t, s, agent)
	b.read(0, 1, 8192, 0, wire.ClassWeight)
	b.write(200, 2, wire.ClassActivation, 1024)
	b.Run(t)
	b.CheckQuiet(t)
	var acked, last int64
	for _, a := range b.agent.Arrivals {
		if a.Packet.Kind == ack {
			acked = a.Cycle
		}
		last = a.Cycle
	}
	if acked == 0 || acked > last-4000 {
		t.Errorf("write acknowledged at %d, last chunk of the blocked read at %d", acked, last)
	}
}

func TestStuckStackNamesTheBlockedChannel(t *testing.T) {
	s := wiretest.NewSystem()
	spec := flat()
	spec.ReadBuffer = 1
	c, err := hbm.New("Stack", s.Engine, wiretest.Frequency, spec, stackNode, s.Pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Port().SetConnection(&dead{})
	b := &bench{System: s, stack: c}
	deliver(t, c, b.readPacket(1, 4096, 1024, 0, wire.ClassWeight))
	deliver(t, c, b.writePacket(2, wire.ClassActivation, 1024, true))
	deliver(t, c, b.writePacket(3, wire.ClassActivation, 1024, true))
	b.Run(t)
	if c.Idle() {
		t.Error("a stuck stack calls itself idle")
	}
	want := []port.Wait{
		{From: "Stack", To: "Stack.NoP.Out[2]", Why: "the next chunk of class weight has no room to leave"},
		{From: "Stack", To: "Stack.NoP.Out[0]", Why: "the acknowledgement of a write of class activation has no room to leave"},
	}
	if diff := cmp.Diff(want, c.Waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func deliver(t *testing.T, c *hbm.Comp, p *wire.Packet) {
	t.Helper()
	if err := c.Port().Deliver(p); err != nil {
		t.Fatal("no room for a packet")
	}
}

// dead is a connection that never carries anything.
type dead struct{ sim.HookableBase }

func (*dead) Name() string             { return "Dead" }
func (*dead) PlugIn(sim.Port)          {}
func (*dead) Unplug(sim.Port)          {}
func (*dead) NotifyAvailable(sim.Port) {}
func (*dead) NotifySend()              {}

func TestAWriteWaitsForItsTail(t *testing.T) {
	b := newBench(t, flat(), deep)
	p := b.writePacket(1, wire.ClassWeight, 1024, true)
	p.TailCycle = 500
	deliver(t, b.stack, p)
	b.Run(t)
	// Only the answer crosses a wire.
	if diff := cmp.Diff([]event{{504 + 1 - hops, ack, 1, 16, false}}, b.events()); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
}

func TestWrongPacketsPanicWithTheName(t *testing.T) {
	for name, change := range map[string]func(*wire.Packet){
		"dispatch":         func(p *wire.Packet) { p.Kind, p.Class = wire.KindDispatch, wire.ClassToken },
		"signal":           func(p *wire.Packet) { p.Kind = wire.KindSignal },
		"read as weight":   func(p *wire.Packet) { p.Class = wire.ClassWeight },
		"no side":          func(p *wire.Packet) { p.Side = nil },
		"no bytes":         func(p *wire.Packet) { p.Amount = 0 },
		"no chunk":         func(p *wire.Packet) { p.Chunk = 0 },
		"control data":     func(p *wire.Packet) { p.DataClass = wire.ClassControl },
		"unknown class":    func(p *wire.Packet) { p.DataClass = wire.NumClasses },
		"write of nothing": func(p *wire.Packet) { p.Kind, p.Class, p.Bytes = wire.KindWriteData, wire.ClassWeight, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, flat(), deep)
			p := b.readPacket(1, 100, 100, 0, wire.ClassWeight)
			change(p)
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "Stack: ") {
					t.Errorf("panic %q does not start with the component's name", got)
				}
			}()
			deliver(t, b.stack, p)
			b.Run(t)
			t.Error("no panic")
		})
	}
}

func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := flat()
		s.QueueDepth = rapid.IntRange(1, 4).Draw(t, "queue")
		s.ReadBuffer = rapid.IntRange(1, 3).Draw(t, "read buffer")
		s.WriteBuffer = units.Bytes(rapid.IntRange(4096, 20000).Draw(t, "write buffer"))
		agent := wiretest.Spec{
			Port: port.Spec{
				VCs:         int(wire.NumClasses),
				InBytes:     rapid.IntRange(4096, 20000).Draw(t, "in"),
				OutMessages: rapid.IntRange(1, 3).Draw(t, "out"),
			},
			ServiceCycles: rapid.Int64Range(0, 30).Draw(t, "service"),
		}
		b := newBench(t, s, agent)
		var packets, read, written, writes, busy int64
		for i := range int32(rapid.IntRange(1, 20).Draw(t, "ops")) {
			start := rapid.Int64Range(0, 2000).Draw(t, "start")
			class := rapid.SampledFrom([]wire.Class{wire.ClassWeight, wire.ClassActivation}).Draw(t, "class")
			if rapid.Bool().Draw(t, "read") {
				n := rapid.Int64Range(1, 20000).Draw(t, "amount")
				chunk := rapid.Int32Range(100, 4096).Draw(t, "chunk")
				b.agent.Queue(start, b.readPacket(i, n, chunk, rapid.Int32Range(0, 3).Draw(t, "priority"), class))
				packets += (n + int64(chunk) - 1) / int64(chunk)
				read += n
				for left := n; left > 0; left -= int64(chunk) {
					busy += (min(left, int64(chunk)) + 255) / 256
				}
				continue
			}
			chunks := rapid.SliceOfN(rapid.Int32Range(1, 4096), 1, 5).Draw(t, "chunks")
			b.write(start, i, class, chunks...)
			packets++
			writes++
			for _, n := range chunks {
				written += int64(n)
				busy += (int64(n) + 255) / 256
			}
		}
		b.Run(t)
		b.CheckQuiet(t)
		st := b.stack.Stats()
		gotRead := st.Read[wire.ClassWeight] + st.Read[wire.ClassActivation]
		gotWritten := st.Written[wire.ClassWeight] + st.Written[wire.ClassActivation]
		if b.agent.Taken != packets || b.agent.TakenBytes != read+16*writes {
			t.Fatalf("%d packets of %d bytes came out, want %d of %d", b.agent.Taken, b.agent.TakenBytes, packets, read+16*writes)
		}
		if gotRead != read || gotWritten != written || st.Writes != writes || st.BusyCycles != busy {
			t.Fatalf("read %d, written %d, writes %d, busy %d; want %d, %d, %d, %d",
				gotRead, gotWritten, st.Writes, st.BusyCycles, read, written, writes, busy)
		}
		if end := b.Clock.Now(); (read+written)/256 > end {
			t.Fatalf("%d bytes at 256 B a cycle in %d cycles", read+written, end)
		}
		checkStreams(t, b)
	})
}

// checkStreams fails unless the chunks of each read lie together and only the
// final one is marked Last.
func checkStreams(t *rapid.T, b *bench) {
	open := map[wire.Class]int32{}
	for _, e := range b.agent.Arrivals {
		p := e.Packet
		if p.Kind != readData {
			continue
		}
		if op, ok := open[p.Class]; ok && op != p.Op {
			t.Fatalf("a chunk of op %d within the stream of op %d", p.Op, op)
		}
		open[p.Class] = p.Op
		if p.Last {
			delete(open, p.Class)
		}
	}
	if len(open) != 0 {
		t.Fatalf("streams without an end: %v", open)
	}
}

func TestContract(t *testing.T) { contract(t, hbm.HBM2(), nil) }

// contract runs the conformance suite on a stack that reads and writes.
func contract(t *testing.T, spec hbm.Spec, layout hbm.Layout) {
	t.Helper()
	const chunk = 4096
	isWrite := func(i int) bool { return i%3 == 2 }
	wiretest.RunContract(t, wiretest.Contract{
		MaxBytes: chunk,
		Build: func(tb wiretest.TB, s *wiretest.System, st wiretest.Stress) []*wiretest.Agent {
			spec.WriteBuffer, spec.ReadBuffer = units.Bytes(st.InBytes), st.OutMessages
			c, err := hbm.New("Stack", s.Engine, wiretest.Frequency, spec, stackNode, s.Pool, layout)
			if err != nil {
				tb.Fatalf("%v", err)
			}
			a := s.Agent(tb, "Chiplet", wiretest.Spec{
				Port:          port.Spec{VCs: int(wire.NumClasses), InBytes: st.InBytes, OutMessages: st.OutMessages},
				ServiceCycles: st.ServiceCycles,
			})
			l, err := link.New("Link", s.Clock, link.Spec{BitsPerCycle: 400, LatencyCycles: 3}, link.End{Port: a.Port()}, link.End{Port: c.Port()})
			if err != nil {
				tb.Fatalf("%v", err)
			}
			s.Add(c, l)
			return []*wiretest.Agent{a}
		},
		Load: func(s *wiretest.System, i int) (int, port.Message) {
			b := bench{System: s}
			if isWrite(i) {
				return 0, b.writePacket(int32(i), wire.ClassWeight, chunk, true)
			}
			class := [...]wire.Class{wire.ClassWeight, wire.ClassActivation}[i%2]
			return 0, b.readPacket(int32(i), 10_000, chunk, int32(i%5), class)
		},
		Answers: func(i int) (messages, bytes int64) {
			if isWrite(i) {
				return 1, 16
			}
			return 3, 10_000
		},
	})
}

func TestMetricsNameEveryCounter(t *testing.T) {
	b := newBench(t, flat(), deep)
	b.read(0, 1, 2048, 0, wire.ClassWeight)
	b.read(0, 2, 1024, 0, wire.ClassToken)
	b.write(45, 3, wire.ClassActivation, 512)
	b.Run(t)
	want := []port.Metric{
		{Name: "reads", Value: 2, Unit: "requests"},
		{Name: "writes", Value: 1, Unit: "requests"},
		{Name: "chunks", Value: 4, Unit: "chunks"},
		{Name: "busy_cycles", Value: 14, Unit: "cycles"},
		{Name: "turnaround_cycles", Value: 20, Unit: "cycles"},
		{Name: "stalled_cycles", Value: 0, Unit: "cycles"},
		{Name: "queue_max", Value: 2, Unit: "requests"},
		{Name: "read_bytes.token", Value: 1024, Unit: "B"},
		{Name: "read_bytes.weight", Value: 2048, Unit: "B"},
		{Name: "read_bytes.activation", Value: 0, Unit: "B"},
		{Name: "written_bytes.weight", Value: 0, Unit: "B"},
		{Name: "written_bytes.activation", Value: 512, Unit: "B"},
	}
	if diff := cmp.Diff(want, b.stack.Metrics()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestNewRefusesWrongSpecs(t *testing.T) {
	if _, err := hbm.New("Stack", sim.NewSerialEngine(), 1*sim.GHz, hbm.Spec{}, 0, &wire.Pool{}, nil); err == nil {
		t.Error("an empty Spec is accepted")
	}
}

func BenchmarkReadChunk(b *testing.B) {
	quiet := deep
	quiet.Quiet = true
	bench := newBench(b, flat(), quiet)
	const chunks = 1000
	left := (b.N + chunks - 1) / chunks
	bench.agent.Feed = func(int64) port.Message {
		if left == 0 {
			return nil
		}
		left--
		return bench.readPacket(1, chunks*65536, 65536, 0, wire.ClassWeight)
	}
	b.ReportAllocs()
	b.ResetTimer()
	bench.agent.Start()
	bench.Run(b)
}
