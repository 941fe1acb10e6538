package flit

import "mozart/interconnect/wire"

// Packet is a message in the network. Packets come from Network.NewPacket and go back
// with Network.FreePacket, by whoever gets them from Client.Ejected.
type Packet struct {
	// Source and Dest are endpoint nodes. Dest steers the packet.
	Source, Dest wire.NodeID
	// Flits is the length, at least 1.
	Flits int32
	// Class is the traffic class, below the number of classes.
	Class uint8
	// Steered makes the routers ask NetworkSpec.Steering for the way.
	Steered bool
	// Hops is the number of routers that the head has left.
	Hops int32
	// CreatedCycle is when the packet was made. It enters the network in this cycle or
	// later.
	CreatedCycle int64
	// InjectedCycle is when the head left the source's queue.
	InjectedCycle int64
	// EjectedCycle is when the tail arrived at the destination.
	EjectedCycle int64
	// Tag is the owner's own number.
	Tag int64
	// Payload is the message that the flits carry, nil under synthetic load.
	Payload *wire.Packet

	readyCycle int64   // the first cycle in which it may leave its source
	next       *Packet // in a queue or in the pool
}

// Branches is where a router sends a steered packet.
type Branches struct {
	// Ports is the set of output ports, one bit each; 0 is by routing to Dest. A port
	// of 64 or more cannot be steered to.
	Ports uint64
	// Lane is the lane of the VCs that the packet takes there.
	Lane uint8
}

// Steering decides about the packets marked as Steered. Its answers must depend on
// nothing but its arguments and what the packet carries. In a network of several engine
// domains it is called from all of them, at the same time in a parallel run.
type Steering interface {
	// Branches is where the router at node sends p, which came in on a port of the graph,
	// or on a local one, which is -1. It is asked once per packet and router.
	Branches(node wire.NodeID, inPort int, p *Packet) Branches
	// Split is called for every output port of a packet that goes to more than one,
	// with a copy of the packet. It may change Dest, Steered, Tag and Payload of the
	// copy. The packet itself is freed when all its copies have left the router;
	// Merged tells its owner.
	Split(node wire.NodeID, p *Packet, outPort int, branch *Packet)
	// Merged is called when the last flit of a packet that was split has left the
	// router, before the packet is freed.
	Merged(node wire.NodeID, p *Packet)
}

// packetPool is a free list of packets.
type packetPool struct {
	free *Packet
	live int64
}

func (pool *packetPool) get() *Packet {
	pool.live++
	p := pool.free
	if p == nil {
		return &Packet{}
	}
	pool.free = p.next
	*p = Packet{}
	return p
}

func (pool *packetPool) put(p *Packet) {
	pool.live--
	p.Payload = nil
	p.next, pool.free = pool.free, p
}
