package topology

import (
	"fmt"

	"mozart/interconnect/wire"
)

// Channel is a lane of one direction of a link.
type Channel struct {
	From, To wire.NodeID
	// Port is the port of From.
	Port int
	Lane uint8
}

// Cycle is a ring of channels of which each may have to wait for the next one,
// packets going from endpoint to endpoint; nil if there is none, and then the
// routing cannot deadlock (Dally and Seitz, 1987). Every edge counts as a
// channel of its own, with Lanes lanes.
func (g *Graph) Cycle() []Channel {
	d := newDependencies(g)
	for _, dest := range g.Endpoints() {
		d.follow(dest.ID)
	}
	return d.cycle()
}

// dependencies is the channel dependency graph.
type dependencies struct {
	g *Graph
	// base[n] is the number of the first lane of the first port of node n; lane l of
	// port p has base[n] + p lanes + l.
	base []int
	from []wire.NodeID // of each channel
	// next[c] lists what channel c may wait for.
	next [][]int
	// seen[n] is the last destination for which node n was followed, plus one.
	seen []wire.NodeID
}

func newDependencies(g *Graph) *dependencies {
	d := &dependencies{g: g, base: make([]int, len(g.nodes)), seen: make([]wire.NodeID, len(g.nodes))}
	for n := range g.nodes {
		d.base[n] = len(d.from)
		for range g.Ports(wire.NodeID(n)) * g.lanes {
			d.from = append(d.from, wire.NodeID(n))
		}
	}
	d.next = make([][]int, len(d.from))
	return d
}

// follow adds what packets from every endpoint to one wait for.
func (d *dependencies) follow(dest wire.NodeID) {
	for _, source := range d.g.Endpoints() {
		for at := source.ID; at != dest && d.seen[at] != dest+1; {
			d.seen[at] = dest + 1
			via := d.g.Neighbor(at, d.g.NextPort(at, dest))
			if via != dest {
				d.add(at, via, dest)
			}
			at = via
		}
	}
}

// add lets every channel from at to via that leads to dest wait for every one that
// goes on from via. Where a packet keeps its lane, that is any lane.
func (d *dependencies) add(at, via, dest wire.NodeID) {
	for _, c := range d.channels(at, dest) {
		for _, next := range d.channels(via, dest) {
			if !contains(d.next[c], next) {
				d.next[c] = append(d.next[c], next)
			}
		}
	}
}

func contains(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// channels are those that a packet for dest may leave a node by.
func (d *dependencies) channels(at, dest wire.NodeID) []int {
	s := d.g.steps[int(at)*len(d.g.nodes)+int(dest)]
	first := d.base[at] + int(s.port)*d.g.lanes
	if s.lane != sameLane {
		return []int{first + int(s.lane)}
	}
	var all []int
	for l := range d.g.lanes {
		all = append(all, first+l)
	}
	return all
}

// cycle finds a ring by depth-first search, from the lowest channel on.
func (d *dependencies) cycle() []Channel {
	const (
		open = 1
		done = 2
	)
	state := make([]uint8, len(d.next))
	tried := make([]int, len(d.next))
	for start := range d.next {
		if state[start] != 0 {
			continue
		}
		path := []int{start}
		state[start] = open
		for len(path) > 0 {
			c := path[len(path)-1]
			if tried[c] == len(d.next[c]) {
				state[c] = done
				path = path[:len(path)-1]
				continue
			}
			next := d.next[c][tried[c]]
			tried[c]++
			switch state[next] {
			case open:
				return d.ring(path, next)
			case 0:
				state[next] = open
				path = append(path, next)
			}
		}
	}
	return nil
}

// ring is the end of a path of channels, from the one that it came back to.
func (d *dependencies) ring(path []int, back int) []Channel {
	var ring []Channel
	for i := len(path) - 1; ; i-- {
		if path[i] == back {
			for _, c := range path[i:] {
				ring = append(ring, d.channel(c))
			}
			return ring
		}
	}
}

func (d *dependencies) channel(c int) Channel {
	n := d.from[c]
	k := c - d.base[n]
	p := k / d.g.lanes
	return Channel{From: n, To: d.g.Neighbor(n, p), Port: p, Lane: uint8(k % d.g.lanes)}
}

// CycleError says that a routing can deadlock.
type CycleError struct {
	// Routing is the algorithm, Nodes the names along the ring, the first one at
	// both ends.
	Routing string
	Nodes   []string
}

// Error implements error.
func (e *CycleError) Error() string {
	text := fmt.Sprintf("%s routing can deadlock: packets may wait for each other around ", e.Routing)
	for i, name := range e.Nodes {
		if i > 0 {
			text += " -> "
		}
		text += name
	}
	return text
}

// checkCycle turns a ring of channels into an error.
func (g *Graph) checkCycle() error {
	ring := g.Cycle()
	if ring == nil {
		return nil
	}
	e := &CycleError{Routing: g.routing}
	for _, c := range ring {
		e.Nodes = append(e.Nodes, g.nodes[c.From].Name)
	}
	e.Nodes = append(e.Nodes, e.Nodes[0])
	return e
}
