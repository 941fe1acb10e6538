package router

import (
	"errors"
	"fmt"

	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// Wiring is a router's place in the network, from the topology.
type Wiring struct {
	// Routes is the port to take per destination; -1 is the router itself.
	Routes []int
	// Neighbors is the node behind each port; it sets the number of ports.
	Neighbors []wire.NodeID
	// BitsPerCycle is the rate of the link at each port.
	BitsPerCycle []int64
	// Lanes is the number of lanes of each port; nil is 1 everywhere. A port has a
	// virtual channel per lane and class. A lane of a port is a slot; slots are numbered
	// port by port.
	Lanes []int
	// Turns, where there are lanes, is the slot to take, per slot that a packet comes in
	// at and destination. One more row, at the end, is for what the reducer sends. Nil
	// stands for Routes, which without lanes is the same.
	Turns [][]int16
}

// WiringOf is the place of a router in a network whose edges know their rates. Ports
// to other routers have all lanes of the network, those to other nodes one.
func WiringOf(g *topology.Graph, n wire.NodeID) Wiring {
	w := Wiring{Routes: g.Routes(n), Neighbors: g.Neighbors(n)}
	for p := range w.Neighbors {
		w.BitsPerCycle = append(w.BitsPerCycle, g.Edges()[g.EdgeAt(n, p)].BitsPerCycle)
	}
	if g.Lanes() == 1 {
		return w
	}
	w.Lanes = lanesOf(g, n)
	first := w.firstSlots()
	for p, lanes := range w.Lanes {
		for lane := range lanes {
			w.Turns = append(w.Turns, w.turns(g, n, first, p, uint8(lane)))
		}
	}
	w.Turns = append(w.Turns, w.turns(g, n, first, -1, 0))
	return w
}

// lanesOf is the number of lanes of each port of a router.
func lanesOf(g *topology.Graph, n wire.NodeID) []int {
	lanes := make([]int, g.Ports(n))
	for p := range lanes {
		lanes[p] = 1
		if g.IsRouter(g.Neighbor(n, p)) {
			lanes[p] = g.Lanes()
		}
	}
	return lanes
}

// SlotsOf is the number of lanes of all ports that a router has in a network; New takes
// at most MaxSlots.
func SlotsOf(g *topology.Graph, n wire.NodeID) int {
	sum := 0
	for _, lanes := range lanesOf(g, n) {
		sum += lanes
	}
	return sum
}

// turns is the slot to take per destination, for what comes in at a lane of a port.
func (w Wiring) turns(g *topology.Graph, n wire.NodeID, first []int, inPort int, inLane uint8) []int16 {
	row := make([]int16, len(g.Nodes()))
	for dest := range row {
		if w.Routes[dest] < 0 {
			row[dest] = -1
			continue
		}
		out, lane := g.Hop(n, inPort, inLane, wire.NodeID(dest))
		row[dest] = int16(first[out] + min(int(lane), w.Lanes[out]-1))
	}
	return row
}

// firstSlots is the slot of each port's first lane and, at the end, their number.
func (w Wiring) firstSlots() []int {
	first := []int{0}
	for p := range w.Neighbors {
		first = append(first, first[p]+w.lanes(p))
	}
	return first
}

// lanes is the number of lanes of a port.
func (w Wiring) lanes(port int) int {
	if w.Lanes == nil {
		return 1
	}
	return w.Lanes[port]
}

// slots is the number of lanes of all ports.
func (w Wiring) slots() int { return w.firstSlots()[len(w.Neighbors)] }

// MaxSlots bounds the lanes of all ports of a router: they and the reducer have a bit
// each of a uint64.
const MaxSlots = 63

// Validate reports every wrong field.
func (w Wiring) Validate() error {
	ports := len(w.Neighbors)
	if w.Lanes != nil && len(w.Lanes) != ports {
		return fmt.Errorf("%d ports but lanes of %d", ports, len(w.Lanes))
	}
	var errs []error
	for i, n := range w.Lanes {
		if n < 1 {
			errs = append(errs, fmt.Errorf("port %d has %d lanes, want at least 1", i, n))
		}
	}
	if n := w.slots(); ports < 1 || n > MaxSlots {
		errs = append(errs, fmt.Errorf("a router has 1 to %d ports, lanes counted one by one, got %d", MaxSlots, n))
	}
	if len(w.BitsPerCycle) != ports {
		errs = append(errs, fmt.Errorf("%d ports but %d link rates", ports, len(w.BitsPerCycle)))
	}
	for i, b := range w.BitsPerCycle {
		if b < 1 {
			errs = append(errs, fmt.Errorf("BitsPerCycle of port %d must be at least 1, got %d", i, b))
		}
	}
	for dest, p := range w.Routes {
		if p < -1 || p >= ports {
			errs = append(errs, fmt.Errorf("the route to node %d takes port %d of %d", dest, p, ports))
		}
	}
	return errors.Join(append(errs, w.checkTurns())...)
}

// checkTurns reports a table of turns that does not fit the slots.
func (w Wiring) checkTurns() error {
	slots := w.slots()
	switch {
	case w.Turns == nil && slots != len(w.Neighbors):
		return fmt.Errorf("%d lanes at %d ports need a table of turns", slots, len(w.Neighbors))
	case w.Turns == nil:
		return nil
	case len(w.Turns) != slots+1:
		return fmt.Errorf("%d lanes but turns from %d, want one more", slots, len(w.Turns))
	}
	for in, row := range w.Turns {
		if len(row) != len(w.Routes) {
			return fmt.Errorf("lane %d has turns to %d nodes, want %d", in, len(row), len(w.Routes))
		}
		for dest, out := range row {
			if out < -1 || int(out) >= slots || (out < 0) != (w.Routes[dest] < 0) {
				return fmt.Errorf("the turn from lane %d to node %d takes lane %d of %d", in, dest, out, slots)
			}
		}
	}
	return nil
}
