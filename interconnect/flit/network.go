package flit

import (
	"errors"
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// Network is the routers, links and endpoints of a graph, in one engine domain or in
// those of the graph.
type Network struct {
	graph *topology.Graph
	spec  NetworkSpec
	// sites are by domain; one serves all nodes of a network in one domain.
	sites     []site
	sets      sets
	routers   []*Router     // by node, nil for others
	endpoints [][]*Endpoint // by node and port; of a router its local ports
	// wires lists every direction of every link, borders those that join two domains.
	wires   []wireEnd
	borders []*Border
}

// site is a Site with the packets of its domain. The padding keeps what different
// threads write on different cache lines.
type site struct {
	Site
	packets packetPool
	_       [128]byte
}

// wireEnd names the two ends of a direction of a link.
type wireEnd struct {
	tx             *tx
	rate           int64
	edge           int
	from, to       wire.NodeID
	fromPort, port int
}

// NewNetwork makes a router for every router of the graph, and an endpoint for every
// port of another node that leads to one, all on the clock's engine. An edge between
// two nodes that are no routers is not part of the network.
func NewNetwork(clock port.Clock, graph *topology.Graph, spec NetworkSpec) (*Network, error) {
	return newNetwork([]Site{{Clock: clock}}, graph, spec)
}

// NewParallelNetwork is NewNetwork for the engine domains of the graph, of which sites
// has one each. Its Borders have to be connected.
func NewParallelNetwork(sites []Site, graph *topology.Graph, spec NetworkSpec) (*Network, error) {
	if len(sites) != graph.Domains() {
		return nil, fmt.Errorf("flit network: %d sites for %d engine domains", len(sites), graph.Domains())
	}
	return newNetwork(sites, graph, spec)
}

func newNetwork(sites []Site, graph *topology.Graph, spec NetworkSpec) (*Network, error) {
	if err := spec.validate(graph); err != nil {
		return nil, fmt.Errorf("flit network: %w", err)
	}
	n := &Network{
		graph: graph, spec: spec, sites: make([]site, len(sites)),
		sets:      newSets(spec.Router.Classes, graph.Lanes()),
		routers:   make([]*Router, len(graph.Nodes())),
		endpoints: make([][]*Endpoint, len(graph.Nodes())),
	}
	for i, s := range sites {
		n.sites[i].Site = s
	}
	// Domain by domain, so that the memory of one is not among that of others.
	for d := range sites {
		for _, node := range graph.Nodes() {
			if n.domain(node.ID) == d {
				n.addNode(node)
			}
		}
	}
	n.connect()
	n.sizeCalendars()
	return n, nil
}

// domain is the engine domain of a node.
func (n *Network) domain(node wire.NodeID) int {
	if len(n.sites) == 1 {
		return 0
	}
	return n.graph.Domain(node)
}

func (n *Network) addNode(node topology.Node) {
	if n.graph.IsRouter(node.ID) {
		n.addRouter(node)
		return
	}
	for p := range n.graph.Ports(node.ID) {
		if !n.graph.IsRouter(n.graph.Neighbor(node.ID, p)) {
			n.endpoints[node.ID] = append(n.endpoints[node.ID], nil)
			continue
		}
		n.addEndpoint(node.ID, p, fmt.Sprintf("%s.Gate[%d]", node.Name, p))
	}
}

func (s *NetworkSpec) validate(graph *topology.Graph) error {
	errs := []error{s.Router.Validate(graph.Lanes())}
	if s.FlitBits < 1 {
		errs = append(errs, fmt.Errorf("FlitBits must be at least 1, got %d", s.FlitBits))
	}
	link := func(name string, l LinkSpec) {
		if err := l.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	link("Link", s.Link)
	link("LocalLink", s.LocalLink)
	if s.Links != nil && len(s.Links) != len(graph.Edges()) {
		errs = append(errs, fmt.Errorf("there are %d Links for %d edges", len(s.Links), len(graph.Edges())))
	}
	for i, l := range s.Links {
		link(fmt.Sprintf("Links[%d]", i), l)
	}
	return errors.Join(errs...)
}

func (n *Network) addRouter(node topology.Node) {
	local := 0
	if n.spec.LocalPorts != nil {
		local = n.spec.LocalPorts(node)
	}
	n.routers[node.ID] = n.newRouter(node, n.graph.Ports(node.ID), local)
	for i := range local {
		e := n.addEndpoint(node.ID, i, fmt.Sprintf("%s.Local[%d]", node.Name, i))
		e.local = true
	}
}

func (n *Network) newRouter(node topology.Node, graphPorts, localPorts int) *Router {
	s := &n.spec.Router
	ports, vcs := graphPorts+localPorts, n.sets.vcs
	site := &n.sites[n.domain(node.ID)]
	r := &Router{
		ComponentBase: sim.NewComponentBase(node.Name),
		net:           n, packets: &site.packets, node: node.ID, spec: s, sets: &n.sets, vcs: vcs, ports: ports, speedup: s.InputSpeedup,
		inputs:     make([]input, ports),
		vc:         make([]inputVC, ports*vcs),
		outputs:    make([]tx, ports),
		readyPorts: make([]uint64, (ports+63)/64),
		turns:      make([]int32, ports*s.InputSpeedup),
		asked:      make([]asked, ports),
		due:        newCalendar[int32](max(s.Delays.RC+s.Delays.VA, s.Delays.SA) + 1),
	}
	r.alarm.Init(site.Clock, r, 0)
	for i := range r.inputs {
		r.inputs[i].steerPort = i
		if i >= graphPorts {
			r.inputs[i].steerPort = -1
		}
	}
	for i := range r.vc {
		r.vc[i].occupancy = newOccupancy(s.VCBufferFlits)
	}
	for i := range r.turns {
		r.turns[i] = int32(i % s.InputSpeedup)
	}
	for k := range s.InputSpeedup {
		var stride uint64
		for vc := k; vc < vcs; vc += s.InputSpeedup {
			stride |= 1 << vc
		}
		r.stride = append(r.stride, stride)
	}
	if len(s.Classes) > 1 {
		for range ports {
			r.shares = append(r.shares, newShare(s.weights()))
		}
	}
	va, _ := ParseAllocator(s.VCAllocator) // both names have been validated
	sa, _ := ParseAllocator(s.SwitchAllocator)
	r.vcAllocator = va.VC(ports*vcs, ports*vcs)
	r.swAllocator = sa.Switch(ports*s.InputSpeedup, ports)
	return r
}

func (s *RouterSpec) weights() []int32 {
	var w []int32
	for _, c := range s.Classes {
		w = append(w, int32(c.Weight))
	}
	return w
}

func (n *Network) addEndpoint(node wire.NodeID, port int, name string) *Endpoint {
	site := &n.sites[n.domain(node)]
	e := &Endpoint{
		ComponentBase: sim.NewComponentBase(name),
		net:           n, packets: &site.packets, node: node, port: port,
		queues: make([]queue, len(n.spec.Router.Classes)),
		share:  newShare(n.spec.Router.weights()),
	}
	for c := range e.queues {
		e.queues[c].vc, e.queues[c].dry, e.queues[c].stalledSince = -1, true, never
	}
	e.in.taken = make([]int64, n.sets.vcs)
	e.alarm.Init(site.Clock, e, 0)
	n.endpoints[node] = append(n.endpoints[node], e)
	return e
}

// connect joins the two ends of every edge and the local ports to their routers.
func (n *Network) connect() {
	for i, e := range n.graph.Edges() {
		if !n.graph.IsRouter(e.A) && !n.graph.IsRouter(e.B) {
			continue
		}
		link := n.spec.Link
		if n.spec.Links != nil {
			link = n.spec.Links[i]
		}
		a, b := n.end(e.A, e.PortA), n.end(e.B, e.PortB)
		n.join(a, b, i, link)
		n.join(b, a, i, link)
	}
	for id, r := range n.routers {
		if r == nil {
			continue
		}
		for k, e := range n.endpoints[id] {
			p := r.ports - len(n.endpoints[id]) + k
			a, b := linkEnd{r: r, node: r.node, port: p}, linkEnd{e: e, node: r.node, port: k}
			n.join(a, b, -1, n.spec.LocalLink)
			n.join(b, a, -1, n.spec.LocalLink)
		}
	}
}

// linkEnd is a port of a router or an endpoint.
type linkEnd struct {
	r    *Router
	e    *Endpoint
	node wire.NodeID
	port int
}

func (n *Network) end(node wire.NodeID, port int) linkEnd {
	if r := n.routers[node]; r != nil {
		return linkEnd{r: r, node: node, port: port}
	}
	return linkEnd{e: n.endpoints[node][port], node: node, port: port}
}

// join makes one direction of a link.
func (n *Network) join(from, to linkEnd, edge int, link LinkSpec) {
	credit, t := int64(0), (*tx)(nil)
	if from.r != nil {
		credit, t = n.spec.Router.CreditCycles, &from.r.outputs[from.port]
	} else {
		t = &from.e.out
	}
	*t = newTx(link, n.spec.FlitBits, n.sets.vcs, n.spec.Router.VCBufferFlits, credit)
	if edge >= 0 {
		t.windows = stats.NewWindows(n.sets.vcs)
		t.windowEnd = t.windows.EndCycle()
	}
	if from.r != nil {
		t.owner = &from.r.alarm
	} else {
		t.owner = &from.e.alarm
	}
	t.farPort = int16(to.port)
	if to.r != nil {
		t.router = to.r
		to.r.inputs[to.port].up.tx = t
	} else {
		t.endpoint = to.e
		to.e.in.up.tx = t
	}
	if n.domain(from.node) != n.domain(to.node) {
		n.newBorder(from, to, t)
	}
	n.wires = append(n.wires, wireEnd{tx: t, rate: t.rate, edge: edge, from: from.node, to: to.node, fromPort: from.port, port: to.port})
}

// sizeCalendars makes room for what can be on its way to every part.
func (n *Network) sizeCalendars() {
	st := n.spec.Router.Delays.ST
	for _, r := range n.routers {
		if r == nil {
			continue
		}
		ahead := int64(0)
		for i := range r.inputs {
			ahead = max(ahead, r.inputs[i].up.tx.aheadCycles()+st)
		}
		r.arrivals = newCalendar[flit](ahead)
	}
	for _, ports := range n.endpoints {
		for _, e := range ports {
			if e == nil {
				continue
			}
			e.in.arrivals = newCalendar[flit](e.in.up.tx.aheadCycles() + st)
		}
	}
}

// Endpoint is the endpoint at a port, which leads to a router, of a node that is none;
// nil at other ports.
func (n *Network) Endpoint(node wire.NodeID, port int) *Endpoint { return n.endpoints[node][port] }

// Locals are the endpoints at the local ports of a router, in order.
func (n *Network) Locals(router wire.NodeID) []*Endpoint { return n.endpoints[router] }

// Borders are the directions of links that join two engine domains, in a fixed order.
func (n *Network) Borders() []*Border { return n.borders }

// NewPacket takes a zeroed packet out of the pool of a network in one engine domain. In
// others an endpoint's NewPacket does.
func (n *Network) NewPacket() *Packet { return n.sites[0].packets.get() }

// FreePacket takes a packet of a network in one engine domain back. The caller must not
// use it afterwards.
func (n *Network) FreePacket(p *Packet) { n.sites[0].packets.put(p) }

// LivePackets is the number of packets handed out and not taken back.
func (n *Network) LivePackets() int64 {
	live := int64(0)
	for i := range n.sites {
		live += n.sites[i].packets.live
	}
	return live
}

// FlitHops is the number of flits that have left a router, copies counted each.
func (n *Network) FlitHops() int64 {
	sum := int64(0)
	for _, r := range n.routers {
		if r != nil {
			sum += r.moved
		}
	}
	return sum
}

// Parts lists the routers and endpoints, by node and port.
func (n *Network) Parts() []port.Part {
	var parts []port.Part
	for id, r := range n.routers {
		if r != nil {
			parts = append(parts, r)
		}
		for _, e := range n.endpoints[id] {
			if e != nil {
				parts = append(parts, e)
			}
		}
	}
	return parts
}

// Idle reports that no flit and no packet is in the network or waits to enter it, and
// that every credit is home.
func (n *Network) Idle() bool {
	for _, p := range n.Parts() {
		if !p.Idle() {
			return false
		}
	}
	return true
}

// lastDeparture is the last cycle in which a flit has come to a buffer of a router or has
// left one: a time that does not depend on the engine.
func (n *Network) lastDeparture() int64 {
	last := int64(0)
	for _, r := range n.routers {
		if r == nil {
			continue
		}
		for i := range r.vc {
			last = max(last, r.vc[i].occupancy.since)
		}
	}
	return last
}
