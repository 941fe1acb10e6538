package sram_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/components/sram"
	"mozart/configs/units"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// hops is what two on-chip wires of one cycle add to a round trip.
const hops = 2

var deep = port.Spec{VCs: 1, InBytes: 64, OutMessages: 64}

// bench is an SRAM with an agent at each port.
type bench struct {
	*wiretest.System
	sram      *sram.Comp
	seq, tile *wiretest.Agent
}

func newBench(tb wiretest.TB, spec sram.Spec, agents wiretest.Spec) *bench {
	s := wiretest.NewSystem()
	c, err := sram.New("SRAM", s.Engine, wiretest.Frequency, spec)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.Add(c)
	b := &bench{System: s, sram: c, seq: s.Agent(tb, "Seq", agents), tile: s.Agent(tb, "Tile", agents)}
	b.plug(tb, "SeqWire", b.seq, c.Seq())
	b.plug(tb, "TileWire", b.tile, c.Tile())
	return b
}

func (b *bench) plug(tb wiretest.TB, name string, a *wiretest.Agent, p *port.Port) {
	l, err := link.New(name, b.Clock, link.Spec{LatencyCycles: 1}, link.End{Port: a.Port()}, link.End{Port: p})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	b.Add(l)
}

// ends lists the cycles at which an agent got its answers.
func ends(a *wiretest.Agent) []int64 {
	out := make([]int64, len(a.Arrivals))
	for i, v := range a.Arrivals {
		out[i] = v.Cycle
	}
	return out
}

// small moves 64 bytes a cycle and answers 4 cycles after the last byte.
func small() sram.Spec {
	return sram.Spec{Capacity: units.MiB, Bandwidth: 64 * units.GBPerSecond, Latency: 4 * units.Nanosecond}
}

func TestAccessTimes(t *testing.T) {
	const fixed = hops + 4
	for _, tc := range []struct {
		name              string
		seq, tile         []int64 // bytes, all sent in cycle 0
		wantSeq, wantTile []int64
	}{
		{"one line", []int64{64}, nil, []int64{fixed + 1}, nil},
		{"a partial line rounds up", []int64{65}, nil, []int64{fixed + 2}, nil},
		{"no bytes", []int64{0}, nil, []int64{fixed}, nil},
		{"in order without gaps", []int64{32, 32, 64, 96, 32}, nil,
			[]int64{fixed + 1, fixed + 1, fixed + 2, fixed + 4, fixed + 4}, nil},
		{"equal shares", []int64{640}, []int64{640}, []int64{fixed + 20}, []int64{fixed + 20}},
		// Alone from cycle 4 on, the tile port moves its last 6400-128 bytes in 98.
		{"a small access does not wait behind a large one", []int64{128}, []int64{6400},
			[]int64{fixed + 4}, []int64{fixed + 4 + 98}},
		// In 20 cycles both queues have moved 640 bytes.
		{"queues share, not accesses", []int64{320, 320}, []int64{640},
			[]int64{fixed + 10, fixed + 20}, []int64{fixed + 20}},
		{"gigabytes", nil, []int64{64 << 30}, nil, []int64{fixed + 1<<30}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, small(), wiretest.Spec{Port: deep})
			for i, n := range tc.seq {
				b.seq.Queue(0, &wire.Access{Op: int32(i), Bytes: n, Write: true})
			}
			for i, n := range tc.tile {
				b.tile.Queue(0, &wire.Access{Op: int32(i), Bytes: n})
			}
			b.Run(t)
			b.CheckQuiet(t)
			if diff := cmp.Diff(tc.wantSeq, ends(b.seq), nilIsEmpty); diff != "" {
				t.Errorf("answers at Seq (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantTile, ends(b.tile), nilIsEmpty); diff != "" {
				t.Errorf("answers at Tile (-want +got):\n%s", diff)
			}
		})
	}
}

var nilIsEmpty = cmp.Transformer("empty", func(s []int64) []int64 { return append([]int64{}, s...) })

// access is one drawn access.
type access struct {
	start, bytes int64
}

