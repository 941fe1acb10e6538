package hbm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/components/hbm"
	"mozart/components/hbm/bank"
	"mozart/configs/units"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// apart lays out every op of every source in a region of its own.
type apart int64

func (bytes apart) Address(source wire.NodeID, op int32) int64 {
	return (int64(source)*1000 + int64(op)) * int64(bytes) % (8 << 30)
}

// banked is an HBM2 stack at bank level that buffers plenty.
func banked() hbm.Spec {
	s := hbm.HBM2()
	s.Level = hbm.BankLevel
	s.WriteBuffer, s.ReadBuffer = 16*units.MiB, 64
	return s
}

func newBankBench(tb wiretest.TB, spec hbm.Spec, agent wiretest.Spec, layout hbm.Layout) *bench {
	s := wiretest.NewSystem()
	c, err := hbm.New("Stack", s.Engine, wiretest.Frequency, spec, stackNode, s.Pool, layout)
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

// lastBurst is when the last burst of a lone read from address 0 is there.
func lastBurst(tb testing.TB, spec hbm.Spec, bytes int64) int64 {
	tb.Helper()
	s, err := spec.Bank.Resolve()
	if err != nil {
		tb.Fatal(err)
	}
	stack, err := bank.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	last := int64(0)
	done := func(c bank.Completion) { last = c.Done }
	for at := int64(0); at < bytes; at += int64(s.TransactionBytes()) {
		for !stack.Submit(stack.Now(), bank.Request{Addr: uint64(at)}) {
			stack.Advance(stack.NextRoom(uint64(at)), done)
		}
	}
	for !stack.Idle() {
		stack.Advance(stack.NextEvent(), done)
	}
	return last
}

// A read takes as long as the banks take for its bursts, all of which are asked for as
// soon as there is room.
func TestLoneReadAtBankLevel(t *testing.T) {
	for _, bytes := range []int64{1, 64, 1024, 100_000} {
		b := newBankBench(t, banked(), deep, apart(1<<20))
		b.agent.Queue(0, sourced(b.readPacket(0, bytes, 1<<20, 0, wire.ClassWeight), 0))
		b.want(t, []event{{lastBurst(t, banked(), bytes), readData, 0, int32(bytes), true}})
		st := b.stack.Stats()
		if st.Read[wire.ClassWeight] != bytes || st.Banks.Reads == 0 || st.Banks.Activates == 0 || st.Banks.Writes != 0 {
			t.Errorf("read of %d bytes: %+v", bytes, st)
		}
	}
}

func sourced(p *wire.Packet, source wire.NodeID) *wire.Packet {
	p.Source = source
	return p
}

// Chunks leave in order, the ones of the most urgent request first, and follow each
// other closely.
func TestStreamsAtBankLevel(t *testing.T) {
	b := newBankBench(t, banked(), deep, apart(1<<20))
	b.read(0, 1, 2048, 9, wire.ClassWeight)
	b.read(5, 2, 1024, 5, wire.ClassWeight)
	b.read(5, 3, 1500, 2, wire.ClassActivation)
	b.Run(t)
	b.CheckQuiet(t)
	var order []int32
	for _, e := range b.events() {
		order = append(order, e.Op)
	}
	// The first is asked for before the others have come.
	if diff := cmp.Diff([]int32{1, 1, 3, 3, 2}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// A write is acknowledged when its last burst is in the controller; bursts of several
// writes of one source do not mix up their places.
func TestWritesAtBankLevel(t *testing.T) {
	b := newBankBench(t, banked(), deep, apart(1<<20))
	b.write(0, 8, wire.ClassWeight, 1024, 1024, 512)
	b.write(0, 9, wire.ClassActivation, 4096, 64)
	b.Run(t)
	b.CheckQuiet(t)
	st := b.stack.Stats()
	if st.Writes != 2 || st.Written[wire.ClassWeight] != 2560 || st.Written[wire.ClassActivation] != 4160 {
		t.Errorf("%+v", st)
	}
	// Every burst has been written in the end, each to a place of its own.
	if want := int64(2560+4160) / 32; st.Banks.Writes != want || st.Banks.Reads != 0 {
		t.Errorf("%d bursts written and %d read, want %d and 0", st.Banks.Writes, st.Banks.Reads, want)
	}
	if b.agent.Taken != 2 {
		t.Errorf("%d acknowledgements, want 2", b.agent.Taken)
	}
}

// What runs over the end of the stack goes on at its beginning.
func TestPlacesWrapAround(t *testing.T) {
	b := newBankBench(t, banked(), deep, atEnd{})
	b.read(0, 1, 4096, 0, wire.ClassWeight)
	b.write(500, 2, wire.ClassWeight, 2048, 2048)
	b.Run(t)
	b.CheckQuiet(t)
	if st := b.stack.Stats(); st.Banks.Reads != 128 || st.Banks.Writes != 128 {
		t.Errorf("%+v", st.Banks)
	}
}

// atEnd lays everything out a kibibyte before the end.
type atEnd struct{}

func (atEnd) Address(wire.NodeID, int32) int64 { return 8<<30 - 1024 }

// Nothing is lost at bank level either, whatever the sizes.
func TestConservationAtBankLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := banked()
		s.QueueDepth = rapid.IntRange(1, 4).Draw(t, "queue")
		s.ReadBuffer = rapid.IntRange(1, 3).Draw(t, "read buffer")
		s.WriteBuffer = units.Bytes(rapid.IntRange(4096, 20000).Draw(t, "write buffer"))
		agent := wiretest.Spec{
			Port: port.Spec{
				VCs: int(wire.NumClasses), InBytes: rapid.IntRange(4096, 20000).Draw(t, "in"), OutMessages: rapid.IntRange(1, 3).Draw(t, "out"),
			},
			ServiceCycles: rapid.Int64Range(0, 30).Draw(t, "service"),
		}
		b := newBankBench(t, s, agent, apart(rapid.Int64Range(1, 1<<20).Draw(t, "apart")))
		var packets, read, written, writes int64
		for i := range int32(rapid.IntRange(1, 12).Draw(t, "ops")) {
			start := rapid.Int64Range(0, 2000).Draw(t, "start")
			class := rapid.SampledFrom([]wire.Class{wire.ClassWeight, wire.ClassActivation}).Draw(t, "class")
			if rapid.Bool().Draw(t, "read") {
				n := rapid.Int64Range(1, 20000).Draw(t, "amount")
				chunk := rapid.Int32Range(100, 4096).Draw(t, "chunk")
				b.agent.Queue(start, b.readPacket(i, n, chunk, rapid.Int32Range(0, 3).Draw(t, "priority"), class))
				packets += (n + int64(chunk) - 1) / int64(chunk)
				read += n
				continue
			}
			chunks := rapid.SliceOfN(rapid.Int32Range(1, 4096), 1, 5).Draw(t, "chunks")
			b.write(start, i, class, chunks...)
			packets++
			writes++
			for _, n := range chunks {
				written += int64(n)
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
		if gotRead != read || gotWritten != written || st.Writes != writes {
			t.Fatalf("read %d, written %d, writes %d; want %d, %d, %d", gotRead, gotWritten, st.Writes, read, written, writes)
		}
		checkStreams(t, b)
	})
}

func TestContractAtBankLevel(t *testing.T) { contract(t, banked(), apart(1<<16)) }

// A stack that cannot get rid of what it has read says where it is stuck.
func TestStuckBanksNameTheBlockedChannel(t *testing.T) {
	s := wiretest.NewSystem()
	spec := banked()
	spec.ReadBuffer = 1
	c, err := hbm.New("Stack", s.Engine, wiretest.Frequency, spec, stackNode, s.Pool, apart(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	c.Port().SetConnection(&dead{})
	b := &bench{System: s, stack: c}
	deliver(t, c, b.readPacket(1, 4096, 1024, 0, wire.ClassWeight))
	b.Run(t)
	if c.Idle() {
		t.Error("a stuck stack calls itself idle")
	}
	want := []port.Wait{{From: "Stack", To: "Stack.NoP.Out[2]", Why: "the next chunk of class weight has no room to leave"}}
	if diff := cmp.Diff(want, c.Waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestMetricsOfBanks(t *testing.T) {
	b := newBankBench(t, banked(), deep, apart(1<<20))
	b.read(0, 1, 2048, 0, wire.ClassWeight)
	b.write(200, 2, wire.ClassActivation, 512)
	b.Run(t)
	got := map[string]float64{}
	for _, m := range b.stack.Metrics() {
		got[m.Name] = m.Value
	}
	for name, want := range map[string]float64{
		"reads": 1, "writes": 1, "chunks": 3, "busy_cycles": 10, "turnaround_cycles": 0, "read_bytes.weight": 2048, "written_bytes.activation": 512,
		"read_bursts": 64, "write_bursts": 16, "refreshes": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	if got["activates"] < 1 || got["row_hits"]+got["row_misses"]+got["row_conflicts"] != 80 {
		t.Errorf("%v", got)
	}
}

func TestBankSpecs(t *testing.T) {
	for _, name := range bank.Presets() {
		if _, err := (hbm.BankSpec{Preset: name}).Resolve(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := hbm.BankSpec{Preset: "hbm2", Mapping: "rorabacobgch", Scheduler: "fcfs", Page: "closed"}.Resolve()
	if err != nil || got.Mapping != "rorabacobgch" || got.Scheduler != "fcfs" || got.Page != "closed" {
		t.Errorf("%+v, %v", got, err)
	}
	for text, change := range map[string]func(*hbm.Spec){
		"bank.preset must be one of":                      func(s *hbm.Spec) { s.Bank.Preset = "hbm9" },
		"bank.preset must be given where":                 func(s *hbm.Spec) { s.Bank = hbm.BankSpec{Preset: hbm.NoBanks, Page: "open"} },
		"bank.mapping":                                    func(s *hbm.Spec) { s.Bank.Mapping = "ro" },
		"bank.scheduler must be":                          func(s *hbm.Spec) { s.Bank.Scheduler = "first" },
		"bank.page must be":                               func(s *hbm.Spec) { s.Bank.Page = "ajar" },
		"channel_bandwidth x channels must be 256.0 GB/s": func(s *hbm.Spec) { s.Channels = 4 },
		"capacity must be at most 8 GiB":                  func(s *hbm.Spec) { s.Capacity *= 2 },
	} {
		s := banked()
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want an error %q, got %v", text, err)
		}
	}
	ssd := hbm.SSD()
	ssd.Level = hbm.BankLevel
	if err := ssd.Validate(); err != nil || ssd.AtBankLevel() {
		t.Errorf("a part without banks at bank level: %v, %v", ssd.AtBankLevel(), err)
	}
	if _, err := hbm.New("Stack", sim.NewSerialEngine(), 1*sim.GHz, banked(), 0, &wire.Pool{}, nil); err == nil {
		t.Error("banks without a layout are accepted")
	}
}
