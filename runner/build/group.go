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

// group is a switch and its expert chiplets as seen from above.
type group struct {
	builder *builder
	node    topology.Node
	router  *router.Router
	leaves  []leaf
	// copies is the most copies of a token that one packet stands for on the way to
	// the switch.
	copies     int64
	dispatches []dispatch
}

// dispatch is the group's part of one dispatch.
type dispatch struct {
	// receives[i] is the op that receives it at leaf i.
	receives []int32
	// after[i] is the number of packets for the group, copies of a multicast counted
	// one by one, that come after the last one for leaf i.
	after []int64
}

// leaf is an expert chiplet of a group.
type leaf struct {
	chip *chiplet.Comp
	dev  *op.Device
	// link joins the chiplet, at its end, with a port of the switch.
	link      *link.Link
	end, port int
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
	if g.router == nil {
		g.find()
	}
	if g.router.Reducing() {
		return port.Promise{}
	}
	for i := range g.leaves {
		l := &g.leaves[i]
		for _, vc := range upClasses {
			if g.router.Holds(l.port, vc) || l.link.Waiting(l.end, vc) > 0 {
				return port.Promise{}
			}
		}
	}
	least := port.Promise{FloorCycle: math.MaxInt64, DelayCycles: math.MaxInt64, CalmCycle: math.MaxInt64}
	for i := range g.leaves {
		q := g.leaves[i].chip.Quiet(topology.EndpointPort, g.leaves[i].lacks, g.leaves[i].signalled)
		least.FloorCycle = min(least.FloorCycle, q.FloorCycle)
		least.DelayCycles = min(least.DelayCycles, q.DelayCycles)
		least.CalmCycle = min(least.CalmCycle, q.CalmCycle)
	}
	return least
}

// lacks is how many packets the link to the switch at least has to bring before a
// Receive of leaf i has all its tokens. The attention chiplet sends the copies of a
// table in order, so these are the ones that the group still lacks, but for those
// that come after the leaf's last one; one may have arrived in part.
func (g *group) lacks(i int, receive int32) int64 {
	const token = int(wire.ClassToken)
	d := &g.dispatches[g.leaves[i].number[receive]]
	missing := -int64(g.router.Port(topology.UpPort).InLen(token))*g.copies - d.after[i]
	for k := range g.leaves {
		other := &g.leaves[k]
		if d.receives[k] != op.None {
			missing += other.chip.Outstanding(d.receives[k])
		}
		missing -= int64(other.link.Waiting(1-other.end, token))
	}
	return max(0, missing/g.copies-1)
}

// signalled reports whether a signal for a leaf may be in the switch or behind it.
func (g *group) signalled(i int) bool {
	const control = int(wire.ClassControl)
	l := &g.leaves[i]
	return g.router.Holds(topology.UpPort, control) || l.link.Waiting(1-l.end, control) > 0
}

// find collects the parts of the group once all are built.
func (g *group) find() {
	b := g.builder
	for i, n := range b.Graph.OfKind(topology.KindSwitch) {
		if n.ID == g.node.ID {
			g.router = b.Routers[i]
		}
	}
	first := -1 // of the group's chiplets, which are numbered in order
	for i, n := range b.Graph.OfKind(topology.KindExpert) {
		if n.Group == g.node.Group {
			g.leaves = append(g.leaves, leaf{chip: b.Chiplets[1+i], dev: &b.Program.Devices[1+i]})
			if first < 0 {
				first = i
			}
		}
	}
	at := 0
	for i, e := range b.Graph.Edges() {
		if e.Level != topology.LevelLeaf || b.Graph.Nodes()[e.A].Group != g.node.Group {
			continue
		}
		l := &g.leaves[at]
		at++
		l.link, l.end, l.port = b.Links[i], 0, e.PortB
		if b.Graph.Nodes()[e.A].Kind == topology.KindSwitch {
			l.end, l.port = 1, e.PortA
		}
	}
	g.copies = 1
	if b.Program.Dispatch == op.DispatchPerGroup {
		g.copies = int64(len(g.leaves))
	}
	g.findDispatches(first)
	for i := range g.leaves {
		g.leaves[i].lacks = func(receive int32) int64 { return g.lacks(i, receive) }
		g.leaves[i].signalled = func() bool { return g.signalled(i) }
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
