package sram

import "mozart/interconnect/port"

// Stats are the counters of an SRAM since the start of the run.
type Stats struct {
	Accesses, ReadBytes, WrittenBytes int64
	// BusyCycles is the time at least one port had work, SharedCycles the part of
	// it in which both had.
	BusyCycles, SharedCycles int64
	// PeakBytes is the highest occupancy.
	PeakBytes int64
}

// Stats returns a copy of the counters.
func (c *Comp) Stats() Stats { return c.stats }

// Idle implements port.Part. Bytes that stay allocated do not matter: weights
// may outlive a run.
func (c *Comp) Idle() bool {
	for i := range c.lanes {
		l := &c.lanes[i]
		if l.cur != nil || len(l.done) > 0 || !l.port.Empty() {
			return false
		}
	}
	return true
}

// Waits implements port.Part.
func (c *Comp) Waits() []port.Wait {
	var waits []port.Wait
	for i := range c.lanes {
		l := &c.lanes[i]
		if len(l.done) > 0 && !l.port.CanSendVC(0) {
			waits = append(waits, port.Wait{From: c.Name(), To: l.port.Name() + ".Out[0]", Why: "an answer has no room to leave"})
		}
	}
	return waits
}

// Metrics implements port.Part.
func (c *Comp) Metrics() []port.Metric {
	s := &c.stats
	return []port.Metric{
		{Name: "accesses", Value: float64(s.Accesses), Unit: "accesses"},
		{Name: "read_bytes", Value: float64(s.ReadBytes), Unit: "B"},
		{Name: "written_bytes", Value: float64(s.WrittenBytes), Unit: "B"},
		{Name: "busy_cycles", Value: float64(s.BusyCycles), Unit: "cycles"},
		{Name: "shared_cycles", Value: float64(s.SharedCycles), Unit: "cycles"},
		{Name: "peak_bytes", Value: float64(s.PeakBytes), Unit: "B"},
		{Name: "occupied_bytes", Value: float64(c.occupied), Unit: "B"},
	}
}
