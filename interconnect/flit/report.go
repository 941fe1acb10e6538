package flit

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
)

// ChannelStats is what one direction of a link counted.
type ChannelStats struct {
	// Edge is the index of the edge in the graph, -1 for a local port.
	Edge int
	// From and To are the nodes at the ends, FromPort and ToPort their ports.
	From, To         wire.NodeID
	FromPort, ToPort int
	// BusyCycles is the time that the wire was held by flits.
	BusyCycles int64
	VCs        []VCStats
}

// VCStats is what was counted for a VC of a direction.
type VCStats struct {
	// Class and Lane are what the VC is for.
	Class, Lane uint8
	// Flits and Packets are the number of flits and of tails sent, BusyCycles the time
	// that the flits held the wire.
	Flits, Packets, BusyCycles int64
	// Arrived is the number of flits that have left the buffer at the far end, or have
	// been taken by the sink there, which counts them itself.
	Arrived int64
	// CreditStallCycles is the time that a flit waited for credit, while the wire was free
	// of the VC's own flits.
	CreditStallCycles int64
	// ArbitrationStallCycles is the time that a flit with credit waited while others
	// were chosen, or the wire was taken by another VC.
	ArbitrationStallCycles int64
	// AllocationStallCycles is the time that heads waited for this VC or another of the
	// same class and lane, until they got this one.
	AllocationStallCycles int64
	// The buffer of the VC at the far end, weighted by time: the sum over flits of the
	// cycles that they were in it, and of its levels in flits the one that is not exceeded
	// in 99% of the cycles and the highest. 0 at an endpoint.
	OccupancyFlitCycles                  int64
	OccupancyP99Flits, OccupancyMaxFlits int32
	// Wait counts the flits that have left that buffer by the cycles from their arrival
	// to the departure to the next wire.
	Wait stats.Histogram
}

// Channels lists what every direction of every link counted, by edge, the direction
// from A to B first, and after them the local ports. Averages are up to the present
// cycle.
func (n *Network) Channels() []ChannelStats {
	now := n.lastDeparture()
	var all []ChannelStats
	for i := range n.wires {
		all = append(all, n.channel(&n.wires[i], now))
	}
	return all
}

func (n *Network) channel(w *wireEnd, now int64) ChannelStats {
	c := ChannelStats{Edge: w.edge, From: w.from, To: w.to, FromPort: w.fromPort, ToPort: w.port}
	flits := int64(0)
	far := w.tx.router
	for vc := range w.tx.vcs {
		s := w.tx.vcs[vc].stats
		v := VCStats{
			Class: n.sets.class[vc], Lane: n.sets.lane[vc],
			Flits: s.Flits, Packets: s.Packets, BusyCycles: w.tx.busyCycles(s.Flits),
			CreditStallCycles: s.CreditStallCycles, ArbitrationStallCycles: s.ArbitrationStallCycles,
			AllocationStallCycles: s.AllocationStallCycles,
		}
		if far != nil {
			in := &far.vc[w.port*n.sets.vcs+vc]
			o := &in.occupancy
			v.Arrived = in.left
			v.OccupancyFlitCycles, v.OccupancyP99Flits, v.OccupancyMaxFlits = o.until(now), o.p99(now), o.max
			v.Wait = in.wait.Clone()
		} else {
			v.Arrived = w.tx.endpoint.in.taken[vc]
		}
		flits += s.Flits
		c.VCs = append(c.VCs, v)
	}
	c.BusyCycles = w.tx.busyCycles(flits)
	return c
}

// Windows is what every VC of every direction of Channels has sent over time, in flits,
// in windows of a length in cycles that is at least WindowCycles. A flit counts where it
// comes to the wire. Windows without flits at the end are left out. Local ports have no
// windows.
func (n *Network) Windows(length int64) [][]int64 {
	var all [][]int64
	for i := range n.wires {
		t := n.wires[i].tx
		for vc := range t.vcs {
			var series []int64
			if t.windows != nil {
				series = t.windows.Series(vc, t.vcs[vc].stats.Flits, length)
			}
			all = append(all, series)
		}
	}
	return all
}

// WindowCycles is the length of the windows that the network has kept.
func (n *Network) WindowCycles() int64 {
	length := int64(0)
	for i := range n.wires {
		if w := n.wires[i].tx.windows; w != nil {
			length = max(length, w.Length())
		}
	}
	return length
}

// turnWindow makes the window of a cycle the present one.
func (t *tx) turnWindow(cycle int64) {
	for vc := range t.vcs {
		t.windows.Note(vc, t.vcs[vc].stats.Flits)
	}
	t.windowEnd = t.windows.Advance(cycle)
}

// busyCycles is the time that a number of flits hold the wire, rounded up.
func (t *tx) busyCycles(flits int64) int64 {
	if t.rate == 0 {
		return flits
	}
	return (flits*t.bits + t.rate - 1) / t.rate
}

// inName and outName are the names of a VC of a port in reports.
func (r *Router) inName(in, vc int) string { return fmt.Sprintf("%s.In[%d].VC[%d]", r.Name(), in, vc) }
func (r *Router) outName(out, vc int) string {
	return fmt.Sprintf("%s.Out[%d].VC[%d]", r.Name(), out, vc)
}

