package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mozart/components/tile"
	"mozart/configs/units"
	"mozart/workloads/op"
)

// CapacityError says what does not fit where.
type CapacityError struct {
	// Where names the memory, Table lists need and capacity, Remedy says which keys
	// help.
	Where, Table, Remedy string
}

// Error is a line, a table and a line.
func (e *CapacityError) Error() string {
	return fmt.Sprintf("the experiment does not fit %s:\n%s%s", e.Where, e.Table, e.Remedy)
}

// checkCapacity compares what the program needs with the SRAMs and stacks. Both
// are reported at once.
func (p *Plan) checkCapacity() error {
	var errs []error
	if table := p.sramTable(); table != "" {
		errs = append(errs, &CapacityError{
			Where: "the SRAM of the chiplets", Table: table,
			Remedy: "take more tiles or more micro-batches",
		})
	}
	if p.overflow() != "" && !p.Experiment.AllowOverflow {
		errs = append(errs, &CapacityError{
			Where: "the stacks", Table: p.stackTable(),
			Remedy: "take larger stacks or fewer tokens, or set allow_overflow: true to run all the same",
		})
	}
	return errors.Join(errs...)
}

// sramTable has a line per kind of chiplet that is too small, or is empty.
func (p *Plan) sramTable() string {
	h, need := p.Experiment.Hardware, p.Program.SRAMNeed
	var b strings.Builder
	line := func(name string, need int64, spec tile.Spec) {
		if have := int64(spec.SRAMCapacity()); need > have {
			fmt.Fprintf(&b, "  %-22s need %9.2f MB, have %9.2f MB (%d tiles of %v)\n", name, megabytes(need), megabytes(have), spec.Tiles, spec.SRAMPerTile)
		}
	}
	line("attention chiplet", need[0], h.AttentionChiplet.Tile)
	line("expert chiplets, most", slices.Max(need[1:]), h.ExpertChiplet.Tile)
	return b.String()
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }

// overflow names the first set of stacks that is too small, or is empty.
func (p *Plan) overflow() string {
	need, have := p.stackRows()
	for i := range need {
		if need[i].Total() > int64(have[i]) {
			return fmt.Sprintf("stacks of %s need %.1f GB and have %.1f GB", stackName(i), float64(need[i].Total())/1e9, float64(have[i])/1e9)
		}
	}
	return ""
}

func (p *Plan) stackRows() ([]op.Need, []units.Bytes) {
	h := p.Experiment.Hardware
	need := append([]op.Need{p.Program.StackNeed.Attention}, p.Program.StackNeed.Groups...)
	have := []units.Bytes{h.AttentionStack.Capacity * units.Bytes(h.Topology.AttentionStacks)}
	for range p.Program.StackNeed.Groups {
		have = append(have, h.GroupStack.Capacity*units.Bytes(h.Topology.StacksPerGroup))
	}
	return need, have
}

func stackName(i int) string {
	if i == 0 {
		return "the attention chiplet"
	}
	return fmt.Sprintf("group %d", i-1)
}

func (p *Plan) stackTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %-22s %10s %10s %11s %10s %10s   (MB)\n", "stacks of", "weights", "gradients", "activations", "need", "capacity")
	need, have := p.stackRows()
	for i, n := range need {
		mark := ""
		if n.Total() > int64(have[i]) {
			mark = " too small"
		}
		fmt.Fprintf(&b, "  %-22s %10.2f %10.2f %11.2f %10.2f %10.2f%s\n", stackName(i),
			megabytes(n.Weights), megabytes(n.Gradients), megabytes(n.Activations), megabytes(n.Total()), megabytes(int64(have[i])), mark)
	}
	return b.String()
}
