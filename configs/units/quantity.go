package units

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
)

// unit is one spelling of a unit and its size in base units.
type unit struct {
	name string
	size int64
}

// dimension is a kind of quantity: how it is called and how it is written. The
// values of this type are tables, never changed.
type dimension struct {
	noun    string // with its article: "a bandwidth"
	example string
	base    string // the unit of which every value is a whole number
	// families are the units used in printing. Each is sorted by size and starts
	// with the smallest; printing picks one unit of one family.
	families [][]unit
	aliases  []unit // understood, never printed
	bare     bool   // a number without unit counts base units
}

// SyntaxError says why a text is not a quantity.
type SyntaxError struct {
	Found  string // the text as it was given
	Wanted string // what would be right, with an example or a limit
}

// Error gives one line: want ..., found "...".
func (e *SyntaxError) Error() string { return fmt.Sprintf("want %s, found %q", e.Wanted, e.Found) }

// Want is the right-hand side alone, for callers that show the text found in
// their own way.
func (e *SyntaxError) Want() string { return e.Wanted }

// quantity splits a text into sign, number and unit. Two exponent digits are
// plenty and keep the exact arithmetic small.
var quantity = regexp.MustCompile(`^(-?)([0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?) *([^ 0-9].*)?$`)

// parse reads a text such as "8 GiB" into a whole number of base units.
func (d *dimension) parse(text string) (int64, error) {
	wrong := func(want string) (int64, error) { return 0, &SyntaxError{Found: text, Wanted: want} }
	part := quantity.FindStringSubmatch(text)
	if part == nil {
		return wrong(d.want())
	}
	size, ok := d.size(part[3])
	if !ok {
		return wrong(d.want())
	}
	value, ok := new(big.Rat).SetString(part[2])
	if !ok {
		return wrong(d.want())
	}
	value.Mul(value, new(big.Rat).SetInt64(size))
	switch {
	case part[1] == "-" && value.Sign() != 0:
		return wrong(fmt.Sprintf("%s of 0 %s or more", d.noun, d.base))
	case !value.IsInt():
		return wrong(fmt.Sprintf("%s that is a whole number of %s", d.noun, d.base))
	case !value.Num().IsInt64():
		return wrong(fmt.Sprintf("%s of at most %d %s", d.noun, int64(math.MaxInt64), d.base))
	}
	return value.Num().Int64(), nil
}

// size finds a unit by its exact name.
func (d *dimension) size(name string) (int64, bool) {
	if name == "" {
		return 1, d.bare
	}
	for _, family := range append(d.families[:len(d.families):len(d.families)], d.aliases) {
		for _, u := range family {
			if u.name == name {
				return u.size, true
			}
		}
	}
	return 0, false
}

// names lists the units that are printed, in the order of the families.
func (d *dimension) names() []string {
	var names []string
	for _, family := range d.families {
		for _, u := range family {
			if len(names) == 0 || u.name != names[0] { // families may share the base unit
				names = append(names, u.name)
			}
		}
	}
	return names
}

func (d *dimension) want() string {
	return fmt.Sprintf("%s such as %q (%s)", d.noun, d.example, strings.Join(d.names(), ", "))
}

// format writes v in the unit that gives the shortest text among the largest
// fitting unit of each family; the first family wins a tie.
func (d *dimension) format(v int64) string {
	best := ""
	for _, family := range d.families {
		text := inLargestUnit(v, family)
		if best == "" || len(text) < len(best) {
			best = text
		}
	}
	return best
}

// inLargestUnit writes v in the largest unit of a family that keeps the number
// at 1 or above. The decimal is exact: unit sizes have no prime factors but 2
// and 5.
func inLargestUnit(v int64, family []unit) string {
	fit := family[0]
	for _, u := range family {
		if v >= u.size || v <= -u.size {
			fit = u
		}
	}
	value := big.NewRat(v, fit.size)
	digits, _ := value.FloatPrec()
	return value.FloatString(digits) + " " + fit.name
}

// marshal is format for values that parse would read back.
func (d *dimension) marshal(v int64) ([]byte, error) {
	if v < 0 {
		return nil, &SyntaxError{Found: d.format(v), Wanted: fmt.Sprintf("%s of 0 %s or more", d.noun, d.base)}
	}
	return []byte(d.format(v)), nil
}

// pattern is a regular expression (ECMA-262 and RE2) of the accepted texts.
func (d *dimension) pattern() string {
	names := d.names()
	for _, u := range d.aliases {
		names = append(names, u.name)
	}
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	optional := ""
	if d.bare {
		optional = "?"
	}
	return `^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})? *(` + strings.Join(names, "|") + ")" + optional + "$"
}
