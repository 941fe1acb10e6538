package bank

import (
	"math"
	"slices"
)

// forever is a cycle that never comes.
const forever = math.MaxInt64

// refresh sees to it that every row is refreshed: each REFI cycles all banks of
// each pseudo-channel, or each REFIB cycles one bank of each, in turn. What is due
// goes before requests: the banks concerned take no new request until they are
// refreshed.
type refresh struct {
	due      int64 // next cycle at which a refresh falls due
	interval int64
	perBank  bool
	all      bool // one PREA instead of a PRE for each open bank
	turn     int  // the bank whose turn is next, within its pseudo-channel
	// waiting are the refreshes due and not yet issued, oldest first: the
	// pseudo-channel, or the bank.
	waiting []int
}

func newRefresh(s Spec) refresh {
	r := refresh{due: forever, all: s.PrechargeAll, waiting: make([]int, 0, 2*s.PseudoChannels)}
	switch {
	case s.Timing.REFIB > 0:
		r.interval, r.perBank = int64(s.Timing.REFIB), true
	case s.Timing.REFI > 0:
		r.interval = int64(s.Timing.REFI)
	}
	if r.interval > 0 {
		r.due = r.interval
	}
	return r
}

// fallDue queues what is due by cycle t.
func (r *refresh) fallDue(t int64, d *device) {
	for ; r.due <= t; r.due += r.interval {
		for p := range d.pseudos {
			if r.perBank {
				r.waiting = append(r.waiting, p<<d.pseudoShift+r.turn)
			} else {
				r.waiting = append(r.waiting, p)
			}
		}
		if r.perBank {
			r.turn = (r.turn + 1) & (1<<d.pseudoShift - 1)
		}
	}
}

// blocked is the set of banks that wait for a refresh.
func (r *refresh) blocked() uint64 {
	switch {
	case len(r.waiting) == 0:
		return 0
	case !r.perBank:
		return math.MaxUint64
	}
	set := uint64(0)
	for _, b := range r.waiting {
		set |= 1 << b
	}
	return set
}

// step issues the next command of the oldest refresh at cycle t if it can, and says
// so; otherwise it gives the first cycle it could. Banks in busy must not be closed
// yet; forever means that it waits for one of them.
func (c *channel) stepRefresh(t int64, busy uint64) (issued bool, at int64) {
	r, d := &c.refresh, &c.dev
	if len(r.waiting) == 0 {
		return false, forever
	}
	target := r.waiting[0]
	if r.perBank {
		return c.stepREFB(t, target, busy)
	}
	banks := c.pseudoBanks(target)
	switch {
	case d.open&banks == 0:
		if at = d.refAt(target); at > t {
			return false, at
		}
		c.issueREF(target, t)
		r.pop()
	case d.open&banks&busy != 0 && r.all:
		return false, forever
	case r.all:
		if at = d.preaAt(target); at > t {
			return false, at
		}
		c.issuePREA(target, t)
	default:
		return c.closeOne(t, d.open&banks&^busy)
	}
	return true, t
}

// closeOne closes the first of some open banks that may be closed at cycle t.
func (c *channel) closeOne(t int64, banks uint64) (issued bool, at int64) {
	at = forever
	for set := banks; set != 0; set &= set - 1 {
		b := lowest(set)
		if ready := max(c.dev.preAt(b), c.dev.rowBus); ready <= t {
			c.issuePRE(b, t)
			return true, t
		} else if ready < at {
			at = ready
		}
	}
	return false, at
}

func (c *channel) stepREFB(t int64, b int, busy uint64) (issued bool, at int64) {
	bit := uint64(1) << b
	switch {
	case busy&bit != 0:
		return false, forever
	case c.dev.open&bit != 0:
		return c.closeOne(t, bit)
	}
	if at = c.dev.refbAt(b); at > t {
		return false, at
	}
	c.issueREFB(b, t)
	c.refresh.pop()
	return true, t
}

// pop drops the oldest refresh.
func (r *refresh) pop() { r.waiting = slices.Delete(r.waiting, 0, 1) }
