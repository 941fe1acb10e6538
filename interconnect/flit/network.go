package flit

import (
	"errors"
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// Network is the routers, links and endpoints of a graph, in one engine domain.
type Network struct {
	graph     *topology.Graph
	spec      NetworkSpec
	clock     port.Clock
	sets      sets
	routers   []*Router     // by node, nil for others
	endpoints [][]*Endpoint // by node and port; of a router its local ports
	pool      packetPool
	// wires lists every direction of every link.
	wires []wireEnd
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
	if err := spec.validate(graph); err != nil {
		return nil, fmt.Errorf("flit network: %w", err)
	}
	n := &Network{
		graph: graph, spec: spec, clock: clock,
		sets:      newSets(spec.Router.Classes, graph.Lanes()),
		routers:   make([]*Router, len(graph.Nodes())),
		endpoints: make([][]*Endpoint, len(graph.Nodes())),
	}
	for _, node := range graph.Nodes() {
		if graph.IsRouter(node.ID) {
			n.addRouter(node)
			continue
		}
		for p := range graph.Ports(node.ID) {
			if !graph.IsRouter(graph.Neighbor(node.ID, p)) {
				n.endpoints[node.ID] = append(n.endpoints[node.ID], nil)
				continue
			}
			n.addEndpoint(node.ID, p, fmt.Sprintf("%s.Gate[%d]", node.Name, p))
		}
	}
	n.connect()
	n.sizeCalendars()
	return n, nil
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
	r := &Router{
		ComponentBase: sim.NewComponentBase(node.Name),
		net:           n, node: node.ID, spec: s, sets: &n.sets, vcs: vcs, ports: ports, speedup: s.InputSpeedup,
		inputs:     make([]input, ports),
		vc:         make([]inputVC, ports*vcs),
		outputs:    make([]tx, ports),
		readyPorts: make([]uint64, (ports+63)/64),
		turns:      make([]int32, ports*s.InputSpeedup),
		asked:      make([]asked, ports),
		due:        newCalendar[int32](max(s.Delays.RC+s.Delays.VA, s.Delays.SA) + 1),
	}
	r.alarm.Init(n.clock, r, 0)
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
	e := &Endpoint{
		ComponentBase: sim.NewComponentBase(name),
		net:           n, node: node, port: port,
		queues: make([]queue, len(n.spec.Router.Classes)),
		share:  newShare(n.spec.Router.weights()),
	}
	for c := range e.queues {
		e.queues[c].vc, e.queues[c].dry = -1, true
	}
	e.in.taken = make([]int64, n.sets.vcs)
	e.alarm.Init(n.clock, e, 0)
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
	if from.r != nil {
		t.owner = &from.r.alarm
	} else {
		t.owner = &from.e.alarm
	}
	t.farPort = int16(to.port)
	if to.r != nil {
		t.router = to.r
		to.r.inputs[to.port].up = t
	} else {
		t.endpoint = to.e
		to.e.in.up = t
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
			ahead = max(ahead, r.inputs[i].up.aheadCycles()+st)
		}
		r.arrivals = newCalendar[flit](ahead)
	}
	for _, ports := range n.endpoints {
		for _, e := range ports {
			if e == nil {
				continue
			}
			e.in.arrivals = newCalendar[flit](e.in.up.aheadCycles() + st)
		}
	}
}

// Endpoint is the endpoint at a port, which leads to a router, of a node that is none;
// nil at other ports.
func (n *Network) Endpoint(node wire.NodeID, port int) *Endpoint { return n.endpoints[node][port] }

// Local is the endpoint at local port i of a router.
func (n *Network) Local(router wire.NodeID, i int) *Endpoint { return n.endpoints[router][i] }

// NewPacket takes a zeroed packet out of the pool.
func (n *Network) NewPacket() *Packet { return n.pool.get() }

// FreePacket takes a packet back. The caller must not use it afterwards.
func (n *Network) FreePacket(p *Packet) { n.pool.put(p) }

// LivePackets is the number of packets handed out and not taken back.
func (n *Network) LivePackets() int64 { return n.pool.live }

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
