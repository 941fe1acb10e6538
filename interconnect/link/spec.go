package link

import (
	"errors"
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// Spec sizes a link; both directions are alike.
type Spec struct {
	// BitsPerCycle is wires times bits per wire and cycle; 0 makes an on-chip
	// wire that does not serialise.
	BitsPerCycle int64
	// LatencyCycles is the time of flight, at least 1.
	LatencyCycles int64
	// Weights are the shares of the classes in what a direction carries, in bytes,
	// when several have messages that could start; 0 counts as 1. At most MaxWeight.
	Weights [wire.NumClasses]int
	// AheadBytes is how much a direction may have been given that it has not sent, for
	// it to be given one message more, of at most so many bytes, before the wire is free.
	// At 0 it is given each when it is free.
	AheadBytes int
}

// Validate reports every wrong field.
func (s Spec) Validate() error {
	var errs []error
	if s.BitsPerCycle < 0 {
		errs = append(errs, fmt.Errorf("BitsPerCycle must not be negative, got %d", s.BitsPerCycle))
	}
	if s.LatencyCycles < 1 {
		errs = append(errs, fmt.Errorf("LatencyCycles must be at least 1, got %d", s.LatencyCycles))
	}
	if s.AheadBytes < 0 {
		errs = append(errs, fmt.Errorf("AheadBytes must not be negative, got %d", s.AheadBytes))
	}
	for class, w := range s.Weights {
		if w < 0 || w > MaxWeight {
			errs = append(errs, fmt.Errorf("the weight of class %v must be from 0 to %d, got %d", wire.Class(class), MaxWeight, w))
		}
	}
	return errors.Join(errs...)
}

// End is one end of a link.
type End struct {
	Port *port.Port
	// CutThrough hands a message over when its first bits arrive, as a router
	// wants it. Otherwise it is handed over whole.
	CutThrough bool
}

// checkEnds reports what keeps two ports from speaking to each other.
func checkEnds(a, b End) error {
	switch {
	case a.Port == nil || b.Port == nil:
		return errors.New("both ends need a port")
	case a.Port == b.Port:
		return fmt.Errorf("both ends are %s", a.Port.Name())
	case a.Port.Spec().VCs != b.Port.Spec().VCs:
		return fmt.Errorf("%s has %d virtual channels, %s has %d", a.Port.Name(), a.Port.Spec().VCs, b.Port.Name(), b.Port.Spec().VCs)
	}
	return nil
}