// farName is the name of what a VC of an output leads to.
func (t *tx) farName(vc int) string {
	if t.router != nil {
		return t.router.inName(int(t.farPort), vc)
	}
	return t.endpoint.Name()
}

// Idle implements port.Part.
func (r *Router) Idle() bool {
	if r.arrivals.pending > 0 || r.due.pending > 0 {
		return false
	}
	for i := range r.vc {
		if r.vc[i].state != vcIdle || r.vc[i].n > 0 {
			return false
		}
	}
	for o := range r.outputs {
		if !r.outputs[o].atRest(r.spec.VCBufferFlits) {
			return false
		}
	}
	return true
}

// Waits implements port.Part: an input VC waits for the buffer behind its output, or
// for the input VCs that hold the output VCs that it could use.
func (r *Router) Waits() []port.Wait {
	var waits []port.Wait
	for i := range r.vc {
		v := &r.vc[i]
		name := r.inName(i/r.vcs, i%r.vcs)
		switch {
		case v.state == vcWaiting && v.fan == nil:
			waits = r.waitsForVC(waits, name, v.outPort, v)
		case v.state == vcWaiting:
			for k := range v.fan.copies {
				waits = r.waitsForVC(waits, name, v.fan.copies[k].port, v)
			}
		case v.state == vcActive && v.fan == nil:
			waits = r.waitsForCredit(waits, name, v.outPort, int(v.outVC))
		case v.state == vcActive:
			for k := range v.fan.copies {
				if c := &v.fan.copies[k]; !c.done {
					waits = r.waitsForCredit(waits, name, c.port, int(c.vc))
				}
			}
		}
	}
	return waits
}

// waitsForVC lists the holders of the VCs that a head could use.
func (r *Router) waitsForVC(waits []port.Wait, name string, out int32, v *inputVC) []port.Wait {
	t := &r.outputs[out]
	for vc := range t.vcs {
		if h := t.vcs[vc].holder; h >= 0 && r.sets.of(v.class, v.lane)>>vc&1 != 0 {
			waits = append(waits, port.Wait{
				From: name, To: r.inName(int(h)/r.vcs, int(h)%r.vcs), Why: "it holds " + r.outName(int(out), vc),
			})
		}
	}
	return waits
}

func (r *Router) waitsForCredit(waits []port.Wait, name string, out int32, vc int) []port.Wait {
	t := &r.outputs[out]
	if t.blocked>>vc&1 == 0 {
		return waits
	}
	return append(waits, port.Wait{From: name, To: t.farName(vc), Why: "no credit"})
}

// Metrics implements port.Part.
func (r *Router) Metrics() []port.Metric {
	var credit, arbitration, allocation int64
	for o := range r.outputs {
		for vc := range r.outputs[o].vcs {
			s := &r.outputs[o].vcs[vc].stats
			credit += s.CreditStallCycles
			arbitration += s.ArbitrationStallCycles
			allocation += s.AllocationStallCycles
		}
	}
	return []port.Metric{
		{Name: "flits", Value: float64(r.moved), Unit: "flits"},
		{Name: "credit_stall_cycles", Value: float64(credit), Unit: "cycles"},
		{Name: "arbitration_stall_cycles", Value: float64(arbitration), Unit: "cycles"},
		{Name: "allocation_stall_cycles", Value: float64(allocation), Unit: "cycles"},
	}
}

// Idle implements port.Part.
func (e *Endpoint) Idle() bool {
	for c := range e.queues {
		if e.queues[c].first != nil {
			return false
		}
	}
	return e.in.busy == 0 && e.in.arrivals.pending == 0 && e.out.atRest(e.net.spec.Router.VCBufferFlits)
}

// Waits implements port.Part.
func (e *Endpoint) Waits() []port.Wait {
	var waits []port.Wait
	for c := range e.queues {
		q := &e.queues[c]
		if q.first == nil || !q.blocked {
			continue
		}
		from := fmt.Sprintf("%s.Queue[%d]", e.Name(), c)
		for vc := range e.out.vcs {
			if int(q.vc) == vc || q.vc < 0 && e.net.sets.of(uint8(c), q.lane)>>vc&1 != 0 {
				waits = append(waits, port.Wait{From: from, To: e.out.farName(vc), Why: "no credit"})
			}
		}
	}
	if e.in.busy != 0 {
		waits = append(waits, port.Wait{From: e.Name(), To: e.Name() + ".Client", Why: "it gives no room"})
	}
	return waits
}

// Metrics implements port.Part.
func (e *Endpoint) Metrics() []port.Metric {
	return []port.Metric{
		{Name: "sent_packets", Value: float64(e.stats.SentPackets), Unit: "packets"},
		{Name: "sent_flits", Value: float64(e.stats.SentFlits), Unit: "flits"},
		{Name: "taken_packets", Value: float64(e.stats.TakenPackets), Unit: "packets"},
		{Name: "taken_flits", Value: float64(e.stats.TakenFlits), Unit: "flits"},
	}
}
