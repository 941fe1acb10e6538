package strict_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/config/strict"
)

func parsed(t *testing.T, text string) *strict.Tree {
	t.Helper()
	tree, errs := strict.Parse("a.yaml", []byte(text))
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestGetAndDescribe(t *testing.T) {
	tree := parsed(t, "a: {b: [1, x], c: {}}\nd: true\ne: []\n")
	for _, tc := range []struct {
		path, describe string
		text           string // empty unless a text scalar
		mapping        bool
	}{
		{"a", "a mapping", "", true},
		{"a.b", "a list of 2", "", false},
		{"a.b[1]", `text "x"`, "x", false},
		{"a.b[0]", "1", "", false},
		{"a.c", "a mapping", "", true},
		{"d", "true", "", false},
		{"e", "an empty list", "", false},
		{"f", "nothing", "", false},
		{"a.b.c.d", "nothing", "", false},
		{"a..b", "nothing", "", false},
		{"", "nothing", "", false},
	} {
		got := tree.Get(tc.path)
		if got.Describe() != tc.describe {
			t.Errorf("%q is described as %s, want %s", tc.path, got.Describe(), tc.describe)
		}
		if text, ok := got.Text(); text != tc.text || ok != (tc.text != "") {
			t.Errorf("text of %q is %q, %v", tc.path, text, ok)
		}
		if got.IsMapping() != tc.mapping {
			t.Errorf("%q is a mapping: %v", tc.path, got.IsMapping())
		}
	}
}

func TestWithReplacesAndRemoves(t *testing.T) {
	type point struct {
		A int `yaml:"a"`
		B int `yaml:"b"`
	}
	decode := func(tree *strict.Tree) (p point) {
		if err := strict.Decode(tree, &p).Err(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	tree := parsed(t, "a: 1\nb: 2\n")
	three := parsed(t, "x: 3\n").Get("x")
	for _, tc := range []struct {
		name string
		got  *strict.Tree
		want point
	}{
		{"replaced", tree.With("a", three), point{3, 2}},
		{"removed", tree.With("a", nil), point{0, 2}},
		{"added", tree.With("a", nil).With("a", three), point{3, 2}},
		{"removed what is not there", tree.With("c", nil), point{1, 2}},
		{"the original", tree, point{1, 2}},
	} {
		if diff := cmp.Diff(tc.want, decode(tc.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if scalar := tree.Get("a"); scalar.With("b", three) != scalar {
		t.Error("With made a mapping of a number")
	}
}

func TestUnderIsTheLongForm(t *testing.T) {
	short := parsed(t, "model: olmoe\n").Get("model")
	long := short.Under("base")
	if name, ok := long.Get("base").Text(); !ok || name != "olmoe" || !long.IsMapping() {
		t.Errorf("the long form of a name has base %q", name)
	}
	if long.At("") != short.At("") {
		t.Errorf("the long form stands at %v, the name at %v", long.At(""), short.At(""))
	}
	if (*strict.Tree)(nil).Under("base") != nil {
		t.Error("nothing has a long form")
	}
}

func TestPlacedMovesEveryPart(t *testing.T) {
	at := strict.Position{File: "b.yaml", Line: 3, Column: 4}
	tree := parsed(t, "a:\n  - b: 1\n").Placed(at)
	for _, path := range []string{"", "a", "a[0]", "a[0].b"} {
		if got := tree.At(path); got != at {
			t.Errorf("%q is at %v, want %v", path, got, at)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	names := []string{"olmoe", "qwen3"}
	tree := parsed(t, "model: olmo\n").Get("model")
	for _, tc := range []struct{ got, want string }{
		{tree.Unknown("model", "a model", names).Error(), `a.yaml:1:8: model: found "olmo", want a model (did you mean "olmoe"?)`},
		{strict.Unknown("olmo", "a model", names).Error(), `olmo: found no such name, want a model (did you mean "olmoe"?)`},
		{strict.Unknown("zebra", "a model", names).Error(), `zebra: found no such name, want a model`},
	} {
		if tc.got != tc.want {
			t.Errorf("got\n%s\nwant\n%s", tc.got, tc.want)
		}
	}
}

// DumpOrigins names the place of a value that differs from the default, and
// the default's source.
func TestDumpOrigins(t *testing.T) {
	type section struct {
		Rate int `yaml:"rate" source:"[P] 4"`
		Kept int `yaml:"kept" source:"[A]"`
	}
	type top struct {
		Name string  `yaml:"name"`
		Part section `yaml:"part"`
	}
	defaults := top{Part: section{Rate: 3, Kept: 5}}
	tree, errs := strict.Parse("x.yaml", []byte("name: a\npart:\n  rate: 7\n  kept: 5\n"))
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	got := defaults
	if err := strict.Decode(tree, &got).Err(); err != nil {
		t.Fatal(err)
	}
	text, err := strict.DumpOrigins(got, defaults, tree)
	if err != nil {
		t.Fatal(err)
	}
	want := "name: a  # set in x.yaml:1:7\n\npart:\n  rate: 7  # set in x.yaml:3:9, default 3: [P] 4\n  kept: 5  # [A]\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if _, err := strict.DumpOrigins(got, defaults.Part, tree); err == nil {
		t.Error("defaults of another type were taken")
	}
}
