package bank_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/components/hbm/bank"
)

// small is one channel of hbm2-ramulator2's with nothing else going on: no refresh,
// and mapping ro ba bg pc co.
func small(t testing.TB) bank.Spec {
	s := preset(t, "hbm2-ramulator2")
	s.Channels, s.PseudoChannels, s.Timing.REFI = 1, 1, 0
	s.Mapping = "robabgcopcch"
	return s
}

// at is the address of a column of a row of a bank, in small.
func at(group, bankOfGroup, row, column int) uint64 {
	return uint64(((row*4+bankOfGroup)*4+group)*32+column) * 32
}

// trace runs requests that all arrive in cycle 0, and writes down the commands as
// "cycle kind group.bank row".
func trace(t testing.TB, s bank.Spec, requests ...bank.Request) string {
	t.Helper()
	st, err := bank.New(s)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	st.OnCommand(func(c bank.Command) {
		lines = append(lines, fmt.Sprintf("%d %v %d.%d %d", c.Cycle, c.Kind, c.BankGroup, c.Bank, c.Row))
	})
	for i, r := range requests {
		r.ID = uint64(i)
		if !st.Submit(0, r) {
			t.Fatalf("request %d is refused", i)
		}
	}
	st.Advance(1000, func(c bank.Completion) {
		lines = append(lines, fmt.Sprintf("%d done %d", c.Done, c.ID))
	})
	return strings.Join(lines, "\n")
}

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	if d := cmp.Diff(strings.Join(want, "\n"), got); d != "" {
		t.Errorf("commands (-want +got):\n%s", d)
	}
}

func read(addr uint64) bank.Request  { return bank.Request{Addr: addr} }
func write(addr uint64) bank.Request { return bank.Request{Addr: addr, Write: true} }

// A lone read of a closed bank: ACT at once, RD after two cycles of ACT and tRCD,
// the last beat after CL and the burst.
func TestLoneRead(t *testing.T) {
	expect(t, trace(t, small(t), read(at(0, 0, 5, 3))), "0 ACT 0.0 5", "15 RD 0.0 5", "31 done 0")
}

// The second read is to another row, the third hits the first's.
func conflict() []bank.Request {
	return []bank.Request{read(at(0, 0, 1, 0)), read(at(0, 0, 2, 0)), read(at(0, 0, 1, 1))}
}

func TestFRFCFSTakesHitsFirst(t *testing.T) {
	s := small(t)
	expect(t, trace(t, s, conflict()...),
		"0 ACT 0.0 1", "15 RD 0.0 1", "19 RD 0.0 1", "35 PRE 0.0 0", "48 ACT 0.0 2", "63 RD 0.0 2",
		"31 done 0", "35 done 2", "79 done 1")
}

func TestFCFSKeepsTheOrder(t *testing.T) {
	s := small(t)
	s.Scheduler = "fcfs"
	expect(t, trace(t, s, conflict()...),
		"0 ACT 0.0 1", "15 RD 0.0 1", "35 PRE 0.0 0", "48 ACT 0.0 2", "63 RD 0.0 2", "83 PRE 0.0 0", "96 ACT 0.0 1", "111 RD 0.0 1",
		"31 done 0", "79 done 1", "127 done 2")
}

// Even banks that have nothing to do with each other wait for their turn.
func TestFCFSWorksOnOneBank(t *testing.T) {
	s := small(t)
	s.Scheduler = "fcfs"
	expect(t, trace(t, s, read(at(0, 0, 1, 0)), read(at(1, 0, 1, 0))),
		"0 ACT 0.0 1", "15 RD 0.0 1", "15 ACT 1.0 1", "30 RD 1.0 1", "31 done 0", "46 done 1")
	s.Scheduler = "fr-fcfs"
	expect(t, trace(t, s, read(at(0, 0, 1, 0)), read(at(1, 0, 1, 0))),
		"0 ACT 0.0 1", "4 ACT 1.0 1", "15 RD 0.0 1", "19 RD 1.0 1", "31 done 0", "35 done 1")
}

