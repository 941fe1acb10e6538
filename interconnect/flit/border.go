package flit

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Site is what the parts of one engine domain share.
type Site struct {
	Clock port.Clock
	// Pool takes the wire packets that leave the domain and gives those that come in. It
	// may be nil if flits carry none.
	Pool *wire.Pool
}

// Flight is a flit between two engine domains. A head brings its packet along.
type Flight struct {
	kind, vc uint8
	brings   *parcel
}

// Return is a credit between two engine domains.
type Return struct{ vc uint8 }

// Border is one direction of a link that joins two engine domains of a network. It
// behaves as a direction within a domain does. What crosses are flits and, the other
// way, credits. Before the network is used every border has to be connected.
type Border struct {
	name     string
	from, to int
	near     *departures
	far      *arrivals
}

// Name names the border by the ports that it joins.
func (b *Border) Name() string { return b.name }

// Domains are those that flits come from and go to.
func (b *Border) Domains() (from, to int) { return b.from, b.to }

// FlightLookahead is the least time in cycles from an event in the domain of the sender
// to the arrival of a flit that it causes; ReturnLookahead from one in the domain of the
// receiver to the use of a credit.
func (b *Border) FlightLookahead() int64 { return b.near.delay }

// ReturnLookahead is described with FlightLookahead.
func (b *Border) ReturnLookahead() int64 { return b.far.creditCycles }

// ConnectFlights has flits leave through an outlet, and ConnectReturns credits.
func (b *Border) ConnectFlights(o port.Outlet[Flight]) { b.near.flights = o }

// ConnectReturns is described with ConnectFlights.
func (b *Border) ConnectReturns(o port.Outlet[Return]) { b.far.returns = o }

// Departures and Arrivals are the two ends of the flits' way.
func (b *Border) Departures() port.Near { return b.near }

// Arrivals is described with Departures.
func (b *Border) Arrivals() port.Far[Flight] { return b.far }

// Releases and Credits are the two ends of the credits' way.
func (b *Border) Releases() port.Near { return releases{b.far} }

// Credits is described with Releases.
func (b *Border) Credits() port.Far[Return] { return credits{b.near} }

// newBorder cuts a direction of a link that has been joined.
func (n *Network) newBorder(from, to linkEnd, t *tx) {
	b := &Border{
		name: fmt.Sprintf("%s>%s", from.name(n), to.name(n)), from: n.domain(from.node), to: n.domain(to.node),
	}
	near, far := &n.sites[b.from], &n.sites[b.to]
	b.near = &departures{
		tx: t, packets: &near.packets, pool: near.Pool, parcels: make([]parcels, n.sets.vcs), delay: t.leastFlight(),
	}
	if from.r != nil {
		b.near.traversal = n.spec.Router.Delays.ST
		b.near.delay += b.near.traversal
	}
	b.far = &arrivals{
		packets: &far.packets, pool: far.Pool, router: to.r, endpoint: to.e, port: int16(to.port),
		creditCycles: t.creditCycles, current: make([]*Packet, n.sets.vcs),
	}
	t.away = b.near
	if to.r != nil {
		to.r.inputs[to.port].up.away = b.far
	} else {
		to.e.in.up.away = b.far
	}
	n.borders = append(n.borders, b)
}

// name is the name of the port of a node.
func (e linkEnd) name(n *Network) string {
	return fmt.Sprintf("%s.Port[%d]", n.graph.Node(e.node).Name, e.port)
}

// departures is where flits leave a domain.
type departures struct {
	tx      *tx
	flights port.Outlet[Flight]
	packets *packetPool
	pool    *wire.Pool
	parcels []parcels // by VC
	// traversal is the time from an event at the sender to the wire, delay that to an
	// arrival.
	traversal, delay int64
}

// take hands a flit over that arrives at a cycle. The packet goes with its head; it is
// freed here with its tail.
func (d *departures) take(f flit, cycle int64) {
	x := d.flights.Hand(cycle)
	x.kind, x.vc = f.kind, f.vc
	s := &d.parcels[f.vc]
	if f.kind&headFlit != 0 {
		x.brings = s.next()
		x.brings.fill(f.p, d.pool)
	}
	s.sent++
	if f.kind&tailFlit != 0 {
		d.packets.put(f.p)
	}
}

// arrivals is where flits enter a domain.
type arrivals struct {
	packets  *packetPool
	pool     *wire.Pool
	router   *Router
	endpoint *Endpoint
	port     int16
	// current is, by VC, the packet whose flits arrive.
	current []*Packet
	returns port.Outlet[Return]
	// creditCycles is from the departure of a flit from its buffer to the use of its
	// credit; held is the number of flits that have not left theirs.
	creditCycles, held int64
}

// Take implements port.Far.
func (a *arrivals) Take(x *Flight, cycle int64) {
	if x.kind&headFlit != 0 {
		a.current[x.vc] = x.brings.unpack(a.packets, a.pool)
	}
	f := flit{p: a.current[x.vc], kind: x.kind, vc: x.vc, port: a.port}
	a.held++
	if a.router != nil {
		a.router.receive(f, cycle)
		return
	}
	a.endpoint.receive(f, cycle)
}

// Heeds implements port.Far: a flit always matters.
func (a *arrivals) Heeds() port.Promise { return port.Promise{} }

// credit gives the credit of a flit back that leaves its buffer in a cycle.
func (a *arrivals) credit(vc uint8, cycle int64) {
	a.held--
	a.returns.Hand(cycle + a.creditCycles).vc = vc
}
