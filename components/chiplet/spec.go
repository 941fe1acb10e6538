package chiplet

import (
	"errors"
	"fmt"

	"mozart/components/sram"
	"mozart/components/tile"
	"mozart/configs/units"
)

// Spec is what can be chosen about a compute chiplet.
type Spec struct {
	Tile tile.Spec `yaml:"tile" doc:"The tile array."`
	// SRAMLatency is the time of an access without contention.
	SRAMLatency units.Duration `yaml:"sram_latency" doc:"SRAM access latency." source:"[A] a few cycles through the hybrid bond at 1 GHz"`
	// OutstandingReads bounds the loads that wait for data at one time.
	OutstandingReads int `yaml:"outstanding_reads" min:"1" max:"65536" doc:"Loads that may be waiting for data at one time." source:"[A] enough for every expert of a block"`
	// InjectionQueue is the depth of each NoP injection queue.
	InjectionQueue int `yaml:"injection_queue" min:"1" max:"1024" doc:"Packets per class that wait at each NoP port for the link." source:"[A] keeps a link busy while the next packet is made"`
}

// DefaultSpec is the paper's chiplet.
func DefaultSpec() Spec {
	return Spec{
		Tile:             tile.DefaultSpec(),
		SRAMLatency:      sram.DefaultLatency,
		OutstandingReads: 64,
		InjectionQueue:   4,
	}
}

// sram is the SRAM of all tiles together.
func (s Spec) sram() sram.Spec {
	m := sram.OfTiles(s.Tile.Tiles, s.Tile.SRAMPerTile, s.Tile.TileBandwidth())
	m.Latency = s.SRAMLatency
	return m
}

// Validate reports every wrong field at once, joined; nil means that the Spec
// can be used. Each message starts with the yaml key of the field.
func (s Spec) Validate() error {
	var errs []error
	errs = append(errs, prefixed("tile.", s.Tile.Validate())...)
	errs = append(errs, prefixed("sram_", s.sram().Validate())...)
	if s.OutstandingReads < 1 {
		errs = append(errs, fmt.Errorf("outstanding_reads must be at least 1, got %d", s.OutstandingReads))
	}
	if s.InjectionQueue < 1 {
		errs = append(errs, fmt.Errorf("injection_queue must be at least 1, got %d", s.InjectionQueue))
	}
	return errors.Join(errs...)
}

// prefixed puts the key of a part before each message of its Validate.
func prefixed(key string, err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s%w", key, e))
	}
	return errs
}
