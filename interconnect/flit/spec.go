package flit

import (
	"errors"
	"fmt"

	"mozart/interconnect/topology"
)

// Limits of a Spec.
const (
	// MaxVCs is the most virtual channels of a port, over all classes and lanes.
	MaxVCs = 64
	// MaxClasses is the most traffic classes.
	MaxClasses = 16
)

// Delays are the cycles that the stages of a router take.
type Delays struct {
	// RC is route computation; 0 is look-ahead routing, done in the router before.
	RC int64
	// VA is VC allocation and SA switch allocation, at least 1 each.
	VA, SA int64
	// ST is switch traversal, from the allocation to the wire.
	ST int64
}

// ClassSpec sizes a traffic class.
type ClassSpec struct {
	// VCsPerLane is the number of virtual channels of the class in each lane of the
	// routing, at every port.
	VCsPerLane int
	// Weight is the share of an output, in flits, that the class gets when several
	// want it; at least 1.
	Weight int
}

// RouterSpec is a router; all routers and endpoints of a network are alike.
type RouterSpec struct {
	Classes []ClassSpec
	// VCBufferFlits is the depth of the buffer of a VC, in flits.
	VCBufferFlits int
	Delays        Delays
	// CreditCycles is the time from the arrival of a credit at a router to its use.
	// Endpoints use it at once.
	CreditCycles int64
	// VCAllocator and SwitchAllocator name allocators: "islip" (one iteration),
	// "islip:N" (N iterations), "separable-input-first" or "round-robin".
	VCAllocator, SwitchAllocator string
	// InputSpeedup is the number of flits that an input can send in a cycle, to
	// different outputs and from VCs of different number modulo InputSpeedup.
	InputSpeedup int
}

// DefaultRouterSpec is the router of the reference curves: one class of 8 VCs of 8
// flits, every stage one cycle, iSLIP of one iteration.
func DefaultRouterSpec() RouterSpec {
	return RouterSpec{
		Classes:         []ClassSpec{{VCsPerLane: 8, Weight: 1}},
		VCBufferFlits:   8,
		Delays:          Delays{RC: 1, VA: 1, SA: 1, ST: 1},
		CreditCycles:    1,
		VCAllocator:     "islip",
		SwitchAllocator: "islip",
		InputSpeedup:    1,
	}
}

// Validate reports every wrong field, for a routing with a number of lanes.
func (s RouterSpec) Validate(lanes int) error {
	var errs []error
	atLeast := func(name string, v, low int64) {
		if v < low {
			errs = append(errs, fmt.Errorf("%s must be at least %d, got %d", name, low, v))
		}
	}
	if n := len(s.Classes); n < 1 || n > MaxClasses {
		errs = append(errs, fmt.Errorf("there must be 1 to %d Classes, got %d", MaxClasses, n))
	}
	for i, c := range s.Classes {
		atLeast(fmt.Sprintf("Classes[%d].VCsPerLane", i), int64(c.VCsPerLane), 1)
		atLeast(fmt.Sprintf("Classes[%d].Weight", i), int64(c.Weight), 1)
	}
	if n := s.VCs(lanes); n > MaxVCs {
		errs = append(errs, fmt.Errorf("a port has %d virtual channels over all classes and %d lanes, at most %d are possible", n, lanes, MaxVCs))
	}
	atLeast("VCBufferFlits", int64(s.VCBufferFlits), 1)
	atLeast("Delays.RC", s.Delays.RC, 0)
	atLeast("Delays.VA", s.Delays.VA, 1)
	atLeast("Delays.SA", s.Delays.SA, 1)
	atLeast("Delays.ST", s.Delays.ST, 0)
	atLeast("CreditCycles", s.CreditCycles, 0)
	atLeast("InputSpeedup", int64(s.InputSpeedup), 1)
	if s.InputSpeedup > 1 && s.VCs(lanes)%s.InputSpeedup != 0 {
		errs = append(errs, fmt.Errorf("InputSpeedup must divide the %d virtual channels of a port, got %d", s.VCs(lanes), s.InputSpeedup))
	}
	if _, err := ParseAllocator(s.VCAllocator); err != nil {
		errs = append(errs, fmt.Errorf("VCAllocator: %w", err))
	}
	if _, err := ParseAllocator(s.SwitchAllocator); err != nil {
		errs = append(errs, fmt.Errorf("SwitchAllocator: %w", err))
	}
	return errors.Join(errs...)
}

// VCs is the number of virtual channels of a port for a routing with a number of
// lanes.
func (s RouterSpec) VCs(lanes int) int {
	n := 0
	for _, c := range s.Classes {
		n += c.VCsPerLane * lanes
	}
	return n
}

// LinkSpec sizes a link; both directions are alike.
type LinkSpec struct {
	// BitsPerCycle is wires times bits per wire and cycle. 0, or no less than a flit,
	// means a flit per cycle.
	BitsPerCycle int64
	// LatencyCycles is the time of flight of flits and of credits. 0 is a wire inside
	// a chiplet.
	LatencyCycles int64
}

// Validate reports every wrong field.
func (s LinkSpec) Validate() error {
	var errs []error
	if s.BitsPerCycle < 0 {
		errs = append(errs, fmt.Errorf("BitsPerCycle must not be negative, got %d", s.BitsPerCycle))
	}
	if s.LatencyCycles < 0 {
		errs = append(errs, fmt.Errorf("LatencyCycles must not be negative, got %d", s.LatencyCycles))
	}
	return errors.Join(errs...)
}

// NetworkSpec is a network on a graph.
type NetworkSpec struct {
	Router RouterSpec
	// FlitBits is the size of a flit on the wires.
	FlitBits int64
	// Link is every link that Links does not name.
	Link LinkSpec
	// Links, if not nil, gives the link of every edge of the graph, by its index.
	Links []LinkSpec
	// Steering, if not nil, decides about packets marked as Steered: multicast, or a
	// local port.
	Steering Steering
	// LocalPorts, if not nil, is the number of local ports of a router node: endpoints
	// within the router, such as a reducer. They are numbered after the ports of the
	// graph.
	LocalPorts func(node topology.Node) int
	// LocalLink is the link between a router and its local ports.
	LocalLink LinkSpec
}

// DefaultNetworkSpec is the network of the reference curves: DefaultRouterSpec, links
// of a flit per cycle and one cycle of latency.
func DefaultNetworkSpec() NetworkSpec {
	return NetworkSpec{Router: DefaultRouterSpec(), FlitBits: 128, Link: LinkSpec{LatencyCycles: 1}}
}
