package topology

import (
	"fmt"
	"math"
	"slices"

	"mozart/interconnect/wire"
)

// The routing algorithms, as Graph.Routing names them.
const (
	// RoutingShortest takes a shortest path; among equally short ones, the lowest
	// port at every node.
	RoutingShortest = "shortest"
	// RoutingDimensionOrder corrects the first dimension first.
	RoutingDimensionOrder = "dimension-order"
	// RoutingUpDown goes towards a root until its destination lies below, then
	// down.
	RoutingUpDown = "up-down"
)

const (
	// nowhere marks the port taken at the destination itself.
	nowhere = -1
	// maxPort is what a step has room for.
	maxPort = math.MaxInt16
	// sameLane leaves a packet in the lane it came in.
	sameLane = math.MaxUint8
)

// step is the way on from a node to a destination.
type step struct {
	port int16
	lane uint8
}

// Hop is the way on at a node for a packet that came in by inPort, -1 at
// injection, in lane inLane, 0 at injection: the port to leave by, -1 at the
// destination, and the lane to use on the link behind it. The algorithms here
// choose by node and destination alone, so inPort does not matter.
func (g *Graph) Hop(at wire.NodeID, _ int, inLane uint8, dest wire.NodeID) (outPort int, outLane uint8) {
	s := g.steps[int(at)*len(g.nodes)+int(dest)]
	if s.lane == sameLane {
		return int(s.port), inLane
	}
	return int(s.port), s.lane
}

// Lanes is the number of classes of virtual channels that the routing needs to be
// free of deadlock: 1, or 2 where links form rings.
func (g *Graph) Lanes() int { return g.lanes }

// Routing is the name of the routing algorithm: one of the Routing constants.
func (g *Graph) Routing() string { return g.routing }

// NextPort is the port of at that leads to dest, or -1 when at is dest.
func (g *Graph) NextPort(at, dest wire.NodeID) int {
	return int(g.steps[int(at)*len(g.nodes)+int(dest)].port)
}

// Routes is the routing table of a node: the port to take per destination, -1
// for the node itself.
func (g *Graph) Routes(at wire.NodeID) []int {
	out := make([]int, len(g.nodes))
	for dest := range out {
		out[dest] = g.NextPort(at, wire.NodeID(dest))
	}
	return out
}

// Hops is the number of links on the way from a to b.
func (g *Graph) Hops(a, b wire.NodeID) int { return int(g.hops[int(a)*len(g.nodes)+int(b)]) }

// Path lists the nodes on the way from a to b, both included.
func (g *Graph) Path(a, b wire.NodeID) []wire.NodeID {
	path := []wire.NodeID{a}
	for at := a; at != b; {
		at = g.Neighbor(at, g.NextPort(at, b))
		path = append(path, at)
	}
	return path
}

// routeShortest routes by breadth-first search. Only nodes that forward lie
// inside a path.
func (g *Graph) routeShortest(forwards func(wire.NodeID) bool) error {
	return g.routeBy(RoutingShortest, 1, func(dest wire.NodeID) func(wire.NodeID) step {
		d := g.distances(dest, forwards)
		return func(at wire.NodeID) step { return step{port: g.nearer(at, d, forwards), lane: sameLane} }
	})
}

// distances counts the hops from every node to dest, -1 for one that does not
// reach it.
func (g *Graph) distances(dest wire.NodeID, forwards func(wire.NodeID) bool) []int32 {
	d := slices.Repeat([]int32{-1}, len(g.nodes))
	d[dest] = 0
	for queue := []wire.NodeID{dest}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != dest && !forwards(at) {
			continue
		}
		for _, e := range g.ends[at] {
			if d[e.node] < 0 {
				d[e.node] = d[at] + 1
				queue = append(queue, e.node)
			}
		}
	}
	return d
}

// nearer is the lowest port of at whose neighbor is one hop nearer, by d, and
// passes packets on or is where they go.
func (g *Graph) nearer(at wire.NodeID, d []int32, forwards func(wire.NodeID) bool) int16 {
	for p, e := range g.ends[at] {
		if d[e.node] >= 0 && d[e.node] == d[at]-1 && (d[e.node] == 0 || forwards(e.node)) {
			return int16(p)
		}
	}
	return nowhere
}

// column is the part of the routing table for one destination, by node.
type column struct {
	steps []step
	hops  []int32
}

// columnsAtOnce are filled before they go into the table, in which they lie across:
// a cache line's worth of steps.
const columnsAtOnce = 16

// routeBy fills the routing table, destination by destination: toward(dest) gives
// the way on at every other node. A route that does not arrive is an error.
func (g *Graph) routeBy(routing string, lanes int, toward func(dest wire.NodeID) func(at wire.NodeID) step) error {
	n := len(g.nodes)
	g.routing, g.lanes = routing, lanes
	g.steps, g.hops = make([]step, n*n), make([]int32, n*n)
	columns := make([]column, columnsAtOnce)
	for i := range columns {
		columns[i] = column{make([]step, n), make([]int32, n)}
	}
	for first := 0; first < n; first += columnsAtOnce {
		columns := columns[:min(columnsAtOnce, n-first)]
		for i, c := range columns {
			if err := g.fill(c, wire.NodeID(first+i), toward(wire.NodeID(first+i))); err != nil {
				return err
			}
		}
		for at := range n {
			row := at*n + first
			for i, c := range columns {
				g.steps[row+i], g.hops[row+i] = c.steps[at], c.hops[at]
			}
		}
	}
	return nil
}

// fill asks for the steps to one destination and counts the hops.
func (g *Graph) fill(c column, dest wire.NodeID, next func(at wire.NodeID) step) error {
	for at := range c.steps {
		c.hops[at] = nowhere
		if at != int(dest) {
			c.steps[at] = next(wire.NodeID(at))
		}
	}
	c.steps[dest], c.hops[dest] = step{port: nowhere, lane: sameLane}, 0
	var way []int
	for from := range c.steps {
		way = way[:0]
		at := from
		for c.hops[at] < 0 {
			p := int(c.steps[at].port)
			if p < 0 || len(way) > len(c.steps) {
				return fmt.Errorf("topology: %s routing from node %d (%s) does not arrive at node %d (%s)",
					g.routing, from, g.nodes[from].Name, dest, g.nodes[dest].Name)
			}
			way = append(way, at)
			at = int(g.ends[at][p].node)
		}
		for i := len(way) - 1; i >= 0; i-- {
			c.hops[way[i]] = c.hops[at] + int32(len(way)-i)
		}
	}
	return nil
}

func (g *Graph) checkConnected() error {
	d := g.distances(0, func(wire.NodeID) bool { return true })
	for i, hops := range d {
		if hops < 0 {
			return fmt.Errorf("topology: node %d (%s) cannot be reached from node 0", i, g.nodes[i].Name)
		}
	}
	return nil
}
