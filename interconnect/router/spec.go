package router

import (
	"errors"
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/wire"
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

// Wiring is a router's place in the network, from the topology.
type Wiring struct {
	// Routes is the port to take per destination; -1 is the router itself.
	Routes []int
	// Neighbors is the node behind each port; it sets the number of ports.
	Neighbors []wire.NodeID
	// BitsPerCycle is the rate of the link at each port.
	BitsPerCycle []int64
}

// maxPorts leaves one bit of a uint64 for the reducer.
const maxPorts = 63

// Validate reports every wrong field.
func (w Wiring) Validate() error {
	var errs []error
	ports := len(w.Neighbors)
	if ports < 1 || ports > maxPorts {
		errs = append(errs, fmt.Errorf("a router has 1 to %d ports, got %d", maxPorts, ports))
	}
	if len(w.BitsPerCycle) != ports {
		errs = append(errs, fmt.Errorf("%d ports but %d link rates", ports, len(w.BitsPerCycle)))
	}
	for i, b := range w.BitsPerCycle {
		if b < 1 {
			errs = append(errs, fmt.Errorf("BitsPerCycle of port %d must be at least 1, got %d", i, b))
		}
	}
	for dest, p := range w.Routes {
		if p < -1 || p >= ports {
			errs = append(errs, fmt.Errorf("the route to node %d takes port %d of %d", dest, p, ports))
		}
	}
	return errors.Join(errs...)
}
