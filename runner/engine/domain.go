package engine

import (
	"fmt"
	"runtime/debug"
	"time"

	"mozart/interconnect/port"
)

// domain is a part of the system with an engine of its own. One worker at a time
// runs it; what others need to know of it is in its row of the table.
type domain struct {
	parallel *Parallel
	index    int
	serial   *Serial
	in, out  []*crossing
	// peers are the domains that crossings lead to.
	peers []*peer
	// foresee, if set, is called before the near and far ends are asked.
	foresee func()

	_ padding
	// limit is the last cycle that may be handled. Handing something over may lower
	// it, never below the present cycle.
	limit int64
	// due is the first cycle at which an item is due that has been taken in.
	due int64
	// next is what the domain is about to publish: the cycle before which it does
	// nothing that has any consequence, unless something comes in.
	next int64
	// reached is the first cycle at which an item that has come has a consequence.
	reached int64
	failure error
	// last is the cycle of the last event.
	last   int64
	rounds uint64
	items  uint64
	_      padding
}

// DomainStats says how a domain took part in a run.
type DomainStats struct {
	// Events is the number of events handled, Items that of items taken in.
	Events, Items uint64
	// Syncs is how often the domain had to learn from its neighbors how far it may
	// go.
	Syncs uint64
	// Waited is the wall time during which the domain had something to do, but not
	// yet, while its thread had nothing else to do. Short waits are not measured.
	Waited time.Duration
}

// EventsPerSync is Events over Syncs, 0 without any.
func (s DomainStats) EventsPerSync() float64 {
	if s.Syncs == 0 {
		return 0
	}
	return float64(s.Events) / float64(s.Syncs)
}

// PanicError is a panic of a part.
type PanicError struct {
	// Domain and Cycle are where it happened, Value what was given to panic, Stack
	// where in the code.
	Domain int
	Cycle  int64
	Value  any
	Stack  []byte
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("engine: panic in domain %d at cycle %d: %v", e.Domain, e.Cycle, e.Value)
}

const (
	// mostEvents bounds a turn, so that a pause or a stop does not wait long and
	// others hear how far the domain has come.
	mostEvents = 4096
	// moreEvents is how many events lie between two looks at whether another worker
	// has something to do.
	moreEvents = 64
)

// turn takes in what has come, handles what lies within the limit, and works out
// what to publish. Once there have been least events it ends early if another
// worker has nothing to do.
func (d *domain) turn(least uint64) {
	defer d.recoverPanic()
	d.serial.guard.Enter()
	defer d.serial.guard.Leave()
	d.rounds++
	d.accept()
	if err := d.handle(least); err != nil {
		d.fail(err)
		return
	}
	d.prepare()
}

// accept takes in what has been published.
func (d *domain) accept() {
	for _, c := range d.in {
		n := c.published - c.taken
		if n == 0 {
			continue
		}
		c.taken = c.published
		d.items += uint64(n)
		c.due = c.items.accept(n)
		if c.heeds == (port.Promise{}) && c.due < d.serial.cycle {
			panic(fmt.Sprintf("%s: an item for cycle %d came after cycle %d", c.name, c.due, d.serial.cycle))
		}
		d.due = min(d.due, c.due)
	}
}

// handle runs the engine up to the limit, with what is due in between.
func (d *domain) handle(least uint64) error {
	e, p := d.serial, d.parallel
	least += e.events
	most := e.events + mostEvents
	for {
		for d.due <= d.limit && d.due <= e.nextCycle() {
			cycle := max(d.due, e.cycle)
			e.advance(cycle)
			d.apply(cycle)
		}
		if e.nextCycle() > d.limit {
			return nil
		}
		before := e.events
		err := e.runBefore(min(d.limit+1, d.due), max(least, before+moreEvents)-before)
		n := e.events
		if n != before {
			d.last = e.cycle
		}
		if err != nil {
			return err
		}
		if n >= most || n >= least && p.hungry.Load() || p.signal.Load() {
			return nil
		}
	}
}

// drain applies what is due up to a limit by which all events have been handled.
func (d *domain) drain(limit int64) {
	defer d.recoverPanic()
	for d.due <= limit {
		cycle := max(d.due, d.serial.cycle)
		d.serial.advance(cycle)
		d.apply(cycle)
	}
	if next := d.serial.nextCycle(); next <= limit {
		panic(fmt.Sprintf("an item had a consequence at cycle %d that its far end had ruled out", next))
	}
}

// apply gives the far ends what is due. What comes late is what has no
// consequence before its crossing heeds it.
func (d *domain) apply(cycle int64) {
	d.serial.state = atCycle
	d.due = never
	for _, c := range d.in {
		if c.due <= cycle {
			c.due = c.items.apply(cycle)
		}
		d.due = min(d.due, c.due)
	}
}

// prepare works out what to publish.
func (d *domain) prepare() {
	if d.foresee != nil {
		d.foresee()
	}
	d.next, d.reached = d.serial.nextCycle(), never
	for _, c := range d.in {
		heeds := c.items.heeds()
		c.heeds.FloorCycle = max(c.heeds.FloorCycle, heeds.FloorCycle)
		c.heeds.DelayCycles = heeds.DelayCycles
		// What has a consequence only after something else has happened does not
		// bring that forward.
		if c.due != never && c.heeds.DelayCycles == 0 {
			d.reached = min(d.reached, max(c.due, c.heeds.FloorCycle))
		}
	}
	d.next = min(d.next, d.reached)
	for _, c := range d.out {
		c.promise = c.near.Promise()
		if c.promise.DelayCycles < c.lookahead {
			panic(fmt.Sprintf("%s: promises a delay of %d cycles, below its lookahead of %d",
				c.name, c.promise.DelayCycles, c.lookahead))
		}
	}
}

// prepareSafely is prepare between runs.
func (d *domain) prepareSafely() {
	defer d.recoverPanic()
	d.prepare()
}

// peerOf returns the peer of a number, which may be new.
func (d *domain) peerOf(number int) *peer {
	for _, p := range d.peers {
		if p.domain == number {
			return p
		}
	}
	p := &peer{domain: number}
	d.peers = append(d.peers, p)
	return p
}

// recoverPanic makes a panic of a part the failure of its domain.
func (d *domain) recoverPanic() {
	if r := recover(); r != nil {
		d.fail(&PanicError{Domain: d.index, Cycle: d.serial.cycle, Value: r, Stack: debug.Stack()})
	}
}

// fail ends the domain where it is.
func (d *domain) fail(err error) {
	d.failure = err
	d.next, d.reached = never, never
}
