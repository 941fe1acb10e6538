package link

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
)

// ChannelStats counts what one direction of a link did for one virtual channel.
type ChannelStats struct {
	Messages int64
	Bytes    int64
	// BusyCycles is the time the wire was held.
	BusyCycles int64
	// CreditStallCycles is the time that a message of this channel waited for
	// credit while the wire was free.
	CreditStallCycles int64
	// ArbitrationStallCycles is the time that the oldest message of this channel had
	// its credit and the wire was held or taken by other channels. It is 0 if the link
	// records no queues.
	ArbitrationStallCycles int64
	// MaxQueue is the most messages that waited in the sender's port.
	MaxQueue int
}

// Row is one direction and class of a link, as in links.parquet.
type Row struct {
	Link, From, To string
	// Class is the traffic class, or "wire" on an on-chip wire. VC is the virtual
	// channel.
	Class string
	VC    int
	ChannelStats
	// Delivered is what arrived; ChannelStats is what was sent.
	Delivered Delivered
}

// Stats returns a row per direction and virtual channel, in that order.
func (l *Link) Stats() []Row {
	var rows []Row
	for i, t := range l.tx {
		for vc := range t.channels {
			s := t.channels[vc].stats
			s.MaxQueue = max(s.MaxQueue, t.from.OutLen(vc))
			if t.queues != nil {
				s.ArbitrationStallCycles = t.queues.TurnCycles(vc)
			}
			rows = append(rows, Row{
				Link: l.name, From: l.ends[i].Port.Name(), To: l.ends[1-i].Port.Name(),
				Class: l.className(vc), VC: vc, ChannelStats: s, Delivered: l.rx[i].delivered[vc],
			})
		}
	}
	return rows
}

// Queues is what waited to be sent, by direction and channel in the order of Stats,
// nil if the link does not record it. A message counts from the cycle in which it could
// start on an idle link, the one after it was sent, to its start; so one that finds the
// wire free and its credit at home is not among them.
func (l *Link) Queues() []stats.Line {
	var out []stats.Line
	for _, t := range l.tx {
		if t.queues == nil {
			continue
		}
		for vc := range t.channels {
			out = append(out, t.queues.Line(vc))
		}
	}
	return out
}

// Windows is what each direction and channel has sent over time, in bytes, in the
// order of Stats, in windows of a length in cycles that is at least WindowCycles. The
// bytes of a message are spread over the time that it holds the wire. Windows without
// bytes at the end are left out. It is nil for an on-chip wire.
func (l *Link) Windows(length int64) [][]int64 {
	if l.spec.BitsPerCycle == 0 {
		return nil
	}
	var out [][]int64
	for _, t := range l.tx {
		for vc := range t.channels {
			out = append(out, t.windows.Series(vc, t.channels[vc].stats.Bytes, length))
		}
	}
	return out
}

// WindowCycles is the length of the windows that the link has kept, 0 on an on-chip
// wire.
func (l *Link) WindowCycles() int64 {
	if l.spec.BitsPerCycle == 0 {
		return 0
	}
	length := int64(0)
	for _, t := range l.tx {
		length = max(length, t.windows.Length())
	}
	return length
}

func (l *Link) className(vc int) string {
	if l.spec.BitsPerCycle == 0 {
		return "wire"
	}
	return wire.Class(classOf(vc)).String()
}

// Metrics implements port.Part: the sums of Stats over classes, per direction.
func (l *Link) Metrics() []port.Metric {
	var out []port.Metric
	for i, t := range l.tx {
		var sum ChannelStats
		for vc := range t.channels {
			s := &t.channels[vc].stats
			sum.Messages += s.Messages
			sum.Bytes += s.Bytes
			sum.BusyCycles += s.BusyCycles
			sum.CreditStallCycles += s.CreditStallCycles
			sum.MaxQueue = max(sum.MaxQueue, s.MaxQueue, t.from.OutLen(vc))
		}
		direction := [2]string{"forward", "backward"}[i]
		out = append(out,
			port.Metric{Name: direction + ".messages", Value: float64(sum.Messages), Unit: "1"},
			port.Metric{Name: direction + ".bytes", Value: float64(sum.Bytes), Unit: "B"},
			port.Metric{Name: direction + ".busy", Value: float64(sum.BusyCycles), Unit: "cycles"},
			port.Metric{Name: direction + ".credit_stall", Value: float64(sum.CreditStallCycles), Unit: "cycles"},
			port.Metric{Name: direction + ".max_queue", Value: float64(sum.MaxQueue), Unit: "messages"},
		)
	}
	return out
}

// Waits implements port.Part: the channels that have a message and no credit.
func (l *Link) Waits() []port.Wait {
	var out []port.Wait
	for i, t := range l.tx {
		for vc := range t.channels {
			if t.stalled>>vc&1 != 0 {
				out = append(out, port.Wait{
					From: l.ends[i].Port.OutName(vc),
					To:   l.ends[1-i].Port.InName(vc),
					Why:  fmt.Sprintf("no %s credit on %s since cycle %d", l.className(vc), l.name, t.channels[vc].stalledSince),
				})
			}
		}
	}
	return out
}
