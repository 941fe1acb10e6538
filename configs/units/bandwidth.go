package units

import (
	"fmt"
	"math/big"
)

// Bandwidth is a data rate in bits per second, so that the rate of a single
// wire (1 Gb/s) and of a whole stack (256 GB/s) are both exact.
type Bandwidth int64

// Rates to multiply with in Go code: 256 * units.GBPerSecond.
const (
	BitPerSecond  Bandwidth = 1
	GbPerSecond             = 1e9 * BitPerSecond
	BytePerSecond           = 8 * BitPerSecond
	MBPerSecond             = 1e6 * BytePerSecond
	GBPerSecond             = 1e9 * BytePerSecond
)

var (
	byteRates = []unit{{"B/s", 8}, {"KB/s", 8e3}, {"MB/s", 8e6}, {"GB/s", 8e9}, {"TB/s", 8e12}, {"PB/s", 8e15}}

	binaryByteRates = []unit{{"B/s", 8}, {"KiB/s", 8 << 10}, {"MiB/s", 8 << 20}, {"GiB/s", 8 << 30},
		{"TiB/s", 8 << 40}, {"PiB/s", 8 << 50}}

	bitRates = []unit{{"b/s", 1}, {"Kb/s", 1e3}, {"Mb/s", 1e6}, {"Gb/s", 1e9}, {"Tb/s", 1e12}, {"Pb/s", 1e15}}

	bandwidthDimension = dimension{
		noun: "a bandwidth", example: "256 GB/s", base: "b/s",
		families: [][]unit{byteRates, binaryByteRates, bitRates},
		aliases:  []unit{{"kB/s", 8e3}, {"kb/s", 1e3}},
	}
	// Whole bytes print as bytes even when bits are shorter: a reader who wrote
	// 125 GB/s should not find 1 Tb/s in the resolved config.
	wholeByteRates = dimension{families: [][]unit{byteRates, binaryByteRates}}
	partByteRates  = dimension{families: [][]unit{bitRates}}
)

// ParseBandwidth reads a rate such as "256 GB/s", "1 GiB/s" or "1 Gb/s" (bits).
// The error is a *SyntaxError.
func ParseBandwidth(text string) (Bandwidth, error) {
	v, err := bandwidthDimension.parse(text)
	return Bandwidth(v), err
}

// String writes the rate exactly: in bytes if it is whole bytes per second, else
// in bits.
func (b Bandwidth) String() string {
	if b%8 == 0 {
		return wholeByteRates.format(int64(b))
	}
	return partByteRates.format(int64(b))
}

// MarshalText is String; a negative rate is an error.
func (b Bandwidth) MarshalText() ([]byte, error) {
	if b < 0 {
		return bandwidthDimension.marshal(int64(b))
	}
	return []byte(b.String()), nil
}

// UnmarshalText is ParseBandwidth.
func (b *Bandwidth) UnmarshalText(text []byte) error {
	v, err := ParseBandwidth(string(text))
	if err == nil {
		*b = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Bandwidth) TextPattern() string { return bandwidthDimension.pattern() }

// BytesPerSecond is the rate in bytes per second.
func (b Bandwidth) BytesPerSecond() float64 { return float64(b) / 8 }

// BytesPerCycle is the rate in bytes per cycle of a clock f, which must be
// positive.
func (b Bandwidth) BytesPerCycle(f Frequency) float64 { return float64(b) / 8 / float64(f) }

// BitsPerCycle is the rate in bits per cycle of a clock f. Links count whole
// bits per cycle (wires), so a rate that is not whole at this clock is an error,
// and so is a clock of 0.
func (b Bandwidth) BitsPerCycle(f Frequency) (int64, error) {
	if f <= 0 {
		return 0, fmt.Errorf("bits per cycle of %v: want a clock above 0 Hz, found %v", b, f)
	}
	if b%Bandwidth(f) != 0 {
		rate, _ := big.NewRat(int64(b), int64(f)).Float64()
		return 0, fmt.Errorf("%v at %v is %.6g bits per cycle, want a whole number", b, f, rate)
	}
	return int64(b) / int64(f), nil
}