func drawAccesses(t *rapid.T, label string) []access {
	var out []access
	start := int64(0)
	for i := range rapid.IntRange(0, 12).Draw(t, label) {
		start += rapid.Int64Range(0, 40).Draw(t, fmt.Sprintf("%s gap %d", label, i))
		out = append(out, access{start, rapid.Int64Range(0, 3000).Draw(t, fmt.Sprintf("%s bytes %d", label, i))})
	}
	return out
}

// stepped shares the bandwidth cycle by cycle and returns the cycles in which
// the accesses of both queues end.
func stepped(queues [2][]access, bitsPerCycle int64) (ends [2][]int64) {
	var left [2]int64 // half-bits of the head
	var next [2]int
	var active [2]bool
	for now := int64(0); next[0] < len(queues[0]) || next[1] < len(queues[1]); now++ {
		rate := 2 * bitsPerCycle
		if active[0] && active[1] {
			rate = bitsPerCycle
		}
		for i, q := range queues {
			spare := int64(0)
			if active[i] {
				left[i] -= rate
			}
			for {
				if active[i] {
					if left[i] > 0 {
						break
					}
					spare, active[i] = -left[i], false
					ends[i] = append(ends[i], now)
					next[i]++
				}
				if next[i] == len(q) || q[next[i]].start > now {
					break
				}
				active[i], left[i] = true, 16*q[next[i]].bytes-spare
			}
		}
	}
	return ends
}

func TestSharingEqualsAModelSteppedByCycles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.Int64Range(1, 1500).Draw(t, "bits per cycle")
		queues := [2][]access{drawAccesses(t, "seq"), drawAccesses(t, "tile")}
		b := newBench(t, sram.Spec{
			Capacity: units.MiB, Bandwidth: units.Bandwidth(bits) * units.GbPerSecond,
		}, wiretest.Spec{Port: deep})
		agents := [2]*wiretest.Agent{b.seq, b.tile}
		total := int64(0)
		for i, q := range queues {
			for j, a := range q {
				agents[i].Queue(a.start, &wire.Access{Op: int32(j), Bytes: a.bytes, Write: i == 0})
				total += a.bytes
			}
		}
		b.Run(t)
		b.CheckQuiet(t)
		want := stepped(queues, bits)
		for i, a := range agents {
			got := ends(a)
			for j := range got {
				got[j] -= hops
				if op := a.Arrivals[j].Message.(*wire.Access).Op; op != int32(j) {
					t.Fatalf("port %d: answer %d is for access %d", i, j, op)
				}
			}
			if diff := cmp.Diff(want[i], got, nilIsEmpty); diff != "" {
				t.Fatalf("port %d ends (-stepped +got):\n%s", i, diff)
			}
		}
		st := b.sram.Stats()
		if moved := st.ReadBytes + st.WrittenBytes; moved != total {
			t.Fatalf("%d bytes moved, want %d", moved, total)
		}
		if st.BusyCycles*bits < total*8 {
			t.Fatalf("%d bytes in %d busy cycles of %d bits", total, st.BusyCycles, bits)
		}
	})
}

func TestOccupancy(t *testing.T) {
	b := newBench(t, small(), wiretest.Spec{Port: deep})
	b.seq.Queue(0, &wire.Access{Bytes: 64, Write: true, Allocate: 1 << 20})
	b.seq.Queue(0, &wire.Access{Bytes: 64, Release: 3 << 18})
	b.seq.Queue(0, &wire.Access{Allocate: 3 << 18})
	b.seq.Queue(0, &wire.Access{Release: 1<<20 - 100})
	b.Run(t)
	b.CheckQuiet(t)
	if got := b.sram.Occupied(); got != 100 {
		t.Errorf("%d bytes occupied at the end, want 100", got)
	}
	if got := b.sram.Stats().PeakBytes; got != 1<<20 {
		t.Errorf("peak of %d bytes, want %d", got, 1<<20)
	}
}

