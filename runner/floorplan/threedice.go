package floorplan

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"mozart/configs/units"
)

// The files of a thermal simulation with 3D-ICE (versions 3 and 4). Lengths in them
// are micrometers, powers watts, temperatures kelvins.
const (
	TransientFile  = "package.stk"
	LogicFile      = "logic.flp"
	MemoryFile     = "memory.flp"
	SteadyFile     = "steady.stk"
	MeanLogicFile  = "logic-mean.flp"
	MeanMemoryFile = "memory-mean.flp"
)

// Span says which power a file has: of every slot, or the mean over all.
type Span bool

// The two spans.
const (
	EverySlot Span = false
	Mean      Span = true
)

// stepsPerSlot is the number of steps that a slot of constant power is integrated in.
const stepsPerSlot = 10

// silicon and metal are as in Sridhar et al., 3D-ICE, ICCAD 2010: 130 and 2.25 W/(m K).
const materials = `material SILICON :
   thermal conductivity     1.30e-4 ;
   volumetric heat capacity 1.628e-12 ;

material METAL :
   thermal conductivity     2.25e-6 ;
   volumetric heat capacity 2.175e-12 ;

`

// WriteStack writes the description of the package: the interposer, on it a layer with
// the SRAM dies, and above them, face to face, a layer with all others, below the heat
// sink. What is between dies in a layer is silicon too. It asks for the transient
// temperatures of one step, or for those that steps without end come to.
func (t *Trace) WriteStack(w io.Writer, spec Thermal, s Span) error {
	b := bufio.NewWriter(w)
	logic, memory, instant, name := LogicFile, MemoryFile, "slot", "step"
	if s == Mean {
		logic, memory, instant, name = MeanLogicFile, MeanMemoryFile, "final", "steady"
	}
	cell := micrometers(spec.Cell)
	length, width := roundUp(t.Plan.WidthMM, cell), roundUp(t.Plan.HeightMM, cell)
	fmt.Fprintf(b, "// Package of %d dies for 3D-ICE; %d slots of %s s.\n\n", len(t.Plan.Dies), t.Slots, number(t.SlotS))
	b.WriteString(materials)
	fmt.Fprintf(b, "top heat sink :\n   heat transfer coefficient %s ;\n   temperature %s ;\n\n", number(spec.HeatTransfer*1e-12), number(spec.AmbientK))
	fmt.Fprintf(b, "dimensions :\n   chip length %d, width %d ;\n   cell length %d, width %d ;\n\n", length, width, cell, cell)
	fmt.Fprintf(b, "layer INTERPOSER :\n   height %d ;\n   material SILICON ;\n\n", micrometers(spec.InterposerThickness))
	fmt.Fprintf(b, "die LOGIC :\n   layer %d SILICON ;\n   source 2 SILICON ;\n   layer %d METAL ;\n\n", micrometers(spec.LogicThickness), micrometers(spec.MetalThickness))
	fmt.Fprintf(b, "die MEMORY :\n   layer %d METAL ;\n   source 2 SILICON ;\n   layer %d SILICON ;\n\n", micrometers(spec.MetalThickness), micrometers(spec.MemoryThickness))
	fmt.Fprintf(b, "stack :\n   die   UPPER  LOGIC  floorplan \"./%s\" ;\n   die   LOWER  MEMORY floorplan \"./%s\" ;\n   layer BASE   INTERPOSER ;\n\n", logic, memory)
	analysis := "steady"
	if s == EverySlot {
		analysis = fmt.Sprintf("transient step %s, slot %s", number(t.SlotS/stepsPerSlot), number(t.SlotS))
	}
	fmt.Fprintf(b, "solver :\n   %s ;\n   initial temperature %s ;\n\noutput :\n", analysis, number(spec.AmbientK))
	for _, layer := range [2][2]string{{"UPPER", "upper"}, {"LOWER", "lower"}} {
		fmt.Fprintf(b, "   Tflp ( %s, \"%s-%s-max.txt\", maximum, %s ) ;\n", layer[0], name, layer[1], instant)
		fmt.Fprintf(b, "   Tmap ( %s, \"%s-%s-map.txt\", final ) ;\n", layer[0], name, layer[1])
	}
	return b.Flush()
}

// WriteLogic writes the floorplan of the upper layer with the power of every block.
func (t *Trace) WriteLogic(w io.Writer, s Span) error {
	return t.writeFloorplan(w, s, func(d Die) Layer { return d.Logic })
}

// WriteMemory is WriteLogic for the SRAM dies.
func (t *Trace) WriteMemory(w io.Writer, s Span) error {
	return t.writeFloorplan(w, s, func(d Die) Layer { return d.Memory })
}

func (t *Trace) writeFloorplan(w io.Writer, span Span, layer func(Die) Layer) error {
	b := bufio.NewWriter(w)
	for i, d := range t.Plan.Dies {
		for _, r := range strips(d, layer(d.Die)) {
			fmt.Fprintf(b, "%s_%s :\n   position %d, %d ;\n   dimension %d, %d ;\n   power values", identifier(d.Name), r.name, r.x, r.y, r.length, r.width)
			for s, watts := range t.watts(t.joules[i][r.name], span) {
				separator := ", "
				if s == 0 {
					separator = " "
				}
				b.WriteString(separator + number(watts))
			}
			b.WriteString(" ;\n\n")
		}
	}
	return b.Flush()
}

// watts is the power of a block: of each slot, or the mean over the time of the trace.
func (t *Trace) watts(joules []float64, s Span) []float64 {
	if s == EverySlot {
		watts := make([]float64, len(joules))
		for i, j := range joules {
			watts[i] = j / t.SlotS
		}
		return watts
	}
	sum := 0.0
	for _, j := range joules {
		sum += j
	}
	return []float64{sum / t.TotalS}
}

// strip is a block on a die, in micrometers.
type strip struct {
	name                string
	x, y, length, width int64
}

// strips cuts a die into its blocks, one above the other, each as long as the die.
func strips(d Placed, l Layer) []strip {
	edge := d.Die.EdgeMM()
	x, y := int64(math.Round(1000*d.XMM)), int64(math.Round(1000*d.YMM))
	length := max(1, int64(math.Floor(1000*edge)))
	var out []strip
	area, from := 0.0, y
	for _, b := range l.Blocks {
		if b.MM2 <= 0 {
			continue
		}
		area += b.MM2
		to := max(from+1, y+int64(math.Floor(1000*area/edge)))
		out = append(out, strip{b.Name, x, from, length, to - from})
		from = to
	}
	return out
}

// identifier is a name without brackets: letters, digits and _.
func identifier(name string) string {
	return strings.Trim(strings.NewReplacer("[", "_", "]", "", ".", "_").Replace(name), "_")
}

// number is a float that simulators read: digits, a point between digits, an exponent.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 9, 64) }

func micrometers(l units.Length) int64 { return int64(l / units.Micrometer) }

// roundUp is a length in millimeters as whole cells, in micrometers.
func roundUp(mm float64, cell int64) int64 {
	return int64(math.Ceil(1000*mm/float64(cell))) * cell
}
