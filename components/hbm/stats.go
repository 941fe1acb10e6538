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
}

// Stats returns a copy of the counters.
func (c *Comp) Stats() Stats { return c.stats }

// Idle implements port.Part.
func (c *Comp) Idle() bool {
	return c.bus == idle && c.stream.left == 0 && len(c.queue) == 0 && c.port.Empty()
}

// Waits implements port.Part.
func (c *Comp) Waits() []port.Wait {
	var waits []port.Wait
	if c.bus == idle && c.stream.left > 0 && !c.port.CanSendVC(int(c.stream.class)) {
		waits = append(waits, port.Wait{
			From: c.Name(), To: outName(c.port, c.stream.class),
			Why: "the next chunk of class " + c.stream.class.String() + " has no room to leave",
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

// outName is how a report calls an outgoing channel.
func outName(p *port.Port, class wire.Class) string {
	return fmt.Sprintf("%s.Out[%d]", p.Name(), class)
}

// Metrics implements port.Part.
func (c *Comp) Metrics() []port.Metric {
	s := &c.stats
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
	return m
}
