package run

import (
	"math"
	"strings"

	"mozart/configs/units"
	"mozart/interconnect/collective"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/energy"
	"mozart/runner/floorplan"
	"mozart/runner/record"
)

// account works out the energy of what has been collected: counters times prices. The
// ops say how to divide a counter over phases.
func (c *collector) account(r *Result) error {
	hertz := c.plan.Experiment.Hardware.Clock.Hertz()
	ledger, err := c.ledger(r, newPhases(r.Summary.Breakdown, hertz))
	if err != nil {
		return err
	}
	for i := range ledger.Entries {
		e := &ledger.Entries[i]
		r.Resources = append(r.Resources, record.ResourceRow{
			Component: e.Component, Metric: "energy." + e.Cause, Value: e.Total().Joules(), Unit: "J",
		})
	}
	r.Summary.SetEnergy(ledger)
	return nil
}

// ledger books every part of the system.
func (c *collector) ledger(r *Result, a axis) (*energy.Ledger, error) {
	hw := c.plan.Experiment.Hardware
	l, err := energy.NewLedger(hw.Energy, hw.Clock, a.columns())
	if err != nil {
		return nil, err
	}
	all, err := flowsOf(c.plan, c.system, a)
	if err != nil {
		return nil, err
	}
	b := bookkeeper{collector: c, Ledger: l, axis: a, flows: all, traffic: newTraffic(c.system.Graph, all), dies: map[string]floorplan.Die{}}
	for _, s := range hw.Sites(c.system.Graph, c.plan.Program.TokenBytes) {
		b.dies[s.Name] = s.Die
	}
	b.chiplets(counters(r.Resources))
	b.network(r.Links)
	b.stacks()
	return l, nil
}

// bookkeeper writes a ledger.
type bookkeeper struct {
	*collector
	*energy.Ledger
	axis    axis
	flows   []*flows
	traffic *traffic
	dies    map[string]floorplan.Die
}

type counter struct{ component, metric string }

// counters finds the counters of parts by name.
func counters(rows []record.ResourceRow) map[counter]int64 {
	m := make(map[counter]int64, len(rows))
	for i := range rows {
		m[counter{rows[i].Component, rows[i].Metric}] = int64(rows[i].Value)
	}
	return m
}

// book writes an entry for a number of events that weights divide over the columns.
func (b *bookkeeper) book(component, place string, e energy.Event, count int64, weights series) {
	if count > 0 {
		b.Book(component, place, e, energy.Spread(count, weights))
	}
}

// static writes what the transistors of a die draw.
func (b *bookkeeper) static(name, place string) {
	density := float64(b.Spec().Static)
	power := units.Power(math.Round(float64(density * b.dies[name].ActiveMM2())))
	b.Draw(name, place, power, b.axis.cycles())
}

func (b *bookkeeper) chiplets(count map[counter]int64) {
	for d, chip := range b.system.Chiplets {
		place := "expert chiplets"
		if d == 0 {
			place = "attention chiplet"
		}
		name, f := chip.Name(), b.flows[d]
		tiles, sram := name+".Tiles", name+".SRAM"
		bytes := count[counter{sram, "read_bytes"}] + count[counter{sram, "written_bytes"}]
		b.book(tiles, place, energy.MAC, count[counter{tiles, "flops"}]/2, f.macs)
		b.book(tiles, place, energy.VectorOp, count[counter{tiles, "vector_operations"}], f.vector)
		b.book(sram, place, energy.SRAMByte, bytes, f.sram)
		b.book(sram, place, energy.BondByte, bytes, f.sram)
		b.static(name, place)
	}
}

