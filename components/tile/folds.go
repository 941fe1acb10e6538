package tile

import (
	"fmt"

	"mozart/interconnect/wire"
)

// purpose is what an access to the SRAM is for.
type purpose uint8

const (
	other    purpose = iota
	operands         // of a step
	results          // of a step
)

// maxFlight is the most accesses that an op has under way: the operands of two steps
// and the results of two.
const maxFlight = 4

// flight is the accesses that the SRAM has not answered, which it does in order.
type flight struct {
	access    [maxFlight]wire.Access
	of        [maxFlight]purpose
	head, len int
}

// leave gives out the next access.
func (f *flight) leave(of purpose) *wire.Access {
	if f.len == maxFlight {
		panic(fmt.Sprintf("tile: more than %d accesses to the SRAM", maxFlight))
	}
	i := (f.head + f.len) % maxFlight
	f.len++
	f.of[i] = of
	return &f.access[i]
}

// land takes back the oldest access and returns what it was for.
func (f *flight) land() purpose {
	of := f.of[f.head]
	f.head = (f.head + 1) % maxFlight
	f.len--
	return of
}

// folds is where an op that runs fold by fold is. While the arrays work on a step, the
// operands of the next one move into the other half of their buffers, and the results
// of the one before out of theirs.
type folds struct {
	steps
	step    int64 // that streams through the arrays
	since   int64 // cycle in which the one before had
	asked   int64 // steps whose operands have been asked for
	arrived int64 // steps whose operands the SRAM has sent
	// fetched[i%2] is when the port of the busiest tile has moved the operands of step i.
	fetched [2]int64
	// idle is when that port has moved all that it was asked for.
	idle    int64
	writing int // steps whose results the SRAM has not taken
}

// answered notes an answer of the SRAM.
func (f *folds) answered(of purpose) {
	switch of {
	case operands:
		f.arrived++
	case results:
		f.writing--
	}
}

// fold starts the arrays, whose first operands are there.
func (c *Comp) fold(now int64) {
	w, e := &c.cur, &c.cur.est
	m := w.cmd
	w.folds = folds{steps: c.timing.steps(m.M, m.K, m.N, m.Count, e), since: now}
	f := &w.folds
	_, first := f.share(f.read, 0)
	c.phase = folding
	f.idle = w.begin + c.timing.portCycles(min(first, e.FillBytes))
	c.fetch(now, e.FillBytes)
	c.fetch(now, 0)
}

// fetch asks for the operands of the next step, of which some bytes are there.
func (c *Comp) fetch(now, there int64) {
	f := &c.cur.folds
	if f.asked == f.count {
		return
	}
	all, busiest := f.share(f.read, f.asked)
	there = min(there, all)
	f.idle = max(f.idle, now) + c.timing.portCycles(max(0, busiest-there))
	f.fetched[f.asked%2] = f.idle
	f.asked++
	if !c.access(operands, all-there, false) {
		f.arrived++
	}
}

// proceed takes the phases of an op that runs fold by fold as far as they are due.
func (c *Comp) proceed(now int64) {
	if c.phase == folding {
		c.stream(now)
	}
	f := &c.cur.folds
	if c.phase == draining && now >= c.cur.due {
		if f.tailRead == 0 {
			c.await(now)
		} else {
			c.phase = adding
			c.cur.due = now + f.add
			c.move(now, f.tailRead, false)
		}
	}
	if c.phase == adding && c.flight.len == 0 && now >= c.cur.due {
		c.move(now, f.tailWrite, true)
		c.await(now)
	}
	if c.phase == ending && c.flight.len == 0 && now >= c.cur.due {
		c.end(now)
	}
}

// await has nothing left to do but to wait for the last bytes.
func (c *Comp) await(now int64) {
	w := &c.cur
	c.phase = ending
	w.due = max(now, w.folds.idle)
	w.port += w.due - now
}

// stream ends the steps that have streamed through the arrays: when the time for that
// is over, their operands have come, and there is room for their results.
func (c *Comp) stream(now int64) {
	f := &c.cur.folds
	for f.step < f.count {
		ready := f.since + f.cycles(f.step)
		fetched := f.fetched[f.step%2]
		c.cur.due = max(ready, fetched)
		if now < c.cur.due || f.arrived <= f.step || f.writing == 2 {
			return
		}
		c.cur.port += max(0, fetched-ready)
		f.since = now
		c.store(now)
		f.step++
		c.fetch(now, 0)
	}
	c.phase = draining
	c.cur.due = now + f.drain
}

// store writes the results of the current step.
func (c *Comp) store(now int64) {
	f := &c.cur.folds
	all, busiest := f.share(f.write, f.step)
	f.idle = max(f.idle, now) + c.timing.portCycles(busiest)
	if c.access(results, all, true) {
		f.writing++
	}
}

// move reads or writes partial sums, which all tiles have alike.
func (c *Comp) move(now, bytes int64, write bool) {
	f := &c.cur.folds
	f.idle = max(f.idle, now) + c.timing.portCycles(ceilDiv(bytes, int64(c.timing.spec.Tiles)))
	c.access(other, bytes, write)
}
