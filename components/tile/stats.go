package tile

import (
	"slices"
	"strings"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Stats are the counters of a tile array since the start of the run.
type Stats struct {
	MatrixOps, VectorOps int64
	// Mapped counts MatrixOps by the mapping that they had, in the order of Mappings.
	Mapped [numMappings]int64
	// MatrixCycles and VectorCycles are the time arrays and lanes worked,
	// StallCycles what ops took beyond that.
	MatrixCycles, VectorCycles, StallCycles int64
	// FillCycles, PortCycles and SRAMCycles are what of StallCycles ops waited for: their
	// first operands; the port of the busiest tile, which is too narrow for what it has
	// to move; the SRAM, because of what else uses it and of its latency.
	FillCycles, PortCycles, SRAMCycles int64
	// CapacityCycles is what of MatrixCycles arrays were busy for because operands did
	// not fit their half of the SRAM.
	CapacityCycles int64
	// FLOPs are those of GEMMs, VectorOperations those of element-wise work.
	FLOPs, VectorOperations int64
	// ReadBytes and WrittenBytes crossed between SRAM and the array.
	ReadBytes, WrittenBytes int64
}

func (s *Stats) count(w *work) {
	cmd, e := w.cmd, &w.est
	s.StallCycles += cmd.StallCycles
	s.FillCycles += w.ran - w.begin
	s.PortCycles += w.port
	s.SRAMCycles += cmd.StallCycles - (w.ran - w.begin) - w.port
	s.ReadBytes += e.ReadBytes
	s.WrittenBytes += e.WriteBytes
	if cmd.Unit == wire.UnitMatrix {
		s.MatrixOps++
		s.Mapped[slices.Index(mappings[:], e.Mapping)]++
		s.MatrixCycles += e.Cycles
		s.CapacityCycles += e.CapacityCycles
		s.FLOPs += e.FLOPs
		return
	}
	s.VectorOps++
	s.VectorCycles += e.Cycles
	s.VectorOperations += e.FLOPs
}

// Stats returns a copy of the counters.
func (c *Comp) Stats() Stats { return c.stats }

// Idle implements port.Part.
func (c *Comp) Idle() bool { return c.phase == free && c.ctrl.Empty() && c.mem.Empty() }

// Waits implements port.Part.
func (c *Comp) Waits() []port.Wait {
	switch {
	case c.phase == leaving:
		return []port.Wait{{From: c.Name(), To: c.ctrl.Name() + ".Out[0]", Why: "the answer to an op has no room to leave"}}
	case c.phase != free && c.flight.len > 0:
		return []port.Wait{{From: c.Name(), To: c.mem.Name(), Why: "the SRAM has not answered"}}
	}
	return nil
}

// Metrics implements port.Part.
func (c *Comp) Metrics() []port.Metric {
	s := &c.stats
	rows := []port.Metric{
		{Name: "matrix_ops", Value: float64(s.MatrixOps), Unit: "ops"},
		{Name: "vector_ops", Value: float64(s.VectorOps), Unit: "ops"},
		{Name: "matrix_cycles", Value: float64(s.MatrixCycles), Unit: "cycles"},
		{Name: "vector_cycles", Value: float64(s.VectorCycles), Unit: "cycles"},
		{Name: "stall_cycles", Value: float64(s.StallCycles), Unit: "cycles"},
		{Name: "stall_fill_cycles", Value: float64(s.FillCycles), Unit: "cycles"},
		{Name: "stall_port_cycles", Value: float64(s.PortCycles), Unit: "cycles"},
		{Name: "stall_sram_cycles", Value: float64(s.SRAMCycles), Unit: "cycles"},
		{Name: "capacity_cycles", Value: float64(s.CapacityCycles), Unit: "cycles"},
		{Name: "flops", Value: float64(s.FLOPs), Unit: "FLOP"},
		{Name: "vector_operations", Value: float64(s.VectorOperations), Unit: "operations"},
		{Name: "read_bytes", Value: float64(s.ReadBytes), Unit: "B"},
		{Name: "written_bytes", Value: float64(s.WrittenBytes), Unit: "B"},
	}
	for i, m := range mappings {
		if n := s.Mapped[i]; n > 0 {
			rows = append(rows, port.Metric{Name: "mapping_" + strings.ReplaceAll(string(m), "-", "_") + "_ops", Value: float64(n), Unit: "ops"})
		}
	}
	return rows
}
