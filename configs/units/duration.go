package units

import (
	"math"
	"math/bits"
)

// Duration is a span of simulated time in picoseconds. It reaches 106 days.
type Duration int64

// Spans to multiply with in Go code: 100 * units.Nanosecond.
const (
	Picosecond  Duration = 1
	Nanosecond           = 1000 * Picosecond
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
)

var durationDimension = dimension{
	noun: "a time", example: "100 ns", base: "ps",
	families: [][]unit{{{"ps", 1}, {"ns", 1e3}, {"us", 1e6}, {"ms", 1e9}, {"s", 1e12}}},
	// Both code points that look like a micro sign occur in pasted text.
	aliases: []unit{{"\u00b5s", 1e6}, {"\u03bcs", 1e6}},
}

// ParseDuration reads a time such as "100 ns" or "1.5 ms". The error is a
// *SyntaxError.
func ParseDuration(text string) (Duration, error) {
	v, err := durationDimension.parse(text)
	return Duration(v), err
}

// String writes the time exactly.
func (d Duration) String() string { return durationDimension.format(int64(d)) }

// MarshalText is String; a negative time is an error.
func (d Duration) MarshalText() ([]byte, error) { return durationDimension.marshal(int64(d)) }

// UnmarshalText is ParseDuration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Duration) TextPattern() string { return durationDimension.pattern() }

// Seconds is the time in seconds, for formulas in floating point.
func (d Duration) Seconds() float64 { return float64(d) / float64(Second) }

// Cycles is the number of cycles of a clock f that cover the time, rounded up: a
// latency is never shorter than it was written. It is 0 for a time or clock of 0
// or below, and the largest int64 for a count beyond it.
func (d Duration) Cycles(f Frequency) int64 {
	if d <= 0 || f <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(d), uint64(f))
	if hi >= uint64(Second) {
		return math.MaxInt64
	}
	cycles, rest := bits.Div64(hi, lo, uint64(Second))
	if rest > 0 {
		cycles++
	}
	if cycles > math.MaxInt64 || cycles == 0 {
		return math.MaxInt64
	}
	return int64(cycles)
}
