package floorplan

import (
	"errors"
	"fmt"
	"math"

	"mozart/configs/units"
)

// Spec is the area of every kind of block, and the pitch of wires. Values are those of
// 28 nm; configs/README.md derives each from its source.
type Spec struct {
	PE             units.Area   `yaml:"pe" max:"1 mm2" doc:"A processing element: a multiplier of FP16 and an adder of FP32." source:"Dally, NIPS tutorial, 2015: 1640 + 4184 um2 at 45 nm, scaled to 28 nm by (28/45)^2"`
	VectorLane     units.Area   `yaml:"vector_lane" max:"1 mm2" doc:"A lane of a vector unit: a multiplier and an adder of FP16." source:"Dally, NIPS tutorial, 2015: 1640 + 1360 um2 at 45 nm, scaled by (28/45)^2"`
	Adder          units.Area   `yaml:"adder" max:"1 mm2" doc:"An adder of two elements in a switch." source:"Dally, NIPS tutorial, 2015: FP16, 1360 um2 at 45 nm, scaled by (28/45)^2"`
	SRAMCell       units.Area   `yaml:"sram_cell" max:"1 mm2" doc:"An SRAM cell of one bit." source:"Wu et al., IEDM 2009: 0.127 um2 in TSMC's 28 nm"`
	SRAMEfficiency float64      `yaml:"sram_efficiency" min:"0" max:"1" doc:"Share of an SRAM's area that is cells." source:"[A] 0.5; the unified buffer of the TPU (Jouppi et al., ISCA 2017, Fig. 2: 24 MiB in 29% of at most 331 mm2) comes to 0.27 or more"`
	Stack          units.Area   `yaml:"stack" max:"10000 mm2" doc:"Footprint of a stack." source:"SK hynix, Hot Chips, 2014: HBM2, 7.75 x 11.87 mm"`
	Pitch          units.Length `yaml:"pitch" min:"1 nm" max:"1 mm" doc:"Pitch of the wires of 2.5D links." source:"[P] 50 um"`
	BondPitch      units.Length `yaml:"bond_pitch" min:"1 nm" max:"1 mm" doc:"Pitch of the wires between a tile and the SRAM bonded to it." source:"[P] 50 um"`
	Layers         int          `yaml:"layers" min:"1" max:"64" doc:"Layers of wires at an edge." source:"[A] 1"`
	Spacing        units.Length `yaml:"spacing" max:"100 mm" doc:"Between dies, and from them to the edge of the package." source:"[A] 1 mm"`
}

// DefaultSpec has the areas of the paper's machine: 28 nm, HBM2.
func DefaultSpec() Spec {
	return Spec{
		PE: 2255 * units.SquareMicrometer, VectorLane: 1161 * units.SquareMicrometer, Adder: 527 * units.SquareMicrometer,
		SRAMCell: 127_000 * units.SquareNanometer, SRAMEfficiency: 0.5, Stack: 92 * units.SquareMillimeter,
		Pitch: 50 * units.Micrometer, BondPitch: 50 * units.Micrometer, Layers: 1, Spacing: units.Millimeter,
	}
}

// minEfficiency keeps an SRAM from having no end.
const minEfficiency = 0.01

// Validate reports every wrong field at once, joined; nil means that the Spec can be
// used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for _, a := range []struct {
		key  string
		area units.Area
	}{{"pe", s.PE}, {"vector_lane", s.VectorLane}, {"adder", s.Adder}, {"sram_cell", s.SRAMCell}, {"stack", s.Stack}} {
		check(a.area > 0, "%s must be above 0 um2, got %v", a.key, a.area)
	}
	check(!math.IsNaN(s.SRAMEfficiency) && s.SRAMEfficiency >= minEfficiency && s.SRAMEfficiency <= 1,
		"sram_efficiency must be %v to 1, got %v", minEfficiency, s.SRAMEfficiency)
	check(s.Pitch > 0, "pitch must be above 0 um, got %v", s.Pitch)
	check(s.BondPitch > 0, "bond_pitch must be above 0 um, got %v", s.BondPitch)
	check(s.Layers >= 1, "layers must be at least 1, got %d", s.Layers)
	check(s.Spacing >= 0, "spacing must be at least 0 um, got %v", s.Spacing)
	return errors.Join(errs...)
}
