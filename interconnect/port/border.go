package port

import "math"

// A link between two engine domains has two ends in each direction: the near one,
// in the domain that hands something over, and the far one, in the domain that
// takes it. Between them lies an Outlet, which an engine gives to the near end. T
// is what is handed over, by value, so that no memory changes its domain.

// Outlet takes what a near end hands over.
type Outlet[T any] interface {
	// Hand returns room for an item that takes effect on the far side at cycle. The
	// caller overwrites all of it before its next call. It panics if the near end has
	// promised that nothing takes effect so early.
	Hand(cycle int64) *T
}

// Near is the end of a crossing in the domain that hands over. It is called from
// that domain, between two cycles.
type Near interface {
	// Promise says how soon anything handed over from now on can take effect.
	Promise() Promise
}

// Promise is how soon something can take effect on the far side of a crossing.
type Promise struct {
	// FloorCycle holds whatever happens in the near domain and whatever reaches it:
	// nothing takes effect before. A wire that is busy has a floor, and so has a part
	// that computes before it sends.
	FloorCycle int64
	// DelayCycles holds from where the near domain is: if it neither handles an event
	// nor takes an item before cycle n, nothing takes effect before n + DelayCycles.
	// It must not be less than the lookahead of the crossing.
	DelayCycles int64
	// CalmCycle holds unless an item reaches the near domain: nothing takes effect
	// before. Whoever waits for something from outside is calm, however much else
	// happens in its domain.
	CalmCycle int64
}

// Unasked is At if no item reaches the near domain either.
func (p Promise) Unasked(n int64) int64 { return max(p.CalmCycle, p.At(n)) }

// At is the first cycle at which something can take effect if the near domain does
// nothing before cycle n.
func (p Promise) At(n int64) int64 {
	if n > math.MaxInt64-p.DelayCycles {
		return math.MaxInt64
	}
	return max(p.FloorCycle, n+p.DelayCycles)
}

// Far is the end of a crossing in the domain that takes. It is called from that
// domain.
type Far[T any] interface {
	// Take takes an item, which is good until it returns. It comes at the start of
	// the item's cycle, before the events of that cycle, and after the items that
	// crossings with a lower number bring. Only an item that does not matter yet, by
	// Heeds, may come later than that.
	Take(item *T, cycle int64)
	// Heeds says from when items that are still to come have any consequence: credit
	// that nobody can miss until then has none. FloorCycle holds whatever happens;
	// and if the domain does nothing before cycle n, no item has a consequence before
	// n + DelayCycles, unless that delay is 0. It is called between two cycles.
	Heeds() Promise
}
