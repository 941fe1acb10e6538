package micro

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Pattern says where the packets of an endpoint go, and which endpoints inject
// unless Traffic.Injectors says so.
type Pattern string

// The patterns. The root is endpoint 0, the leaves are all others.
const (
	// Uniform: every endpoint injects, to all endpoints alike, itself included.
	Uniform Pattern = "uniform"
	// Transpose: of k x k endpoints, number x + k y sends to y + k x.
	Transpose Pattern = "transpose"
	// RootHotspot: the leaves inject, all to the root.
	RootHotspot Pattern = "root-hotspot"
	// RootScatter: the root injects, to all leaves alike.
	RootScatter Pattern = "root-scatter"
)

var patterns = []Pattern{Uniform, Transpose, RootHotspot, RootScatter}

// Patterns lists the names of the patterns.
func Patterns() []Pattern { return slices.Clone(patterns) }

// AnyDest is the Dest of traffic whose pattern chooses the destinations.
const AnyDest = -1

// Traffic is the synthetic load.
type Traffic struct {
	Pattern Pattern
	// Dest, unless AnyDest, is the endpoint to which all packets go, whatever the
	// pattern.
	Dest int
	// Injectors lists the endpoints that create packets; nil leaves it to the
	// pattern.
	Injectors []int
	// Rate is in flits per cycle and injecting endpoint. In every cycle, each of
	// them creates a packet with probability Rate / PacketFlits.
	Rate float64
	// PacketFlits is the length of every packet.
	PacketFlits int
}

// validate reports every field that does not suit a number of endpoints.
func (t Traffic) validate(endpoints int) error {
	var errs []error
	if !slices.Contains(patterns, t.Pattern) {
		errs = append(errs, fmt.Errorf("pattern: found %q, want one of %v", t.Pattern, patterns))
	}
	if t.Dest != AnyDest && (t.Dest < 0 || t.Dest >= endpoints) {
		errs = append(errs, fmt.Errorf("dest: found %d, want an endpoint from 0 to %d", t.Dest, endpoints-1))
	}
	if t.PacketFlits < 1 || t.PacketFlits > maxPacketFlits {
		errs = append(errs, fmt.Errorf("packet-flits: found %d, want 1 to %d", t.PacketFlits, maxPacketFlits))
	} else if !(t.Rate > 0) || t.Rate > float64(t.PacketFlits) || math.IsInf(t.Rate, 0) {
		errs = append(errs, fmt.Errorf("rate: found %v flits per cycle, want more than 0 and at most %d, a packet per cycle", t.Rate, t.PacketFlits))
	}
	errs = append(errs, t.validateInjectors(endpoints), t.validateShape(endpoints))
	return errors.Join(errs...)
}

const maxPacketFlits = 1 << 20

func (t Traffic) validateInjectors(endpoints int) error {
	if t.Injectors != nil && len(t.Injectors) == 0 {
		return errors.New("injectors: found none, want at least one endpoint")
	}
	for i, n := range t.Injectors {
		if n < 0 || n >= endpoints {
			return fmt.Errorf("injectors: found %d, want endpoints from 0 to %d", n, endpoints-1)
		}
		if slices.Contains(t.Injectors[:i], n) {
			return fmt.Errorf("injectors: found %d twice", n)
		}
	}
	return nil
}

func (t Traffic) validateShape(endpoints int) error {
	switch {
	case t.Dest != AnyDest:
		return nil
	case t.Pattern == Transpose && side(endpoints)*side(endpoints) != endpoints:
		return fmt.Errorf("pattern: transpose wants a square number of endpoints, found %d", endpoints)
	case (t.Pattern == RootHotspot || t.Pattern == RootScatter) && endpoints < 2:
		return fmt.Errorf("pattern: %s wants at least 2 endpoints, found %d", t.Pattern, endpoints)
	}
	return nil
}

// side is the whole part of the square root.
func side(n int) int { return int(math.Sqrt(float64(n) + 0.5)) }

// injectors lists the endpoints that create packets, in order.
func (t Traffic) injectors(endpoints int) []int {
	if t.Injectors != nil {
		return slices.Sorted(slices.Values(t.Injectors))
	}
	first, last := 0, endpoints
	switch t.Pattern {
	case RootHotspot:
		first = 1
	case RootScatter:
		last = 1
	}
	list := make([]int, 0, last-first)
	for n := first; n < last; n++ {
		list = append(list, n)
	}
	return list
}

// aim draws destinations for one pattern.
type aim struct {
	pattern   Pattern
	dest      int
	endpoints int
	side      int
}

func (t Traffic) aim(endpoints int) aim {
	return aim{pattern: t.Pattern, dest: t.Dest, endpoints: endpoints, side: side(endpoints)}
}

// destination is where the next packet of an endpoint goes.
func (a *aim) destination(s *source, endpoint int) int {
	if a.dest != AnyDest {
		return a.dest
	}
	switch a.pattern {
	case Transpose:
		return endpoint%a.side*a.side + endpoint/a.side
	case RootHotspot:
		return 0
	case RootScatter:
		return 1 + s.draw(a.endpoints-1)
	default:
		return s.draw(a.endpoints)
	}
}
