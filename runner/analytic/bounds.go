package analytic

import (
	"errors"
	"fmt"

	"mozart/runner/config"
	"mozart/workloads/op"
)

// Bound is the least time that a phase can take.
type Bound struct {
	Phase string
	// Cycles is rounded down; Resource is what needs them.
	Cycles   int64
	Resource string
}

// LowerBounds returns a bound for every phase that has work, in the order of
// phases. It fails if a link's rate is not a whole number of bits per cycle, and for a
// network from a file, whose links have rates of their own.
func LowerBounds(p *op.Program, hw config.Hardware) ([]Bound, error) {
	b := &bounds{program: p, hw: hw}
	if hw.Topology.Kind == "file" {
		return nil, errors.New("no bounds are known for a network from a file")
	}
	if err := b.rates(); err != nil {
		return nil, err
	}
	for d := range p.Devices {
		b.device(d)
	}
	var out []Bound
	for phase := range op.NumPhases {
		if best := b.best[phase]; best.Resource != "" {
			best.Phase = phase.String()
			out = append(out, best)
		}
	}
	return out, nil
}

type bounds struct {
	program                           *op.Program
	hw                                config.Hardware
	root, leaf, stack, attentionStack int64 // bits per cycle
	best                              [op.NumPhases]Bound
	// moved are the bytes of each phase per switch group, whose chiplets share its
	// stacks; packets are the token packets of each phase per link direction.
	moved   map[movedKey]int64
	packets map[linkKey]int64
}

type linkKey struct {
	phase op.Phase
	// level is "root" or "leaf", index the group or the expert chiplet.
	level string
	index int
}

type movedKey struct {
	phase op.Phase
	group int // attention is -1
	store bool
}

func (b *bounds) rates() error {
	l := b.hw.Links
	for _, r := range []struct {
		to   *int64
		link config.Link
	}{{&b.root, l.Root}, {&b.leaf, l.Leaf}, {&b.stack, l.Stack}, {&b.attentionStack, l.AttentionStack}} {
		rate, err := b.hw.BitsPerCycle(r.link)
		if err != nil {
			return err
		}
		*r.to = rate
	}
	b.moved, b.packets = map[movedKey]int64{}, map[linkKey]int64{}
	return nil
}

// claim says that a resource is busy for at least so many cycles in a phase.
func (b *bounds) claim(phase op.Phase, cycles int64, resource string) {
	if b.best[phase].Resource == "" || cycles > b.best[phase].Cycles {
		b.best[phase] = Bound{Cycles: cycles, Resource: resource}
	}
}

func (b *bounds) device(d int) {
	dev := &b.program.Devices[d]
	tile, name, group := b.hw.AttentionChiplet.Tile, "attention chiplet", op.None
	stacks := b.hw.Topology.AttentionStacks
	if d > 0 {
		tile, name = b.hw.ExpertChiplet.Tile, fmt.Sprintf("expert chiplet %d", d-1)
		group = (d - 1) / b.hw.Topology.ChipletsPerGroup
		stacks = b.hw.Topology.StacksPerGroup
	}
	var matrix, vector, loads, stores [op.NumPhases]int64
	for i := range dev.Ops {
		o := &dev.Ops[i]
		switch o.Kind {
		case op.Gemm:
			matrix[o.Phase] += o.FLOPs()
		case op.Vector:
			vector[o.Phase] += o.FLOPs()
		case op.Load:
			loads[o.Phase] += o.Bytes / int64(stacks) * int64(stacks)
		case op.Store:
			stores[o.Phase] += o.Bytes / int64(stacks) * int64(stacks)
		case op.Send:
			b.send(d, o)
		}
	}
	for phase := range op.NumPhases {
		// The tile array runs one op at a time, matrix or vector.
		work := float64(matrix[phase])/float64(tile.PeakFLOPsPerCycle()) + float64(vector[phase])/tile.VectorOpsPerCycle()
		if matrix[phase]+vector[phase] > 0 {
			b.claim(phase, int64(work), name)
		}
		b.transfer(phase, group, stacks, loads[phase], false, name)
		b.transfer(phase, group, stacks, stores[phase], true, name)
	}
}

