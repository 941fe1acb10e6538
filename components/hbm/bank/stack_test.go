package bank_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/components/hbm/bank"
)

// drawSpec is any small stack: the parameters of a preset, every policy, times that
// need not make sense together.
func drawSpec(t *rapid.T) bank.Spec {
	s, err := bank.Preset(rapid.SampledFrom(bank.Presets()).Draw(t, "preset"))
	if err != nil {
		t.Fatal(err)
	}
	s.Channels = rapid.SampledFrom([]int{1, 2}).Draw(t, "channels")
	s.PseudoChannels = rapid.SampledFrom([]int{1, 2}).Draw(t, "pseudo channels")
	s.Rows = 64
	s.Mapping = rapid.SampledFrom([]string{"rorabgbachco", "rorabacobgch", "robaracoch", "mop4clxor", "chropcbgbaco"}).Draw(t, "mapping")
	s.Scheduler = rapid.SampledFrom(bank.Schedulers()).Draw(t, "scheduler")
	s.Page = rapid.SampledFrom(bank.Pages()).Draw(t, "page")
	s.Drain = rapid.SampledFrom(bank.Drains()).Draw(t, "drain")
	s.ReadQueue = rapid.IntRange(1, 12).Draw(t, "read queue")
	s.WriteQueue = rapid.IntRange(1, 12).Draw(t, "write queue")
	s.BankQueue = rapid.IntRange(1, 6).Draw(t, "bank queue")
	s.DrainHigh = rapid.IntRange(0, s.WriteQueue-1).Draw(t, "drain high")
	s.DrainLow = rapid.IntRange(0, min(s.DrainHigh+1, s.WriteQueue-1)).Draw(t, "drain low")
	s.RowHitLimit = rapid.IntRange(0, 4).Draw(t, "row hit limit")
	s.PrechargeAll = rapid.Bool().Draw(t, "precharge all")
	s.ResponseCycles = rapid.IntRange(0, 3).Draw(t, "response")
	time := func(name string, most int) int { return rapid.IntRange(1, most).Draw(t, name) }
	x := &s.Timing
	if rapid.Bool().Draw(t, "odd times") {
		x.ACTCycles, x.BL, x.CL, x.CWL = time("act", 3), time("bl", 4), time("cl", 20), time("cwl", 8)
		x.RCDRD, x.RCDWR, x.RP, x.RAS, x.RC = time("rcdrd", 20), time("rcdwr", 20), time("rp", 20), time("ras", 40), time("rc", 60)
		x.RTP, x.WR, x.CCDS, x.CCDL = time("rtp", 10), time("wr", 20), time("ccds", 4), time("ccdl", 8)
		x.RRDS, x.RRDL, x.FAW, x.WTRS, x.WTRL, x.RTW = time("rrds", 8), time("rrdl", 8), time("faw", 40), time("wtrs", 8), time("wtrl", 12), time("rtw", 4)
	}
	x.CWL = min(x.CWL, x.CL+x.BL+x.RTW)
	switch rapid.IntRange(0, 3).Draw(t, "refresh") {
	case 0:
		x.REFI = 0
	case 1:
		x.REFI, x.REFIB, x.RFCB, x.RREFD = 3900, x.RREFD+x.RAS+x.RP+200, 160, 8
	case 2:
		x.REFI, x.RFC = 1000, 200
	}
	return s
}

// event is a request with the cycles to pass before it.
type event struct {
	bank.Request
	Wait int64
}

func drawEvents(t *rapid.T, s bank.Spec) []event {
	span := uint64(s.CapacityBytes())
	near := rapid.SampledFrom([]uint64{256, 8 << 10, 64 << 10, span}).Draw(t, "span")
	one := rapid.Custom(func(t *rapid.T) event {
		return event{
			Request: bank.Request{Addr: rapid.Uint64Range(0, min(near, span)-1).Draw(t, "addr"), Write: rapid.IntRange(0, 2).Draw(t, "write") == 0},
			Wait:    rapid.SampledFrom([]int64{0, 0, 0, 0, 1, 3, 40, 700}).Draw(t, "wait"),
		}
	})
	events := rapid.SliceOfN(one, 1, 150).Draw(t, "events")
	for i := range events {
		events[i].ID = uint64(i)
	}
	return events
}

// outcome is all that can be seen of a run.
type outcome struct {
	Completions []bank.Completion
	Handed      []int64 // the cycle of the Advance that handed each completion over
	Accepted    []int64
	Commands    []bank.Command
	Stats       bank.ChannelStats
	End         int64
}