// At each bank the first command that may go; a row may be closed after its limit of
// accesses if the oldest request wants another.
func TestBankedLeavesARowAfterItsLimit(t *testing.T) {
	s := small(t)
	s.Scheduler, s.BankQueue, s.RowHitLimit = "fr-fcfs-banked", 8, 2
	got := trace(t, s, read(at(0, 0, 1, 0)), read(at(0, 0, 2, 0)), read(at(0, 0, 1, 1)), read(at(0, 0, 1, 2)))
	expect(t, got,
		"1 ACT 0.0 1", "16 RD 0.0 1", "20 RD 0.0 1", "24 RD 0.0 1", "36 PRE 0.0 0", "49 ACT 0.0 2", "64 RD 0.0 2",
		"32 done 0", "36 done 2", "40 done 3", "80 done 1")
	// Where the row may be closed between two hits, it is.
	s.Timing.RAS, s.Timing.RTP = 20, 2
	got = trace(t, s, read(at(0, 0, 1, 0)), read(at(0, 0, 2, 0)), read(at(0, 0, 1, 1)), read(at(0, 0, 1, 2)))
	if !strings.HasPrefix(got, "1 ACT 0.0 1\n16 RD 0.0 1\n20 RD 0.0 1\n22 PRE") {
		t.Errorf("the row is kept longer than its limit:\n%s", got)
	}
	s.RowHitLimit = 0
	if got = trace(t, s, read(at(0, 0, 1, 0)), read(at(0, 0, 2, 0)), read(at(0, 0, 1, 1)), read(at(0, 0, 1, 2))); !strings.Contains(got, "24 RD 0.0 1\n26 PRE") {
		t.Errorf("without a limit, all hits go first:\n%s", got)
	}
}

func TestClosedPage(t *testing.T) {
	s := small(t)
	s.Page = "closed"
	// The row closes behind its last waiting access, at tRAS; the other row then needs
	// no PRE.
	expect(t, trace(t, s, conflict()...),
		"0 ACT 0.0 1", "15 RD 0.0 1", "19 RDA 0.0 1", "48 ACT 0.0 2", "63 RDA 0.0 2",
		"31 done 0", "35 done 2", "79 done 1")
}

// Reads go first; above the high mark writes do, down to the low mark.
func TestWatermark(t *testing.T) {
	s := small(t)
	s.WriteQueue, s.DrainHigh, s.DrainLow = 4, 2, 2
	reads := []bank.Request{read(at(0, 0, 1, 0)), read(at(0, 0, 1, 1))}
	writes := []bank.Request{write(at(1, 0, 1, 0)), write(at(1, 0, 1, 1)), write(at(1, 0, 1, 2))}
	expect(t, trace(t, s, append(reads, writes[:2]...)...),
		"0 ACT 0.0 1", "15 RD 0.0 1", "19 RD 0.0 1", "19 ACT 1.0 1", "32 WR 1.0 1", "36 WR 1.0 1", "31 done 0", "35 done 1")
	got := trace(t, s, append(reads, writes...)...)
	if first := strings.Index(got, "WR"); first < 0 || first > strings.Index(got, "RD") {
		t.Errorf("three writes of at most two do not go first:\n%s", got)
	}
}

// A batch waits for a full queue, or for more than a few writes and nothing to do.
func TestBatch(t *testing.T) {
	s := small(t)
	s.Drain, s.WriteQueue, s.DrainLow, s.DrainHigh = "batch", 4, 2, 0
	writes := []bank.Request{write(at(1, 0, 1, 0)), write(at(1, 0, 1, 1)), write(at(1, 0, 1, 2)), write(at(1, 0, 1, 3))}
	expect(t, trace(t, s, writes[:2]...))
	if got := trace(t, s, writes[:3]...); strings.Count(got, "WR") != 3 {
		t.Errorf("three writes on an idle channel:\n%s", got)
	}
	st, err := bank.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Submit(0, writes[0])
	st.Advance(1000, nil)
	if st.Idle() || st.NextEvent() != math.MaxInt64 {
		t.Errorf("a write that waits for more: idle %v, next event at %d", st.Idle(), st.NextEvent())
	}
	st.Flush()
	st.Advance(2000, nil)
	if !st.Idle() || st.Stats().Total.WR != 1 {
		t.Errorf("after a flush: idle %v, %+v", st.Idle(), st.Stats().Total)
	}
}

