package build

import (
	"math"
	"slices"

	"mozart/components/chiplet"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// group is a switch at the attention chiplet as seen from there, with everything below
// it: switches and expert chiplets.
type group struct {
	builder *builder
	node    topology.Node
	// routers are its switches, the topmost one first.
	routers []*router.Router
	// rises are the links between its switches, and to its chiplets.
	rises  []rise
	leaves []leaf
	// copies is the most copies of a token that one packet stands for on the way to
	// the topmost switch.
	copies     int64
	dispatches []dispatch
	// turn counts the calls of quiet; underway is the number of copies that have come
	// through the topmost link but are not on their last one, at the most, in this turn.
	turn, underway int64
}

// rise is a link within a group, between a switch and what is below it.
type rise struct {
	link *link.Link
	// end is the lower one. It is behind port of upper, whose own way up is rise above,
	// or -1.
	end, port, above int
	upper            *router.Router
	// below is the switch at the lower end, or nil, and copies the most copies of a
	// token that a packet on its way down stands for.
	below  *router.Router
	copies int64
}

// dispatch is the group's part of one dispatch.
type dispatch struct {
	// receives[i] is the op that receives it at leaf i.
	receives []int32
	// after[i] is the number of packets for the group, copies of a multicast counted
	// one by one, that come after the last one for leaf i.
	after []int64
	// outstanding are the packets, copies one by one, that are not on their last link,
	// as of a turn.
	outstanding, turn int64
}

// leaf is an expert chiplet of a group.
type leaf struct {
	chip *chiplet.Comp
	dev  *op.Device
	// rise is the number of its link.
	rise int
	// number[i] is where Receive op i of the chiplet is in the list of dispatches.
	number []int32
	// lacks and signalled are those of the group for the leaf.
	lacks     func(receive int32) int64
	signalled func() bool
}

// upClasses are the classes of what chiplets send up.
var upClasses = [...]int{int(wire.ClassControl), int(wire.ClassToken)}

// quiet is the promise of the group: what goes up comes from a chiplet. Stacks
// answer within the group.
func (g *group) quiet() port.Promise {
	if g.routers == nil {
		g.find()
	}
	for _, r := range g.routers {
		if r.Reducing() {
			return port.Promise{}
		}
	}
	for i := range g.rises {
		r := &g.rises[i]
		for _, vc := range upClasses {
			if r.upper.Holds(r.port, vc) || r.link.Waiting(r.end, vc) > 0 {
				return port.Promise{}
			}
		}
	}
	g.turn++
	g.underway = g.comingDown()
	least := silence
	for i := range g.leaves {
		l := &g.leaves[i]
		if least = l.chip.Quiet(topology.EndpointPort, l.lacks, l.signalled, least); least == (port.Promise{}) {
			break
		}
	}
	return least
}

// silence promises that nothing happens any more.
var silence = port.Promise{FloorCycle: math.MaxInt64, DelayCycles: math.MaxInt64, CalmCycle: math.MaxInt64}

// comingDown bounds the copies of tokens that are in the group, but not on the last
// link to their chiplet.
func (g *group) comingDown() int64 {
	const token = int(wire.ClassToken)
	n := int64(g.routers[0].Port(topology.UpPort).InLen(token)) * g.copies
	for i := range g.rises {
		r := &g.rises[i]
		n += int64(r.link.Waiting(1-r.end, token)) * r.copies
		if r.below != nil {
			n += int64(r.below.Port(topology.UpPort).InLen(token)) * r.copies
		}
	}
	return n
}

// lacks is how many packets the link from the attention chiplet at least has to bring
// before a Receive of leaf i has all its tokens. The attention chiplet sends the copies
// of a table in order, so these are the ones that the group still lacks, but for those
// that come after the leaf's last one; one may have arrived in part.
func (g *group) lacks(i int, receive int32) int64 {
	d := &g.dispatches[g.leaves[i].number[receive]]
	if d.turn != g.turn {
		d.turn, d.outstanding = g.turn, 0
		for k := range g.leaves {
			if d.receives[k] != op.None {
				d.outstanding += g.leaves[k].chip.Outstanding(d.receives[k])
			}
		}
	}
	missing := d.outstanding - g.underway - d.after[i]
	return max(0, missing/g.copies-1)
}

// signalled reports whether a signal for a leaf may be in a switch or behind it.
func (g *group) signalled(i int) bool {
	const control = int(wire.ClassControl)
	for at := g.leaves[i].rise; at >= 0; at = g.rises[at].above {
		r := &g.rises[at]
		if r.upper.Holds(topology.UpPort, control) || r.link.Waiting(1-r.end, control) > 0 {
			return true
		}
	}
	return false
}

// find collects the parts of the group once all are built.
func (g *group) find() {
	b := g.builder
	domain := b.Graph.Domain(g.node.ID)
	switches := map[wire.NodeID]*router.Router{}
	for i, n := range b.Graph.OfKind(topology.KindSwitch) {
		switches[n.ID] = b.Routers[i]
		if b.Graph.Domain(n.ID) == domain {
			g.routers = append(g.routers, b.Routers[i])
		}
	}
	first := -1 // of the group's chiplets, which are numbered in order
	leaves := map[wire.NodeID]int{}
	for i, n := range b.Graph.OfKind(topology.KindExpert) {
		if b.Graph.Domain(n.ID) == domain {
			leaves[n.ID] = len(g.leaves)
			g.leaves = append(g.leaves, leaf{chip: b.Chiplets[1+i], dev: &b.Program.Devices[1+i]})
			if first < 0 {
				first = i
			}
		}
	}
	g.findRises(switches, leaves)
	g.countCopies()
	g.findDispatches(first)
	for i := range g.leaves {
		g.leaves[i].lacks = func(receive int32) int64 { return g.lacks(i, receive) }
		g.leaves[i].signalled = func() bool { return g.signalled(i) }
	}
}

// findRises lists the links of the group, those of upper switches first.
func (g *group) findRises(switches map[wire.NodeID]*router.Router, leaves map[wire.NodeID]int) {
	graph := g.builder.Graph
	above := map[wire.NodeID]int{g.node.ID: -1} // the rise of each switch
	for queue := []wire.NodeID{g.node.ID}; len(queue) > 0; queue = queue[1:] {
		upper := queue[0]
		for p := range graph.Ports(upper) {
			lower := graph.Neighbor(upper, p)
			if p == topology.UpPort || graph.Node(lower).Kind == topology.KindStack {
				continue
			}
			i := graph.EdgeAt(upper, p)
			r := rise{
				link: g.builder.Links[i], port: p, above: above[upper], upper: switches[upper], below: switches[lower],
			}
			if graph.Edges()[i].B == lower {
				r.end = 1
			}
			if leaf, ok := leaves[lower]; ok {
				g.leaves[leaf].rise = len(g.rises)
			} else {
				above[lower] = len(g.rises)
				queue = append(queue, lower)
			}
			g.rises = append(g.rises, r)
		}
	}
}

// countCopies finds how many copies of a token a packet stands for on its way down: with
// multicast, one for each chiplet below.
func (g *group) countCopies() {
	if g.builder.Program.Dispatch != op.DispatchPerGroup {
		g.copies = 1
		for i := range g.rises {
			g.rises[i].copies = 1
		}
		return
	}
	g.copies = int64(len(g.leaves))
	for i := len(g.rises) - 1; i >= 0; i-- { // lower ones come later
		r := &g.rises[i]
		if r.below == nil {
			r.copies = 1
		}
		if r.above >= 0 {
			g.rises[r.above].copies += r.copies
		}
	}
}

// findDispatches lists the dispatches that the leaves receive, which are the same
// for all of them. Leaf i is expert chiplet first+i.
func (g *group) findDispatches(first int) {
	type key struct {
		table int32
		phase op.Phase
	}
	at := map[key]int32{}
	for i := range g.leaves {
		l := &g.leaves[i]
		l.number = make([]int32, len(l.dev.Ops))
		for o := range l.dev.Ops {
			x := &l.dev.Ops[o]
			if x.Kind != op.Receive {
				continue
			}
			k := key{x.Table, x.Phase}
			if _, seen := at[k]; !seen {
				at[k] = int32(len(g.dispatches))
				g.dispatches = append(g.dispatches, dispatch{
					receives: slices.Repeat([]int32{op.None}, len(g.leaves)), after: g.after(x.Table, first),
				})
			}
			l.number[o] = at[k]
			g.dispatches[at[k]].receives[i] = int32(o)
		}
	}
}

// after counts, per leaf, the packets of a table for the group that come after the
// leaf's last one.
func (g *group) after(table int32, first int) []int64 {
	p := g.builder.Program
	after := make([]int64, len(g.leaves))
	found := make([]bool, len(g.leaves))
	packets := int64(0)
	copies := p.Tables[table].Copies
	for k := len(copies) - 1; k >= 0; k-- {
		i := int(copies[k].Chiplet) - first
		if i < 0 || i >= len(g.leaves) {
			continue
		}
		if !found[i] {
			found[i], after[i] = true, packets
		}
		if p.Dispatch == op.DispatchPerExpert {
			packets += int64(copies[k].Contributions)
		} else {
			packets++
		}
	}
	for i := range after {
		if !found[i] {
			after[i] = packets
		}
	}
	return after
}
