package run

import (
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/record"
	"mozart/runner/report"
)

// flitLinks are the rows of the flit network, one per direction and virtual channel,
// and what these carried over time in windows of some cycles. Bytes are those of whole
// flits, as they are on the wires.
func (c *collector) flitLinks(step, window int64) (rows []record.LinkRow, bytes [][]int64) {
	net := c.system.Flits
	if net == nil {
		return nil, nil
	}
	size := c.flitBytes()
	senders := c.senders()
	flits := net.Windows(window)
	at := 0
	for _, ch := range net.Channels() {
		series := flits[at : at+len(ch.VCs)]
		at += len(ch.VCs)
		if ch.Edge < 0 {
			continue // within a router
		}
		end := c.flitEnds(&ch, senders)
		first := [wire.NumClasses]bool{}
		for vc := range ch.VCs {
			v := &ch.VCs[vc]
			row := end
			row.Class, row.VC = wire.Class(v.Class).String(), int32(vc)
			fillVC(&row, v, size, step)
			if sender := senders[place{ch.From, ch.FromPort}]; sender != nil && !first[v.Class] {
				first[v.Class] = true // the queue is of the class
				fillQueue(&row, sender.Queue(int(v.Class)), sender.Sent(int(v.Class)).Packets, step)
			}
			rows = append(rows, row)
			bytes = append(bytes, scaled(series[vc], size))
		}
	}
	return rows, bytes
}

// flitBytes is the size of a flit.
func (c *collector) flitBytes() int64 { return int64(c.plan.Experiment.Hardware.Flit.Size) }

// place is a port of a node.
type place struct {
	node wire.NodeID
	port int
}

// senders are the interfaces of nodes that are no routers.
func (c *collector) senders() map[place]*flit.Interface {
	all := map[place]*flit.Interface{}
	for _, f := range c.system.Interfaces {
		all[place{f.Node(), f.Endpoint().Port()}] = f
	}
	return all
}

// flitEnds is a row with the two ends of a direction of a link.
func (c *collector) flitEnds(ch *flit.ChannelStats, senders map[place]*flit.Interface) record.LinkRow {
	e := c.system.Graph.Edges()[ch.Edge]
	name := func(n wire.NodeID, i int) string {
		if f := senders[place{n, i}]; f != nil {
			return f.Port().Name()
		}
		return portName(c.system.Graph.Node(n), i)
	}
	return record.LinkRow{
		Link: fmt.Sprintf("Link[%d]", ch.Edge), Level: e.Level.String(), BitsPerCycle: e.BitsPerCycle,
		From: name(ch.From, ch.FromPort), To: name(ch.To, ch.ToPort),
	}
}

// fillVC fills in what a virtual channel counted.
func fillVC(r *record.LinkRow, v *flit.VCStats, size, step int64) {
	r.Packets, r.Flits, r.Bytes = v.Packets, v.Flits, v.Flits*size
	r.BusyCycles, r.Utilization = v.BusyCycles, share(v.BusyCycles, step)
	r.CreditStallCycles, r.ArbitrationStallCycles, r.AllocationStallCycles = v.CreditStallCycles, v.ArbitrationStallCycles, v.AllocationStallCycles
	r.BufferMeanBytes = float64(size) * share(v.OccupancyFlitCycles, step)
	r.BufferP99Bytes, r.BufferMaxBytes = int64(v.OccupancyP99Flits)*size, int64(v.OccupancyMaxFlits)*size
	fillWait(r, v.Wait)
}

// scaled is a series times a factor.
func scaled(series []int64, factor int64) []int64 {
	for i := range series {
		series[i] *= factor
	}
	return series
}

// portName is the name that the port of a router has at packet fidelity.
func portName(n topology.Node, i int) string {
	return fmt.Sprintf("%s.Port[%d]", n.Name, i)
}

// flitResources are the counters of every VC within a router of the flit network that
// sent something, between the router and its reducer.
func (c *collector) flitResources() []record.ResourceRow {
	if c.system.Flits == nil {
		return nil
	}
	var rows []record.ResourceRow
	graph := c.system.Graph
	for _, ch := range c.system.Flits.Channels() {
		if ch.Edge >= 0 {
			continue // a link
		}
		name := fmt.Sprintf("%s>%s.Local", portName(graph.Node(ch.From), ch.FromPort), portName(graph.Node(ch.To), ch.ToPort))
		for i := range ch.VCs {
			if v := &ch.VCs[i]; v.Flits > 0 {
				rows = append(rows, record.ResourceRows(fmt.Sprintf("%s.VC[%d]", name, i), vcMetrics(v))...)
			}
		}
	}
	return rows
}

func vcMetrics(v *flit.VCStats) []port.Metric {
	n := v.Wait.Total()
	return []port.Metric{
		{Name: "flits", Value: float64(v.Flits), Unit: "flits"},
		{Name: "packets", Value: float64(v.Packets), Unit: "packets"},
		{Name: "busy", Value: float64(v.BusyCycles), Unit: "cycles"},
		{Name: "credit_stall", Value: float64(v.CreditStallCycles), Unit: "cycles"},
		{Name: "arbitration_stall", Value: float64(v.ArbitrationStallCycles), Unit: "cycles"},
		{Name: "allocation_stall", Value: float64(v.AllocationStallCycles), Unit: "cycles"},
		{Name: "occupancy", Value: float64(v.OccupancyFlitCycles), Unit: "flit cycles"},
		{Name: "occupancy_p99", Value: float64(v.OccupancyP99Flits), Unit: "flits"},
		{Name: "occupancy_max", Value: float64(v.OccupancyMaxFlits), Unit: "flits"},
		{Name: "wait_mean", Value: v.Wait.Mean(n), Unit: "cycles"},
		{Name: "wait_p99", Value: float64(v.Wait.P99(n)), Unit: "cycles"},
		{Name: "wait_max", Value: float64(v.Wait.Max), Unit: "cycles"},
	}
}

// reducers are the counters of every switch's reduction.
func (c *collector) reducers() []collective.Stats {
	var all []collective.Stats
	for _, sw := range c.system.Routers {
		if sw != nil {
			all = append(all, sw.Stats().Reducer)
		}
	}
	for _, r := range c.system.Reducers {
		all = append(all, r.Stats())
	}
	return all
}

// flitConservation compares what interfaces gave to the flit network with what they
// got, and has every credit home. Sums and copies make what is sent and what arrives
// differ, so it is link by link that flits are compared: each that was sent left the
// buffer at the far end, or the network is not idle.
func (c *collector) flitConservation(v *report.Conservation) {
	net := c.system.Flits
	if net == nil {
		return
	}
	v.CreditsOK = v.CreditsOK && net.Idle()
	size := c.flitBytes()
	for _, ch := range net.Channels() {
		if ch.Edge < 0 {
			continue // within a router
		}
		for i := range ch.VCs {
			v.BytesSent += ch.VCs[i].Flits * size
			v.BytesReceived += ch.VCs[i].Arrived * size
		}
	}
}

// flitLeafPackets is the number of token packets that interfaces of expert chiplets
// gave and got.
func (c *collector) flitLeafPackets() int64 {
	n := int64(0)
	for _, f := range c.system.Interfaces {
		if c.system.Graph.Node(f.Node()).Kind == topology.KindExpert {
			n += f.Sent(int(wire.ClassToken)).Packets + f.Delivered(int(wire.ClassToken)).Packets
		}
	}
	return n
}
