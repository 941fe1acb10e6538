package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config/strict"
)

// topologyFile is a network as a list of nodes and edges.
type topologyFile struct {
	Routing string         `yaml:"routing" enum:"up-down,shortest" doc:"up-down: free of deadlock on any graph; shortest: shortest paths, an error if they can deadlock."`
	Nodes   []topologyNode `yaml:"nodes" doc:"Routers, and what hangs at them."`
	Edges   []topologyEdge `yaml:"edges" doc:"Links, alike in both directions."`
}

type topologyNode struct {
	Name  string `yaml:"name" doc:"A name of its own: Switch[3], Expert[0], Bridge."`
	Kind  string `yaml:"kind" enum:"router,attention,expert,stack,endpoint" doc:"router: passes packets on; endpoint: a source and sink of synthetic traffic."`
	Group *int   `yaml:"group" min:"0" max:"4095" doc:"The group of an expert chiplet or stack; none for the attention chiplet's stacks."`
}

type topologyEdge struct {
	From      string           `yaml:"from" doc:"Name of the node at one end."`
	To        string           `yaml:"to" doc:"Name of the node at the other end."`
	Wires     *int             `yaml:"wires" min:"1" max:"1000000" doc:"Wires per direction; without wires and bandwidth, what the edge joins decides."`
	Bandwidth *units.Bandwidth `yaml:"bandwidth" min:"1 b/s" max:"1 PB/s" doc:"Instead of wires: rate per direction, a whole number of bits per cycle."`
	Latency   *units.Duration  `yaml:"latency" min:"1 ps" max:"1 ms" doc:"Time of flight, rounded up to cycles; without it, what the edge joins decides."`
}

// nodeKinds are the kinds that a file may name.
var nodeKinds = [...]struct {
	name string
	kind topology.Kind
}{
	{"router", topology.KindSwitch}, {"attention", topology.KindAttention}, {"expert", topology.KindExpert},
	{"stack", topology.KindStack}, {"endpoint", topology.KindEndpoint},
}

// LoadTopologyFile reads a network for a clock of 1 GHz and wires of 1 Gb/s: a
// wire is a bit per cycle and a nanosecond is a cycle. See LoadTopology.
func LoadTopologyFile(path string) (*topology.Graph, error) {
	return LoadTopology(path, units.GHz, 125*units.MBPerSecond)
}

// LoadTopology reads a network from a YAML file of nodes and edges
// (docs/topologies.md), whose bandwidths and latencies it turns into bits per
// cycle and cycles of a clock. Where an edge does not give them they are 0. Every
// error is a strict.Errors: all that is wrong with keys and values; if nothing is,
// all that is wrong with names and rates; if nothing is, with the network.
func LoadTopology(path string, clock units.Frequency, wireRate units.Bandwidth) (*topology.Graph, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, strict.Errors{{Position: strict.Position{File: path}, Found: reason(err), Want: "a readable YAML file"}}
	}
	return ParseTopology(path, data, clock, wireRate)
}

// ParseTopology is LoadTopology of a text; file is its name in errors.
func ParseTopology(file string, data []byte, clock units.Frequency, wireRate units.Bandwidth) (*topology.Graph, error) {
	tree, errs := strict.Parse(file, data)
	f := topologyFile{Routing: topology.RoutingUpDown}
	if tree != nil {
		errs = append(errs, strict.Decode(tree, &f)...)
	}
	b := networkBuilder{check: newCheck(tree, errs), clock: clock, wireRate: wireRate}
	if !tree.IsMapping() {
		return nil, errs.Err()
	}
	nodes, edges := b.nodes(f.Nodes), b.edges(f.Edges)
	if err := absent(append(errs, b.errs...)).Err(); err != nil {
		return nil, err
	}
	g, err := topology.FromEdges(nodes, edges, f.Routing)
	if err != nil {
		b.network(err)
		return nil, b.errs.Err()
	}
	return g, nil
}

// networkBuilder turns what was read into nodes and edges, and collects what is
// wrong with it.
type networkBuilder struct {
	*check
	clock    units.Frequency
	wireRate units.Bandwidth
	names    []string
	ids      map[string]wire.NodeID
}

