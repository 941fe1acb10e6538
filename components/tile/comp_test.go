package tile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/components/tile"
	"mozart/configs/units"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// memory answers accesses in order, each after latency and bytes / rate cycles.
type memory struct {
	*sim.ComponentBase
	port          *port.Port
	alarm         *port.Alarm
	rate, latency int64
	cur           *wire.Access
	due           int64
	reads, writes int64 // bytes
	mute          bool  // never answers
}

func newMemory(tb wiretest.TB, clock port.Clock, rate, latency int64) *memory {
	m := &memory{ComponentBase: sim.NewComponentBase("Memory"), rate: rate, latency: latency}
	p, err := port.New(m, "Memory.Top", 0, port.Spec{VCs: 1, InBytes: 4, OutMessages: 4})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	m.port = p
	m.AddPort("Top", p)
	m.alarm = port.NewAlarm(clock, m, 0)
	return m
}

func (m *memory) Handle(sim.Event) error       { return nil }
func (m *memory) NotifyRecv(sim.Port)          { m.Wake(m.alarm, m.alarm.Now()) }
func (m *memory) NotifyPortFree(sim.Port)      {}
func (m *memory) Wake(_ *port.Alarm, at int64) { m.serve(at) }

func (m *memory) serve(now int64) {
	for !m.mute {
		if m.cur != nil {
			if now < m.due {
				m.alarm.Set(m.due)
				return
			}
			m.cur.Reply = true
			m.port.Send(m.cur)
			m.cur = nil
		}
		in := m.port.TakeIn(0, now)
		if in == nil {
			return
		}
		m.cur = in.(*wire.Access)
		m.due = now + m.latency + (m.cur.Bytes+m.rate-1)/m.rate
		if m.cur.Write {
			m.writes += m.cur.Bytes
		} else {
			m.reads += m.cur.Bytes
		}
	}
}

// bench is a tile array between a sequencer and a memory.
type bench struct {
	*wiretest.System
	array  *tile.Comp
	seq    *wiretest.Agent
	memory *memory
}

var deep = wiretest.Spec{Port: port.Spec{VCs: 1, InBytes: 64, OutMessages: 64}}

func newBench(tb wiretest.TB, spec tile.Spec, seq wiretest.Spec, rate int64) *bench {
	s := wiretest.NewSystem()
	c, err := tile.New("Array", s.Engine, wiretest.Frequency, spec)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	b := &bench{System: s, array: c, seq: s.Agent(tb, "Seq", seq), memory: newMemory(tb, s.Clock, rate, 4)}
	s.Add(c)
	b.plug(tb, "CtrlWire", b.seq.Port(), c.Ctrl())
	b.plug(tb, "MemoryWire", c.SRAM(), b.memory.port)
	return b
}

func (b *bench) plug(tb wiretest.TB, name string, x, y *port.Port) {
	l, err := link.New(name, b.Clock, link.Spec{LatencyCycles: 1}, link.End{Port: x}, link.End{Port: y})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	b.Add(l)
}

// small is two tiles of two arrays of 4 x 4 with fast SRAM.
func small() tile.Spec {
	s := tile.DefaultSpec()
	s.Tiles, s.ArraysPerTile, s.ArrayRows, s.ArrayCols, s.VectorLanes = 2, 2, 4, 4, 8
	s.Mapping, s.SRAMPerTile, s.SRAMBandwidth = tile.SpreadMN, units.GiB, 1000*units.GBPerSecond
	return s
}

// hops is what two wires of a cycle add to a round trip.
const hops = 2

// trip is the memory's time for an access: two wires, its latency, one line.
func trip(bytes, rate int64) int64 { return hops + 4 + (bytes+rate-1)/rate }

func gemm(m, k, n int64) *wire.Compute {
	return &wire.Compute{Unit: wire.UnitMatrix, M: m, K: k, N: n, Count: 1}
}

