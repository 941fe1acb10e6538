package flit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// VCRequest asks for one of the free VCs of an output port.
type VCRequest struct {
	// In is the input VC that asks, counted over all ports of the router.
	In int32
	// First is the output VC, counted over all ports, of bit 0 of Free.
	First int32
	// Free is the set of output VCs asked for, not empty.
	Free uint64
	// Got is set to the VC won, as a bit number of Free, or left at -1.
	Got int32
}

// VCAllocator matches input VCs with output VCs: each gets one at most.
type VCAllocator interface {
	// Allocate sets Got of the requests that win. The outcome must not depend on the
	// order of the requests, of which every input has one at most.
	Allocate(reqs []VCRequest)
}

// SwitchRequest asks for an output of the crossbar.
type SwitchRequest struct {
	// In is an input of the crossbar: a part of an input port if there is input
	// speed-up. Out is an output port.
	In, Out int32
	// VC is the input VC that would send, counted over all ports of the router. All
	// requests of one input with the same VC are copies of a multicast and can be
	// granted together.
	VC int32
	// Rank is how far the class is from its turn at the output; lower goes first.
	Rank uint8
	// Granted is set for the requests that win.
	Granted bool
}

// SwitchAllocator matches inputs with outputs of the crossbar.
type SwitchAllocator interface {
	// Allocate sets Granted so that every output is granted once at most and all that
	// is granted to an input is of one VC. Requests come by ascending In, one for every
	// pair of In and Out at most.
	Allocate(reqs []SwitchRequest)
}

// Allocator makes the two allocators of a router by a name.
type Allocator struct {
	// VC makes an allocator for a number of input and output VCs, Switch one for a
	// number of crossbar inputs and outputs.
	VC     func(inputs, outputs int) VCAllocator
	Switch func(inputs, outputs int) SwitchAllocator
}

// maxIterations bounds N of islip:N; more iterations than ports change nothing.
const maxIterations = 64

// ParseAllocator finds an allocator by its name: islip, islip:N,
// separable-input-first or round-robin.
func ParseAllocator(name string) (Allocator, error) {
	kind, arg, hasArg := strings.Cut(name, ":")
	iterations := 1
	if hasArg {
		n, err := strconv.Atoi(arg)
		if kind != "islip" || err != nil || n < 1 || n > maxIterations {
			return Allocator{}, badAllocator(name)
		}
		iterations = n
	}
	switch kind {
	case "islip":
		return Allocator{
			VC:     func(i, o int) VCAllocator { return newIslipVC(i, o, iterations) },
			Switch: func(i, o int) SwitchAllocator { return newIslipSwitch(i, o, iterations) },
		}, nil
	case "separable-input-first":
		return Allocator{
			VC:     func(i, o int) VCAllocator { return newInputFirstVC(i, o) },
			Switch: func(i, o int) SwitchAllocator { return newInputFirstSwitch(i, o) },
		}, nil
	case "round-robin":
		return Allocator{
			VC:     func(i, o int) VCAllocator { return newRoundRobinVC(i, o) },
			Switch: func(i, o int) SwitchAllocator { return newRoundRobinSwitch(i, o) },
		}, nil
	}
	return Allocator{}, badAllocator(name)
}

func badAllocator(name string) error {
	if name == "" {
		return errors.New("no allocator named")
	}
	return fmt.Errorf("unknown allocator %q, want islip, islip:N with N of 1 to %d, separable-input-first or round-robin", name, maxIterations)
}

// turn is how many steps of a circle of n lie from next to i.
func turn(i, next, n int32) int32 {
	d := i - next
	if d < 0 {
		d += n
	}
	return d
}

// after is the place behind i on a circle of n.
func after(i, n int32) int32 {
	i++
	if i == n {
		return 0
	}
	return i
}

// contender is the best request for an output so far. round says in which call of the
// allocator it was noted, so that nothing has to be cleared.
type contender struct {
	round   int64
	request int32
	key     int32
}
