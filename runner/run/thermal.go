package run

import (
	"fmt"
	"strings"

	"mozart/runner/energy"
	"mozart/runner/floorplan"
)

// trace works out the power of every block in at most so many slots.
func (c *collector) trace(r *Result, count int) error {
	hw := c.plan.Experiment.Hardware
	step, hertz := max(1, r.Summary.Result.StepCycles), hw.Clock.Hertz()
	a := newSlots(step, hertz, count)
	ledger, err := c.ledger(r, a)
	if err != nil {
		return err
	}
	plan := hw.Area.Place(hw.Sites(c.system.Graph, c.plan.Program.TokenBytes))
	t := floorplan.NewTrace(plan, a.seconds, float64(step)/hertz, a.columns())
	for i := range ledger.Entries {
		if err := c.charge(t, &ledger.Entries[i]); err != nil {
			return err
		}
	}
	r.Power = t
	return nil
}

// blocks says which block of a die an event heats; links have two ends.
var blocks = map[string]string{
	energy.MAC.String(): floorplan.Arrays, energy.VectorOp.String(): floorplan.Vector,
	energy.SRAMByte.String(): floorplan.SRAM, energy.BondByte.String(): floorplan.SRAM,
	energy.SwitchByte.String(): floorplan.Buffers, energy.Add.String(): floorplan.Adders,
	energy.StackByte.String(): floorplan.DRAM, energy.Activation.String(): floorplan.DRAM,
}

// charge puts an entry of the ledger where its heat is.
func (c *collector) charge(t *floorplan.Trace, e *energy.Entry) error {
	joules := make([]float64, len(e.Columns))
	for i, n := range e.Columns {
		joules[i] = n.Joules()
	}
	die, _, part := strings.Cut(e.Component, ".")
	switch {
	case e.Cause == energy.Static:
		return t.AddEvenly(die, joules)
	case e.Cause == energy.LinkByte.String():
		return c.chargeEnds(t, e.Component, joules)
	case e.Cause == energy.SRAMByte.String() && !part: // a switch's own
		return t.Add(die, floorplan.Entries, joules)
	}
	return t.Add(die, blocks[e.Cause], joules)
}

// chargeEnds halves the energy of a link between the drivers at its ends.
func (c *collector) chargeEnds(t *floorplan.Trace, link string, joules []float64) error {
	var i int
	if n, err := fmt.Sscanf(link, "Link[%d]", &i); n != 1 || err != nil || i >= len(c.system.Graph.Edges()) {
		return fmt.Errorf("power: no link %q", link)
	}
	for s := range joules {
		joules[s] /= 2
	}
	edge := c.system.Graph.Edges()[i]
	for _, n := range [2]string{c.system.Graph.Node(edge.A).Name, c.system.Graph.Node(edge.B).Name} {
		if err := t.Add(n, t.LinkBlock(n), joules); err != nil {
			return err
		}
	}
	return nil
}
