package build

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/components/chiplet"
	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config"
	"mozart/workloads/op"
)

// System is a package that is ready to run.
type System struct {
	Graph    *topology.Graph
	Program  *op.Program
	Chiplets []*chiplet.Comp // attention first, then experts in order
	Routers  []*router.Router
	Stacks   []*hbm.Comp // in the order of their nodes
	Links    []*link.Link
	// Parts are all of the above and the parts inside them, in a fixed order.
	Parts []port.Part
	// Pools are the packets of each engine domain.
	Pools []*wire.Pool
}

// Graph is the network of a package: its nodes, links and engine domains.
func Graph(hw config.Hardware) (*topology.Graph, error) {
	t := hw.Topology
	return topology.NoPTree(topology.TreeSpec{
		Groups: t.Groups, ChipletsPerGroup: t.ChipletsPerGroup,
		StacksPerGroup: t.StacksPerGroup, AttentionStacks: t.AttentionStacks,
	})
}

// builder holds what the pieces of New share.
type builder struct {
	*System
	hw   config.Hardware
	freq sim.Freq
	// sites[d] is what the parts of domain d share; on one engine all are the same.
	sites []site
	// turns counts the turns of each domain, nil on one engine.
	turns []turns
	// cross connects a link between two domains, nil on one engine.
	cross func(l *link.Pair, from, to int) error
	// ports[n][i] is port i of node n, cut[n] whether the node is a router.
	ports [][]*port.Port
	cut   []bool
}

// New builds the system on an engine whose cycle is the hardware's clock.
func New(engine sim.Engine, hw config.Hardware, program *op.Program) (*System, error) {
	graph, err := Graph(hw)
	if err != nil {
		return nil, err
	}
	b := newBuilder(graph, hw, program)
	one := b.site(engine)
	for range graph.Domains() {
		b.sites = append(b.sites, one)
	}
	return b.build()
}

func newBuilder(graph *topology.Graph, hw config.Hardware, program *op.Program) *builder {
	return &builder{
		System: &System{Graph: graph, Program: program},
		hw:     hw, freq: sim.Freq(hw.Clock.Hertz()),
		ports: make([][]*port.Port, len(graph.Nodes())), cut: make([]bool, len(graph.Nodes())),
	}
}

