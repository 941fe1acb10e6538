package hbm

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Stats are the counters of a stack since the start of the run.
type Stats struct {
	// Reads and Writes are requests accepted and writes acknowledged; Chunks are
	// both directions together.
	Reads, Writes, Chunks int64
	// Read and Written are bytes by traffic class.
	Read, Written [wire.NumClasses]int64
	// BusyCycles is the time the data bus moved data, TurnaroundCycles what
	// changes of direction cost, StalledCycles the time a stream could not go on
	// because the port had no room.
	BusyCycles, TurnaroundCycles, StalledCycles int64
	// QueueMax is the largest number of requests that waited.
	QueueMax int64
	// Banks is what the banks did, all 0 at stream level. There, BusyCycles is the
	// time that the data bus would have taken at stream level's peak, and
	// TurnaroundCycles is 0: it is inside the banks.
	Banks BankStats
}

// BankStats counts the commands of all banks, and what the bursts found when they were
// taken up: their row open, their bank closed, another row open.
type BankStats struct {
	Activates, Precharges, Reads, Writes, Refreshes int64
	RowHits, RowMisses, RowConflicts                int64
}

// Stats returns a copy of the counters.
func (c *Comp) Stats() Stats {
	s := c.stats
	if c.banks != nil {
		s.BusyCycles, s.Banks = c.banks.stats()
	}
	return s
}

// Idle implements port.Part.
func (c *Comp) Idle() bool {
	return c.bus == idle && c.stream.left == 0 && len(c.queue) == 0 && c.port.Empty() && (c.banks == nil || c.banks.idle())
}

// Waits implements port.Part.
func (c *Comp) Waits() []port.Wait {
	var waits []port.Wait
	if class, blocked := c.blockedRead(); blocked {
		waits = append(waits, port.Wait{
			From: c.Name(), To: outName(c.port, class),
			Why: "the next chunk of class " + class.String() + " has no room to leave",
		})
	}
	for _, class := range writeClasses {
		m := c.port.PeekIn(int(class))
		if m != nil && m.(*wire.Packet).Last && !c.port.CanSendVC(int(wire.ClassControl)) {
			waits = append(waits, port.Wait{
				From: c.Name(), To: outName(c.port, wire.ClassControl),
				Why: "the acknowledgement of a write of class " + class.String() + " has no room to leave",
			})
		}
	}
	return waits
}

// blockedRead is the class of the chunk that would leave next but has no room.
func (c *Comp) blockedRead() (class wire.Class, blocked bool) {
	switch {
	case c.banks != nil:
		r := c.banks.oldest()
		if r == nil || r.bursts > 0 {
			return 0, false
		}
		class = r.class
	case c.bus == idle && c.stream.left > 0:
		class = c.stream.class
	default:
		return 0, false
	}
	return class, !c.port.CanSendVC(int(class))
}

// outName is how a report calls an outgoing channel.
func outName(p *port.Port, class wire.Class) string {
	return fmt.Sprintf("%s.Out[%d]", p.Name(), class)
}

// Metrics implements port.Part.
func (c *Comp) Metrics() []port.Metric {
	s := c.Stats()
	m := []port.Metric{
		{Name: "reads", Value: float64(s.Reads), Unit: "requests"},
		{Name: "writes", Value: float64(s.Writes), Unit: "requests"},
		{Name: "chunks", Value: float64(s.Chunks), Unit: "chunks"},
		{Name: "busy_cycles", Value: float64(s.BusyCycles), Unit: "cycles"},
		{Name: "turnaround_cycles", Value: float64(s.TurnaroundCycles), Unit: "cycles"},
		{Name: "stalled_cycles", Value: float64(s.StalledCycles), Unit: "cycles"},
		{Name: "queue_max", Value: float64(s.QueueMax), Unit: "requests"},
	}
	for class := range wire.NumClasses {
		if class == wire.ClassControl {
			continue
		}
		m = append(m, port.Metric{Name: "read_bytes." + class.String(), Value: float64(s.Read[class]), Unit: "B"})
	}
	for _, class := range writeClasses {
		m = append(m, port.Metric{Name: "written_bytes." + class.String(), Value: float64(s.Written[class]), Unit: "B"})
	}
	if c.banks != nil {
		m = append(m, s.Banks.metrics()...)
	}
	return m
}

func (b *BankStats) metrics() []port.Metric {
	var m []port.Metric
	for _, x := range []struct {
		name  string
		value int64
		unit  string
	}{
		{"activates", b.Activates, "commands"}, {"precharges", b.Precharges, "commands"}, {"refreshes", b.Refreshes, "commands"},
		{"read_bursts", b.Reads, "commands"}, {"write_bursts", b.Writes, "commands"},
		{"row_hits", b.RowHits, "bursts"}, {"row_misses", b.RowMisses, "bursts"}, {"row_conflicts", b.RowConflicts, "bursts"},
	} {
		m = append(m, port.Metric{Name: x.name, Value: float64(x.value), Unit: x.unit})
	}
	return m
}
