package link_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// line is the Line of a queue in which so much waited for so many cycles, and whose
// messages waited so long; those that did not wait are left out.
func line(cyclesAt map[int64]int64, waits ...int64) stats.Line {
	var l stats.Line
	for level := int64(1); level < 100; level++ {
		if cyclesAt[level] > 0 {
			l.Level.Add(level, cyclesAt[level])
		}
	}
	for _, w := range waits {
		l.Stay.Count(w)
	}
	return stats.Line{Level: l.Level.Clone(), Stay: l.Stay.Clone()}
}

// TestTwoChannelsByHand: 1 KB per cycle, two channels, every number known. The messages
// are so long that none is given ahead.
//
//	token A   10 KB  sent 0   on the wire  1..11
//	weight B  20 KB  sent 0                11..31
//	token C   10 KB  sent 0                31..41
//	token D   10 KB  sent 5                41..51
//	weight E  10 KB  sent 90               91..101
func TestTwoChannelsByHand(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, link.Spec{BitsPerCycle: 8000, LatencyCycles: 1}, a, b)
	l.Record(stats.DetailQueues)
	a.Queue(0, packet(s, wire.ClassToken, 10_000, 0))
	a.Queue(0, packet(s, wire.ClassWeight, 20_000, 1))
	a.Queue(0, packet(s, wire.ClassToken, 10_000, 2))
	a.Queue(5, packet(s, wire.ClassToken, 10_000, 3))
	a.Queue(90, packet(s, wire.ClassWeight, 10_000, 4))
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{12, 32, 42, 52, 102}, cycles(b)); diff != "" {
		t.Fatalf("arrivals (-want +got)\n%s", diff)
	}
	const token, weight = int(wire.ClassToken), int(wire.ClassWeight)
	rows, queues := l.Stats(), l.Queues()
	// C waits 1..31, D 6..41, both 6..31. A leaves the wire at 11: from then to 31 it is
	// the turn of others. D waits behind C.
	want := link.ChannelStats{Messages: 3, Bytes: 30_000, BusyCycles: 30, ArbitrationStallCycles: 20, MaxQueue: 2}
	if diff := cmp.Diff(want, rows[token].ChannelStats); diff != "" {
		t.Errorf("tokens (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(line(map[int64]int64{1: 5 + 10, 2: 25}, 30, 35), queues[token]); diff != "" {
		t.Errorf("queue of tokens (-want +got)\n%s", diff)
	}
	// B waits 1..11, E finds the wire free.
	want = link.ChannelStats{Messages: 2, Bytes: 30_000, BusyCycles: 30, ArbitrationStallCycles: 10, MaxQueue: 1}
	if diff := cmp.Diff(want, rows[weight].ChannelStats); diff != "" {
		t.Errorf("weights (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(line(map[int64]int64{1: 10}, 10), queues[weight]); diff != "" {
		t.Errorf("queue of weights (-want +got)\n%s", diff)
	}
	if rows[token].VC != token || rows[weight].VC != weight {
		t.Errorf("channels %d and %d", rows[token].VC, rows[weight].VC)
	}
	// Windows are 64 cycles long: E is in the second.
	windows := l.Windows(l.WindowCycles())
	wantWindows := make([][]int64, 2*vcs)
	wantWindows[token], wantWindows[weight] = []int64{30_000}, []int64{20_000, 10_000}
	if diff := cmp.Diff(wantWindows, windows, emptyIsNil); diff != "" {
		t.Errorf("windows (-want +got)\n%s", diff)
	}
}

// TestWhatIsGivenAheadWaits: B finds the wire busy and the port empty and is given at
// once; it waits all the same, from the cycle after it was sent to its start.
//
//	token A   100 B  sent 0   on the wire  1..11
//	weight B  200 B  sent 4                11..31
//	token C   100 B  sent 6                31..41
func TestWhatIsGivenAheadWaits(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1, AheadBytes: 8 << 10}, a, b)
	l.Record(stats.DetailQueues)
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))
	a.Queue(4, packet(s, wire.ClassWeight, 200, 1))
	a.Queue(6, packet(s, wire.ClassToken, 100, 2))
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{12, 32, 42}, cycles(b)); diff != "" {
		t.Fatalf("arrivals (-want +got)\n%s", diff)
	}
	const token, weight = int(wire.ClassToken), int(wire.ClassWeight)
	rows, queues := l.Stats(), l.Queues()
	if diff := cmp.Diff(line(map[int64]int64{1: 6}, 6), queues[weight]); diff != "" {
		t.Errorf("queue of weights (-want +got)\n%s", diff)
	}
	// C waits 7..31, for A's end until 11.
	if diff := cmp.Diff(line(map[int64]int64{1: 24}, 24), queues[token]); diff != "" {
		t.Errorf("queue of tokens (-want +got)\n%s", diff)
	}
	if got, want := rows[token].ArbitrationStallCycles, int64(20); got != want {
		t.Errorf("token C waited %d cycles for its turn, want %d", got, want)
	}
	if got, want := rows[weight].ArbitrationStallCycles, int64(6); got != want {
		t.Errorf("weight B waited %d cycles for its turn, want %d", got, want)
	}
}

