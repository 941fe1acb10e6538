package chiplet_test

import (
	"slices"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/components/chiplet"
	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
	"mozart/workloads/op"
)

// The nodes of a bench: the chiplet under test speaks to the rest of the package,
// one agent, on port 0, and to a stack of its own on port 1.
const (
	rootNode  wire.NodeID = 0
	leafNode  wire.NodeID = 1 // expert chiplets 0, 1, ... are nodes 1, 2, ...
	stackNode wire.NodeID = 20
	nodes                 = 21
)

const (
	bits     = 64 // per cycle of both NoP links
	latency  = 3
	chunk    = 1 << 10
	inBytes  = 1 << 13
	sramBits = 2 * 256 // of 2 tiles of 32 GB/s at 1 GHz
	sramWait = 4       // sram.DefaultLatency at 1 GHz
)

// bench is one chiplet in a small real system.
type bench struct {
	*wiretest.System
	chiplet *chiplet.Comp
	world   *wiretest.Agent
	stack   *hbm.Comp
	program *op.Program
}

type benchSpec struct {
	engine  sim.Engine
	chiplet chiplet.Spec
	world   wiretest.Spec
}

func defaults() benchSpec {
	s := benchSpec{engine: sim.NewSerialEngine(), chiplet: chiplet.DefaultSpec()}
	s.chiplet.Tile.Tiles = 2
	s.world.Port = port.Spec{VCs: int(wire.NumClasses), InBytes: inBytes, OutMessages: 4}
	return s
}

// flatStack has a read latency of 20 cycles and 32 bytes per cycle.
func flatStack() hbm.Spec {
	s := hbm.HBM2()
	s.Channels, s.ReadLatency, s.Turnaround = 1, 20*units.Nanosecond, 0
	s.Efficiency = []hbm.EfficiencyPoint{{Bytes: 1, Efficiency: 1}}
	s.WriteBuffer = inBytes
	return s
}

// newBench runs device d of a program: 0 on an attention chiplet, others on an
// expert chiplet.
func newBench(t wiretest.TB, p *op.Program, d int, spec benchSpec) *bench {
	t.Helper()
	b := &bench{System: wiretest.NewSystemOn(spec.engine), program: p}
	env := chiplet.Env{
		Name: "Chiplet", Engine: b.Engine, Freq: wiretest.Frequency, Pool: b.Pool,
		Node: wire.NodeID(d), Route: make([]int, nodes), Ports: 2, InBytes: inBytes,
		Stacks: []wire.NodeID{stackNode}, ChunkBytes: chunk, Program: p, Device: d,
	}
	env.Route[stackNode] = 1
	for i := range p.Devices {
		env.Devices = append(env.Devices, wire.NodeID(i))

	}
	build := chiplet.NewExpert
	if d == 0 {
		build = chiplet.NewAttention
	}
	var err error
	if b.chiplet, err = build(env, spec.chiplet); err != nil {
		t.Fatalf("%v", err)
	}
	if b.stack, err = hbm.New("Stack", b.Engine, wiretest.Frequency, flatStack(), stackNode, b.Pool, nil); err != nil {
		t.Fatalf("%v", err)
	}
	b.world = b.Agent(t, "World", spec.world)
	for i, end := range []*port.Port{b.world.Port(), b.stack.Port()} {
		name := []string{"Up", "Memory"}[i]
		l, err := link.New(name, b.Clock, link.Spec{BitsPerCycle: bits, LatencyCycles: latency}, link.End{Port: b.chiplet.NoP(i)}, link.End{Port: end})
		if err != nil {
			t.Fatalf("%v", err)
		}
		b.Add(l)
	}
	b.Add(b.stack)
	b.Add(b.chiplet.Parts()...)
	return b
}

// run runs the program to the end and checks that nothing is left.
func (b *bench) run(t wiretest.TB) {
	t.Helper()
	b.chiplet.Start()
	b.Run(t)
	b.CheckQuiet(t)
}

// solo is a program in which only device d has ops.
func solo(d int, ops func(b *op.Builder)) *op.Program {
	p := &op.Program{Labels: op.NewLabels(), TokenBytes: 64}
	for i := range max(2, d+1) {
		b := op.NewBuilder(i-1, p.Labels)
		if i == d {
			ops(b)
		}
		p.Devices = append(p.Devices, b.Device())
	}
	p.SRAMNeed = make([]int64, len(p.Devices))
	return p
}

// checkTimes compares start and end of every op.
func (b *bench) checkTimes(t *testing.T, start, end []int64) {
	t.Helper()
	s, e := b.chiplet.OpTimes()
	if !slices.Equal(s, start) || !slices.Equal(e, end) {
		t.Errorf("ops run from %v to %v, want %v to %v", s, e, start, end)
	}
}

// metric is a counter of one of the bench's parts.
func (b *bench) metric(t wiretest.TB, part, name string) int64 {
	t.Helper()
	for _, p := range append(b.chiplet.Parts(), b.stack) {
		if p.Name() != part {
			continue
		}
		for _, m := range p.Metrics() {
			if m.Name == name {
				return int64(m.Value)
			}
		}
	}
	t.Fatalf("%s has no metric %q", part, name)
	return 0
}