func TestOpTimes(t *testing.T) {
	const k = 100
	const (
		fill   = 4 * 8 * 2      // 4 arrays of 4 + 4 operands of 2 bytes
		rest   = 4*8*k*2 - fill // what 4 folds read
		result = 8 * 8 * 2      // what they write
		all    = fill + rest + result
	)
	for _, tc := range []struct {
		name      string
		spec      func(*tile.Spec)
		rate      int64
		cmd       *wire.Compute
		want      int64 // cycles from command to answer, wires aside
		wantStall int64
	}{
		{"fast memory: fill, then the arrays", nil, 10_000, gemm(8, k, 8),
			trip(fill, 10_000) + 106, trip(fill, 10_000)},
		{"slow memory: fill, then the bytes", nil, 16, gemm(8, k, 8),
			// The write follows the read in the memory without a trip of its own.
			trip(fill, 16) + trip(rest, 16) + 4 + result/16,
			trip(fill, 16) + trip(rest, 16) + 4 + result/16 - 106},
		{"the port of a tile", func(s *tile.Spec) { s.SRAMBandwidth = 8 * units.GBPerSecond }, 10_000, gemm(8, k, 8),
			all / 2 / 8, all/2/8 - 106},
		{"vector work", nil, 10_000, &wire.Compute{Unit: wire.UnitVector, Elements: 160, OpsPerElement: 3, StreamBytes: 640},
			trip(32, 10_000) + 30, trip(32, 10_000)},
		{"vector work bound by the memory", nil, 4, &wire.Compute{Unit: wire.UnitVector, Elements: 160, OpsPerElement: 3, StreamBytes: 640},
			trip(32, 4) + trip(608, 4), trip(32, 4) + trip(608, 4) - 30},
		{"an op without work", nil, 16, gemm(0, k, 8), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := small()
			if tc.spec != nil {
				tc.spec(&s)
			}
			b := newBench(t, s, deep, tc.rate)
			b.seq.Queue(10, tc.cmd)
			b.Run(t)
			b.CheckQuiet(t)
			answer := b.seq.Arrivals[0].Message.(*wire.Compute)
			if got := b.seq.Arrivals[0].Cycle - 10 - hops; got != tc.want {
				t.Errorf("took %d cycles, want %d", got, tc.want)
			}
			if !answer.Reply || answer.StallCycles != tc.wantStall || answer.ComputeCycles != tc.want-tc.wantStall {
				t.Errorf("reply %v, compute %d, stall %d; want %d and %d",
					answer.Reply, answer.ComputeCycles, answer.StallCycles, tc.want-tc.wantStall, tc.wantStall)
			}
		})
	}
}

func TestOpsRunInOrderOneAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := wiretest.Spec{
			Port: port.Spec{
				VCs: 1, InBytes: rapid.IntRange(1, 3).Draw(t, "in"), OutMessages: rapid.IntRange(1, 3).Draw(t, "out"),
			},
			ServiceCycles: rapid.Int64Range(0, 2000).Draw(t, "service"),
		}
		spec := small()
		spec.Fidelity = rapid.SampledFrom(tile.Fidelities()).Draw(t, "fidelity")
		b := newBench(t, spec, seq, rapid.Int64Range(1, 500).Draw(t, "rate"))
		n := rapid.IntRange(1, 40).Draw(t, "ops")
		var flops, operations, bytes int64
		tm := b.array.Timing()
		for i := range n {
			cmd := gemm(rapid.Int64Range(0, 40).Draw(t, "m"), 20, 8)
			e := tm.Gemm(cmd.M, cmd.K, cmd.N, 1)
			if rapid.Bool().Draw(t, "vector") {
				cmd = &wire.Compute{Unit: wire.UnitVector, Elements: rapid.Int64Range(0, 500).Draw(t, "elements"), OpsPerElement: 2, StreamBytes: 100}
				e = tm.Vector(cmd.Elements, 2, 100)
				operations += e.FLOPs
			} else {
				flops += e.FLOPs
			}
			cmd.Op = int32(i)
			bytes += e.SRAMBytes()
			b.seq.Queue(rapid.Int64Range(0, 3000).Draw(t, "start"), cmd)
		}
		b.Run(t)
		b.CheckQuiet(t)
		if len(b.seq.Arrivals) != n {
			t.Fatalf("%d answers to %d ops", len(b.seq.Arrivals), n)
		}
		var busy int64
		for i, a := range b.seq.Arrivals {
			c := a.Message.(*wire.Compute)
			if c.Op != int32(i) || c.ComputeCycles < 0 || c.StallCycles < 0 {
				t.Fatalf("answer %d is %+v", i, c)
			}
			busy += c.ComputeCycles + c.StallCycles
		}
		if last := b.seq.Arrivals[n-1].Cycle; busy > last {
			t.Fatalf("ops took %d cycles one after another, but all were done at %d", busy, last)
		}
		st := b.array.Stats()
		if st.FLOPs != flops || st.VectorOperations != operations || st.MatrixOps+st.VectorOps != int64(n) {
			t.Fatalf("stats %+v, want %d FLOPs, %d operations, %d ops", st, flops, operations, n)
		}
		if moved := b.memory.reads + b.memory.writes; moved != bytes || st.ReadBytes != b.memory.reads || st.WrittenBytes != b.memory.writes {
			t.Fatalf("memory moved %d and %d bytes, the array counts %d and %d, want %d together",
				b.memory.reads, b.memory.writes, st.ReadBytes, st.WrittenBytes, bytes)
		}
		if st.MatrixCycles+st.VectorCycles+st.StallCycles != busy {
			t.Fatalf("counters add up to %d cycles, answers to %d", st.MatrixCycles+st.VectorCycles+st.StallCycles, busy)
		}
	})
}

