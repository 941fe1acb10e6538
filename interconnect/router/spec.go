package router

import (
	"errors"
	"fmt"

	"mozart/interconnect/collective"
)

// Spec sizes a router.
type Spec struct {
	// LatencyCycles is the time from a head's arrival to the output queue, at
	// least 1; the link adds its own.
	LatencyCycles int64
	// InBytes bounds each input port per virtual channel. A packet must fit.
	InBytes int
	// OutMessages bounds each output port per virtual channel. With 2 or more a
	// link never waits for the router between two packets.
	OutMessages int
	// Reducer sizes the in-network reduction.
	Reducer collective.Spec
}

// Validate reports every wrong field.
func (s Spec) Validate() error {
	var errs []error
	atLeast := func(name string, v, low int64) {
		if v < low {
			errs = append(errs, fmt.Errorf("%s must be at least %d, got %d", name, low, v))
		}
	}
	atLeast("LatencyCycles", s.LatencyCycles, 1)
	atLeast("InBytes", int64(s.InBytes), 1)
	atLeast("OutMessages", int64(s.OutMessages), 1)
	if err := s.Reducer.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("reducer: %w", err))
	}
	return errors.Join(errs...)
}
