package bank

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// A Mapping takes addresses apart.
//
// Its text names the fields from the most significant address bits to the least
// significant, two letters each:
//
//	ro row, co column (which burst of the row), ba bank, bg bank group,
//	ra or pc pseudo-channel (the rank of simulators that have no
//	pseudo-channels), ch channel
//
// The bits below a burst are dropped. A number after a field takes that many of
// its lowest bits not yet taken, so the field must follow again further left:
// rocobabgraco2ch puts two column bits at the bottom and the others above the
// banks. Without bg, the bank groups are the low bits of ba; without ra and pc,
// the pseudo-channels are the low bits of ch. Bits above the row are ignored, so
// that addresses wrap at the capacity.
//
// The suffix +xor exchanges banks by column: the column's bits are xored into
// pseudo-channel, bank group and bank, lowest first.
//
// Two names of Ramulator 2 stand for its mappers over 64-bit channels with
// consecutive bursts in consecutive channels: robaracoch is robabgracoch, and
// mop4clxor is rocobabgraco2ch+xor. Case does not matter.
type Mapping struct {
	shift uint // bits of a burst
	parts []part
	xor   bool
	// width counts the bits of pseudo-channel and bank group, for xor.
	pseudo, group, bank uint
}

// part moves one run of address bits into a field.
type part struct {
	field    fieldID
	from, to uint // lowest bit in the address and in the field
	mask     uint64
}

type fieldID uint8

const (
	fieldRow fieldID = iota
	fieldColumn
	fieldBank
	fieldGroup
	fieldPseudo
	fieldChannel
	fields
)

// Location is where an address lies.
type Location struct {
	Channel, PseudoChannel, BankGroup, Bank, Row, Column int32
}

var mappingNames = map[string]string{
	"robaracoch": "robabgracoch",
	"mop4clxor":  "rocobabgraco2ch+xor",
}

// Mappings lists the mappings that the presets and the reference rows use. Any other
// order of the fields is one too.
func Mappings() []string {
	return []string{"rorabgbachco", "rorabacobgch", "robaracoch", "mop4clxor"}
}

// ParseMapping reads the text of s.Mapping for the sizes of s. Errors name what is
// wrong in it.
func ParseMapping(s Spec) (Mapping, error) {
	text := strings.ToLower(s.Mapping)
	if long, ok := mappingNames[text]; ok {
		text = long
	}
	text, xor := strings.CutSuffix(text, "+xor")
	width := [fields]uint{}
	for f, n := range [fields]int{s.Rows, s.Columns, s.Banks, s.BankGroups, s.PseudoChannels, s.Channels} {
		width[f] = uint(bits.Len(uint(n)) - 1)
	}
	m := Mapping{shift: uint(bits.Len(uint(s.BurstBytes)) - 1), xor: xor,
		pseudo: width[fieldPseudo], group: width[fieldGroup], bank: width[fieldBank]}
	tokens, err := splitMapping(text)
	if err != nil {
		return Mapping{}, err
	}
	tokens = withImplied(tokens)
	taken := [fields]uint{}
	pos := m.shift
	for i := len(tokens) - 1; i >= 0; i-- { // from the least significant
		t := tokens[i]
		left := width[t.field] - taken[t.field]
		n := left
		if t.bits >= 0 {
			n = min(uint(t.bits), left)
		} else if left == 0 && width[t.field] > 0 {
			return Mapping{}, fmt.Errorf("%q names %s more than once", s.Mapping, fieldName(t.field))
		}
		if n > 0 {
			m.parts = append(m.parts, part{field: t.field, from: pos, to: taken[t.field], mask: 1<<n - 1})
		}
		pos, taken[t.field] = pos+n, taken[t.field]+n
	}
	for f := range fields {
		if taken[f] != width[f] {
			return Mapping{}, fmt.Errorf("%q leaves %d bits of %s without a place", s.Mapping, width[f]-taken[f], fieldName(f))
		}
	}
	return m, nil
}

// token is a field of the text; bits is -1 for all that are left.
type token struct {
	field fieldID
	bits  int
}

func fieldName(f fieldID) string {
	return [fields]string{"row (ro)", "column (co)", "bank (ba)", "bank group (bg)", "pseudo-channel (ra, pc)", "channel (ch)"}[f]
}

func splitMapping(text string) ([]token, error) {
	var tokens []token
	for rest := text; rest != ""; {
		t := token{bits: -1}
		switch rest[:min(2, len(rest))] {
		case "ro":
			t.field = fieldRow
		case "co":
			t.field = fieldColumn
		case "ba":
			t.field = fieldBank
		case "bg":
			t.field = fieldGroup
		case "ra", "pc":
			t.field = fieldPseudo
		case "ch":
			t.field = fieldChannel
		default:
			return nil, fmt.Errorf("%q: want ro, co, ba, bg, ra, pc or ch at %q", text, rest)
		}
		rest = rest[2:]
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits > 0 {
			n, err := strconv.Atoi(rest[:digits])
			if err != nil || n > 63 {
				return nil, fmt.Errorf("%q: %q is no number of bits", text, rest[:digits])
			}
			t.bits, rest = n, rest[digits:]
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// withImplied adds the fields that the text leaves out, below the ones they belong
// to.
func withImplied(tokens []token) []token {
	for _, implied := range []struct{ field, under fieldID }{{fieldGroup, fieldBank}, {fieldPseudo, fieldChannel}} {
		last := -1
		for i, t := range tokens {
			if t.field == implied.field {
				last = -1
				break
			}
			if t.field == implied.under {
				last = i
			}
		}
		if last >= 0 {
			tokens = append(tokens[:last+1:last+1], append([]token{{implied.field, -1}}, tokens[last+1:]...)...)
		}
	}
	return tokens
}

// Locate takes an address apart.
func (m *Mapping) Locate(addr uint64) Location {
	var v [fields]uint64
	for i := range m.parts {
		p := &m.parts[i]
		v[p.field] |= addr >> p.from & p.mask << p.to
	}
	if m.xor {
		c := v[fieldColumn]
		v[fieldPseudo] ^= c & (1<<m.pseudo - 1)
		c >>= m.pseudo
		v[fieldGroup] ^= c & (1<<m.group - 1)
		c >>= m.group
		v[fieldBank] ^= c & (1<<m.bank - 1)
	}
	return Location{Channel: int32(v[fieldChannel]), PseudoChannel: int32(v[fieldPseudo]), BankGroup: int32(v[fieldGroup]),
		Bank: int32(v[fieldBank]), Row: int32(v[fieldRow]), Column: int32(v[fieldColumn])}
}
