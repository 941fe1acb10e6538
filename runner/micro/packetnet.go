package micro

import (
	"errors"
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// pipelineOverhead is what links and routers of the packet level take per hop beside
// their latencies: a cycle in the register of the output port and one until the head
// is far away. The rest of a flit router's pipeline is the latency of the router.
const pipelineOverhead = 2

// packetNet is the network at packet fidelity. It implements fabric.
type packetNet struct {
	site
	pool     *wire.Pool
	clock    port.Clock
	flits    int
	bytes    int32
	channels int
	stations []*station
	routers  []*router.Router
	// byNode is the router at a node, nil for an endpoint; number is the number of the
	// endpoint at a node.
	byNode []*router.Router
	number []int
	links  []*link.Link
	// flights holds what the wire does not carry of the packets inside; free lists its
	// unused places.
	flights []trip
	free    []int32
}

// validatePacket reports what the packet level cannot do.
func (n Network) validatePacket(packetFlits int) error {
	var errs []error
	if sum := n.pipeline(); sum <= pipelineOverhead {
		errs = append(errs, fmt.Errorf("router-delays: found a sum of %d cycles, want more than %d at packet fidelity", sum, pipelineOverhead))
	}
	if n.LinkDelay < 1 {
		errs = append(errs, fmt.Errorf("link-delay: found %d, want at least 1 at packet fidelity", n.LinkDelay))
	}
	if bytes := int64(packetFlits) * int64(n.FlitBytes); bytes > maxPacketBytes {
		errs = append(errs, fmt.Errorf("packet-flits: found %d of %d bytes, want a packet of at most %d bytes at packet fidelity", packetFlits, n.FlitBytes, maxPacketBytes))
	}
	return errors.Join(errs...)
}

const maxPacketBytes = 1 << 24

// packetPorts reports routers with more ports than the packet level has. Ports to other
// routers count once per lane.
func packetPorts(g *topology.Graph) error {
	for _, n := range g.Nodes() {
		if !g.IsRouter(n.ID) {
			continue
		}
		if ports := router.SlotsOf(g, n.ID); ports > router.MaxSlots {
			return fmt.Errorf("topology: %s has %d ports, want at most %d at packet fidelity", n.Name, ports, router.MaxSlots)
		}
	}
	return nil
}

// pipeline is the time in cycles from a head's arrival at a router to the wire.
func (n Network) pipeline() int64 { return n.Delays.RC + n.Delays.VA + n.Delays.SA + n.Delays.ST }

// packetChannels is the number of channels that the packets of a lane use: the packet
// level has one per traffic class.
func (n Network) packetChannels(lanes int) int { return min(n.VCs/lanes, int(wire.NumClasses)) }

// channelBytes is the buffer of a channel: the channels of a port share all that its
// VCs have, and each holds a packet at least.
func (n Network) channelBytes(lanes, packetFlits int) int {
	flits := max(n.VCs*n.VCBufferFlits/(lanes*n.packetChannels(lanes)), packetFlits)
	return flits * n.FlitBytes
}

func newPacketNet(s site, n Network, packetFlits int) (*packetNet, error) {
	f := &packetNet{
		site: s, pool: &wire.Pool{}, clock: port.NewClock(s.engine, clockRate),
		flits: packetFlits, bytes: int32(packetFlits * n.FlitBytes), channels: n.packetChannels(s.graph.Lanes()),
		byNode: make([]*router.Router, len(s.graph.Nodes())), number: s.numbers(),
	}
	buffer := n.channelBytes(s.graph.Lanes(), packetFlits)
	for i, id := range s.nodes {
		st, err := newStation(f, i, s.graph.Node(id).Name, buffer)
		if err != nil {
			return nil, err
		}
		f.stations = append(f.stations, st)
	}
	for _, node := range s.graph.Nodes() {
		if !s.graph.IsRouter(node.ID) {
			continue
		}
		if err := f.addRouter(node, n, buffer); err != nil {
			return nil, err
		}
	}
	for i, e := range s.graph.Edges() {
		l, err := link.New(fmt.Sprintf("Link[%d]", i), f.clock, linkSpec(e, n), f.end(e.A, e.PortA), f.end(e.B, e.PortB))
		if err != nil {
			return nil, err
		}
		f.links = append(f.links, l)
	}
	return f, nil
}

// linkSpec is the link of an edge. It is no faster than a flit per cycle.
func linkSpec(e topology.Edge, n Network) link.Spec {
	bits := int64(n.FlitBytes) * 8
	if e.BitsPerCycle > 0 {
		bits = min(bits, e.BitsPerCycle)
	}
	return link.Spec{BitsPerCycle: bits, LatencyCycles: latency(e, n)}
}

func (f *packetNet) addRouter(node topology.Node, n Network, buffer int) error {
	w := router.WiringOf(f.graph, node.ID)
	for p := range w.Neighbors {
		w.BitsPerCycle[p] = linkSpec(f.graph.Edges()[f.graph.EdgeAt(node.ID, p)], n).BitsPerCycle
	}
	spec := router.Spec{
		LatencyCycles: n.pipeline() - pipelineOverhead, InBytes: buffer, OutMessages: 1,
		Reducer: collective.Spec{Entries: 1, AddBytesPerCycle: 1, AddLatencyCycles: 1, Full: collective.FullStall}, // has nothing to do
	}
	r, err := router.New(node.Name, f.clock, spec, w, f.pool)
	if err != nil {
		return err
	}
	f.routers = append(f.routers, r)
	f.byNode[node.ID] = r
	return nil
}

func (f *packetNet) end(node wire.NodeID, portIndex int) link.End {
	if r := f.byNode[node]; r != nil {
		return link.End{Port: r.Port(portIndex), CutThrough: true}
	}
	return link.End{Port: f.stations[f.number[node]].port}
}

func (f *packetNet) start(injectors []int) {
	for _, i := range injectors {
		f.stations[i].wakeAt(0)
	}
}

// take is a packet for the next that an endpoint creates, or nil.
func (f *packetNet) take(endpoint int) (p *wire.Packet, created int64) {
	dest, created, ok := f.driver.next(endpoint)
	if !ok {
		return nil, 0
	}
	p = f.pool.Get()
	p.Kind, p.Bytes = wire.KindWriteData, f.bytes
	p.Source, p.Dest = f.nodes[endpoint], f.nodes[dest]
	p.Token = f.place()
	f.flights[p.Token] = trip{created: created, hops: f.hopsBetween(endpoint, dest)}
	return p, created
}

// place is an unused one in flights.
func (f *packetNet) place() int32 {
	last := len(f.free) - 1
	if last < 0 {
		f.flights = append(f.flights, trip{})
		return int32(len(f.flights) - 1)
	}
	place := f.free[last]
	f.free = f.free[:last]
	return place
}

// injected notes when the head of a packet has left its source.
func (f *packetNet) injected(p *wire.Packet, cycle int64) { f.flights[p.Token].injected = cycle }

// arrived takes a packet whose tail is at its destination in a cycle.
func (f *packetNet) arrived(p *wire.Packet, cycle int64) {
	t := f.flights[p.Token]
	t.ejected = cycle
	f.free = append(f.free, p.Token)
	f.pool.Put(p)
	f.driver.arrived(t)
}

// hopsBetween counts the routers between two endpoints.
func (f *packetNet) hopsBetween(source, dest int) int32 {
	if source == dest {
		return 1
	}
	return int32(f.graph.Hops(f.nodes[source], f.nodes[dest])) - 1
}

func (f *packetNet) foresight() int64 {
	most := int64(0)
	for _, l := range f.links {
		most = max(most, topology.SerialCycles(int(f.bytes), l.Spec().BitsPerCycle)+l.Spec().LatencyCycles)
	}
	return most
}

func (f *packetNet) inside() int64 { return f.pool.Live() }

func (f *packetNet) check() error {
	parts := f.parts()
	if n := f.pool.Live(); n != 0 {
		return fmt.Errorf("%d packets are still in the network: %v", n, waits(parts))
	}
	for _, p := range parts {
		if !p.Idle() {
			return fmt.Errorf("the network is empty and %s is not at rest: %v", p.Name(), waits(parts))
		}
	}
	return nil
}

func (f *packetNet) parts() []port.Part {
	var list []port.Part
	for _, s := range f.stations {
		list = append(list, s)
	}
	for _, r := range f.routers {
		list = append(list, r)
	}
	for _, l := range f.links {
		list = append(list, l)
	}
	return list
}
