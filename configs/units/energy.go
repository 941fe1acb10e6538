package units

// Energy is what one event costs, in attojoules: 1.244 pJ is exact. It reaches 9 J,
// which is enough for an event and not for a run.
type Energy int64

// Energies to multiply with in Go code: 909 * units.Picojoule.
const (
	Attojoule  Energy = 1
	Femtojoule        = 1000 * Attojoule
	Picojoule         = 1000 * Femtojoule
	Nanojoule         = 1000 * Picojoule
)

var energyDimension = dimension{
	noun: "an energy", example: "1.24 pJ", base: "aJ",
	families: [][]unit{{{"aJ", 1}, {"fJ", 1e3}, {"pJ", 1e6}, {"nJ", 1e9}, {"uJ", 1e12}, {"mJ", 1e15}, {"J", 1e18}}},
	// Both code points that look like a micro sign occur in pasted text.
	aliases: []unit{{"\u00b5J", 1e12}, {"\u03bcJ", 1e12}},
}

// ParseEnergy reads an energy such as "1.24 pJ". The error is a *SyntaxError.
func ParseEnergy(text string) (Energy, error) {
	v, err := energyDimension.parse(text)
	return Energy(v), err
}

// String writes the energy exactly.
func (e Energy) String() string { return energyDimension.format(int64(e)) }

// MarshalText is String; a negative energy is an error.
func (e Energy) MarshalText() ([]byte, error) { return energyDimension.marshal(int64(e)) }

// UnmarshalText is ParseEnergy.
func (e *Energy) UnmarshalText(text []byte) error {
	v, err := ParseEnergy(string(text))
	if err == nil {
		*e = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (Energy) TextPattern() string { return energyDimension.pattern() }

// Joules is the energy in joules, for formulas in floating point.
func (e Energy) Joules() float64 { return float64(e) / 1e18 }

// EnergyPerBit is what it costs to move or access a bit, in attojoules. Energies per
// byte are understood: 8 pJ/B is 1 pJ/bit.
type EnergyPerBit int64

// Energies per bit to multiply with in Go code: 850 * units.FemtojoulePerBit.
const (
	AttojoulePerBit  EnergyPerBit = 1
	FemtojoulePerBit              = 1000 * AttojoulePerBit
	PicojoulePerBit               = 1000 * FemtojoulePerBit
)

var energyPerBitDimension = dimension{
	noun: "an energy per bit", example: "0.85 pJ/bit", base: "aJ/bit",
	families: [][]unit{{{"aJ/bit", 1}, {"fJ/bit", 1e3}, {"pJ/bit", 1e6}, {"nJ/bit", 1e9}, {"uJ/bit", 1e12}}},
	aliases:  []unit{{"fJ/B", 125}, {"pJ/B", 125e3}, {"nJ/B", 125e6}},
}

// ParseEnergyPerBit reads an energy such as "0.85 pJ/bit" or "7.78 pJ/B". The error is
// a *SyntaxError.
func ParseEnergyPerBit(text string) (EnergyPerBit, error) {
	v, err := energyPerBitDimension.parse(text)
	return EnergyPerBit(v), err
}

// String writes the energy exactly, per bit.
func (e EnergyPerBit) String() string { return energyPerBitDimension.format(int64(e)) }

// MarshalText is String; a negative energy is an error.
func (e EnergyPerBit) MarshalText() ([]byte, error) { return energyPerBitDimension.marshal(int64(e)) }

// UnmarshalText is ParseEnergyPerBit.
func (e *EnergyPerBit) UnmarshalText(text []byte) error {
	v, err := ParseEnergyPerBit(string(text))
	if err == nil {
		*e = v
	}
	return err
}

// TextPattern is a regular expression of the accepted texts.
func (EnergyPerBit) TextPattern() string { return energyPerBitDimension.pattern() }

// Joules is the energy of one bit in joules, for formulas in floating point.
func (e EnergyPerBit) Joules() float64 { return float64(e) / 1e18 }
