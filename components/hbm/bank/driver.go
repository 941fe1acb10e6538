package bank

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// driver issues a load.
type driver struct {
	Load
	s           *Stack
	capacity    int64
	burst       int64
	rng         *rand.PCG
	issued      int64 // requests issued in full
	done        int64 // requests that are over
	outstanding int
	flights     []flight // of reads; a place is the ID of their transactions
	free        []int32
	next        request
	result      Result
}

// request is the one to issue next.
type request struct {
	begun  bool
	write  bool
	addr   uint64 // of its next transaction
	left   int64  // bytes not yet accepted
	flight int32  // of a read with a transaction accepted, or none
}

// flight is a read on its way.
type flight struct {
	start int64 // cycle its latency counts from
	left  int64 // transactions without an answer
}

func newDriver(s *Stack, l Load) *driver {
	return &driver{Load: l, s: s, capacity: s.spec.CapacityBytes(), burst: int64(s.spec.BurstBytes), rng: rand.NewPCG(l.Seed, 0)}
}

// firstCycle is the cycle of the first request. The drivers that the reference rows
// were made with let one cycle pass before, and where requests meet a refresh
// depends on it.
const firstCycle = 1

// run issues the whole load and lets the stack's cycles pass until it is over.
func (d *driver) run() error {
	for now := int64(firstCycle); ; {
		d.s.Advance(now, d.answered)
		if d.done == d.Requests {
			return nil
		}
		then := d.issue(now)
		if d.done == d.Requests { // the last was a write
			then = now + 1
		}
		if then == forever {
			return fmt.Errorf("memory load: nothing can happen any more after cycle %d, with %d of %d requests over", now, d.done, d.Requests)
		}
		now = then
	}
}

// issue issues what it can in a cycle, and returns the next cycle at which it may
// issue or be told something.
func (d *driver) issue(now int64) int64 {
	for range d.IssuePerCycle {
		if !d.next.begun {
			switch {
			case d.issued == d.Requests:
				return d.s.NextCompletion()
			case d.Rate > 0 && d.created(d.issued) > now:
				return d.created(d.issued)
			case d.Rate == 0 && d.outstanding >= d.Window:
				return d.s.NextCompletion()
			}
			d.begin()
		}
		if !d.send(now) {
			return d.s.NextRoom(d.next.addr)
		}
	}
	return now + 1
}

// created is the cycle in which an open loop creates its request n.
func (d *driver) created(n int64) int64 {
	return max(int64(math.Ceil(float64(n+1)/d.Rate))-1, 0) + firstCycle
}

// begin makes the next request.
func (d *driver) begin() {
	random := uint64(0)
	if d.Pattern.Kind == Random {
		random = d.rng.Uint64()
	}
	write := d.ReadFraction < 1
	if write && d.ReadFraction > 0 {
		write = float64(d.rng.Uint64()>>11)/(1<<53) >= d.ReadFraction
	}
	d.next = request{begun: true, write: write, left: d.RequestBytes, flight: none,
		addr: d.Pattern.addr(d.issued, d.RequestBytes, d.capacity, random)}
}

// send issues the next transaction of the request begun, unless the stack refuses
// it.
func (d *driver) send(now int64) bool {
	r := &d.next
	if !d.s.CanAccept(r.addr, r.write) {
		return false
	}
	if !r.write && r.flight == none {
		r.flight = d.takeoff(now)
	}
	d.s.Submit(now, Request{Addr: r.addr, Write: r.write, ID: uint64(r.flight)})
	r.addr, r.left = r.addr+uint64(d.burst), r.left-d.burst
	if r.left > 0 {
		return true
	}
	r.begun = false
	d.issued++
	if r.write {
		d.done++
	} else {
		d.outstanding++
	}
	return true
}

// takeoff begins the flight of a read.
func (d *driver) takeoff(now int64) int32 {
	if len(d.free) == 0 {
		d.flights = append(d.flights, flight{})
		d.free = append(d.free, int32(len(d.flights)-1))
	}
	i := d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	start := now
	if d.Rate > 0 {
		start = d.created(d.issued)
	}
	d.flights[i] = flight{start: start, left: d.RequestBytes / d.burst}
	return i
}

// answered takes an answer of the stack.
func (d *driver) answered(c Completion) {
	f := &d.flights[c.ID]
	f.left--
	if f.left > 0 {
		return
	}
	d.result.ReadLatency.Add(c.Done - f.start)
	d.result.Reads++
	d.free = append(d.free, int32(c.ID))
	d.outstanding--
	d.done++
}
