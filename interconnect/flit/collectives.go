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
	// pools are by node.
	pools []*wire.Pool
	// reducers is, by node, the number of local ports of the router's Reducer.
	reducers []int
}

// steeredPorts is how many ports of a router a packet can be steered to.
const steeredPorts = 64

// ReducerPorts is the number of local ports of portBits per cycle that bring a router's
// adder of adderBits per cycle as much as it takes: at least one, and no more than the
// router has links that bring contributions.
func ReducerPorts(graph *topology.Graph, router wire.NodeID, adderBits, portBits int64) int {
	links := graph.Ports(router)
	wanted := min((adderBits+portBits-1)/portBits, int64(links), int64(steeredPorts-links))
	return max(1, int(wanted))
}

// NewCollectives steers on a graph whose routes need one lane. PoolOf is the pool for the
// copies of multicasts at a node: that of its engine domain. ReducerPorts is the number
// of local ports of every router, which are all its Reducer's.
func NewCollectives(graph *topology.Graph, poolOf func(topology.Node) *wire.Pool, reducerPorts func(topology.Node) int) *Collectives {
	c := &Collectives{graph: graph, pools: make([]*wire.Pool, len(graph.Nodes())), reducers: make([]int, len(graph.Nodes()))}
	for _, n := range graph.Nodes() {
		c.pools[n.ID] = poolOf(n)
		if graph.IsRouter(n.ID) {
			c.reducers[n.ID] = reducerPorts(n)
		}
	}
	return c
}

// reducerPort is the local port for the contributions to a token's sum: consecutive
// tokens take turns at a reducer's ports.
func reducerPort(token int32, ports int) int { return int(uint32(token) % uint32(ports)) }

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
		return Branches{Ports: 1 << (c.graph.Ports(node) + reducerPort(w.Token, c.reducers[node]))}
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
	pool := c.pools[node]
	part := pool.Get()
	*part = *whole
	part.Side = nil
	pool.Equip(part)
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
		c.pools[node].Strip(w)
		p.Steered = false
	}
}

// Merged implements Steering: the whole has left in its copies.
func (c *Collectives) Merged(node wire.NodeID, p *Packet) { c.pools[node].Put(p.Payload) }