// build makes every part and every link.
func (b *builder) build() (*System, error) {
	graph := b.Graph
	// Domain by domain, so that the memory of one is not among that of others: two
	// threads that write to one cache line slow each other down.
	b.Links = make([]*link.Link, len(graph.Edges()))
	for d := range graph.Domains() {
		for _, n := range graph.Nodes() {
			if graph.Domain(n.ID) != d {
				continue
			}
			if err := b.node(n); err != nil {
				return nil, err
			}
		}
		for i, e := range graph.Edges() {
			if graph.Domain(e.A) != d || graph.Domain(e.B) != d {
				continue
			}
			if err := b.link(i, e); err != nil {
				return nil, err
			}
		}
	}
	for i, e := range graph.Edges() {
		if graph.Domain(e.A) == graph.Domain(e.B) {
			continue
		}
		if err := b.link(i, e); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(b.Stacks, func(x, y *hbm.Comp) int { return cmp.Compare(x.Node(), y.Node()) })
	b.collect()
	return b.System, nil
}

func (b *builder) node(n topology.Node) error {
	switch n.Kind {
	case topology.KindSwitch:
		return b.router(n)
	case topology.KindStack:
		return b.stack(n)
	default:
		return b.chiplet(n)
	}
}

func (b *builder) router(n topology.Node) error {
	s := b.hw.Switch
	adder := int(s.Reduction.Adder.BytesPerCycle(b.hw.Clock))
	spec := router.Spec{
		LatencyCycles: s.Latency.Cycles(b.hw.Clock), InBytes: int(b.hw.Buffer), OutMessages: s.OutputQueue,
		Reducer: collective.Spec{
			Entries: s.Reduction.Entries, AddBytesPerCycle: max(1, adder),
			AddLatencyCycles: s.Reduction.AddLatency.Cycles(b.hw.Clock), Full: s.Reduction.WhenFull,
		},
	}
	neighbors := b.Graph.Neighbors(n.ID)
	rates := make([]int64, len(neighbors))
	for p := range neighbors {
		rate, err := b.rate(b.Graph.Edges()[b.Graph.EdgeAt(n.ID, p)].Level)
		if err != nil {
			return err
		}
		rates[p] = rate
	}
	r, err := router.New(n.Name, b.at(n).clock, spec, router.Wiring{Routes: b.Graph.Routes(n.ID), Neighbors: neighbors, BitsPerCycle: rates}, b.at(n).pool)
	if err != nil {
		return err
	}
	b.Routers = append(b.Routers, r)
	b.cut[n.ID] = true
	for p := range neighbors {
		b.ports[n.ID] = append(b.ports[n.ID], r.Port(p))
	}
	return nil
}

func (b *builder) stack(n topology.Node) error {
	spec := b.hw.GroupStack
	if n.Group == topology.NoGroup {
		spec = b.hw.AttentionStack
	}
	s, err := hbm.New(n.Name, b.at(n).engine, b.freq, spec, n.ID, b.at(n).pool)
	if err != nil {
		return err
	}
	b.Stacks = append(b.Stacks, s)
	b.ports[n.ID] = []*port.Port{s.Port()}
	return nil
}

func (b *builder) chiplet(n topology.Node) error {
	env := chiplet.Env{
		Name: n.Name, Engine: b.at(n).engine, Freq: b.freq, Pool: b.at(n).pool, Node: n.ID,
		Route: b.Graph.Routes(n.ID), Ports: len(b.Graph.Neighbors(n.ID)), InBytes: int(b.hw.Buffer),
		Stacks: b.stacksOf(n), Devices: b.devices(), SwitchPort: b.switchPorts(),
		ChunkBytes: int64(b.hw.Chunk), Program: b.Program, Device: len(b.Chiplets),
	}
	if b.cross != nil {
		rate, err := b.rate(topology.LevelRoot)
		if err != nil {
			return err
		}
		env.TokenCycles = topology.SerialCycles(int(b.Program.TokenBytes), rate)
	}
	build, spec := chiplet.NewExpert, b.hw.ExpertChiplet
	if n.Kind == topology.KindAttention {
		build, spec = chiplet.NewAttention, b.hw.AttentionChiplet
	}
	c, err := build(env, spec)
	if err != nil {
		return err
	}
	b.Chiplets = append(b.Chiplets, c)
	for i := range env.Ports {
		b.ports[n.ID] = append(b.ports[n.ID], c.NoP(i))
	}
	return nil
}

// stacksOf lists the stacks that a chiplet's loads and stores go to: those of
// its group, or the attention chiplet's own.
func (b *builder) stacksOf(n topology.Node) []wire.NodeID {
	var ids []wire.NodeID
	for _, s := range b.Graph.OfKind(topology.KindStack) {
		if s.Group == n.Group {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// devices lists the node of each device of a program.
func (b *builder) devices() []wire.NodeID {
	ids := []wire.NodeID{b.Graph.OfKind(topology.KindAttention)[0].ID}
	for _, n := range b.Graph.OfKind(topology.KindExpert) {
		ids = append(ids, n.ID)
	}
	return ids
}

// switchPorts lists the port of its switch behind which each expert chiplet is.
func (b *builder) switchPorts() []int {
	var ports []int
	for _, n := range b.Graph.OfKind(topology.KindExpert) {
		up := b.Graph.Neighbor(n.ID, topology.EndpointPort)
		ports = append(ports, b.Graph.NextPort(up, n.ID))
	}
	return ports
}

func (b *builder) link(i int, e topology.Edge) error {
	rate, err := b.rate(e.Level)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("Link[%d]", i)
	spec := link.Spec{BitsPerCycle: rate, LatencyCycles: max(1, b.kind(e.Level).Latency.Cycles(b.hw.Clock))}
	l, err := b.join(name, spec, e)
	if err != nil {
		return err
	}
	b.Links[i] = l
	return nil
}

func (b *builder) end(n wire.NodeID, p int) link.End {
	return link.End{Port: b.ports[n][p], CutThrough: b.cut[n]}
}

func (b *builder) kind(level topology.Level) config.Link {
	switch level {
	case topology.LevelRoot:
		return b.hw.Links.Root
	case topology.LevelLeaf:
		return b.hw.Links.Leaf
	case topology.LevelAttentionStack:
		return b.hw.Links.AttentionStack
	default:
		return b.hw.Links.Stack
	}
}

func (b *builder) rate(level topology.Level) (int64, error) {
	return b.hw.BitsPerCycle(b.kind(level))
}

func (b *builder) collect() {
	for _, c := range b.Chiplets {
		b.Parts = append(b.Parts, c.Parts()...)
	}
	for _, r := range b.Routers {
		b.Parts = append(b.Parts, r)
	}
	for _, s := range b.Stacks {
		b.Parts = append(b.Parts, s)
	}
	for _, l := range b.Links {
		b.Parts = append(b.Parts, l)
	}
}

// Start schedules the first ops of every chiplet.
func (s *System) Start() {
	for _, c := range s.Chiplets {
		c.Start()
	}
}

// Settle has every chiplet count what has arrived, after the last event.
func (s *System) Settle() {
	for _, c := range s.Chiplets {
		c.Settle()
	}
}

// Seconds converts cycles of the system's clock.
func Seconds(cycles int64, clock units.Frequency) float64 {
	return float64(cycles) / clock.Hertz()
}
