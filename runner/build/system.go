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
	"mozart/interconnect/flit"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/router"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config"
	"mozart/runner/engine"
	"mozart/workloads/op"
)

// System is a package that is ready to run.
type System struct {
	Graph    *topology.Graph
	Program  *op.Program
	Chiplets []*chiplet.Comp // attention first, then experts in order
	Routers  []*router.Router
	Stacks   []*hbm.Comp // in the order of their nodes
	// Links are those at packet fidelity, by edge; nil where the flit network is.
	Links []*link.Link
	// Flits is the network at flit fidelity, nil at packet fidelity; Interfaces are
	// where ports are plugged into it, Reducers those of its routers.
	Flits      *flit.Network
	Interfaces []*flit.Interface
	Reducers   []*flit.Reducer
	// Parts are all of the above and the parts inside them, in a fixed order.
	Parts []port.Part
	// Pools are the packets of each engine domain.
	Pools []*wire.Pool
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
	// flits asks for flit fidelity.
	flits bool
	// parallel has an engine for each domain, nil on one engine.
	parallel *engine.Parallel
	// ports[n][i] is port i of node n, cut[n] whether the node is a router.
	ports [][]*port.Port
	cut   []bool
	// nodes are those of the program's devices; number[n] is where node n is among
	// these, or among the routers.
	nodes  []wire.NodeID
	number []int
	// regions is where things lie in the stacks, nil before a stack needs to know.
	regions *regions
}

// New builds the system at packet fidelity, on an engine whose cycle is the hardware's
// clock.
func New(engine sim.Engine, hw config.Hardware, program *op.Program) (*System, error) {
	return onOne(engine, hw, program, false)
}

// NewFlit builds the system with its network at flit fidelity.
func NewFlit(engine sim.Engine, hw config.Hardware, program *op.Program) (*System, error) {
	return onOne(engine, hw, program, true)
}

// onOne builds the system on one engine.
func onOne(engine sim.Engine, hw config.Hardware, program *op.Program, flits bool) (*System, error) {
	graph, err := hw.Graph()
	if err != nil {
		return nil, err
	}
	b := newBuilder(graph, hw, program)
	b.flits = flits
	one := b.site(engine)
	for range graph.Domains() {
		b.sites = append(b.sites, one)
	}
	return b.build()
}

