package run_test

import (
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/sim"
)

// This file is the NoP-Tree as one would build it well of stock Akita: sim.NewPort,
// Akita's serial engine, ticking components that do all they can in one tick and
// then sleep, and a connection that serialises packets with events of its own instead
// of ticking through every cycle. It is spared what it can be: packets and the
// events of links are made once and used again, there is one class of traffic, a
// packet moves whole from hop to hop, switches take no time and add nothing up.

const stockFreq = 1 * sim.GHz

// stockPacket is a packet between agents, which are numbered within their group.
type stockPacket struct {
	sim.MsgMeta
	dest int
}

// Meta implements sim.Msg.
func (p *stockPacket) Meta() *sim.MsgMeta { return &p.MsgMeta }

// Clone implements sim.Msg.
func (p *stockPacket) Clone() sim.Msg {
	c := *p
	return &c
}

// stockAgent sends a list of packets and counts what it takes.
type stockAgent struct {
	*sim.TickingComponent
	port  sim.Port
	list  []*stockPacket
	next  int
	taken int64
}

func newStockAgent(e sim.Engine, name string, buffer int) *stockAgent {
	a := &stockAgent{}
	a.TickingComponent = sim.NewTickingComponent(name, e, stockFreq, a)
	a.port = sim.NewPort(a, buffer, 4, name+".Port")
	a.AddPort("Port", a.port)
	return a
}

// give has packets sent from here to the far port.
func (a *stockAgent) give(list []*stockPacket, far sim.RemotePort) {
	for _, p := range list {
		p.Src, p.Dst = a.port.AsRemote(), far
	}
	a.list, a.next = list, 0
	a.TickLater()
}

// Tick implements sim.Ticker. Nothing is left for the next cycle that a port would
// not call for.
func (a *stockAgent) Tick() bool {
	for a.port.RetrieveIncoming() != nil {
		a.taken++
	}
	for a.next < len(a.list) && a.port.CanSend() && a.port.Send(a.list[a.next]) == nil {
		a.next++
	}
	return false
}

// stockSwitch moves packets between its ports: port 0 leads up to agent 0, port i
// down to agent i.
type stockSwitch struct {
	*sim.TickingComponent
	ports []sim.Port
	far   []sim.RemotePort
	first int // the input whose turn it is
}

func newStockSwitch(e sim.Engine, name string, ports, buffer int) *stockSwitch {
	s := &stockSwitch{far: make([]sim.RemotePort, ports)}
	s.TickingComponent = sim.NewTickingComponent(name, e, stockFreq, s)
	for i := range ports {
		short := fmt.Sprintf("Port[%d]", i)
		p := sim.NewPort(s, buffer, 2, name+"."+short)
		s.AddPort(short, p)
		s.ports = append(s.ports, p)
	}
	return s
}

// Tick implements sim.Ticker: inputs move packets in turns until none can. What is
// left waits for an output, whose port calls.
func (s *stockSwitch) Tick() bool {
	for blocked := 0; blocked < len(s.ports); s.first = (s.first + 1) % len(s.ports) {
		if s.move(s.ports[s.first]) {
			blocked = 0
		} else {
			blocked++
		}
	}
	return false
}

// move forwards the oldest packet of an input if its output has room.
func (s *stockSwitch) move(in sim.Port) bool {
	m := in.PeekIncoming()
	if m == nil {
		return false
	}
	p := m.(*stockPacket)
	out := s.ports[p.dest]
	if !out.CanSend() {
		return false
	}
	p.Src, p.Dst = out.AsRemote(), s.far[p.dest]
	if out.Send(p) != nil {
		return false
	}
	in.RetrieveIncoming()
	return true
}

// stockLink is a full-duplex link between two ports.
type stockLink struct {
	sim.HookableBase
	name string
	dirs [2]*stockDirection
}