// network books links, and the switches that their traffic comes from: what leaves a
// switch has passed it.
func (b *bookkeeper) network(rows []record.LinkRow) {
	nodes := map[string]topology.Node{}
	for _, n := range b.system.Graph.Nodes() {
		nodes[n.Name] = n
	}
	var links []*crossing
	byLink, bySwitch := map[string]*crossing{}, map[string]*crossing{}
	for i := range rows {
		row := &rows[i]
		from, to := nodes[nodeOf(row.From)], nodes[nodeOf(row.To)]
		columns := energy.Spread(row.Bytes, b.traffic.over(from, to, row.Class, b.Columns()))
		x := byLink[row.Link]
		if x == nil {
			x = newCrossing(row.Link, row.Level+" links", b.Columns())
			byLink[row.Link] = x
			links = append(links, x)
		}
		x.add(columns)
		if from.Kind == topology.KindSwitch {
			if bySwitch[from.Name] == nil {
				bySwitch[from.Name] = newCrossing(from.Name, "switches", b.Columns())
			}
			bySwitch[from.Name].add(columns)
		}
	}
	for _, x := range links {
		b.Book(x.component, x.place, energy.LinkByte, x.bytes)
	}
	for i, n := range b.system.Graph.OfKind(topology.KindSwitch) {
		if x := bySwitch[n.Name]; x != nil {
			b.Book(x.component, x.place, energy.SwitchByte, x.bytes)
		}
		b.reduction(n.Name, b.reducerAt(i))
		b.static(n.Name, "switches")
	}
}

// crossing is what went over a link or through a switch, by column.
type crossing struct {
	component, place string
	bytes            []int64
}

func newCrossing(component, place string, columns int) *crossing {
	return &crossing{component, place, make([]int64, columns)}
}

func (x *crossing) add(columns []int64) {
	for i, n := range columns {
		x.bytes[i] += n
	}
}

// nodeOf is the node of a port.
func nodeOf(port string) string {
	if i := strings.LastIndexByte(port, '.'); i >= 0 {
		return port[:i]
	}
	return port
}

// reducerAt counts what the reduction of the i-th switch did.
func (b *bookkeeper) reducerAt(i int) collective.Stats {
	switch {
	case b.system.Flits != nil:
		return b.system.Reducers[i].Stats()
	case b.system.Routers[i] != nil:
		return b.system.Routers[i].Stats().Reducer
	}
	return collective.Stats{}
}

// reduction books the additions of a switch, one for each element of a packet but the
// first of a sum, and the reading and writing of the entry.
func (b *bookkeeper) reduction(name string, s collective.Stats) {
	up := make(series, b.Columns())
	for _, f := range b.flows[1:] {
		for c, v := range f.up {
			up[c] += v
		}
	}
	token := b.plan.Program.TokenBytes
	element := int64(b.plan.Experiment.Model.ElementBytes)
	added := max(0, s.Packets-s.Sums-s.Evictions)
	b.book(name, "switches", energy.Add, added*token/max(1, element), up)
	b.book(name, "switches", energy.SRAMByte, 2*s.Packets*token, up)
}

func (b *bookkeeper) stacks() {
	for _, s := range b.system.Stacks {
		node := b.system.Graph.Node(s.Node())
		place := "group stacks"
		if node.Group == topology.NoGroup {
			place = "attention stacks"
		}
		st := s.Stats()
		x := newCrossing(node.Name, place, b.Columns())
		total := int64(0)
		for class := range st.Read {
			users := b.traffic.byGroup[node.Group]
			name := wire.Class(class).String()
			for i, bytes := range [2]int64{st.Read[class], st.Written[class]} {
				total += bytes
				weights := sumOf(users, name, i == 0, i == 1, false, b.Columns())
				x.add(energy.Spread(bytes, weights))
			}
		}
		if total > 0 {
			b.Book(x.component, place, energy.StackByte, x.bytes)
			weights := make(series, len(x.bytes))
			for i, n := range x.bytes {
				weights[i] = float64(n)
			}
			activations := st.Banks.Activates
			if activations == 0 { // no bank has counted them
				activations = b.Spec().Activations(total)
			}
			b.book(x.component, place, energy.Activation, activations, weights)
		}
		b.Draw(x.component, place, b.Spec().StackStatic, b.axis.cycles())
	}
}
