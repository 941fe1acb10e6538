package bank_test

import (
	"fmt"

	"mozart/components/hbm/bank"
)

// checker replays the command log of a stack against the standard's rules. It knows
// nothing of how the stack works: each command is compared with every earlier one of
// its channel that is recent enough to matter.
type checker struct {
	spec     bank.Spec
	channels map[int32][]bank.Command
	errs     []string
	bus      map[[2]int32][]span // data bus of a pseudo-channel
	rows     map[[4]int32]int32  // open rows
	refs     map[[2]int32]int64  // last REF of a pseudo-channel
	refbs    map[[2]int32]int64  // how many REFB of a pseudo-channel
}

// span is some cycles of a data bus, the last not included.
type span struct {
	from, to int64
	write    bool
}

func newChecker(s bank.Spec) *checker {
	return &checker{spec: s, channels: map[int32][]bank.Command{}, bus: map[[2]int32][]span{},
		rows: map[[4]int32]int32{}, refs: map[[2]int32]int64{}, refbs: map[[2]int32]int64{}}
}

func (k *checker) fail(c bank.Command, format string, args ...any) {
	k.errs = append(k.errs, fmt.Sprintf("%+v: ", c)+fmt.Sprintf(format, args...))
}

// scope is how much of a location two commands must share for a rule to hold.
type scope int

const (
	sameChannel scope = iota
	samePseudo
	sameGroup
	sameBank
)

func (s scope) shared(a, b bank.Command) bool {
	return s == sameChannel ||
		a.PseudoChannel == b.PseudoChannel && (s == samePseudo ||
			a.BankGroup == b.BankGroup && (s == sameGroup || a.Bank == b.Bank))
}

// rule says that after a first command a second must wait, in cycles from first
// cycle to first cycle.
type rule struct {
	name          string
	first, second []bank.Kind
	scope         scope
	cycles        int
}

func rules(t bank.Timing) []rule {
	act, pre, prea := []bank.Kind{bank.ACT}, []bank.Kind{bank.PRE}, []bank.Kind{bank.PREA}
	rd, wr := []bank.Kind{bank.RD, bank.RDA}, []bank.Kind{bank.WR, bank.WRA}
	ref, refb := []bank.Kind{bank.REF}, []bank.Kind{bank.REFB}
	row := []bank.Kind{bank.ACT, bank.PRE, bank.PREA, bank.REF, bank.REFB}
	column := []bank.Kind{bank.RD, bank.RDA, bank.WR, bank.WRA}
	x := t.ACTCycles - 1 // the standard counts from the last cycle of an ACT, and to it
	write := t.CWL + t.BL
	return []rule{
		{"row bus", act, row, sameChannel, t.ACTCycles},
		{"row bus", row, row, sameChannel, 1},
		{"column bus", column, column, sameChannel, 1},
		{"tRCDRD", act, rd, sameBank, t.RCDRD + x},
		{"tRCDWR", act, wr, sameBank, t.RCDWR + x},
		{"tRAS", act, pre, sameBank, t.RAS + x},
		{"tRAS", act, prea, samePseudo, t.RAS + x},
		{"tRC", act, act, sameBank, t.RC},
		{"tRC", act, ref, samePseudo, t.RC + x},
		{"tRC", act, refb, sameBank, t.RC + x},
		{"tRP", pre, act, sameBank, t.RP - x},
		{"tRP", prea, act, samePseudo, t.RP - x},
		{"tRP", pre, ref, samePseudo, t.RP},
		{"tRP", prea, ref, samePseudo, t.RP},
		{"tRP", pre, refb, sameBank, t.RP},
		{"tRTP", rd, pre, sameBank, t.RTP},
		{"tRTP", rd, prea, samePseudo, t.RTP},
		{"tWR", wr, pre, sameBank, write + t.WR},
		{"tWR", wr, prea, samePseudo, write + t.WR},
		{"tRTP + tRP", []bank.Kind{bank.RDA}, act, sameBank, t.RTP + t.RP - x},
		{"tRTP + tRP", []bank.Kind{bank.RDA}, ref, samePseudo, t.RTP + t.RP},
		{"tWR + tRP", []bank.Kind{bank.WRA}, act, sameBank, write + t.WR + t.RP - x},
		{"tWR + tRP", []bank.Kind{bank.WRA}, ref, samePseudo, write + t.WR + t.RP},
		{"tCCDS", rd, rd, samePseudo, t.CCDS},
		{"tCCDL", rd, rd, sameGroup, t.CCDL},
		{"tCCDS", wr, wr, samePseudo, t.CCDS},
		{"tCCDL", wr, wr, sameGroup, t.CCDL},
		{"tRRDS", act, act, samePseudo, t.RRDS},
		{"tRRDL", act, act, sameGroup, t.RRDL},
		{"tWTRS", wr, rd, samePseudo, write + t.WTRS},
		{"tWTRL", wr, rd, sameGroup, write + t.WTRL},
		{"tRTW", rd, wr, samePseudo, t.CL + t.BL + t.RTW - t.CWL},
		{"tRFC", ref, act, samePseudo, t.RFC - x},
		{"tRFC", ref, ref, samePseudo, t.RFC},
		{"tRFCB", refb, act, sameBank, t.RFCB - x},
		{"tRREFD", refb, act, samePseudo, t.RREFD - x},
		{"tRREFD", refb, refb, samePseudo, t.RREFD - x},
	}
}

