package run

import (
	"fmt"

	"mozart/components/chiplet"
	"mozart/components/tile"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/build"
	"mozart/runner/plan"
	"mozart/workloads/op"
)

// axis is what the columns of an account are: phases of the step, or windows of time.
type axis interface {
	columns() int
	// split adds an amount of what an op did from start to end to its columns.
	split(into []float64, o *op.Op, start, end int64, amount float64)
	// cycles is how long each column is.
	cycles() []int64
}

// series has a number for every column of an axis.
type series []float64

// flows is what the ops of one chiplet that are done say about the parts that they
// used. Counters say how much that was in all; flows only divide it.
type flows struct {
	macs, vector, sram series
	// load and store are bytes from and to the stacks, by data class; down and up are
	// bytes of tokens away from and towards the attention chiplet.
	load, store [2]series
	down, up    series
}

func newFlows(columns int) *flows {
	f := &flows{}
	for _, s := range f.all() {
		*s = make(series, columns)
	}
	return f
}

// all lists every series.
func (f *flows) all() []*series {
	return append([]*series{&f.macs, &f.vector, &f.sram}, f.moved()...)
}

// moved lists the series of bytes that cross the network.
func (f *flows) moved() []*series {
	return []*series{&f.load[0], &f.load[1], &f.store[0], &f.store[1], &f.down, &f.up}
}

// operands knows how many bytes a matrix product moves between SRAM and arrays.
type operands struct {
	timing *tile.Timing
	known  map[[4]int64]float64
}

func newOperands(spec chiplet.Spec, p *plan.Plan) (*operands, error) {
	t, err := tile.NewTiming(spec.Tile, p.Experiment.Hardware.Clock)
	if err != nil {
		return nil, fmt.Errorf("energy: %w", err)
	}
	return &operands{t, map[[4]int64]float64{}}, nil
}

func (b *operands) bytes(o *op.Op) float64 {
	shape := [4]int64{o.M, o.K, o.N, o.Count}
	n, ok := b.known[shape]
	if !ok {
		e := b.timing.Gemm(o.M, o.K, o.N, o.Count)
		n = float64(e.SRAMBytes())
		b.known[shape] = n
	}
	return n
}

// flowsOf reads the flows of every chiplet off its program.
func flowsOf(p *plan.Plan, s *build.System, a axis) ([]*flows, error) {
	hw := p.Experiment.Hardware
	attention, err := newOperands(hw.AttentionChiplet, p)
	if err != nil {
		return nil, err
	}
	expert, err := newOperands(hw.ExpertChiplet, p)
	if err != nil {
		return nil, err
	}
	all := make([]*flows, len(s.Chiplets))
	for d, chip := range s.Chiplets {
		f := newFlows(a.columns())
		all[d] = f
		known := expert
		if d == 0 {
			known = attention
		}
		start, end := chip.OpTimes()
		ops := p.Program.Devices[d].Ops
		for i := range ops {
			if end[i] >= 0 {
				f.add(a, &ops[i], start[i], end[i], known, p.Program.TokenBytes, d == 0)
			}
		}
	}
	return all, nil
}

// add counts one op. The attention chiplet sends tokens down, the others up.
func (f *flows) add(a axis, o *op.Op, start, end int64, known *operands, tokenBytes int64, attention bool) {
	put := func(into series, amount float64) { a.split(into, o, start, end, amount) }
	tokens := float64(o.Tokens * tokenBytes)
	switch o.Kind {
	case op.Gemm:
		put(f.macs, float64(o.FLOPs()/2))
		put(f.sram, known.bytes(o))
	case op.Vector:
		put(f.vector, float64(o.FLOPs()))
		put(f.sram, float64(o.Bytes))
	case op.Load:
		put(f.load[o.Class], float64(o.Bytes))
		put(f.sram, float64(o.Bytes))
	case op.Store:
		put(f.store[o.Class], float64(o.Bytes))
		put(f.sram, float64(o.Bytes))
	case op.Send, op.Receive:
		put(f.sram, tokens)
		if (o.Kind == op.Send) == attention {
			put(f.down, tokens)
		} else {
			put(f.up, tokens)
		}
	}
}

// traffic finds the flows that cross a link.
type traffic struct {
	flows []*flows
	// byNode is the flows of a chiplet, by name of the node, and byGroup those of the
	// chiplets that a group's stacks serve.
	byNode  map[string][]*flows
	byGroup map[int][]*flows
}

func newTraffic(g *topology.Graph, all []*flows) *traffic {
	t := &traffic{flows: all, byNode: map[string][]*flows{}, byGroup: map[int][]*flows{}}
	d := 0
	for _, k := range [2]topology.Kind{topology.KindAttention, topology.KindExpert} {
		for _, n := range g.OfKind(k) {
			t.byNode[n.Name] = all[d : d+1]
			t.byGroup[n.Group] = append(t.byGroup[n.Group], all[d])
			d++
		}
	}
	return t
}

// over has, by column, the bytes of a traffic class that ops say cross a link in one
// direction. Between routers it is all that any op says of the class; of control packets
// it is every flow of the chiplets that use the link.
func (t *traffic) over(from, to topology.Node, class string, columns int) series {
	users, inward, outward := t.users(from, to)
	attention := from.Kind == topology.KindAttention || to.Kind == topology.KindAttention
	return sumOf(users, class, inward, outward, attention, columns)
}

// sumOf adds up the series of a traffic class that lead to chiplets, away from them, or
// both.
func sumOf(users []*flows, class string, inward, outward, attention bool, columns int) series {
	sum := make(series, columns)
	for _, f := range users {
		for _, s := range f.ofClass(class, inward, outward, attention) {
			for c, v := range s {
				sum[c] += v
			}
		}
	}
	return sum
}

// users are the chiplets whose ops use a link, and whether the direction leads to them
// or away from them; both between routers.
func (t *traffic) users(from, to topology.Node) (users []*flows, inward, outward bool) {
	switch {
	case from.Kind == topology.KindStack:
		return t.byGroup[from.Group], true, false
	case to.Kind == topology.KindStack:
		return t.byGroup[to.Group], false, true
	case to.Kind == topology.KindExpert || to.Kind == topology.KindAttention:
		return t.byNode[to.Name], true, false
	case from.Kind == topology.KindExpert || from.Kind == topology.KindAttention:
		return t.byNode[from.Name], false, true
	}
	return t.flows, true, true
}

// ofClass lists the series of a traffic class that lead to the chiplet or away from it.
func (f *flows) ofClass(class string, inward, outward, attention bool) []series {
	var list []series
	pick := func(in, out series) {
		if inward {
			list = append(list, in)
		}
		if outward {
			list = append(list, out)
		}
	}
	switch class {
	case wire.ClassWeight.String():
		pick(f.load[op.Weights], f.store[op.Weights])
	case wire.ClassActivation.String():
		pick(f.load[op.Activations], f.store[op.Activations])
	case wire.ClassToken.String():
		if attention {
			pick(f.up, f.down)
		} else {
			pick(f.down, f.up)
		}
	default:
		for _, s := range f.moved() {
			list = append(list, *s)
		}
	}
	return list
}
