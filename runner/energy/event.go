package energy

import (
	"math"
	"math/bits"

	"mozart/configs/units"
)

// Event is a kind of thing that costs energy each time it happens.
type Event uint8

// The events.
const (
	MAC        Event = iota // a multiplication and an addition of an array
	VectorOp                // an operation of a vector unit
	Add                     // an addition in a switch
	SRAMByte                // a byte read from or written to SRAM
	BondByte                // a byte between a tile and the SRAM on it
	LinkByte                // a byte over a 2.5D link
	SwitchByte              // a byte through a switch
	StackByte               // a byte read from or written to a stack
	Activation              // a row of a stack, opened and closed
	NumEvents
)

var eventNames = [NumEvents]string{"mac", "vector", "add", "sram", "bond", "link", "switch", "access", "activate"}

// String is the name of the cause in reports.
func (e Event) String() string {
	if e < NumEvents {
		return eventNames[e]
	}
	return "unknown"
}

// Static is the cause of energy that no event costs.
const Static = "static"

// Price is what one event costs.
func (s Spec) Price(e Event) units.Energy {
	perByte := func(b units.EnergyPerBit) units.Energy { return 8 * units.Energy(b) }
	return [NumEvents]units.Energy{
		MAC: s.MAC, VectorOp: s.VectorOp, Add: s.Add,
		SRAMByte: perByte(s.SRAM), BondByte: perByte(s.Bond), LinkByte: perByte(s.Link),
		SwitchByte: perByte(s.Switch), StackByte: perByte(s.Stack), Activation: s.Activate,
	}[e]
}

// Nanojoules is an energy of a run: 9 GJ at most.
type Nanojoules int64

// Joules is the energy in joules.
func (n Nanojoules) Joules() float64 { return float64(n) / 1e9 }

// Cost is what count events cost at a price, rounded to nanojoules; neither is
// negative. What does not fit is the largest value.
func Cost(count int64, price units.Energy) Nanojoules {
	return product(count, int64(price), int64(units.Nanojoule))
}

// Drawn is what a power draws in so many cycles of a clock, rounded to nanojoules.
func Drawn(p units.Power, cycles int64, clock units.Frequency) Nanojoules {
	return product(int64(p), cycles, int64(clock))
}

// product is a x b / c, rounded to the nearest, for a, b >= 0 and c > 0.
func product(a, b, c int64) Nanojoules {
	hi, lo := bits.Mul64(uint64(max(0, a)), uint64(max(0, b)))
	lo, carry := bits.Add64(lo, uint64(c)/2, 0)
	hi += carry
	if hi >= uint64(c) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return Nanojoules(min(q, math.MaxInt64))
}
