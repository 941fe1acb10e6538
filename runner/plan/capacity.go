package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mozart/components/tile"
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
			Where: "the stacks", Table: p.StackTable(),
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

// overflow names the first stack that is too small, or is empty.
func (p *Plan) overflow() string {
	for _, s := range p.Stacks() {
		if !s.Fits() {
			return fmt.Sprintf("%s of %s needs %.1f GB and has %.1f GB", s.Name, s.Of, float64(s.Total())/1e9, float64(s.Capacity)/1e9)
		}
	}
	return ""
}
