package run_test

import (
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/noc/networking/arbitration"
	"github.com/sarchlab/akita/v4/noc/networking/routing"
	"github.com/sarchlab/akita/v4/noc/networking/switching/endpoint"
	"github.com/sarchlab/akita/v4/noc/networking/switching/switches"
	"github.com/sarchlab/akita/v4/sim"
	"github.com/sarchlab/akita/v4/sim/directconnection"
)

// switchingTree is the NoP-Tree of Akita's own network: an endpoint per chiplet cuts
// packets into flits, a switch per group moves one flit per port and cycle. All
// links have that one rate. It is wired as Akita's networkconnector does it.
type switchingTree struct {
	load   *load
	engine sim.Engine
	roots  []*stockAgent
	leaves [][]*stockAgent
	down   [][]*stockPacket
	up     [][][]*stockPacket
}

func newSwitchingTree(tb testing.TB, l *load, flitBytes int) *switchingTree {
	tb.Helper()
	t := &switchingTree{load: l, engine: sim.NewSerialEngine()}
	for g := range l.groups {
		t.group(g, flitBytes)
	}
	return t
}

func (t *switchingTree) group(g, flitBytes int) {
	table := routing.NewTable()
	sw := switches.MakeBuilder().WithEngine(t.engine).WithFreq(stockFreq).
		WithArbiter(arbitration.NewXBarArbiter()).WithRoutingTable(table).Build(fmt.Sprintf("Switch[%d]", g))
	agents := []*stockAgent{newStockAgent(t.engine, fmt.Sprintf("Attention[%d]", g), 4)}
	for c := range t.load.children {
		agents = append(agents, newStockAgent(t.engine, fmt.Sprintf("Expert[%d]", g*t.load.children+c), 4))
	}
	for i, a := range agents {
		swPort := sim.NewPort(sw, 4, 4, fmt.Sprintf("%s.Port[%d]", sw.Name(), i))
		end := endpoint.MakeBuilder().WithEngine(t.engine).WithFreq(stockFreq).WithFlitByteSize(flitBytes).
			WithDevicePorts([]sim.Port{a.port}).WithNetworkPortBufferSize(4).Build(a.Name() + ".EndPoint")
		end.DefaultSwitchDst = swPort.AsRemote()
		switches.MakeSwitchPortAdder(sw).WithPorts(swPort, end.NetworkPort).AddPort()
		wire := directconnection.MakeBuilder().WithEngine(t.engine).WithFreq(stockFreq).Build(a.Name() + ".Wire")
		wire.PlugIn(end.NetworkPort)
		wire.PlugIn(swPort)
		table.DefineRoute(a.port.AsRemote(), swPort.AsRemote())
	}
	t.roots, t.leaves = append(t.roots, agents[0]), append(t.leaves, agents[1:])
	down, up := stockPackets(t.load, g)
	t.down, t.up = append(t.down, down), append(t.up, up)
}

func (t *switchingTree) round(tb testing.TB) {
	down, up := stockTaken(t.roots, t.leaves)
	for g, root := range t.roots {
		for _, p := range t.down[g] {
			p.Src, p.Dst = root.port.AsRemote(), t.leaves[g][p.dest-1].port.AsRemote()
		}
		root.list, root.next = t.down[g], 0
		root.TickLater()
	}
	runStock(tb, t.engine)
	for g := range t.leaves {
		for c, leaf := range t.leaves[g] {
			leaf.give(t.up[g][c], t.roots[g].port.AsRemote())
		}
	}
	runStock(tb, t.engine)
	nowDown, nowUp := stockTaken(t.roots, t.leaves)
	every(tb, "copies", nowDown-down, t.load.down())
	every(tb, "results", nowUp-up, t.load.down())
}

// hops: every packet crosses two links.
func (t *switchingTree) hops() int64 { return 4 * t.load.down() }