func newBuilder(graph *topology.Graph, hw config.Hardware, program *op.Program) *builder {
	b := &builder{
		System: &System{Graph: graph, Program: program},
		hw:     hw, freq: sim.Freq(hw.Clock.Hertz()),
		ports: make([][]*port.Port, len(graph.Nodes())), cut: make([]bool, len(graph.Nodes())),
	}
	b.number = make([]int, len(graph.Nodes()))
	for _, k := range [2]topology.Kind{topology.KindAttention, topology.KindExpert} {
		for _, n := range graph.OfKind(k) {
			b.number[n.ID] = len(b.nodes)
			b.nodes = append(b.nodes, n.ID)
		}
	}
	b.Chiplets = make([]*chiplet.Comp, len(b.nodes))
	for _, n := range graph.OfKind(topology.KindSwitch) {
		b.number[n.ID] = len(b.Routers)
		b.Routers = append(b.Routers, nil)
	}
	return b
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
	if b.flits {
		if err := b.flitNetwork(); err != nil {
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
		if b.flits {
			return nil // the flit network makes its own
		}
		return b.router(n)
	case topology.KindStack:
		return b.stack(n)
	default:
		return b.chiplet(n)
	}
}

func (b *builder) router(n topology.Node) error {
	s := b.hw.Switch
	spec := router.Spec{
		LatencyCycles: s.Latency.Cycles(b.hw.Clock), InBytes: int(b.hw.Buffer), OutMessages: s.OutputQueue,
		Reducer: b.reducerSpec(),
	}
	r, err := router.New(n.Name, b.at(n).clock, spec, router.WiringOf(b.Graph, n.ID), b.at(n).pool)
	if err != nil {
		return err
	}
	b.Routers[b.number[n.ID]] = r
	b.cut[n.ID] = true
	for p := range b.Graph.Ports(n.ID) {
		b.ports[n.ID] = append(b.ports[n.ID], r.Port(p))
	}
	return nil
}

// reducerSpec is the reduction of every switch.
func (b *builder) reducerSpec() collective.Spec {
	r := b.hw.Switch.Reduction
	return collective.Spec{
		Entries: r.Entries, AddBytesPerCycle: max(1, int(r.Adder.BytesPerCycle(b.hw.Clock))),
		AddLatencyCycles: r.AddLatency.Cycles(b.hw.Clock), Full: r.WhenFull,
	}
}

func (b *builder) stack(n topology.Node) error {
	spec := b.stackSpec(n.Group)
	var layout hbm.Layout
	if spec.AtBankLevel() {
		if b.regions == nil {
			b.regions = b.layout()
		}
		layout = b.regions
	}
	s, err := hbm.New(n.Name, b.at(n).engine, b.freq, spec, n.ID, b.at(n).pool, layout)
	if err != nil {
		return err
	}
	b.Stacks = append(b.Stacks, s)
	b.ports[n.ID] = []*port.Port{s.Port()}
	return nil
}

// stackSpec is that of the stacks of a group, or of the attention chiplet's.
func (b *builder) stackSpec(group int) hbm.Spec {
	if group == topology.NoGroup {
		return b.hw.AttentionStack
	}
	return b.hw.GroupStack
}

func (b *builder) chiplet(n topology.Node) error {
	env := chiplet.Env{
		Name: n.Name, Engine: b.at(n).engine, Freq: b.freq, Pool: b.at(n).pool, Node: n.ID,
		Route: b.Graph.Routes(n.ID), Ports: b.Graph.Ports(n.ID), InBytes: int(b.hw.Buffer),
		Stacks: b.stacksOf(n), Devices: b.nodes, Below: b.hw.Topology.Below(),
		ChunkBytes: int64(b.hw.Chunk), Program: b.Program, Device: b.number[n.ID],
	}
	if b.parallel != nil {
		env.TokenCycles = topology.SerialCycles(int(b.Program.TokenBytes), b.rootRate())
	}
	build, spec := chiplet.NewExpert, b.hw.ExpertChiplet
	if n.Kind == topology.KindAttention {
		build, spec = chiplet.NewAttention, b.hw.AttentionChiplet
	}
	c, err := build(env, spec)
	if err != nil {
		return err
	}
	b.Chiplets[b.number[n.ID]] = c
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

// rootRate is the rate in bits per cycle of the fastest link between the attention
// chiplet and a router.
func (b *builder) rootRate() int64 {
	rate := int64(1)
	for _, e := range b.Graph.Edges() {
		if e.Level == topology.LevelRoot {
			rate = max(rate, e.BitsPerCycle)
		}
	}
	return rate
}

func (b *builder) link(i int, e topology.Edge) error {
	if b.atFlit(e) {
		return nil
	}
	name := fmt.Sprintf("Link[%d]", i)
	spec := link.Spec{
		BitsPerCycle: e.BitsPerCycle, LatencyCycles: e.LatencyCycles,
		Weights: b.hw.Links.ClassWeights.ByClass(), AheadBytes: b.hw.Links.TokensAhead * int(b.Program.TokenBytes),
	}
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

func (b *builder) collect() {
	for _, c := range b.Chiplets {
		b.Parts = append(b.Parts, c.Parts()...)
	}
	for _, r := range b.Routers {
		if r != nil {
			b.Parts = append(b.Parts, r)
		}
	}
	if b.Flits != nil {
		b.Parts = append(b.Parts, b.Flits.Parts()...)
	}
	for _, r := range b.Reducers {
		b.Parts = append(b.Parts, r)
	}
	for _, f := range b.Interfaces {
		b.Parts = append(b.Parts, f)
	}
	for _, s := range b.Stacks {
		b.Parts = append(b.Parts, s)
	}
	for _, l := range b.Links {
		if l != nil {
			b.Parts = append(b.Parts, l)
		}
	}
}

// Record sets how much links and routers record. It is called before Start.
func (s *System) Record(d stats.Detail) {
	for _, l := range s.Links {
		if l != nil {
			l.Record(d)
		}
	}
	for _, r := range s.Routers {
		if r != nil {
			r.Record(d)
		}
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
