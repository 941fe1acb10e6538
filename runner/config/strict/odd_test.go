package strict_test

import (
	"errors"
	"testing"

	"mozart/runner/config/strict"

	"github.com/google/go-cmp/cmp"
)

// odd has the shapes that a machine has not.
type odd struct {
	Empty   struct{}  `yaml:"empty"`
	Numbers []*int    `yaml:"numbers"`
	Widths  []*layer  `yaml:"widths"`
	Spares  []spare   `yaml:"spares"`
	Level   uint8     `yaml:"level" min:"2" doc:"How\tmuch\x00."`
	Word    word      `yaml:"word"`
	List    *[]string `yaml:"list"`
	Only    []string  `yaml:"only" enum:"one"`
}

type spare struct {
	First  *layer `yaml:"first"`
	Second int    `yaml:"second"`
}

// word takes any text but "bad".
type word string

func (w word) MarshalText() ([]byte, error) { return []byte(w), nil }

func (w *word) UnmarshalText(text []byte) error {
	if string(text) == "bad" {
		return errors.New("a bad word")
	}
	*w = word(text)
	return nil
}

func TestOddShapes(t *testing.T) {
	one, two := 1, 2
	in := odd{
		Numbers: []*int{&one, &two},
		Widths:  []*layer{{Width: 1}, {Width: 2}},
		Spares:  []spare{{Second: 1}, {First: &layer{Width: 3}}},
		Level:   2,
		Word:    "yes",
		List:    &[]string{"a"},
		Only:    []string{"one"},
	}
	const want = `empty: {}
numbers: [1, 2]

widths:
  - width: 1  # Allowed: at least 1.
  - width: 2

spares:
  -
    # first: not set
    second: 1
  - first:
      width: 3
    second: 0

# How much .
# Allowed: at least 2.
level: 2
word: "yes"
list: [a]
# Allowed: one.
only: [one]
`
	text, err := strict.Dump(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	var out odd
	if err := load("dump", string(text), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, out); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsOfOddShapes(t *testing.T) {
	const text = "empty: {a: 1}\nlevel: 256\nword: bad\nlist: [1]\nonly: [two]\nnumbers: [x]\nwidths: [{}]\n"
	const want = `f:1:9: empty.a: found an unknown key, want none
f:2:8: level: found 256, want 2 to 255
f:3:7: word: found "bad", want another text: a bad word
f:4:8: list[0]: found 1, want text: "1" in quotes
f:5:8: only[0]: found "two", want one
f:6:11: numbers[0]: found text "x", want a whole number
f:7:10: widths[0].width (by default): found 0, want at least 1`
	if err := load("f", text, &odd{}); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := load("f", "word: [a]\nlevel: 2\n", &odd{}); err == nil || err.Error() != "f:1:7: word: found a list of 1, want text" {
		t.Error(err)
	}
	if _, err := strict.Dump(odd{Widths: []*layer{nil}}); err == nil {
		t.Error("a nil list item is written")
	}
}
