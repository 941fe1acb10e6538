package flit

import (
	"math"

	"mozart/interconnect/port"
)

// Promise implements port.Near: a flit cannot overtake those that hold the wire, and
// whatever makes the sender send takes its time to the wire and over it.
func (d *departures) Promise() port.Promise {
	p := port.Promise{DelayCycles: d.delay}
	if t := d.tx; t.rate > 0 {
		p.FloorCycle = (t.busy+t.bits+t.rate-1)/t.rate + t.latency
	}
	return p
}

// leastFlight is the least time from the cycle in which a flit is put on the wire to
// its arrival.
func (t *tx) leastFlight() int64 {
	if t.rate == 0 {
		return 1 + t.latency
	}
	return (t.bits+t.rate-1)/t.rate + t.latency
}

// releases is the near end of the credits.
type releases struct{ *arrivals }

// Promise implements port.Near: a credit is used some cycles after its flit has left
// the buffer, and an empty buffer has none to give back.
func (r releases) Promise() port.Promise {
	p := port.Promise{DelayCycles: r.creditCycles}
	if r.held == 0 {
		p.CalmCycle = math.MaxInt64
	}
	return p
}

// credits is the far end of the credits.
type credits struct{ *departures }

// Take implements port.Far.
func (c credits) Take(x *Return, cycle int64) {
	c.parcels[x.vc].returned++
	c.tx.creditHome(x.vc, cycle)
}

// Heeds implements port.Far. Whether a VC has credit matters, but not how much: it
// takes the wire its time to use up what is home.
func (c credits) Heeds() port.Promise {
	t := c.tx
	now := t.owner.Now()
	t.collect(now)
	least := int32(math.MaxInt32)
	for vc := range t.vcs {
		least = min(least, t.vcs[vc].credits)
	}
	if least == 0 {
		return port.Promise{}
	}
	lasts := int64(least - 1) // from the start of one flit to that of the last
	if t.rate > 0 {
		lasts = lasts * t.bits / t.rate
	}
	return port.Promise{FloorCycle: max(now, t.freeFrom-c.traversal) + lasts, DelayCycles: lasts}
}