// transfer claims the links and stacks that a device's loads or stores use.
func (b *bounds) transfer(phase op.Phase, group, stacks int, bytes int64, store bool, name string) {
	if bytes == 0 {
		return
	}
	direction := "loads of"
	if store {
		direction = "stores of"
	}
	rate, spec, where := b.stack, b.hw.GroupStack, fmt.Sprintf("group %d", group)
	if group == op.None {
		rate, spec, where = b.attentionStack, b.hw.AttentionStack, name
	} else {
		b.claim(phase, bytes*8/b.leaf, fmt.Sprintf("leaf link, %s %s", direction, name))
	}
	b.moved[movedKey{phase, group, store}] += bytes
	perStack := b.moved[movedKey{phase, group, store}] / int64(stacks)
	b.claim(phase, perStack*8/rate, fmt.Sprintf("stack link, %s %s", direction, where))
	both := (b.moved[movedKey{phase, group, false}] + b.moved[movedKey{phase, group, true}]) / int64(stacks)
	b.claim(phase, int64(float64(both)/spec.PeakBandwidth().BytesPerCycle(b.hw.Clock)), "stack of "+where)
}

// send claims the links that a dispatch or combine crosses.
func (b *bounds) send(d int, o *op.Op) {
	t := &b.program.Tables[o.Table]
	if d > 0 {
		b.combine(d-1, o, t)
		return
	}
	down := make([]int64, b.hw.Topology.Groups)
	seen := make([]op.TokenID, len(down))
	for i := range seen {
		seen[i] = op.None
	}
	for i := range t.Copies {
		entry := &t.Copies[i]
		g := b.trunk(int(entry.Chiplet))
		switch b.program.Dispatch {
		case op.DispatchPerExpert:
			down[g] += int64(entry.Contributions)
		case op.DispatchPerChiplet:
			down[g]++
		default:
			if seen[g] != entry.Token {
				seen[g] = entry.Token
				down[g]++
			}
		}
	}
	for g, packets := range down {
		b.cross(o.Phase, "root", g, packets)
	}
	for c := range t.Copied {
		b.cross(o.Phase, "leaf", c, t.Packets(c, b.program.Dispatch))
	}
}

// trunk is the link of the attention chiplet on the way to expert chiplet c: other
// networks than trees have one.
func (b *bounds) trunk(c int) int {
	t := b.hw.Topology
	if !t.IsTree() {
		return 0
	}
	return c / (t.Chiplets() / t.Groups)
}

// combine claims the links that the results of expert chiplet c cross. With
// in-network aggregation at least one packet per token leaves a group; each is
// counted with the first of its chiplets.
func (b *bounds) combine(c int, o *op.Op, t *op.Table) {
	b.cross(o.Phase, "leaf", c, o.Tokens)
	g := b.trunk(c)
	if b.program.Combine != op.CombineInSwitch {
		b.cross(o.Phase, "root", g, o.Tokens)
		return
	}
	packets := int64(0)
	last := op.TokenID(op.None)
	for i := range t.Copies {
		entry := &t.Copies[i]
		if b.trunk(int(entry.Chiplet)) != g || entry.Token == last {
			continue
		}
		last = entry.Token
		if int(entry.Chiplet) == c {
			packets++
		}
	}
	b.cross(o.Phase, "root", g, packets)
}

// cross adds token packets to one direction of a link; the phase tells which.
func (b *bounds) cross(phase op.Phase, level string, index int, packets int64) {
	key := linkKey{phase, level, index}
	b.packets[key] += packets
	rate := b.leaf
	if level == "root" {
		rate = b.root
	}
	b.claim(phase, b.packets[key]*b.program.TokenBytes*8/rate, fmt.Sprintf("%s link %d", level, index))
}