// nodeName is the form of names that Akita takes for a component: begun by a
// capital letter, with an index or several at the end.
var nodeName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,31}(\[(0|[1-9][0-9]{0,8})\]){0,3}$`)

func (b *networkBuilder) nodes(list []topologyNode) []topology.Node {
	b.ids = map[string]wire.NodeID{}
	b.rule(keys("nodes"), len(list) > 0, nothing, "at least one node")
	var nodes []topology.Node
	for i, n := range list {
		key := fmt.Sprintf("nodes[%d]", i)
		name := key + ".name"
		before, twice := b.ids[n.Name]
		switch {
		case n.Name == "":
			b.rule(keys(name), false, nothing, "the name of the node")
		case !nodeName.MatchString(n.Name):
			b.rule(keys(name), false, fmt.Sprintf("%q", n.Name), "a capital letter, then letters and digits, and indices like [0] at the end")
		case twice:
			b.rule(keys(name), false, fmt.Sprintf("%q", n.Name), "a name of its own: nodes[%d] has this one", before)
		default:
			b.ids[n.Name] = wire.NodeID(i)
			b.names = append(b.names, n.Name)
		}
		node := topology.Node{ID: wire.NodeID(i), Name: n.Name, Group: topology.NoGroup}
		for _, k := range nodeKinds {
			if k.name == n.Kind {
				node.Kind = k.kind
			}
		}
		if n.Group != nil {
			node.Group = *n.Group
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (b *networkBuilder) edges(list []topologyEdge) []topology.Edge {
	first := map[[2]string]int{}
	var edges []topology.Edge
	for i, e := range list {
		key := fmt.Sprintf("edges[%d]", i)
		edge := topology.Edge{A: b.end(key+".from", e.From), B: b.end(key+".to", e.To)}
		b.rule(keys(key+".to", key+".from"), e.From != e.To, fmt.Sprintf("%q", e.To), "another node than from")
		pair := [2]string{min(e.From, e.To), max(e.From, e.To)}
		if before, twice := first[pair]; twice {
			b.rule(keys(key, key+".from", key+".to"), false, fmt.Sprintf("a second edge between %q and %q", e.From, e.To), "one: edges[%d] is there, give it more wires", before)
		} else {
			first[pair] = i
		}
		edge.BitsPerCycle = b.rate(key, e)
		if e.Latency != nil {
			edge.LatencyCycles = e.Latency.Cycles(b.clock)
		}
		edges = append(edges, edge)
	}
	return edges
}

// end is the node at an end of an edge.
func (b *networkBuilder) end(key, name string) wire.NodeID {
	id, ok := b.ids[name]
	switch {
	case ok || !b.sound(key):
	case name == "":
		b.rule(keys(key), false, nothing, "the name of a node")
	case b.sound("nodes"): // an unreadable node may be the one meant
		b.errs = append(b.errs, b.tree.Get(key).Unknown(key, "the name of a node", b.names))
	}
	return id
}

// rate is the width of an edge in bits per cycle.
func (b *networkBuilder) rate(key string, e topologyEdge) int64 {
	switch {
	case e.Wires != nil && e.Bandwidth != nil:
		b.rule(keys(key+".bandwidth", key+".wires"), false, *e.Bandwidth, "wires or bandwidth, not both")
	case e.Wires != nil:
		wires := int64(*e.Wires)
		if wires > math.MaxInt64/int64(b.wireRate) {
			b.rule(keys(key+".wires"), false, wires, "at most %d wires of %v", math.MaxInt64/int64(b.wireRate), b.wireRate)
			return 0
		}
		return b.bits(key+".wires", wires, units.Bandwidth(wires)*b.wireRate)
	case e.Bandwidth != nil:
		return b.bits(key+".bandwidth", *e.Bandwidth, *e.Bandwidth)
	}
	return 0
}

func (b *networkBuilder) bits(key string, found any, rate units.Bandwidth) int64 {
	bits, err := rate.BitsPerCycle(b.clock)
	b.rule(keys(key), err == nil, found, "a whole number of bits per cycle; at %v this is %.6g", b.clock, 8*rate.BytesPerCycle(b.clock))
	return bits
}

// network adds what is wrong with the graph as a whole.
func (b *networkBuilder) network(err error) {
	var cycle *topology.CycleError
	if errors.As(err, &cycle) {
		b.fail("routing", cycle.Routing, "up-down: "+cycle.Error())
		return
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		b.fail("edges", strings.TrimPrefix(err.Error(), "topology: "), "routers that reach each other, and every other node next to one")
		return
	}
	for _, one := range slices.DeleteFunc(joined.Unwrap(), func(e error) bool { return e == nil }) {
		b.network(one)
	}
}
