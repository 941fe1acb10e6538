package sram

import (
	"errors"
	"fmt"

	"mozart/configs/units"
)

// Spec is everything that can be chosen about a chiplet's SRAM. It is plain
// data and never changes after New.
type Spec struct {
	Capacity  units.Bytes     `yaml:"capacity" min:"1 B" doc:"bytes of all tiles together" source:"[P] machine: 2.265 MB a tile"`
	Bandwidth units.Bandwidth `yaml:"bandwidth" min:"1 b/s" doc:"rate of all tiles together, shared by reads and writes; a whole number of bits per cycle" source:"[P] machine: 32 GB/s a tile"`
	Latency   units.Duration  `yaml:"latency" doc:"last byte moved to answer sent" source:"[A] 4 cycles at 1 GHz through bonded pads"`
}

// DefaultLatency is assumed [A]: 4 cycles at 1 GHz.
const DefaultLatency = 4 * units.Nanosecond

// OfTiles is the SRAM of a chiplet whose tiles have capacity and bandwidth each
// (the paper's: 2.265 MB and 32 GB/s), with the default latency.
func OfTiles(tiles int, capacity units.Bytes, bandwidth units.Bandwidth) Spec {
	return Spec{
		Capacity:  units.Bytes(tiles) * capacity,
		Bandwidth: units.Bandwidth(tiles) * bandwidth,
		Latency:   DefaultLatency,
	}
}

const (
	maxBandwidth = 1_000_000 * units.GBPerSecond
	maxLatency   = units.Second
)

// Validate reports every wrong field at once, joined; nil means that the Spec can
// be used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	if s.Capacity <= 0 {
		errs = append(errs, fmt.Errorf("capacity must be above 0 B, got %v", s.Capacity))
	}
	if s.Bandwidth <= 0 || s.Bandwidth > maxBandwidth {
		errs = append(errs, fmt.Errorf("bandwidth must be above 0 B/s and at most %v, got %v", maxBandwidth, s.Bandwidth))
	}
	if s.Latency < 0 || s.Latency > maxLatency {
		errs = append(errs, fmt.Errorf("latency must be 0 to %v, got %v", maxLatency, s.Latency))
	}
	return errors.Join(errs...)
}
