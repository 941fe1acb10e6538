package topology

import (
	"fmt"

	"mozart/interconnect/wire"
)

// fabric is the routers of a regular network, without what is attached to them.
type fabric interface {
	// kind is the kind of network, routing its algorithm, lanes what it needs.
	kind() string
	routing() string
	lanes() int
	// routers is their number; links joins them, with the ports at both ends, by
	// place among the routers.
	routers() int
	links() []Edge
	// degree is the number of ports of a router that links use, which are the first.
	degree(router int) int
	// router gives the way on from a router to another one.
	router() func(at, dest int) step
}

// atAttention is the router of an attachment that hangs at the attention chiplet.
const atAttention = -1

// attachment is a node that hangs at a router, or at the attention chiplet, which
// is then attached before it.
type attachment struct {
	kind   Kind
	name   string
	group  int
	router int
	level  Level
}

// fabricBuilder makes the graph of a fabric with nodes attached to its routers.
type fabricBuilder struct {
	fabric
	nodes []Node
	edges []Edge
	// ports[n] is how many ports of a node are taken.
	ports []int
	// first is the ID of the first router, attention that of the attention chiplet.
	first, attention wire.NodeID
}

// attach makes the graph. The nodes are, in this order, the attention chiplet if
// there is one, the routers, and the rest as given; at each router, links have the
// first ports and attached nodes follow in the order given. group(i) is the Group
// of router i. Domains are left to the caller.
func attach(f fabric, group func(router int) int, attached []attachment) (*Graph, error) {
	b := fabricBuilder{fabric: f}
	for _, a := range attached {
		if a.kind == KindAttention {
			b.attention = b.node(a.kind, a.name, a.group)
		}
	}
	b.first = wire.NodeID(len(b.nodes))
	for r := range f.routers() {
		b.node(KindSwitch, fmt.Sprintf("Switch[%d]", r), group(r))
		b.ports[int(b.first)+r] = f.degree(r)
	}
	for _, e := range f.links() {
		e.A, e.B = e.A+b.first, e.B+b.first
		b.edges = append(b.edges, e)
	}
	for _, a := range attached {
		b.hang(a)
	}
	g, err := plugged(f.kind(), b.nodes, b.edges)
	if err != nil {
		return nil, err
	}
	return g, g.routeFabric(f, int(b.first))
}

func (b *fabricBuilder) node(k Kind, name string, group int) wire.NodeID {
	id := wire.NodeID(len(b.nodes))
	b.nodes = append(b.nodes, Node{ID: id, Kind: k, Name: name, Group: group})
	b.ports = append(b.ports, 0)
	return id
}

func (b *fabricBuilder) hang(a attachment) {
	at := b.first + wire.NodeID(a.router)
	if a.router == atAttention {
		at = b.attention
	}
	n := b.attention
	if a.kind != KindAttention {
		n = b.node(a.kind, a.name, a.group)
	}
	b.edges = append(b.edges, Edge{A: at, B: n, PortA: b.ports[at], PortB: b.ports[n], Level: a.level})
	b.ports[at]++
	b.ports[n]++
}

// home is the place of a node's router, and the port of the router that leads to
// the node: nowhere for the router itself.
type home struct{ router, port int }

// homes finds the home of every node that is a router or next to one.
func (g *Graph) homes(first int) []home {
	homes := make([]home, len(g.nodes))
	for i, n := range g.nodes {
		if n.Kind == KindSwitch {
			homes[i] = home{i - first, nowhere}
			continue
		}
		e := g.edges[g.ends[i][0].edge]
		homes[i] = home{int(e.A) - first, e.PortA}
	}
	return homes
}

// routeFabric routes between routers as the fabric does.
func (g *Graph) routeFabric(f fabric, first int) error {
	homes, next := g.homes(first), f.router()
	return g.routeBy(f.routing(), f.lanes(), g.viaHosts(func(dest wire.NodeID) func(wire.NodeID) step {
		to := homes[dest]
		return func(at wire.NodeID) step {
			from := homes[at]
			switch {
			case from.port != nowhere: // its port 0 leads to its router
				return step{port: 0, lane: sameLane}
			case from.router == to.router:
				return step{port: int16(to.port), lane: sameLane}
			default:
				return next(from.router, to.router)
			}
		}
	}))
}
