package hbm

import (
	"fmt"
	"slices"

	"mozart/components/hbm/bank"
)

// Level is how a stack is timed.
type Level string

// The levels. The zero value is StreamLevel.
const (
	// StreamLevel is bandwidth, latency and efficiency by access length.
	StreamLevel Level = "stream"
	// BankLevel is every command of every bank (package bank).
	BankLevel Level = "bank"
)

// NoBanks is the preset of a part that has no DRAM banks, as an SSD.
const NoBanks = "none"

// BankSpec chooses the banks and the controller of a stack at bank level. Empty
// fields are as in the preset.
type BankSpec struct {
	Preset    string `yaml:"preset" doc:"banks, timing and controller at bank level: hbm2, hbm2e, hbm3, hbm2-dramsim3 or hbm2-ramulator2; none: the part has no banks and stays at stream level" source:"HBM2 (JESD235), HBM3 (JESD238), or what a simulator has; configs/README.md"`
	Mapping   string `yaml:"mapping" doc:"address mapping at bank level, as rorabgbachco; empty: the preset's" source:"[A] the preset's"`
	Scheduler string `yaml:"scheduler" doc:"which command goes first at bank level: fr-fcfs, fcfs or fr-fcfs-banked; empty: the preset's" source:"[A] the preset's"`
	Page      string `yaml:"page" doc:"open or closed rows at bank level; empty: the preset's" source:"[A] the preset's"`
}

// BankPresets lists what BankSpec.Preset may be.
func BankPresets() []string {
	return append(slices.Sorted(slices.Values(bank.Presets())), NoBanks)
}

// HasBanks tells whether there are banks to model.
func (s BankSpec) HasBanks() bool { return s.Preset != NoBanks && s.Preset != "" }

// Resolve is the preset with what is chosen otherwise; an error names the field.
func (s BankSpec) Resolve() (bank.Spec, error) {
	if !slices.Contains(bank.Presets(), s.Preset) {
		return bank.Spec{}, fmt.Errorf("bank.preset must be one of %v, got %q", BankPresets(), s.Preset)
	}
	spec, err := bank.Preset(s.Preset)
	if err != nil {
		return bank.Spec{}, fmt.Errorf("bank.preset: %w", err)
	}
	for _, f := range []struct {
		to   *string
		with string
	}{{&spec.Mapping, s.Mapping}, {&spec.Scheduler, s.Scheduler}, {&spec.Page, s.Page}} {
		if f.with != "" {
			*f.to = f.with
		}
	}
	if err := spec.Validate(); err != nil {
		return bank.Spec{}, fmt.Errorf("bank.%w", err)
	}
	return spec, nil
}