// stockDirection serialises one packet at a time. Packets in flight are bounded by
// the far buffer, and one that finds no room there waits for the port to say so.
type stockDirection struct {
	engine          sim.Engine
	from, to        sim.Port
	serial, latency int
	window          int
	freeAt          sim.VTimeInSec
	flight          []stockFlight
	// start is when the wire is free and something may be waiting for it, arrival
	// when the oldest packet in flight is at the far side. Each is scheduled for one
	// time at most.
	start, arrival stockEvent
	starting       bool // start is scheduled
	refused        bool // the oldest packet in flight found no room
}

// stockFlight is a packet on the wire and when all of it is at the far side.
type stockFlight struct {
	msg sim.Msg
	at  sim.VTimeInSec
}

// stockEvent is an event without the id string of sim.EventBase.
type stockEvent struct {
	time sim.VTimeInSec
	dir  *stockDirection
}

// Time implements sim.Event.
func (e *stockEvent) Time() sim.VTimeInSec { return e.time }

// Handler implements sim.Event.
func (e *stockEvent) Handler() sim.Handler { return e.dir }

// IsSecondary implements sim.Event.
func (*stockEvent) IsSecondary() bool { return false }

func newStockLink(e sim.Engine, name string, a, b sim.Port, serial, latency, window int) *stockLink {
	l := &stockLink{name: name}
	for i, ends := range [2][2]sim.Port{{a, b}, {b, a}} {
		d := &stockDirection{engine: e, from: ends[0], to: ends[1], serial: serial, latency: latency, window: window}
		d.start.dir, d.arrival.dir = d, d
		l.dirs[i] = d
	}
	l.PlugIn(a)
	l.PlugIn(b)
	return l
}

// Name implements sim.Named.
func (l *stockLink) Name() string { return l.name }

// PlugIn implements sim.Connection.
func (l *stockLink) PlugIn(p sim.Port) { p.SetConnection(l) }

// Unplug implements sim.Connection.
func (l *stockLink) Unplug(sim.Port) { panic(l.name + ": cannot let go of a port") }

// NotifySend implements sim.Connection. It does not say which port has become not
// empty.
func (l *stockLink) NotifySend() {
	for _, d := range l.dirs {
		if !d.starting && len(d.flight) < d.window && d.from.PeekOutgoing() != nil {
			d.startAt(max(d.freeAt, d.engine.CurrentTime()))
		}
	}
}

// NotifyAvailable implements sim.Connection. The port is locked, so the packet is
// handed over by an event.
func (l *stockLink) NotifyAvailable(p sim.Port) {
	for _, d := range l.dirs {
		if d.to == p && d.refused {
			d.refused = false
			d.arriveAt(d.engine.CurrentTime())
		}
	}
}

func (d *stockDirection) startAt(t sim.VTimeInSec) {
	d.starting = true
	d.start.time = t
	d.engine.Schedule(&d.start)
}

// Handle implements sim.Handler.
func (d *stockDirection) Handle(e sim.Event) error {
	if e == &d.start {
		d.starting = false
		d.send(e.Time())
	} else {
		d.arrive(e.Time())
	}
	return nil
}

// send puts the oldest packet on the wire.
func (d *stockDirection) send(now sim.VTimeInSec) {
	if len(d.flight) == d.window {
		return // the next arrival starts again
	}
	m := d.from.RetrieveOutgoing()
	if m == nil {
		return
	}
	d.freeAt = stockFreq.NCyclesLater(d.serial, now)
	d.flight = append(d.flight, stockFlight{m, stockFreq.NCyclesLater(d.latency, d.freeAt)})
	if len(d.flight) == 1 {
		d.arriveAt(d.flight[0].at)
	}
	if d.from.PeekOutgoing() != nil {
		d.startAt(d.freeAt)
	}
}

func (d *stockDirection) arriveAt(t sim.VTimeInSec) {
	d.arrival.time = t
	d.engine.Schedule(&d.arrival)
}

// arrive hands the oldest packet over.
func (d *stockDirection) arrive(now sim.VTimeInSec) {
	if d.to.Deliver(d.flight[0].msg) != nil {
		d.refused = true
		return
	}
	n := copy(d.flight, d.flight[1:])
	d.flight[n] = stockFlight{}
	d.flight = d.flight[:n]
	if n > 0 {
		d.arriveAt(max(now, d.flight[0].at))
	}
	if !d.starting && d.from.PeekOutgoing() != nil {
		d.startAt(max(d.freeAt, now))
	}
}