// see checks the next command of the log.
func (k *checker) see(c bank.Command) {
	past := k.channels[c.Channel]
	horizon := int64(2*k.spec.Timing.RFC + 1000)
	acts := 0
	for i := len(past) - 1; i >= 0 && past[i].Cycle >= c.Cycle-horizon; i-- {
		p := past[i]
		if p.Cycle > c.Cycle {
			k.fail(c, "the log goes back in time from %+v", p)
		}
		for _, r := range rules(k.spec.Timing) {
			if has(r.first, p.Kind) && has(r.second, c.Kind) && r.scope.shared(p, c) && c.Cycle-p.Cycle < int64(r.cycles) {
				k.fail(c, "%s: %d cycles after %+v, must be %d", r.name, c.Cycle-p.Cycle, p, r.cycles)
			}
		}
		if p.Kind == bank.ACT && samePseudo.shared(p, c) && c.Cycle-p.Cycle < int64(k.spec.Timing.FAW) {
			acts++
		}
	}
	if c.Kind == bank.ACT && acts > 3 {
		k.fail(c, "tFAW: the fifth ACT in %d cycles", k.spec.Timing.FAW)
	}
	k.state(c)
	if c.Kind.Column() {
		k.data(c)
	}
	k.channels[c.Channel] = append(past, c)
}

func has(kinds []bank.Kind, k bank.Kind) bool {
	for _, x := range kinds {
		if x == k {
			return true
		}
	}
	return false
}

// state checks that rows are opened, used and closed in order.
func (k *checker) state(c bank.Command) {
	at := [4]int32{c.Channel, c.PseudoChannel, c.BankGroup, c.Bank}
	row, open := k.rows[at]
	switch {
	case c.Kind == bank.ACT:
		if open {
			k.fail(c, "row %d is open", row)
		}
		k.rows[at] = c.Row
	case c.Kind == bank.PRE:
		if !open {
			k.fail(c, "no row is open")
		}
		delete(k.rows, at)
	case c.Kind == bank.PREA:
		for x := range k.rows {
			if x[0] == at[0] && x[1] == at[1] {
				delete(k.rows, x)
			}
		}
	case c.Kind == bank.REF:
		for x := range k.rows {
			if x[0] == at[0] && x[1] == at[1] {
				k.fail(c, "a row of %v is open", x)
			}
		}
		k.refs[[2]int32{c.Channel, c.PseudoChannel}] = c.Cycle
	case c.Kind == bank.REFB:
		if open {
			k.fail(c, "row %d is open", row)
		}
		k.refbs[[2]int32{c.Channel, c.PseudoChannel}]++
	default:
		if !open || row != c.Row {
			k.fail(c, "its row is not open")
		}
		if c.Kind == bank.RDA || c.Kind == bank.WRA {
			delete(k.rows, at)
		}
	}
}

// data checks that bursts do not overlap, and that the bus has its pause between
// directions.
func (k *checker) data(c bank.Command) {
	t := k.spec.Timing
	write := c.Kind == bank.WR || c.Kind == bank.WRA
	delay := t.CL
	if write {
		delay = t.CWL
	}
	s := span{from: c.Cycle + int64(delay), write: write}
	s.to = s.from + int64(t.BL)
	at := [2]int32{c.Channel, c.PseudoChannel}
	old := k.bus[at]
	for i := len(old) - 1; i >= max(0, len(old)-8); i-- {
		if o := old[i]; s.from < o.to && o.from < s.to {
			k.fail(c, "its data take the bus from %d to %d, as do those from %d to %d", s.from, s.to, o.from, o.to)
		} else if o.write != write && !write && s.from < o.to {
			k.fail(c, "read data before the end of a write's")
		}
	}
	k.bus[at] = append(old, s)
}

// refreshed checks that by a cycle no pseudo-channel has waited much longer than the
// interval for its refresh.
func (k *checker) refreshed(now int64) {
	t := k.spec.Timing
	slack := int64(t.RAS + t.RP + t.RC + t.CL + t.CWL + t.WR + t.WTRL + t.RREFD + 500)
	for ch := range int32(k.spec.Channels) {
		for p := range int32(k.spec.PseudoChannels) {
			at := [2]int32{ch, p}
			if last := k.refs[at]; t.REFI > 0 && t.REFIB == 0 && now-last > slack+int64(t.REFI) {
				k.errs = append(k.errs, fmt.Sprintf("channel %d.%d has not been refreshed since %d, now %d", ch, p, last, now))
			}
			if n := k.refbs[at]; t.REFIB > 0 && n < (now-slack)/int64(t.REFIB) {
				k.errs = append(k.errs, fmt.Sprintf("channel %d.%d has had %d refreshes of a bank by %d, one each %d", ch, p, n, now, t.REFIB))
			}
		}
	}
}
