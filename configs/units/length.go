package units

// Length is a distance on a die or package in nanometers.
type Length int64

// Distances to multiply with in Go code: 50 * units.Micrometer.
const (
	Nanometer  Length = 1
	Micrometer        = 1000 * Nanometer
	Millimeter        = 1000 * Micrometer
)

var lengthDimension = dimension{
	noun: "a length", example: "50 um", base: "nm",
	families: [][]unit{{{"nm", 1}, {"um", 1e3}, {"mm", 1e6}, {"m", 1e9}}},
	// Both code points that look like a micro sign occur in pasted text.
	aliases: []unit{{"cm", 1e7}, {"\u00b5m", 1e3}, {"\u03bcm", 1e3}},
}

// ParseLength reads a distance such as "50 um" or "22 mm". The error is a
// *SyntaxError.
func ParseLength(text string) (Length, error) {
	v, err := lengthDimension.parse(text)
	return Length(v), err
}

// String writes the distance exactly.
func (l Length) String() string { return lengthDimension.format(int64(l)) }

// MarshalText is String; a negative distance is an error.
func (l Length) MarshalText() ([]byte, error) { return lengthDimension.marshal(int64(l)) }

// UnmarshalText is ParseLength.
func (l *Length) UnmarshalText(text []byte) error {
	v, err := ParseLength(string(text))
	if err == nil {
		*l = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Length) TextPattern() string { return lengthDimension.pattern() }

// Millimeters is the distance in millimeters, for formulas in floating point.
func (l Length) Millimeters() float64 { return float64(l) / float64(Millimeter) }