// A read of what waits to be written needs no access; a second write to it takes no
// second place.
func TestForwarding(t *testing.T) {
	s := small(t)
	s.Drain, s.WriteQueue, s.DrainHigh, s.DrainLow = "batch", 8, 0, 7
	got := trace(t, s, write(at(0, 0, 1, 0)), write(at(0, 0, 1, 0)), read(at(0, 0, 1, 0)), read(at(0, 0, 1, 1)))
	expect(t, got, "0 ACT 0.0 1", "15 RD 0.0 1", "1 done 2", "31 done 3")
}

// At REFI nothing new begins: rows are closed, all banks refreshed, and only then
// is a row opened again.
func TestRefresh(t *testing.T) {
	s := small(t)
	s.Timing.REFI = 400
	st, err := bank.New(s)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	st.OnCommand(func(c bank.Command) { lines = append(lines, fmt.Sprintf("%d %v", c.Cycle, c.Kind)) })
	st.Submit(0, read(at(0, 0, 1, 0)))
	st.Submit(390, read(at(0, 0, 1, 1)))
	st.Submit(395, read(at(0, 0, 2, 1)))
	st.Submit(405, read(at(0, 0, 1, 2)))
	st.Advance(800, func(bank.Completion) {})
	expect(t, strings.Join(lines, "\n"), "0 ACT", "15 RD", "390 RD", "395 PRE", "409 REF", "668 ACT", "683 RD", "703 PRE", "716 ACT", "731 RD")
}

// A bank whose turn it is takes no new request until it is refreshed; the others go
// on, unless they have to keep the order.
func TestRefreshOfOneBank(t *testing.T) {
	for scheduler, want := range map[string][]string{
		"fr-fcfs": {"0 ACT 1.0", "15 RD 1.0", "270 ACT 0.0", "285 RD 0.0", "290 RD 1.0", "303 RD 1.0",
			"305 PRE 0.0", "319 REFB 0.0", "478 ACT 0.0", "493 RD 0.0"},
		"fr-fcfs-banked": {"1 ACT 1.0", "16 RD 1.0", "271 ACT 0.0", "286 RD 0.0", "291 RD 1.0", "304 RD 1.0",
			"306 PRE 0.0", "320 REFB 0.0", "479 ACT 0.0", "494 RD 0.0"},
		"fcfs": {"0 ACT 1.0", "15 RD 1.0", "270 ACT 0.0", "285 RD 0.0", "290 RD 1.0",
			"305 PRE 0.0", "319 REFB 0.0", "478 ACT 0.0", "493 RD 0.0", "495 RD 1.0"},
	} {
		t.Run(scheduler, func(t *testing.T) {
			s := small(t)
			s.Scheduler, s.BankQueue = scheduler, 8
			s.Timing.REFI, s.Timing.REFIB, s.Timing.RFCB, s.Timing.RREFD = 3900, 300, 160, 8
			st, err := bank.New(s)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			st.OnCommand(func(c bank.Command) {
				lines = append(lines, fmt.Sprintf("%d %v %d.%d", c.Cycle, c.Kind, c.BankGroup, c.Bank))
			})
			st.Submit(0, read(at(1, 0, 1, 0)))
			st.Submit(270, read(at(0, 0, 1, 0)))
			st.Submit(290, read(at(1, 0, 1, 1)))
			st.Submit(301, read(at(0, 0, 1, 1)))
			st.Submit(303, read(at(1, 0, 1, 2)))
			st.Advance(590, func(bank.Completion) {})
			expect(t, strings.Join(lines, "\n"), want...)
		})
	}
}
