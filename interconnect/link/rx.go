package link

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

// rx is the receiving side of one direction: what is in flight, oldest first.
type rx struct {
	link       *Link
	alarm      *port.Alarm
	to         *port.Port
	cutThrough bool
	flight     flightRing
	// delivered counts by channel what was handed over, independently of the
	// sender's counters.
	delivered []Delivered
}

// Delivered counts what one direction of a link handed over on one channel.
type Delivered struct{ Messages, Bytes int64 }

type flight struct {
	msg   port.Message
	cycle int64
}

func newRx(l *Link, clock port.Clock, to End) *rx {
	r := &rx{link: l, to: to.Port, cutThrough: to.CutThrough, delivered: make([]Delivered, to.Port.Spec().VCs)}
	r.alarm = port.NewAlarm(clock, r, 0)
	return r
}

// arrivesAt is when a message is handed over whose first bits leave the near side
// at head and whose last ones at end.
func (r *rx) arrivesAt(head, end int64) int64 {
	if r.cutThrough {
		return head + r.link.spec.LatencyCycles
	}
	return end + r.link.spec.LatencyCycles
}

// launch takes a message that arrives at a cycle.
func (r *rx) launch(m port.Message, cycle int64) {
	if r.to.Foresees() {
		r.announce(m, cycle)
		return
	}
	r.flight.push(flight{m, cycle})
	r.alarm.Set(r.flight.oldest().cycle)
}

func (r *rx) announce(m port.Message, cycle int64) {
	r.count(m)
	if err := r.to.Announce(m, cycle); err != nil {
		r.noRoom()
	}
}

// arrive takes a message from another domain, in the cycle in which it arrives.
func (r *rx) arrive(m port.Message, cycle int64) {
	if r.to.Foresees() {
		r.announce(m, cycle)
		return
	}
	r.deliver(m)
}

// deliver hands over a message that has arrived.
func (r *rx) deliver(m port.Message) {
	r.count(m) // the receiver may give it back to its pool at once
	if r.link.NumHooks() > 0 {
		r.link.InvokeHook(sim.HookCtx{Domain: r.link, Pos: sim.HookPosConnDeliver, Item: m})
	}
	if err := r.to.Deliver(m); err != nil {
		r.noRoom()
	}
}

func (r *rx) count(m port.Message) {
	d := &r.delivered[m.VC()]
	d.Messages++
	d.Bytes += int64(m.SizeBytes())
}

func (r *rx) noRoom() {
	panic(fmt.Sprintf("%s: credit without room at %s", r.link.name, r.to.Name()))
}

// Wake implements port.Sleeper: hands over everything that has arrived.
func (r *rx) Wake(_ *port.Alarm, now int64) {
	for r.flight.len > 0 {
		f := r.flight.oldest()
		if f.cycle > now {
			r.alarm.Set(f.cycle)
			return
		}
		r.flight.pop()
		r.deliver(f.msg)
	}
}

// flightRing is a queue in a buffer whose size is a power of two and which grows
// to its working size once.
type flightRing struct {
	buf  []flight
	head int
	len  int
}

func (r *flightRing) oldest() flight { return r.buf[r.head] }

func (r *flightRing) push(f flight) {
	if r.len == len(r.buf) {
		next := make([]flight, max(4, 2*len(r.buf)))
		for i := range r.len {
			next[i] = r.buf[(r.head+i)&(len(r.buf)-1)]
		}
		r.buf, r.head = next, 0
	}
	r.buf[(r.head+r.len)&(len(r.buf)-1)] = f
	r.len++
}

func (r *flightRing) pop() {
	r.buf[r.head] = flight{}
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.len--
}
