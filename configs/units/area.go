package units

// Area is an area on a die in square nanometers: a memory cell of 0.127 um2 is exact.
// It reaches 9 square meters.
type Area int64

// Areas to multiply with in Go code: 92 * units.SquareMillimeter.
const (
	SquareNanometer  Area = 1
	SquareMicrometer      = 1e6 * SquareNanometer
	SquareMillimeter      = 1e6 * SquareMicrometer
)

var areaDimension = dimension{
	noun: "an area", example: "92 mm2", base: "nm2",
	families: [][]unit{{{"um2", 1e6}, {"mm2", 1e12}}}, // a memory cell prints as 0.127 um2
	// Both code points that look like a micro sign occur in pasted text.
	aliases: []unit{{"nm\u00b2", 1}, {"\u00b5m\u00b2", 1e6}, {"\u03bcm\u00b2", 1e6}, {"um\u00b2", 1e6}, {"mm\u00b2", 1e12}},
}

// ParseArea reads an area such as "0.127 um2" or "92 mm2". The error is a
// *SyntaxError.
func ParseArea(text string) (Area, error) {
	v, err := areaDimension.parse(text)
	return Area(v), err
}

// String writes the area exactly.
func (a Area) String() string { return areaDimension.format(int64(a)) }

// MarshalText is String; a negative area is an error.
func (a Area) MarshalText() ([]byte, error) { return areaDimension.marshal(int64(a)) }

// UnmarshalText is ParseArea.
func (a *Area) UnmarshalText(text []byte) error {
	v, err := ParseArea(string(text))
	if err == nil {
		*a = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Area) TextPattern() string { return areaDimension.pattern() }

// MM2 is the area in square millimeters, for formulas in floating point.
func (a Area) MM2() float64 { return float64(a) / float64(SquareMillimeter) }
