package run

import (
	"mozart/interconnect/link"
	"mozart/interconnect/router"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/record"
)

// links are the rows of every link, and what the links carried over time, in the same
// order.
func (c *collector) links(step int64) ([]record.LinkRow, record.LinkWindows) {
	var rows []record.LinkRow
	windows := record.LinkWindows{Cycles: c.windowCycles(step)}
	routers := c.routers()
	for i, l := range c.system.Links {
		if l == nil {
			continue // the flit network has it
		}
		rows = append(rows, linkRows(l, c.system.Graph.Edges()[i], routers, step)...)
		windows.Bytes = append(windows.Bytes, l.Windows(windows.Cycles)...)
	}
	flits, bytes := c.flitLinks(step, windows.Cycles)
	windows.Bytes = append(windows.Bytes, bytes...)
	return append(rows, flits...), windows
}

// windowCycles is the least length that all links can give their windows.
func (c *collector) windowCycles(step int64) int64 {
	length := stats.LengthFor(step)
	for _, l := range c.system.Links {
		if l != nil {
			length = max(length, l.WindowCycles())
		}
	}
	if net := c.system.Flits; net != nil {
		length = max(length, net.WindowCycles())
	}
	return length
}

// routers are the routers of the package by node.
func (c *collector) routers() []*router.Router {
	all := make([]*router.Router, len(c.system.Graph.Nodes()))
	for i, n := range c.system.Graph.OfKind(topology.KindSwitch) {
		all[n.ID] = c.system.Routers[i]
	}
	return all
}

// linkRows are the rows of the link of an edge, those from A to B first.
func linkRows(l *link.Link, e topology.Edge, routers []*router.Router, step int64) []record.LinkRow {
	sent, queues := l.Stats(), l.Queues()
	rows := make([]record.LinkRow, len(sent))
	for i := range sent {
		s := &sent[i]
		rows[i] = record.LinkRow{
			Link: s.Link, From: s.From, To: s.To, Level: e.Level.String(), Class: s.Class, VC: int32(s.VC),
			BitsPerCycle: l.Spec().BitsPerCycle, Packets: s.Delivered.Messages, Bytes: s.Delivered.Bytes,
			BusyCycles: s.BusyCycles, CreditStallCycles: s.CreditStallCycles, ArbitrationStallCycles: s.ArbitrationStallCycles,
			Utilization: share(s.BusyCycles, step),
		}
		if queues != nil {
			fillQueue(&rows[i], queues[i], s.Messages, step)
		}
		far, at := routers[e.B], e.PortB
		if i >= len(sent)/2 {
			far, at = routers[e.A], e.PortA
		}
		if far != nil {
			fillInput(&rows[i], far.Input(at, s.VC), step)
		}
	}
	return rows
}

// fillQueue fills in what waited to be sent over a step, and how long, of all packets.
func fillQueue(r *record.LinkRow, q stats.Line, packets, step int64) {
	r.QueueMean, r.QueueP99, r.QueueMax = q.Level.Mean(step), q.Level.P99(step), q.Level.Max
	r.QueueWaitMeanCycles, r.QueueWaitP99Cycles, r.QueueWaitMaxCycles = q.Stay.Mean(packets), q.Stay.P99(packets), q.Stay.Max
}

// fillInput fills in what was seen at the router at the far end.
func fillInput(r *record.LinkRow, in router.InputStats, step int64) {
	r.BufferMeanBytes, r.BufferP99Bytes, r.BufferMaxBytes = in.Buffer.Mean(step), in.Buffer.P99(step), in.Buffer.Max
	fillWait(r, in.Wait)
	r.InputFullStallCycles, r.InputArbitrationStallCycles = in.FullStallCycles, in.ArbitrationStallCycles
}

// fillWait fills in how long packets or flits were in the buffer at the far end.
func fillWait(r *record.LinkRow, wait stats.Histogram) {
	n := wait.Total()
	r.InputWaitMeanCycles, r.InputWaitP99Cycles, r.InputWaitMaxCycles = wait.Mean(n), wait.P99(n), wait.Max
}

// share is a number of cycles over those of the step.
func share(cycles, step int64) float64 {
	if step <= 0 {
		return 0
	}
	return float64(cycles) / float64(step)
}

// leafTokenPackets is the number of token packets that links to and from expert
// chiplets delivered.
func (c *collector) leafTokenPackets() int64 {
	n := c.flitLeafPackets()
	for i, l := range c.system.Links {
		if l == nil || c.system.Graph.Edges()[i].Level != topology.LevelLeaf {
			continue
		}
		for _, row := range l.Stats() {
			if row.Class == wire.ClassToken.String() {
				n += row.Delivered.Messages
			}
		}
	}
	return n
}
