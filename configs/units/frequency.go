package units

// Frequency is a clock rate in hertz.
type Frequency int64

// Clock rates to multiply with in Go code: 1 * units.GHz.
const (
	Hz  Frequency = 1
	KHz           = 1000 * Hz
	MHz           = 1000 * KHz
	GHz           = 1000 * MHz
)

var frequencyDimension = dimension{
	noun: "a frequency", example: "1 GHz", base: "Hz",
	families: [][]unit{{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}, {"THz", 1e12}}},
	aliases:  []unit{{"KHz", 1e3}},
}

// ParseFrequency reads a clock rate such as "1 GHz" or "1000 MHz". The error is
// a *SyntaxError.
func ParseFrequency(text string) (Frequency, error) {
	v, err := frequencyDimension.parse(text)
	return Frequency(v), err
}

// String writes the clock rate exactly.
func (f Frequency) String() string { return frequencyDimension.format(int64(f)) }

// MarshalText is String; a negative clock rate is an error.
func (f Frequency) MarshalText() ([]byte, error) { return frequencyDimension.marshal(int64(f)) }

// UnmarshalText is ParseFrequency.
func (f *Frequency) UnmarshalText(text []byte) error {
	v, err := ParseFrequency(string(text))
	if err == nil {
		*f = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Frequency) TextPattern() string { return frequencyDimension.pattern() }

// Hertz is the clock rate in hertz, for formulas in floating point.
func (f Frequency) Hertz() float64 { return float64(f) }
