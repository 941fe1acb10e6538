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

// flitLinks are the rows of the flit network: one per direction and traffic class.
// Bytes are those of whole flits, as they are on the wires.
func (c *collector) flitLinks(step int64) []record.LinkRow {
	if c.system.Flits == nil {
		return nil
	}
	var rows []record.LinkRow
	graph := c.system.Graph
	for _, ch := range c.system.Flits.Channels() {
		if ch.Edge < 0 {
			continue // within a router
		}
		e := graph.Edges()[ch.Edge]
		for class := range wire.NumClasses {
			row := record.LinkRow{
				Link: fmt.Sprintf("Link[%d]", ch.Edge), Level: e.Level.String(), Class: class.String(), BitsPerCycle: e.BitsPerCycle,
				From: portName(graph.Node(ch.From), ch.FromPort), To: portName(graph.Node(ch.To), ch.ToPort),
			}
			for i := range ch.VCs {
				if v := &ch.VCs[i]; v.Class == uint8(class) {
					row.Packets += v.Packets
					row.Bytes += v.Flits * int64(c.plan.Experiment.Hardware.Flit.Size)
					row.BusyCycles += v.BusyCycles
					row.CreditStallCycles += v.CreditStallCycles
				}
			}
			if step > 0 {
				row.Utilization = float64(row.BusyCycles) / float64(step)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// portName is the name that the port of a node has at packet fidelity.
func portName(n topology.Node, i int) string {
	return fmt.Sprintf("%s.Port[%d]", n.Name, i)
}

// flitResources are the counters of every VC of the flit network that sent something,
// and the waiting times in the buffers of every input.
func (c *collector) flitResources() []record.ResourceRow {
	if c.system.Flits == nil {
		return nil
	}
	var rows []record.ResourceRow
	graph := c.system.Graph
	for _, ch := range c.system.Flits.Channels() {
		name := fmt.Sprintf("%s>%s", portName(graph.Node(ch.From), ch.FromPort), portName(graph.Node(ch.To), ch.ToPort))
		if ch.Edge < 0 {
			name += ".Local"
		}
		for i := range ch.VCs {
			if v := &ch.VCs[i]; v.Flits > 0 {
				rows = append(rows, record.ResourceRows(fmt.Sprintf("%s.VC[%d]", name, i), vcMetrics(v))...)
			}
		}
		if ch.WaitMaxCycles > 0 {
			rows = append(rows, record.ResourceRows(name, []port.Metric{
				{Name: "wait_mean", Value: ch.WaitMeanCycles, Unit: "cycles"},
				{Name: "wait_p99", Value: float64(ch.WaitP99Cycles), Unit: "cycles"},
				{Name: "wait_max", Value: float64(ch.WaitMaxCycles), Unit: "cycles"},
			})...)
		}
	}
	return rows
}

func vcMetrics(v *flit.VCStats) []port.Metric {
	return []port.Metric{
		{Name: "flits", Value: float64(v.Flits), Unit: "flits"},
		{Name: "packets", Value: float64(v.Packets), Unit: "packets"},
		{Name: "busy", Value: float64(v.BusyCycles), Unit: "cycles"},
		{Name: "credit_stall", Value: float64(v.CreditStallCycles), Unit: "cycles"},
		{Name: "arbitration_stall", Value: float64(v.ArbitrationStallCycles), Unit: "cycles"},
		{Name: "allocation_stall", Value: float64(v.AllocationStallCycles), Unit: "cycles"},
		{Name: "occupancy_mean", Value: v.OccupancyMeanFlits, Unit: "flits"},
		{Name: "occupancy_p99", Value: float64(v.OccupancyP99Flits), Unit: "flits"},
		{Name: "occupancy_max", Value: float64(v.OccupancyMaxFlits), Unit: "flits"},
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
	size := int64(c.plan.Experiment.Hardware.Flit.Size)
	for _, ch := range net.Channels() {
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
