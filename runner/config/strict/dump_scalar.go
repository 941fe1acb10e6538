package strict

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scalar writes a value that fits in a word.
func (d *dumper) scalar(v reflect.Value, s *shape, path string) string {
	switch s.form {
	case boolForm:
		return strconv.FormatBool(v.Bool())
	case intForm:
		return strconv.FormatInt(v.Int(), 10)
	case uintForm:
		return strconv.FormatUint(v.Uint(), 10)
	case floatForm:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return d.fail(path, fmt.Errorf("found %v, want a finite number", f))
		}
		return formatFloat(f, s.typ.Bits())
	case stringForm:
		text, err := quoteUTF8(v.String())
		if err != nil {
			return d.fail(path, err)
		}
		return text
	}
	text, err := v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return d.fail(path, err)
	}
	if quantity.MatchString(string(text)) {
		return string(text)
	}
	quoted, err := quoteUTF8(string(text))
	if err != nil {
		return d.fail(path, err)
	}
	return quoted
}

// formatFloat is the shortest decimal that reads back as f, without exponent
// where people would not write one.
func formatFloat(f float64, bits int) string {
	if size := math.Abs(f); f == 0 || size >= 1e-4 && size < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, bits)
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

var (
	// quantity is a text such as 256 GB/s, which YAML does not take for anything
	// but text.
	quantity = regexp.MustCompile(`^[0-9]+(\.[0-9]+)? [A-Za-z/]+$`)
	// plainText needs no quotes, unless it is a word that YAML 1.1 knows.
	plainText = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 _./+-]*[A-Za-z0-9_./+-])?$`)
	yamlWords = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
)

// quoteText writes a string, in double quotes if it could be read as something
// else. Go's escapes of valid UTF-8 are YAML's too.
func quoteText(s string) string {
	if plainText.MatchString(s) && !slices.Contains(yamlWords, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}

func quoteUTF8(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New("found bytes that are not UTF-8, want text")
	}
	return quoteText(s), nil
}

// wrapComment breaks a text into comment lines of readable width.
func wrapComment(text string) []string {
	const width = 88
	var lines []string
	line := "#"
	for _, word := range strings.Fields(printable(text)) {
		if len(line)+1+len(word) > width && line != "#" {
			lines = append(lines, line)
			line = "#"
		}
		line += " " + word
	}
	if line == "#" {
		return nil
	}
	return append(lines, line)
}

// printable keeps what YAML allows in a comment.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