func TestWaitsNameTheMemory(t *testing.T) {
	b := newBench(t, small(), deep, 16)
	b.memory.mute = true
	b.seq.Queue(0, gemm(8, 10, 8))
	b.Run(t)
	want := []port.Wait{{From: "Array", To: "Array.SRAM", Why: "the SRAM has not answered"}}
	if diff := cmp.Diff(want, b.array.Waits()); diff != "" || b.array.Idle() {
		t.Errorf("idle %v, waits (-want +got):\n%s", b.array.Idle(), diff)
	}
}

func TestWrongCommandsPanicWithTheName(t *testing.T) {
	for name, m := range map[string]port.Message{
		"a reply":      &wire.Compute{Reply: true},
		"unknown unit": &wire.Compute{Unit: 9},
		"an access":    &wire.Access{},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, small(), deep, 16)
			b.seq.Queue(0, m)
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "Array: ") {
					t.Errorf("panic %q does not start with the component's name", got)
				}
			}()
			b.Run(t)
			t.Error("no panic")
		})
	}
}

func TestNewRefusesWrongSpecs(t *testing.T) {
	if _, err := tile.New("Array", sim.NewSerialEngine(), 1*sim.GHz, tile.Spec{}); err == nil {
		t.Error("an empty Spec is accepted")
	}
}

func TestMetricsNameEveryCounter(t *testing.T) {
	b := newBench(t, small(), deep, 10_000)
	b.seq.Queue(0, gemm(8, 100, 8))
	b.seq.Queue(0, &wire.Compute{Unit: wire.UnitVector, Elements: 160, OpsPerElement: 3, StreamBytes: 640})
	b.Run(t)
	want := []port.Metric{
		{Name: "matrix_ops", Value: 1, Unit: "ops"},
		{Name: "vector_ops", Value: 1, Unit: "ops"},
		{Name: "matrix_cycles", Value: 106, Unit: "cycles"},
		{Name: "vector_cycles", Value: 30, Unit: "cycles"},
		{Name: "stall_cycles", Value: 14, Unit: "cycles"},
		{Name: "stall_fill_cycles", Value: 14, Unit: "cycles"},
		{Name: "stall_port_cycles", Value: 0, Unit: "cycles"},
		{Name: "stall_sram_cycles", Value: 0, Unit: "cycles"},
		{Name: "capacity_cycles", Value: 0, Unit: "cycles"},
		{Name: "flops", Value: 2 * 8 * 100 * 8, Unit: "FLOP"},
		{Name: "vector_operations", Value: 480, Unit: "operations"},
		{Name: "read_bytes", Value: 6400 + 640, Unit: "B"},
		{Name: "written_bytes", Value: 128, Unit: "B"},
		{Name: "mapping_mn_ops", Value: 1, Unit: "ops"},
	}
	if diff := cmp.Diff(want, b.array.Metrics()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func BenchmarkOp(b *testing.B) {
	for _, f := range tile.Fidelities() {
		b.Run(string(f), func(b *testing.B) { benchmarkOp(b, f) })
	}
}

func benchmarkOp(b *testing.B, fidelity tile.Fidelity) {
	quiet := deep
	quiet.Quiet = true
	spec := small()
	spec.Fidelity = fidelity
	bench := newBench(b, spec, quiet, 100)
	var cmds [256]wire.Compute // more than queues and wires hold
	n := 0
	bench.seq.Feed = func(int64) port.Message {
		if n == b.N {
			return nil
		}
		c := &cmds[n%len(cmds)]
		*c = *gemm(8, 100, 8)
		n++
		return c
	}
	b.ReportAllocs()
	b.ResetTimer()
	bench.seq.Start()
	bench.Run(b)
}
