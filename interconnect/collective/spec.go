package collective

import (
	"errors"
	"fmt"
)

// What a Reducer does when every entry is taken.
const (
	// FullStall leaves the contribution in the router's input.
	FullStall = "stall"
	// FullEvict forwards the oldest partial sum to make room.
	FullEvict = "evict"
)

// Spec sizes a Reducer.
type Spec struct {
	// Entries is the number of partial sums held at once.
	Entries int
	// AddBytesPerCycle is the width of the adder.
	AddBytesPerCycle int
	// AddLatencyCycles is the depth of the adder's pipeline.
	AddLatencyCycles int64
	// Full is FullStall or FullEvict.
	Full string
}

// Validate reports every wrong field.
func (s Spec) Validate() error {
	var errs []error
	atLeast := func(name string, v, low int64) {
		if v < low {
			errs = append(errs, fmt.Errorf("%s must be at least %d, got %d", name, low, v))
		}
	}
	atLeast("Entries", int64(s.Entries), 1)
	atLeast("AddBytesPerCycle", int64(s.AddBytesPerCycle), 1)
	atLeast("AddLatencyCycles", s.AddLatencyCycles, 0)
	if s.Full != FullStall && s.Full != FullEvict {
		errs = append(errs, fmt.Errorf("policy Full must be %q or %q, got %q", FullStall, FullEvict, s.Full))
	}
	return errors.Join(errs...)
}

// addCycles is the time one contribution holds the adder.
func (s Spec) addCycles(bytes int32) int64 {
	width := int64(s.AddBytesPerCycle)
	return max(1, (int64(bytes)+width-1)/width)
}
