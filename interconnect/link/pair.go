package link

import (
	"fmt"
	"math"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Flight is a packet between two engine domains: the packet and, if it has one,
// its Side.
type Flight struct {
	Packet wire.Packet
	Side   wire.Side
	Sided  bool
}

// Return is credit between two engine domains.
type Return struct{ VC, Bytes int32 }

// PairEnd is one end of a link that joins two engine domains.
type PairEnd struct {
	End
	// Clock is that of the end's domain.
	Clock port.Clock
	// Pool takes the packets that leave the domain and gives those that come in.
	Pool *wire.Pool
	// Quiet, if set, says how soon the port may be given a packet, as a promise of
	// the domain. It is asked only while the port is empty.
	Quiet func() port.Promise
	// Largest is, per channel, the size in bytes of the largest packet that this end
	// sends, 0 for a channel that it never uses. It bounds how fast credit can run
	// out; a larger packet is a panic.
	Largest []int
}

// Pair is a link between two engine domains. It behaves as New's link does. What
// crosses are flights and returning credits, in both directions.
type Pair struct {
	*Link
	ends [2]PairEnd
}

// NewPair makes a link between two engine domains and plugs it in. Before it is
// used it has to be connected.
func NewPair(name string, spec Spec, a, b PairEnd) (*Pair, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("link %q: %w", name, err)
	}
	if err := checkEnds(a.End, b.End); err != nil {
		return nil, fmt.Errorf("link %q: %w", name, err)
	}
	if spec.BitsPerCycle == 0 {
		return nil, fmt.Errorf("link %q: an on-chip wire does not join two domains", name)
	}
	for _, e := range [2]PairEnd{a, b} {
		if e.Pool == nil || len(e.Largest) != e.Port.Spec().VCs {
			return nil, fmt.Errorf("link %q: the end at %s needs a pool and the largest packet of each of %d channels", name, e.Port.Name(), e.Port.Spec().VCs)
		}
	}
	p := &Pair{Link: &Link{name: name, spec: spec, ends: [2]End{a.End, b.End}}, ends: [2]PairEnd{a, b}}
	for i := range p.ends {
		near, far := p.ends[i], p.ends[1-i]
		p.rx[i] = newRx(p.Link, far.Clock, far.End)
		p.tx[i] = newTx(p.Link, near.Clock, near.Port, p.rx[i], far.End)
	}
	a.Port.SetConnection(p.Link)
	b.Port.SetConnection(p.Link)
	return p, nil
}

// FlightLookahead is the least time in cycles from an event in the domain of an end
// to the arrival of a packet that it causes at the other end; ReturnLookahead that
// to the return of credit.
func (p *Pair) FlightLookahead() int64 { return p.spec.LatencyCycles + 1 }

// ReturnLookahead is described with FlightLookahead.
func (p *Pair) ReturnLookahead() int64 { return p.spec.LatencyCycles }

// ConnectFlights has packets from end i leave through an outlet, and
// ConnectReturns the credit for the room at end i.
func (p *Pair) ConnectFlights(i int, o port.Outlet[Flight]) {
	p.tx[i].flights = &departure{outlet: o, pool: p.ends[i].Pool, largest: p.ends[i].Largest}
}

// ConnectReturns is described with ConnectFlights.
func (p *Pair) ConnectReturns(i int, o port.Outlet[Return]) { p.returns[i] = o }

// departure is where packets leave a domain.
type departure struct {
	outlet  port.Outlet[Flight]
	pool    *wire.Pool
	largest []int
}

// take hands a packet over that arrives at a cycle.
func (d *departure) take(link *Link, m port.Message, cycle int64) {
	pk, ok := m.(*wire.Packet)
	if !ok || int(pk.Bytes) > d.largest[pk.Class] {
		panic(fmt.Sprintf("%s: a %T of %d bytes on channel %d, where packets of %d may cross", link.name, m, m.SizeBytes(), m.VC(), d.largest[m.VC()]))
	}
	f := d.outlet.Hand(cycle)
	f.Packet, f.Sided = *pk, pk.Side != nil
	if f.Sided {
		f.Side = *pk.Side
		f.Packet.Side = nil
	}
	d.pool.Put(pk)
}

