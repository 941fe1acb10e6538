package units

// Power is in nanowatts. It reaches 9 GW.
type Power int64

// Powers to multiply with in Go code: 650 * units.Milliwatt.
const (
	Nanowatt  Power = 1
	Microwatt       = 1000 * Nanowatt
	Milliwatt       = 1000 * Microwatt
	Watt            = 1000 * Milliwatt
)

var powerDimension = dimension{
	noun: "a power", example: "0.65 W", base: "nW",
	families: [][]unit{{{"nW", 1}, {"uW", 1e3}, {"mW", 1e6}, {"W", 1e9}, {"kW", 1e12}, {"MW", 1e15}}},
	// Both code points that look like a micro sign occur in pasted text.
	aliases: []unit{{"\u00b5W", 1e3}, {"\u03bcW", 1e3}},
}

// ParsePower reads a power such as "650 mW". The error is a *SyntaxError.
func ParsePower(text string) (Power, error) {
	v, err := powerDimension.parse(text)
	return Power(v), err
}

// String writes the power exactly.
func (p Power) String() string { return powerDimension.format(int64(p)) }

// MarshalText is String; a negative power is an error.
func (p Power) MarshalText() ([]byte, error) { return powerDimension.marshal(int64(p)) }

// UnmarshalText is ParsePower.
func (p *Power) UnmarshalText(text []byte) error {
	v, err := ParsePower(string(text))
	if err == nil {
		*p = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Power) TextPattern() string { return powerDimension.pattern() }

// Watts is the power in watts, for formulas in floating point.
func (p Power) Watts() float64 { return float64(p) / float64(Watt) }

// PowerDensity is a power per die area in nanowatts per square millimeter.
type PowerDensity int64

// MilliwattPerMM2 is to multiply with in Go code: 85 * units.MilliwattPerMM2.
const MilliwattPerMM2 PowerDensity = 1e6

var powerDensityDimension = dimension{
	noun: "a power density", example: "85 mW/mm2", base: "nW/mm2",
	families: [][]unit{{{"nW/mm2", 1}, {"uW/mm2", 1e3}, {"mW/mm2", 1e6}, {"W/mm2", 1e9}}},
	aliases:  []unit{{"mW/mm\u00b2", 1e6}, {"W/mm\u00b2", 1e9}},
}

// ParsePowerDensity reads a power density such as "85 mW/mm2". The error is a
// *SyntaxError.
func ParsePowerDensity(text string) (PowerDensity, error) {
	v, err := powerDensityDimension.parse(text)
	return PowerDensity(v), err
}

// String writes the power density exactly.
func (d PowerDensity) String() string { return powerDensityDimension.format(int64(d)) }

// MarshalText is String; a negative power density is an error.
func (d PowerDensity) MarshalText() ([]byte, error) { return powerDensityDimension.marshal(int64(d)) }

// UnmarshalText is ParsePowerDensity.
func (d *PowerDensity) UnmarshalText(text []byte) error {
	v, err := ParsePowerDensity(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (PowerDensity) TextPattern() string { return powerDensityDimension.pattern() }

// WattsPerMM2 is the density in watts per square millimeter, for formulas in floating
// point.
func (d PowerDensity) WattsPerMM2() float64 { return float64(d) / float64(Watt) }