var emptyIsNil = cmp.Transformer("length", func(s []int64) map[int]int64 {
	m := map[int]int64{}
	for i, n := range s {
		m[i] = n
	}
	return m
})

// TestTurnsCountOnceCreditIsHome: with room for one packet, C lacks the wire and its
// credit until 23, has its credit from then on, and the wire at 31.
func TestTurnsCountOnceCreditIsHome(t *testing.T) {
	s := wiretest.NewSystem()
	room := port.Spec{VCs: vcs, InBytes: 200, OutMessages: 4}
	a, b := s.Source(t, "A", room), s.Sink(t, "B", room, 0)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 6}, a, b)
	l.Record(stats.DetailQueues)
	a.Queue(0, packet(s, wire.ClassToken, 100, 0))  // 1..11, there at 17, its credit home at 23
	a.Queue(0, packet(s, wire.ClassWeight, 200, 1)) // 11..31
	a.Queue(0, packet(s, wire.ClassToken, 150, 2))  // 31..46, there at 52, its credit home at 58
	a.Queue(0, packet(s, wire.ClassToken, 100, 3))  // 58..68: nothing but credit from 46 on
	s.Run(t)
	s.CheckQuiet(t)
	if diff := cmp.Diff([]int64{17, 37, 52, 74}, cycles(b)); diff != "" {
		t.Fatalf("arrivals (-want +got)\n%s", diff)
	}
	row := l.Stats()[int(wire.ClassToken)]
	if row.ArbitrationStallCycles != 31-23 || row.CreditStallCycles != 58-46 {
		t.Errorf("waited %d cycles for its turn and %d for credit, want 8 and 12", row.ArbitrationStallCycles, row.CreditStallCycles)
	}
}

// TestBytesAreSpreadOverTheTimeOnTheWire: 1000 bytes at 10 per cycle from cycle 1 on are
// in two windows of 64 cycles, and 3 MB in as many as there are.
func TestBytesAreSpreadOverTheTimeOnTheWire(t *testing.T) {
	s := wiretest.NewSystem()
	large := port.Spec{VCs: vcs, InBytes: 1 << 22, OutMessages: 4}
	a, b := s.Source(t, "A", large), s.Sink(t, "B", large, 0)
	l := join(t, s, link.Spec{BitsPerCycle: 80, LatencyCycles: 1}, a, b)
	a.Queue(0, packet(s, wire.ClassToken, 1000, 0))
	s.Run(t)
	if diff := cmp.Diff([]int64{630, 370}, l.Windows(l.WindowCycles())[int(wire.ClassToken)]); diff != "" {
		t.Errorf("windows (-want +got)\n%s", diff)
	}
	a.Queue(1000, packet(s, wire.ClassToken, 3_000_000, 1)) // 1001..301001
	a.Start()
	s.Run(t)
	s.CheckQuiet(t)
	length := l.WindowCycles()
	if want := int64(64 * 32); length != want {
		t.Fatalf("windows of %d cycles, want %d", length, want)
	}
	for i, n := range l.Windows(length)[int(wire.ClassToken)] {
		from, to := max(1001, int64(i)*length), min(301_001, int64(i+1)*length)
		want := 10 * max(0, to-from)
		if i == 0 {
			want += 1000
		}
		if n != want {
			t.Errorf("window %d: %d bytes, want %d", i, n, want)
		}
	}
}

func TestOnChipWireRecordsNothing(t *testing.T) {
	s := wiretest.NewSystem()
	a, b := s.Source(t, "A", roomy()), s.Sink(t, "B", roomy(), 0)
	l := join(t, s, link.Spec{LatencyCycles: 2}, a, b)
	l.Record(stats.DetailFull)
	if l.Queues() != nil || l.Windows(64) != nil || l.WindowCycles() != 0 {
		t.Error("an on-chip wire has queues or windows")
	}
}

// traffic is messages over a link, drawn once and run on any engine.
type traffic struct {
	ports port.Spec
	spec  link.Spec
	sends []send
	// service is how long the sink takes for a message.
	service int64
}

type send struct {
	start int64
	class wire.Class
	bytes int32
}

