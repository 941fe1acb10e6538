package flit_test

import (
	"math/rand/v2"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/engine"
)

const hz = 1 * sim.GHz

// tb is what tests, benchmarks and rapid have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// rig is a network on an engine, or on one for each of its domains.
type rig struct {
	tb     tb
	engine sim.Engine
	clocks []port.Clock // by domain
	graph  *topology.Graph
	net    *flit.Network
	ends   []topology.Node
}

func newRig(t tb, g *topology.Graph, spec flit.NetworkSpec) *rig {
	t.Helper()
	e, err := engine.NewSerial(hz)
	if err != nil {
		t.Fatal(err)
	}
	return newRigOn(t, e, g, spec)
}

func newRigOn(t tb, e sim.Engine, g *topology.Graph, spec flit.NetworkSpec) *rig {
	t.Helper()
	r := &rig{tb: t, engine: e, graph: g, ends: g.Endpoints()}
	var err error
	if p, ok := e.(*engine.Parallel); ok {
		r.net, err = r.parallel(p, spec)
	} else {
		r.clocks = []port.Clock{port.NewClock(e, hz)}
		r.net, err = flit.NewNetwork(r.clocks[0], g, spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// parallel makes the network in the domains of an engine.
func (r *rig) parallel(p *engine.Parallel, spec flit.NetworkSpec) (*flit.Network, error) {
	var sites []flit.Site
	for d := range p.Domains() {
		r.clocks = append(r.clocks, port.NewClock(p.Domain(d), hz))
		sites = append(sites, flit.Site{Clock: r.clocks[d], Pool: &wire.Pool{}})
	}
	net, err := flit.NewParallelNetwork(sites, r.graph, spec)
	if err != nil {
		return nil, err
	}
	for _, b := range net.Borders() {
		from, to := b.Domains()
		flights, err := engine.Cross(p, engine.Crossing{
			Name: b.Name() + ".Flights", From: from, To: to, LookaheadCycles: b.FlightLookahead(),
		}, b.Departures(), b.Arrivals())
		if err != nil {
			return nil, err
		}
		returns, err := engine.Cross(p, engine.Crossing{
			Name: b.Name() + ".Credits", From: to, To: from, LookaheadCycles: b.ReturnLookahead(),
		}, b.Releases(), b.Credits())
		if err != nil {
			return nil, err
		}
		b.ConnectFlights(flights)
		b.ConnectReturns(returns)
	}
	return net, nil
}

// domain is the engine domain of the i-th node that is not a router.
func (r *rig) domain(i int) int {
	if len(r.clocks) == 1 {
		return 0
	}
	return r.graph.Domain(r.ends[i].ID)
}

// clock is the clock of the i-th node that is not a router.
func (r *rig) clock(i int) port.Clock { return r.clocks[r.domain(i)] }

// gate is the endpoint of the i-th node that is not a router.
func (r *rig) gate(i int) *flit.Endpoint { return r.net.Endpoint(r.ends[i].ID, 0) }

// packet makes a packet between two endpoints by their places.
func (r *rig) packet(from, to int, flits int32, created int64) *flit.Packet {
	p := r.sender(from, to).NewPacket()
	p.Source, p.Dest, p.Flits, p.CreatedCycle = r.ends[from].ID, r.ends[to].ID, flits, created
	return p
}

// run runs the engine until nothing is left, and wants the network at rest.
func (r *rig) run() {
	r.tb.Helper()
	if err := r.engine.Run(); err != nil {
		r.tb.Fatal(err)
	}
	if r.net.Idle() && r.net.LivePackets() == 0 {
		return
	}
	if d, ok := any(r.net).(interface{ Dump() }); ok {
		d.Dump()
	}
	r.tb.Errorf("not at rest, %d packets alive", r.net.LivePackets())
	for _, p := range r.net.Parts() {
		for _, w := range p.Waits() {
			r.tb.Errorf("%s waits for %s: %s", w.From, w.To, w.Why)
		}
	}
}

// must returns a graph that can be made.
func must(g *topology.Graph, err error) *topology.Graph {
	if err != nil {
		panic(err)
	}
	return g
}

// tree is the network of the reference curves: endpoint 0 at the root router,
// endpoints 4i-3 to 4i at the router below it.
func tree() *topology.Graph {
	return must(topology.NoPTree(topology.TreeSpec{Groups: 4, ChipletsPerGroup: 4, RootRouter: true}))
}

// arrival is what a client hears of a packet.
type arrival struct {
	From, To, At               wire.NodeID
	Flits, Hops                int32
	Created, Injected, Ejected int64
	Tag                        int64
}

// log writes down every packet and frees it.
type log struct{ got []arrival }

func (l *log) Injected(*flit.Endpoint, *flit.Packet, int64) {}

func (l *log) Ejected(e *flit.Endpoint, p *flit.Packet, cycle int64) {
	l.got = append(l.got, arrival{
		From: p.Source, To: p.Dest, At: e.Node(), Flits: p.Flits, Hops: p.Hops,
		Created: p.CreatedCycle, Injected: p.InjectedCycle, Ejected: cycle, Tag: p.Tag,
	})
	e.FreePacket(p)
}

// listen has one log for all endpoints of a network in one domain.
func (r *rig) listen() *log {
	l := &log{}
	for i := range r.ends {
		r.gate(i).SetClient(l)
	}
	return l
}

// bernoulli makes packets with a chance in every cycle from first to last, exclusively,
// and none after last has come.
type bernoulli struct {
	rig        *rig
	from       int
	rng        *rand.Rand
	to         func(rng *rand.Rand) int
	chance     float64
	flits      int32
	next, last int64
}

func (s *bernoulli) Next(_ *flit.Endpoint, class uint8) *flit.Packet {
	if s.rig.clock(s.from).Now() >= s.last {
		return nil
	}
	for s.next < s.last {
		s.next++
		if s.rng.Float64() < s.chance {
			p := s.rig.packet(s.from, s.to(s.rng), s.flits, s.next-1)
			p.Class = class
			return p
		}
	}
	return nil
}

// load is synthetic traffic.
type load struct {
	rate  float64 // flits per cycle and injecting node
	flits int32
	// from lists the injecting endpoints, nil for all; to draws a destination, nil for
	// uniform over all.
	from []int
	to   func(*rand.Rand) int
	seed uint64
}

// window is what was measured in one.
type window struct {
	client
	first, last int64 // created, or ejected, from first to last, exclusively
	packets     int64
	latency     int64
	maxLatency  int64
	flits       int64 // ejected
	hops        int64
}

type client struct{}

func (client) Injected(*flit.Endpoint, *flit.Packet, int64) {}

func (w *window) Ejected(e *flit.Endpoint, p *flit.Packet, cycle int64) {
	if cycle >= w.first && cycle < w.last {
		w.flits += int64(p.Flits)
	}
	if p.CreatedCycle >= w.first && p.CreatedCycle < w.last {
		w.packets++
		w.latency += cycle - p.CreatedCycle
		w.maxLatency = max(w.maxLatency, cycle-p.CreatedCycle)
		w.hops += int64(p.Hops)
	}
	e.FreePacket(p)
}

// perCycle is the rate of accepted flits, meanLatency that of packets.
func (w *window) perCycle() float64    { return float64(w.flits) / float64(w.last-w.first) }
func (w *window) meanLatency() float64 { return float64(w.latency) / float64(w.packets) }

// measure runs a load for some cycles after warming up.
func (r *rig) measure(l load, warmup, cycles int64) *window {
	r.tb.Helper()
	w := &window{first: warmup, last: warmup + cycles}
	r.drive(l, w, w.last)
	r.run()
	return w
}

// drive gives every injecting endpoint a source and all endpoints a client.
func (r *rig) drive(l load, c flit.Client, last int64) {
	for i := range r.ends {
		r.gate(i).SetClient(c)
	}
	r.feed(l, last)
}

// feed gives every injecting endpoint a source.
func (r *rig) feed(l load, last int64) {
	from := l.from
	if from == nil {
		for i := range r.ends {
			from = append(from, i)
		}
	}
	to := l.to
	if to == nil {
		to = func(rng *rand.Rand) int { return rng.IntN(len(r.ends)) }
	}
	for _, i := range from {
		r.gate(i).SetSource(&bernoulli{
			rig: r, from: i, rng: rand.New(rand.NewPCG(l.seed, uint64(i))), to: to,
			chance: l.rate / float64(l.flits), flits: l.flits, last: last,
		})
	}
}

func toOne(i int) func(*rand.Rand) int { return func(*rand.Rand) int { return i } }