func TestBrokenInvariantsPanicWithTheName(t *testing.T) {
	for name, a := range map[string]*wire.Access{
		"too much":          {Allocate: 1<<20 + 1},
		"release of air":    {Allocate: 10, Release: 11},
		"negative bytes":    {Bytes: -1},
		"negative release":  {Release: -1},
		"an answer":         {Reply: true},
		"negative allocate": {Allocate: -1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, small(), wiretest.Spec{Port: deep})
			b.seq.Queue(0, a)
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "SRAM: ") {
					t.Errorf("panic %q does not start with the component's name", got)
				}
			}()
			b.Run(t)
			t.Error("no panic")
		})
	}
}

func TestSlowReceiverStallsAndRecovers(t *testing.T) {
	b := newBench(t, small(), wiretest.Spec{Port: port.Spec{VCs: 1, InBytes: 1, OutMessages: 1}, ServiceCycles: 50})
	const n = 60
	for i := range n {
		b.seq.Queue(0, &wire.Access{Op: int32(i), Bytes: 100})
		b.tile.Queue(0, &wire.Access{Op: int32(i), Bytes: 100, Write: true})
	}
	b.Run(t)
	b.CheckQuiet(t)
	if b.seq.Taken != n || b.tile.Taken != n {
		t.Errorf("%d and %d answers, want %d each", b.seq.Taken, b.tile.Taken, n)
	}
	if got := b.seq.Arrivals[n-1].Cycle; got < n*50 {
		t.Errorf("last answer taken at %d, but the receiver needs %d", got, n*50)
	}
}

func TestWrongSpecs(t *testing.T) {
	for name, tc := range map[string]struct {
		spec sram.Spec
		want []string
	}{
		"zero":           {sram.Spec{}, []string{"capacity must", "bandwidth must"}},
		"latency":        {sram.Spec{Capacity: 1, Bandwidth: units.GBPerSecond, Latency: -1}, []string{"latency must be 0 to 1 s"}},
		"fractional bit": {sram.Spec{Capacity: 1, Bandwidth: units.GBPerSecond + 1}, []string{"bandwidth: ", "whole number"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sram.New("SRAM", sim.NewSerialEngine(), 1*sim.GHz, tc.spec)
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want it to contain %q", err, want)
				}
			}
		})
	}
}

func TestOfTilesIsThePaperChiplet(t *testing.T) {
	s := sram.OfTiles(100, 2265*units.KB, 32*units.GBPerSecond)
	if got, want := s.Capacity.String(), "226.5 MB"; got != want {
		t.Errorf("capacity %s, want %s", got, want)
	}
	if got, want := s.Bandwidth.String(), "3.2 TB/s"; got != want {
		t.Errorf("bandwidth %s, want %s", got, want)
	}
}

func TestMetricsNameEveryCounter(t *testing.T) {
	b := newBench(t, small(), wiretest.Spec{Port: deep})
	b.seq.Queue(0, &wire.Access{Bytes: 640, Write: true, Allocate: 700})
	b.tile.Queue(0, &wire.Access{Bytes: 320})
	b.Run(t)
	want := []port.Metric{
		{Name: "accesses", Value: 2, Unit: "accesses"},
		{Name: "read_bytes", Value: 320, Unit: "B"},
		{Name: "written_bytes", Value: 640, Unit: "B"},
		{Name: "busy_cycles", Value: 15, Unit: "cycles"},
		{Name: "shared_cycles", Value: 10, Unit: "cycles"},
		{Name: "peak_bytes", Value: 700, Unit: "B"},
		{Name: "occupied_bytes", Value: 700, Unit: "B"},
	}
	if diff := cmp.Diff(want, b.sram.Metrics()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func BenchmarkAccess(b *testing.B) {
	bench := newBench(b, small(), wiretest.Spec{Port: deep, Quiet: true})
	var msgs [256]wire.Access // more than queues and wires hold
	n := 0
	bench.seq.Feed = func(int64) port.Message {
		if n == b.N {
			return nil
		}
		m := &msgs[n%len(msgs)]
		*m = wire.Access{Op: int32(n), Bytes: 100}
		n++
		return m
	}
	b.ReportAllocs()
	b.ResetTimer()
	bench.seq.Start()
	bench.Run(b)
}
