package micro

import (
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/engine"
)

// fabric is a network at one fidelity, with the driver at its endpoints. It asks the
// driver for the next packet of an endpoint when it can start it, and tells it when
// a packet has arrived.
type fabric interface {
	// start lets the endpoints that have something to send ask for it.
	start(injectors []int)
	// foresight is how many cycles ahead of an arrival the driver hears of it, at most.
	foresight() int64
	// inside is the number of packets that have been taken from the driver and have
	// not arrived.
	inside() int64
	// check reports a part that is not at rest. Nothing is left to happen.
	check() error
}

// trip is what is known of a packet that has arrived.
type trip struct {
	// created is when the packet was made, injected when its head left the source,
	// ejected when its tail arrived; all are cycles.
	created, injected, ejected int64
	// hops is the number of routers on the way.
	hops int32
}

// supplier is the driver as its network knows it.
type supplier interface {
	// next is the next packet of an endpoint; false ends its stream. The packet may
	// have been created long ago or only in the future.
	next(endpoint int) (dest int, created int64, ok bool)
	// arrived counts a packet.
	arrived(t trip)
}

// site is what both kinds of network are built on.
type site struct {
	engine *engine.Serial
	graph  *topology.Graph
	// nodes lists the node of every endpoint, by number.
	nodes  []wire.NodeID
	driver supplier
}

// numbers gives every node its number as an endpoint, -1 for a router.
func (s *site) numbers() []int {
	list := make([]int, len(s.graph.Nodes()))
	for i := range list {
		list[i] = -1
	}
	for number, id := range s.nodes {
		list[id] = number
	}
	return list
}
