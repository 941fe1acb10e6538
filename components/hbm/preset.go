package hbm

import (
	"sync"

	"mozart/configs"
	"mozart/configs/units"
	"mozart/runner/config/strict"
)

// PresetNames lists the built-in stacks (configs/stacks), sorted.
func PresetNames() []string { return configs.Names(configs.Stacks) }

// Preset is the Spec of a built-in stack; false if there is none of that name.
func Preset(name string) (Spec, bool) {
	file, data, err := configs.Read(configs.Stacks, name)
	if err != nil {
		return Spec{}, false
	}
	tree, errs := strict.Parse(file, data)
	s := DefaultSpec()
	if len(errs) > 0 || len(strict.Decode(tree, &s)) > 0 {
		return Spec{}, false
	}
	return s, true
}

// DefaultSpec is what the file of a stack does not have to write: the sizes of
// queues and messages. The rest is zero.
func DefaultSpec() Spec {
	return Spec{QueueDepth: 64, WriteBuffer: 256 * units.KiB, ReadBuffer: 2, AckBytes: 16, Bank: BankSpec{Preset: NoBanks}}
}

var hbm2 = sync.OnceValue(func() Spec {
	s, _ := Preset("hbm2")
	return s
})

// HBM2 is the stack of the paper: 8192 MB, 8 channels, 256 GB/s.
func HBM2() Spec { return clone(hbm2()) }

// SSD is the paper's alternative to a stack: 15.8 GB/s.
func SSD() Spec {
	s, _ := Preset("ssd")
	return s
}

// clone is a Spec whose table is its own.
func clone(s Spec) Spec {
	points := make([]EfficiencyPoint, len(s.Efficiency))
	for i, p := range s.Efficiency {
		p.WithWrites = append([]float64{}, p.WithWrites...)
		points[i] = p
	}
	s.Efficiency = points
	return s
}