// stockTree is the NoP-Tree of these parts.
type stockTree struct {
	load   *load
	engine sim.Engine
	// roots[g] and leaves[g][c] are the agents, down and up their packets.
	roots  []*stockAgent
	leaves [][]*stockAgent
	down   [][]*stockPacket
	up     [][][]*stockPacket
	// far[g][i] is the switch port that agent i of group g sends to.
	far [][]sim.RemotePort
}

func newStockTree(tb testing.TB, l *load) *stockTree {
	tb.Helper()
	t := &stockTree{load: l, engine: sim.NewSerialEngine()}
	for g := range l.groups {
		t.group(tb, g)
	}
	return t
}

func (t *stockTree) group(tb testing.TB, g int) {
	tb.Helper()
	hw := t.load.hardware
	buffer := int(hw.Buffer) / int(t.load.packetBytes)
	sw := newStockSwitch(t.engine, fmt.Sprintf("Switch[%d]", g), 1+t.load.children, buffer)
	agents := []*stockAgent{newStockAgent(t.engine, fmt.Sprintf("Attention[%d]", g), buffer)}
	for c := range t.load.children {
		agents = append(agents, newStockAgent(t.engine, fmt.Sprintf("Expert[%d]", g*t.load.children+c), buffer))
	}
	far := make([]sim.RemotePort, len(agents))
	for i, a := range agents {
		kind := hw.Links.Leaf
		if i == 0 {
			kind = hw.Links.Root
		}
		newStockLink(t.engine, fmt.Sprintf("Link[%d]", g*len(agents)+i), a.port, sw.ports[i],
			int(t.load.serialCycles(tb, kind)), int(t.load.cycles(kind.Latency)), buffer)
		far[i], sw.far[i] = sw.ports[i].AsRemote(), a.port.AsRemote()
	}
	t.roots, t.leaves, t.far = append(t.roots, agents[0]), append(t.leaves, agents[1:]), append(t.far, far)
	down, up := stockPackets(t.load, g)
	t.down, t.up = append(t.down, down), append(t.up, up)
}

// stockPackets are the packets of a group, in the order in which they are sent.
func stockPackets(l *load, g int) (down []*stockPacket, up [][]*stockPacket) {
	up = make([][]*stockPacket, l.children)
	made := func(dest int) *stockPacket {
		p := &stockPacket{dest: dest}
		p.ID, p.TrafficBytes = sim.GetIDGenerator().Generate(), int(l.packetBytes)
		return p
	}
	for _, s := range l.groups[g] {
		down = append(down, made(1+s.child))
		up[s.child] = append(up[s.child], made(0))
	}
	return down, up
}

func (t *stockTree) round(tb testing.TB) {
	down, up := stockTaken(t.roots, t.leaves)
	for g, root := range t.roots {
		root.give(t.down[g], t.far[g][0])
	}
	runStock(tb, t.engine)
	for g := range t.leaves {
		for c, leaf := range t.leaves[g] {
			leaf.give(t.up[g][c], t.far[g][1+c])
		}
	}
	runStock(tb, t.engine)
	nowDown, nowUp := stockTaken(t.roots, t.leaves)
	every(tb, "copies", nowDown-down, t.load.down())
	every(tb, "results", nowUp-up, t.load.down())
}

func runStock(tb testing.TB, e sim.Engine) {
	tb.Helper()
	if err := e.Run(); err != nil {
		tb.Fatal(err)
	}
}

func stockTaken(roots []*stockAgent, leaves [][]*stockAgent) (down, up int64) {
	for g := range roots {
		up += roots[g].taken
		for _, leaf := range leaves[g] {
			down += leaf.taken
		}
	}
	return down, up
}

// hops: every packet crosses two links.
func (t *stockTree) hops() int64 { return 4 * t.load.down() }
