package floorplan

import (
	"errors"
	"fmt"
	"math"

	"mozart/configs/units"
)

// Thermal is what a thermal simulation has to know beside areas and power.
type Thermal struct {
	LogicThickness      units.Length `yaml:"logic_thickness" min:"1 um" max:"10 mm" doc:"Silicon of the upper dies, which are next to the heat sink." source:"[A] 100 um"`
	MemoryThickness     units.Length `yaml:"memory_thickness" min:"1 um" max:"10 mm" doc:"Silicon of the SRAM dies below." source:"[A] 50 um, thinned for vias"`
	MetalThickness      units.Length `yaml:"metal_thickness" min:"1 um" max:"10 mm" doc:"Wires and oxide on each die." source:"[A] 10 um"`
	InterposerThickness units.Length `yaml:"interposer_thickness" min:"1 um" max:"10 mm" doc:"Silicon interposer." source:"[A] 100 um"`
	HeatTransfer        float64      `yaml:"heat_transfer_w_per_m2_k" min:"1" max:"1000000" doc:"Heat transfer coefficient on top, in W/(m2 K)." source:"[A] 10000: a cold plate with liquid"`
	AmbientK            float64      `yaml:"ambient_k" min:"1" max:"1000" doc:"Temperature of the coolant and at the start, in K." source:"[A] 318.15: 45 degrees Celsius"`
	Cell                units.Length `yaml:"cell" min:"1 um" max:"100 mm" doc:"Edge of a cell of the simulation." source:"[A] 1 mm: some 20,000 cells a layer"`
}

// DefaultThermal is a package below a cold plate.
func DefaultThermal() Thermal {
	return Thermal{
		LogicThickness: 100 * units.Micrometer, MemoryThickness: 50 * units.Micrometer, MetalThickness: 10 * units.Micrometer,
		InterposerThickness: 100 * units.Micrometer, HeatTransfer: 10_000, AmbientK: 318.15, Cell: units.Millimeter,
	}
}

// Validate reports every wrong field at once, joined; nil means that the Spec can be
// used. Each message starts with the yaml key of the field.
func (t Thermal) Validate() error {
	var errs []error
	for _, l := range []struct {
		key    string
		length units.Length
	}{
		{"logic_thickness", t.LogicThickness}, {"memory_thickness", t.MemoryThickness}, {"metal_thickness", t.MetalThickness},
		{"interposer_thickness", t.InterposerThickness}, {"cell", t.Cell},
	} {
		if l.length < units.Micrometer {
			errs = append(errs, fmt.Errorf("%s must be at least 1 um, got %v", l.key, l.length))
		}
	}
	for _, f := range []struct {
		key   string
		value float64
	}{{"heat_transfer_w_per_m2_k", t.HeatTransfer}, {"ambient_k", t.AmbientK}} {
		if math.IsNaN(f.value) || math.IsInf(f.value, 0) || f.value < 1 {
			errs = append(errs, fmt.Errorf("%s must be at least 1, got %v", f.key, f.value))
		}
	}
	return errors.Join(errs...)
}

// Slot is a length of time that covers total seconds in at most count pieces: the
// shortest of 1, 2 and 5 times a power of ten seconds. Thermal simulators divide it by
// that of their steps, which is exact for these.
func Slot(total float64, count int) float64 {
	least := total / float64(max(1, count))
	if least <= 0 {
		return 1e-9
	}
	for exponent := int(math.Floor(math.Log10(least))) - 1; ; exponent++ {
		for _, digit := range [3]float64{1, 2, 5} {
			slot := decimal(digit, exponent)
			if slot >= least {
				return slot
			}
		}
	}
}

// decimal is the float nearest to digit x 10^exponent.
func decimal(digit float64, exponent int) float64 {
	if exponent < 0 {
		return digit / math.Pow10(-exponent)
	}
	return digit * math.Pow10(exponent)
}
