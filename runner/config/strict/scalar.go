package strict

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Numbers are decimal, without the leading zeros that YAML 1.1 reads as octal;
// underscores may group digits.
var (
	wholeNumber = regexp.MustCompile(`^[-+]?(0|[1-9](_?[0-9])*)$`)
	notDecimal  = regexp.MustCompile(`^[-+]?0[0-9_xXoObB]`)
	anyNumber   = regexp.MustCompile(`^[-+]?((0|[1-9](_?[0-9])*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// setScalar parses a scalar into v, without looking at min and max. If that
// fails it returns what would be right.
func (s *shape) setScalar(t *Tree, v reflect.Value) (want string) {
	digits := strings.ReplaceAll(t.text, "_", "")
	switch s.form {
	case boolForm:
		if t.kind != boolean {
			return s.want()
		}
		v.SetBool(strings.EqualFold(t.text, "true"))
	case intForm:
		if t.kind != number || !wholeNumber.MatchString(t.text) {
			return s.wantNumber(t)
		}
		n, err := strconv.ParseInt(digits, 10, s.typ.Bits())
		if err != nil {
			return s.limits()
		}
		v.SetInt(n)
	case uintForm:
		if t.kind != number || !wholeNumber.MatchString(t.text) {
			return s.wantNumber(t)
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(digits, "+"), 10, s.typ.Bits())
		if err != nil && digits != "-0" {
			return s.limits()
		}
		v.SetUint(n)
	case floatForm:
		if t.kind != number || !anyNumber.MatchString(t.text) {
			return s.wantNumber(t)
		}
		f, err := strconv.ParseFloat(digits, s.typ.Bits())
		if err != nil || math.IsInf(f, 0) {
			return fmt.Sprintf("a number that fits into %d bits", s.typ.Bits())
		}
		v.SetFloat(f)
	case stringForm:
		if t.kind != text && len(s.enum) == 0 {
			return fmt.Sprintf("text: %q in quotes", t.text)
		}
		v.SetString(t.text)
	default:
		return s.setText(t.text, v)
	}
	return ""
}

// setText hands a scalar to the type's own parser.
func (s *shape) setText(text string, v reflect.Value) (want string) {
	err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	if err == nil {
		return ""
	}
	var w interface{ Want() string }
	if errors.As(err, &w) {
		return w.Want()
	}
	return "another text: " + err.Error()
}

// wantNumber is want with a hint for what other YAML readers take for a number.
func (s *shape) wantNumber(t *Tree) string {
	switch {
	case t.kind != number:
		return s.want()
	case notDecimal.MatchString(t.text):
		return s.want() + ", in decimal without leading zeros"
	case s.form == floatForm:
		return s.want() + ", finite"
	}
	return s.want()
}

// want says what a scalar of this shape looks like.
func (s *shape) want() string {
	if len(s.enum) > 0 {
		return oneOf(s.enum)
	}
	noun := ""
	switch s.form {
	case boolForm:
		return "true or false"
	case intForm, uintForm:
		noun = "a whole number"
	case floatForm:
		noun = "a number"
	case stringForm:
		return "text"
	default:
		// The error for a text that can hardly be right tells what is.
		if want := s.setText("", reflect.New(s.typ).Elem()); want != "" {
			return want
		}
		noun = "text"
	}
	if limits := s.tagLimits(); limits != "" {
		return noun + ", " + limits
	}
	return noun
}