// play runs events on a new stack; every asks for a look at each cycle, otherwise it
// looks only when the stack says so.
func play(t *rapid.T, s bank.Spec, events []event, every bool) outcome {
	st, err := bank.New(s)
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	st.OnCommand(func(c bank.Command) { o.Commands = append(o.Commands, c) })
	now := int64(0)
	look := func() {
		st.Advance(now, func(c bank.Completion) { o.Completions, o.Handed = append(o.Completions, c), append(o.Handed, now) })
	}
	step := func(to int64) {
		for now < to {
			next := to
			if every {
				next = now + 1
			} else if at := st.NextCompletion(); at < to {
				next = max(at, now+1)
			}
			now = next
			look()
		}
	}
	for _, e := range events {
		step(now + e.Wait)
		for !st.Submit(now, e.Request) {
			if st.CanAccept(e.Addr, e.Write) {
				t.Fatalf("cycle %d: Submit refuses what CanAccept takes", now)
			}
			next := st.NextRoom(e.Addr)
			if all := st.NextEvent(); all > next {
				t.Fatalf("cycle %d: NextEvent %d is above NextRoom %d", now, all, next)
			}
			if next-now > 100_000 {
				t.Fatalf("cycle %d: nothing makes room for %+v", now, e)
			}
			step(next)
		}
		o.Accepted = append(o.Accepted, now)
	}
	st.Flush()
	for !st.Idle() {
		next := st.NextEvent()
		if next-now > 100_000 {
			t.Fatalf("cycle %d: requests stay inside for good", now)
		}
		step(next)
	}
	o.End = now
	// Channels run apart, so that only the order within each is fixed.
	slices.SortStableFunc(o.Commands, func(a, b bank.Command) int {
		return cmp.Or(cmp.Compare(a.Cycle, b.Cycle), cmp.Compare(a.Channel, b.Channel))
	})
	o.Stats = st.Stats().Total
	return o
}

func TestStackKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		events := drawEvents(t, s)
		o := play(t, s, events, false)
		k := newChecker(s)
		for _, c := range o.Commands {
			k.see(c)
		}
		k.refreshed(o.End)
		for _, e := range k.errs[:min(len(k.errs), 5)] {
			t.Error(e)
		}
		completeOnce(t, s, events, o)
		countsAgree(t, s, events, o)
	})
}

// completeOnce checks that each read is answered once, not before its data can be
// there, in the order promised.
func completeOnce(t *rapid.T, s bank.Spec, events []event, o outcome) {
	seen := map[uint64]bool{}
	for i, c := range o.Completions {
		e := events[c.ID]
		if e.Write || seen[c.ID] {
			t.Fatalf("completion %+v of %+v, seen before: %v", c, e, seen[c.ID])
		}
		seen[c.ID] = true
		if c.Submit != o.Accepted[c.ID] || c.Done <= c.Submit || o.Handed[i] < c.Done {
			t.Fatalf("completion %+v, submitted at %d, handed over at %d", c, o.Accepted[c.ID], o.Handed[i])
		}
	}
	for i, e := range events {
		if !e.Write && !seen[uint64(i)] {
			t.Fatalf("read %d is never answered", i)
		}
	}
}

// countsAgree checks the statistics against the log and the requests.
func countsAgree(t *rapid.T, s bank.Spec, events []event, o outcome) {
	var n [16]int64
	for _, c := range o.Commands {
		n[c.Kind]++
	}
	reads, writes := int64(0), int64(0)
	for _, e := range events {
		if e.Write {
			writes++
		} else {
			reads++
		}
	}
	st := o.Stats
	got := []int64{st.ACT, st.RD, st.WR, st.REF, st.REFB, st.RD + st.Forwarded, st.WR + st.Coalesced, st.Hits + st.Misses + st.Conflicts, st.BusyCycles}
	want := []int64{n[bank.ACT], n[bank.RD] + n[bank.RDA], n[bank.WR] + n[bank.WRA], n[bank.REF], n[bank.REFB], reads, writes, st.RD + st.WR, (st.RD + st.WR) * int64(s.Timing.BL)}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	if st.PRE > st.ACT || st.PRE < n[bank.PRE]+n[bank.RDA]+n[bank.WRA] {
		t.Errorf("%d banks closed, of %d opened, with %d single commands", st.PRE, st.ACT, n[bank.PRE]+n[bank.RDA]+n[bank.WRA])
	}
}

// Skipping to the cycle that the stack names must not change anything.
func TestSkippingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		events := drawEvents(t, s)
		if d := gocmp.Diff(play(t, s, events, true), play(t, s, events, false)); d != "" {
			t.Errorf("looking at every cycle against skipping (-every +skip):\n%s", d)
		}
	})
}
