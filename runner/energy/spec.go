package energy

import (
	"errors"
	"fmt"
	"math"

	"mozart/configs/units"
)

// Spec is the price of every kind of event. Values are those of the 28 nm chiplets of
// the paper; configs/README.md derives each from its source.
type Spec struct {
	MAC      units.Energy       `yaml:"mac" max:"1 uJ" doc:"A multiplication of FP16 and an addition to an FP32 sum." source:"Horowitz, ISSCC 2014, Fig. 1.1.9: 1.1 + 0.9 pJ at 45 nm and 0.9 V, scaled to 28 nm by 28/45"`
	VectorOp units.Energy       `yaml:"vector_op" max:"1 uJ" doc:"An operation of a lane of a vector unit." source:"Horowitz, ISSCC 2014, Fig. 1.1.9: an FP16 multiplication, 1.1 pJ at 45 nm, scaled by 28/45"`
	Add      units.Energy       `yaml:"add" max:"1 uJ" doc:"An addition of two elements in a switch." source:"Horowitz, ISSCC 2014, Fig. 1.1.9: an FP16 addition, 0.4 pJ at 45 nm, scaled by 28/45"`
	SRAM     units.EnergyPerBit `yaml:"sram" max:"1 uJ/bit" doc:"Access to the SRAM of a tile or to the entries of a switch." source:"Horowitz, ISSCC 2014, Fig. 1.1.9: 100 pJ for 64 bits of 1 MB at 45 nm, scaled by 28/45"`
	Bond     units.EnergyPerBit `yaml:"bond" max:"1 uJ/bit" doc:"Crossing from a tile to the SRAM that is bonded to it (3D)." source:"Intel, Accelerated, 2021: Foveros Direct, hybrid bonding, below 0.05 pJ/bit"`
	Link     units.EnergyPerBit `yaml:"link" max:"1 uJ/bit" doc:"Crossing a 2.5D link, both drivers included." source:"Kehlet, Intel AIB white paper, 2019: 0.85 pJ/bit at 2 Gb/s per wire and a pitch of 55 um"`
	Switch   units.EnergyPerBit `yaml:"switch" max:"1 uJ/bit" doc:"Passing a router: buffers and crossbar." source:"McKeown et al., HPCA 2018, Fig. 12: 11.16 pJ per hop of a 64-bit flit of which half the bits change, 32 nm, not scaled"`

	Stack             units.EnergyPerBit `yaml:"stack" max:"1 uJ/bit" doc:"Moving a bit inside a stack, between an open row and the edge; the link to it is counted as a link." source:"O'Connor et al., MICRO 2017, Table 3, HBM2: 1.51 + 1.17 pJ/bit, without the 0.80 of the interface"`
	Activate          units.Energy       `yaml:"activate" max:"1 mJ" doc:"Opening and closing a row of a stack." source:"O'Connor et al., MICRO 2017, Table 3, HBM2: 909 pJ per activation of a row of 1 KiB"`
	Row               units.Bytes        `yaml:"row" min:"1 B" max:"1 MiB" doc:"Row of a stack." source:"O'Connor et al., MICRO 2017, Table 3, and JESD235: 1 KiB"`
	ActivationsPerRow float64            `yaml:"activations_per_row" min:"1" max:"1024" doc:"Activations for each row of data moved, where the stack does not count them (fidelity.hbm: stream): 1 if every row is opened once and read whole." source:"[D] bank level, hbm2, sequential reads: 1.27; refresh and reordering close rows early"`
	StackStatic       units.Power        `yaml:"stack_static" max:"1 kW" doc:"Power of a stack that does nothing: standby with open rows, and refresh." source:"Li et al., DRAMsim3, CAL 2020, HBM2_8Gb_x128.ini: 8 channels x 1.2 V x (IDD3N 55 mA + (IDD5AB 250 - 55 mA) x tRFC 260 / tREFI 3900)"`

	Static units.PowerDensity `yaml:"static" max:"100 W/mm2" doc:"Power of a die that does nothing, per area of transistors: leakage and clocks. The SRAM above a tile counts beside the tile." source:"Jouppi et al., ISCA 2017, Table 2: the TPU of 28 nm idles at 28 W; its die is at most 331 mm2"`
}

// DefaultSpec has the prices of the paper's machine: 28 nm, FP16, HBM2.
func DefaultSpec() Spec {
	return Spec{
		MAC: 1244 * units.Femtojoule, VectorOp: 684 * units.Femtojoule, Add: 249 * units.Femtojoule,
		SRAM: 972 * units.FemtojoulePerBit, Bond: 50 * units.FemtojoulePerBit,
		Link: 850 * units.FemtojoulePerBit, Switch: 174 * units.FemtojoulePerBit,
		Stack: 2680 * units.FemtojoulePerBit, Activate: 909 * units.Picojoule, Row: units.KiB, ActivationsPerRow: 1.27,
		StackStatic: 653 * units.Milliwatt, Static: 85 * units.MilliwattPerMM2,
	}
}

// Validate reports every wrong field at once, joined; nil means that the Spec can be
// used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	for _, p := range []struct {
		key   string
		value int64
	}{
		{"mac", int64(s.MAC)}, {"vector_op", int64(s.VectorOp)}, {"add", int64(s.Add)}, {"sram", int64(s.SRAM)},
		{"bond", int64(s.Bond)}, {"link", int64(s.Link)}, {"switch", int64(s.Switch)}, {"stack", int64(s.Stack)},
		{"activate", int64(s.Activate)}, {"stack_static", int64(s.StackStatic)}, {"static", int64(s.Static)},
	} {
		if p.value < 0 {
			errs = append(errs, fmt.Errorf("%s must be at least 0, got %d", p.key, p.value))
		}
	}
	if s.Row < 1 {
		errs = append(errs, fmt.Errorf("row must be at least 1 B, got %v", s.Row))
	}
	if math.IsNaN(s.ActivationsPerRow) || s.ActivationsPerRow < 1 || s.ActivationsPerRow > maxActivations {
		errs = append(errs, fmt.Errorf("activations_per_row must be 1 to %d, got %v", maxActivations, s.ActivationsPerRow))
	}
	return errors.Join(errs...)
}

const maxActivations = 1024

// Activations is the number of rows that are opened to move so many bytes.
func (s Spec) Activations(bytes int64) int64 {
	return int64(math.Round(float64(bytes) / float64(s.Row) * s.ActivationsPerRow))
}
