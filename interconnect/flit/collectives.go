package flit

import (
	"math/bits"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

var _ Steering = (*Collectives)(nil)

// Collectives steers packets that carry a wire.Packet: contributions to the reducer
// at their router, copies of a multicast towards its destinations. Its decisions are
// those of the packet router (package router), from the same fields of the packet.
type Collectives struct {
	graph *topology.Graph
	pool  *wire.Pool
}

// ReducerPort is the local port of a router that has a Reducer.
const ReducerPort = 0

// NewCollectives steers on a graph whose routes need one lane. Pool serves the copies
// of a multicast.
func NewCollectives(graph *topology.Graph, pool *wire.Pool) *Collectives {
	return &Collectives{graph: graph, pool: pool}
}

// Branches implements Steering. It is asked once per packet and router, when the head
// is at the front of its buffer.
func (c *Collectives) Branches(node wire.NodeID, inPort int, p *Packet) Branches {
	w := p.Payload
	switch {
	case w.Multicast():
		return c.spread(node, p)
	case w.Kind != wire.KindCombine || !w.Reduce:
	case inPort < 0: // what comes out of the reducer has climbed
	case w.FanIn > 1:
		return Branches{Ports: 1 << (c.graph.Ports(node) + ReducerPort)}
	default:
		w.Climb()
	}
	return Branches{}
}

// spread is the set of ports on the way to the destinations of a multicast. Where
// there is one such port the packet goes on as it is.
func (c *Collectives) spread(node wire.NodeID, p *Packet) Branches {
	w := p.Payload
	set := uint64(0)
	for i := range w.BranchCount {
		set |= 1 << c.graph.NextPort(node, w.Branches[i].Dest)
	}
	if bits.OnesCount64(set) == 1 {
		c.head(node, bits.TrailingZeros64(set), 1, p)
	}
	return Branches{Ports: set}
}

// Split implements Steering: the copy gets the destinations on its way.
func (c *Collectives) Split(node wire.NodeID, p *Packet, outPort int, branch *Packet) {
	whole := p.Payload
	part := c.pool.Get()
	*part = *whole
	part.Side = nil
	c.pool.Equip(part)
	part.Contributions = 0
	ports := uint64(0)
	for i := range whole.BranchCount {
		b := whole.Branches[i]
		next := c.graph.NextPort(node, b.Dest)
		ports |= 1 << next
		if next == outPort {
			part.Branch(b)
		}
	}
	branch.Payload = part
	c.head(node, outPort, bits.OnesCount64(ports), branch)
}

// head makes the first destination that of the packet. At the node behind the port it
// is a multicast no more.
func (c *Collectives) head(node wire.NodeID, outPort, copies int, p *Packet) {
	w := p.Payload
	w.Dest, w.Op = w.Branches[0].Dest, w.Branches[0].Op
	w.Descend(copies)
	p.Dest = w.Dest
	if w.BranchCount == 1 && w.Dest == c.graph.Neighbor(node, outPort) {
		c.pool.Strip(w)
		p.Steered = false
	}
}

// Merged implements Steering: the whole has left in its copies.
func (c *Collectives) Merged(_ wire.NodeID, p *Packet) { c.pool.Put(p.Payload) }