func drawTraffic(t *rapid.T) traffic {
	most := rapid.IntRange(1, 2000).Draw(t, "largest packet")
	tr := traffic{
		ports: port.Spec{
			VCs: vcs, InBytes: most * rapid.IntRange(1, 4).Draw(t, "room"),
			OutMessages: rapid.IntRange(1, 20).Draw(t, "queue"),
		},
		spec: link.Spec{
			BitsPerCycle: rapid.Int64Range(1, 4000).Draw(t, "bits"), LatencyCycles: rapid.Int64Range(1, 40).Draw(t, "latency"),
			AheadBytes: rapid.SampledFrom([]int{0, 500, 9000}).Draw(t, "ahead"),
		},
		service: rapid.Int64Range(0, 300).Draw(t, "service"),
	}
	for range rapid.IntRange(1, 40).Draw(t, "packets") {
		tr.sends = append(tr.sends, send{
			start: rapid.Int64Range(0, 3000).Draw(t, "start"), class: wire.Class(rapid.IntRange(0, vcs-1).Draw(t, "class")),
			bytes: int32(rapid.IntRange(0, most).Draw(t, "bytes")),
		})
	}
	return tr
}

// seen is what a run shows.
type seen struct {
	Arrivals []int64
	Rows     []link.Row
	Queues   []stats.Line
	Windows  [][]int64
	Cycles   int64
}

func (tr traffic) run(t wiretest.TB, e sim.Engine, d stats.Detail) seen {
	s := wiretest.NewSystemOn(e)
	a, b := s.Source(t, "A", tr.ports), s.Sink(t, "B", tr.ports, tr.service)
	l := join(t, s, tr.spec, a, b)
	l.Record(d)
	for i, m := range tr.sends {
		a.Queue(m.start, packet(s, m.class, m.bytes, int32(i)))
	}
	s.Run(t)
	s.CheckQuiet(t)
	length := l.WindowCycles()
	return seen{Arrivals: cycles(b), Rows: l.Stats(), Queues: l.Queues(), Windows: l.Windows(length), Cycles: length}
}

// TestLawsOfWhatIsRecorded: Little's law channel by channel, every wait has a cause that
// is counted once, windows add up to what was sent and hold no more than the wire
// carries.
func TestLawsOfWhatIsRecorded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTraffic(t)
		got := tr.run(t, sim.NewSerialEngine(), stats.DetailQueues)
		inWindow := map[int]int64{}
		for i, row := range got.Rows[:vcs] {
			q := got.Queues[i]
			if q.Level.Sum != q.Stay.Sum {
				t.Errorf("%s: the queue held messages for %d cycles, they waited %d", row.Class, q.Level.Sum, q.Stay.Sum)
			}
			// The oldest message waits while there are any.
			if busy := q.Level.Total(); row.ArbitrationStallCycles+row.CreditStallCycles > busy {
				t.Errorf("%s: %d cycles without its turn and %d without credit, of %d", row.Class, row.ArbitrationStallCycles, row.CreditStallCycles, busy)
			}
			sum := int64(0)
			for k, n := range got.Windows[i] {
				sum += n
				inWindow[k] += n
			}
			if sum != row.Bytes {
				t.Errorf("%s: windows have %d bytes of %d", row.Class, sum, row.Bytes)
			}
		}
		carries := int64(math.Ceil(float64(got.Cycles*tr.spec.BitsPerCycle) / 8))
		for k, n := range inWindow {
			if n > carries+1 { // parts of a message are whole bytes
				t.Errorf("window %d has %d bytes, the wire carries %d", k, n, carries)
			}
		}
	})
}

// TestRecordingChangesNothing: not the arrivals, not the counters.
func TestRecordingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTraffic(t)
		basic, full := tr.run(t, sim.NewSerialEngine(), stats.DetailBasic), tr.run(t, sim.NewSerialEngine(), stats.DetailFull)
		if basic.Queues != nil || full.Queues == nil {
			t.Fatal("queues are recorded at the wrong detail")
		}
		full.Queues = nil
		for i := range full.Rows {
			full.Rows[i].ArbitrationStallCycles = 0
		}
		if diff := cmp.Diff(basic, full); diff != "" {
			t.Errorf("-basic +full\n%s", diff)
		}
	})
}

// TestRecordDoesNotShowTheOrderWithinACycle runs the same traffic on an engine that
// shuffles events of equal time. A sink that takes its time serves its channels in an
// order that depends on it, so this one takes none.
func TestRecordDoesNotShowTheOrderWithinACycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTraffic(t)
		tr.service = 0
		want := tr.run(t, sim.NewSerialEngine(), stats.DetailQueues)
		for seed := range uint64(3) {
			if diff := cmp.Diff(want, tr.run(t, wiretest.NewShuffledEngine(seed), stats.DetailQueues)); diff != "" {
				t.Errorf("seed %d (-serial +shuffled)\n%s", seed, diff)
			}
		}
	})
}