// Departures is the near end of the flights from end i.
func (p *Pair) Departures(i int) port.Near { return departures{p, i} }

type departures struct {
	pair *Pair
	end  int
}

// Promise implements port.Near: what starts now or later leaves its first bits one
// cycle on.
func (d departures) Promise() port.Promise {
	t := d.pair.tx[d.end]
	flight := 1 + d.pair.spec.LatencyCycles
	if t.from.OutBusy() != 0 {
		return port.Promise{FloorCycle: later(t.freeAt, flight), DelayCycles: flight}
	}
	var quiet port.Promise
	if f := d.pair.ends[d.end].Quiet; f != nil {
		quiet = f()
	}
	// What the port is given is on the wire a cycle later.
	return port.Promise{
		FloorCycle:  later(max(t.freeAt, later(quiet.FloorCycle, 1)), flight),
		DelayCycles: later(quiet.DelayCycles, 1+flight),
		CalmCycle:   later(quiet.CalmCycle, 1+flight),
	}
}

// Arrivals is the far end of the flights to end i.
func (p *Pair) Arrivals(i int) port.Far[Flight] { return arrivals{p.rx[1-i], p.ends[i].Pool} }

type arrivals struct {
	rx   *rx
	pool *wire.Pool
}

// Take implements port.Far.
func (a arrivals) Take(f *Flight, cycle int64) {
	pk := a.pool.Get()
	*pk = f.Packet
	if f.Sided {
		a.pool.Equip(pk)
		*pk.Side = f.Side
	}
	a.rx.arrive(pk, cycle)
}

// Heeds implements port.Far: a packet always matters.
func (a arrivals) Heeds() port.Promise { return port.Promise{} }

// Releases is the near end of the credit for the room at end i.
func (p *Pair) Releases(i int) port.Near { return releases{p.ends[i].Port, p.spec.LatencyCycles} }

type releases struct {
	port    *port.Port
	latency int64
}

// Promise implements port.Near: room that becomes free is known of one flight
// later, and an empty port has none to free.
func (r releases) Promise() port.Promise {
	p := port.Promise{DelayCycles: r.latency}
	if r.port.InEmpty() {
		p.CalmCycle = math.MaxInt64
	}
	return p
}

// Credits is the far end of the credit for what end i has sent.
func (p *Pair) Credits(i int) port.Far[Return] {
	return returns{p.tx[i], p.ends[i].Largest, p.ends[i].Quiet}
}

type returns struct {
	tx      *tx
	largest []int
	quiet   func() port.Promise
}

const bitsPerByte = 8

// Take implements port.Far.
func (r returns) Take(item *Return, cycle int64) {
	r.tx.channels[item.VC].credit.giveBack(int64(item.Bytes), cycle)
	r.tx.creditComing(int(item.VC))
}

// Heeds implements port.Far. A channel lacks credit only when it has sent so much
// of what is home that its largest packet does not fit into the rest. That takes the
// wire its time, even if no other channel sends, less what the wire can be given ahead.
func (r returns) Heeds() port.Promise {
	t := r.tx
	now := t.alarm.Now()
	lasts := int64(math.MaxInt64)
	for vc, largest := range r.largest {
		if largest == 0 {
			continue
		}
		spare := t.channels[vc].credit.available(now) - int64(largest)
		if spare < 0 {
			return port.Promise{}
		}
		lasts = min(lasts, spare*bitsPerByte/t.link.spec.BitsPerCycle)
	}
	from := max(t.freeAt, now)
	if t.from.OutBusy() == 0 && r.quiet != nil {
		from = max(from, r.quiet().FloorCycle)
	}
	return port.Promise{FloorCycle: later(from, lasts) - t.ahead, DelayCycles: max(0, lasts-t.ahead)}
}

// later is cycle + delay, or never.
func later(cycle, delay int64) int64 {
	if cycle > math.MaxInt64-delay {
		return math.MaxInt64
	}
	return cycle + delay
}
