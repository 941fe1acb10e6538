package strict_test

import (
	"testing"

	"mozart/configs/units"
	"mozart/runner/config/strict"

	"github.com/google/go-cmp/cmp"
)

func TestUnwrittenKeysKeepTheirValue(t *testing.T) {
	five := 5
	dst := blank()
	dst.Limit, dst.Labels, dst.Stacks = &five, map[string]string{"a": "1"}, []stack{{Size: 1}, {Size: 2}}
	labels, limit := dst.Labels, dst.Limit
	if err := load("f", "labels: {b: \"2\"}\nlimit: 6\nstacks: [{rate: 1 B/s}]\n", &dst); err != nil {
		t.Fatal(err)
	}
	six := 6
	want := blank()
	want.Limit, want.Labels = &six, map[string]string{"a": "1", "b": "2"}
	want.Stacks = []stack{{Size: 8 * units.GiB, Rate: 8}} // the size is SetDefaults'
	if diff := cmp.Diff(want, dst, sameMachine); diff != "" {
		t.Error(diff)
	}
	if len(labels) != 1 || *limit != 5 {
		t.Errorf("decoding wrote into defaults that others share: %v, %d", labels, *limit)
	}
}

func TestWrongKeysLeaveTheOthers(t *testing.T) {
	dst := blank()
	dst.Seed, dst.Fidelity = 1, []string{"flit"}
	if err := load("f", "name: new\nseed: x\nfidelity: [packet, 3]\n", &dst); err == nil {
		t.Fatal("no error")
	}
	want := blank()
	want.Name, want.Seed, want.Fidelity = "new", 1, []string{"flit"}
	if diff := cmp.Diff(want, dst, sameMachine); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	dst := blank()
	const text = "seed: 1_000_000\nscale: .5\nhalf: 3\nlink: {wires: +7}\ngrid: [[-0, -12]]\nstacks: [{size: 4096}]\n" +
		"layers: {0: {width: 1}}\nfidelity: []\n"
	if err := load("f", text, &dst); err != nil {
		t.Fatal(err)
	}
	want := blank()
	want.Seed, want.Scale, want.Half, want.Link.Wires = 1_000_000, 0.5, 3, 7
	want.Grid, want.Stacks, want.Layers = [][]int{{0, -12}}, []stack{{Size: 4096}}, map[string]layer{"0": {Width: 1}}
	if diff := cmp.Diff(want, dst, sameMachine); diff != "" {
		t.Error(diff)
	}
}

func TestNoLayerLeavesTheDefaults(t *testing.T) {
	dst := blank()
	dst.Name = "a"
	if errs := strict.Decode(nil, &dst); errs != nil || dst.Name != "a" {
		t.Errorf("%v, %q", errs, dst.Name)
	}
}

// What Decode accepts is within the limits of the tags, written or not.
func TestDefaultsAreCheckedToo(t *testing.T) {
	ten := 10
	dst := machine{Limit: &ten, Fidelity: []string{"", "flit"}, Delays: [4]int8{0, -1},
		Layers: map[string]layer{"b": {}, "a": {}, "c": {}}, Scale: 2}
	const want = `f:1:1: clock (by default): found "0 Hz", want 1 MHz to 10 GHz
f:1:1: delays[1] (by default): found -1, want at least 0
f:1:1: fidelity[0] (by default): found "", want packet or flit
f:1:1: layers.a.width (by default): found 0, want at least 1
f:1:1: layers.b.width (by default): found 0, want at least 1
f:1:1: limit (by default): found 10, want at most 9
f:1:1: threads (by default): found 0, want at least 1`
	err := load("f", "layers:\n  c: {width: 1}\nscale: 1\n", &dst)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	const wantNil = `defaults: clock (by default): found "0 Hz", want 1 MHz to 10 GHz
defaults: layers.a.width (by default): found 0, want at least 1
defaults: layers.b.width (by default): found 0, want at least 1
defaults: threads (by default): found 0, want at least 1`
	if err := strict.Decode(nil, &machine{Layers: map[string]layer{"b": {}, "a": {}}}).Err(); err == nil || err.Error() != wantNil {
		t.Errorf("got\n%v\nwant\n%s", err, wantNil)
	}
}

type onlyUnmarshals struct{}

func (*onlyUnmarshals) UnmarshalText([]byte) error { return nil }

// Broken has a field without a tag.
type Broken struct{ A int }

type endless struct {
	Next *endless `yaml:"next"`
}

// Mistakes in the Go type are errors that name the field, not panics.
func TestMistakesInTheGoType(t *testing.T) {
	tree := parse(t, "f", "a: 1\n")
	for _, tc := range []struct {
		name string
		dst  any
		want string
	}{
		{"no pointer", machine{}, "f:1:1: found a Go value of type strict_test.machine, want a pointer to a struct"},
		{"nil", nil, "f:1:1: found a Go value of type <nil>, want a pointer to a struct"},
		{"no struct", new(int), "f:1:1: found a Go value of type int, want a struct"},
		{"text type", new(units.Bytes), "f:1:1: found a Go value of type units.Bytes, want a struct"},
		{"no tag", &struct{ A int }{},
			"f:1:1: found the tag yaml:\"\", want a key name, or \",inline\" on an exported embedded struct (field A of struct { A int })"},
		{"an option", &struct {
			A int `yaml:"a,omitempty"`
		}{}, "f:1:1: found the tag yaml:\"a,omitempty\", want a key name, or \",inline\" on an exported embedded struct " +
			"(field A of struct { A int \"yaml:\\\"a,omitempty\\\"\" })"},
		{"a key twice", &struct {
			Shared `yaml:",inline"`
			Other  int `yaml:"threads"`
		}{}, "f:1:1: found the key \"threads\" for a second field, want each key once " +
			"(field Other of struct { strict_test.Shared \"yaml:\\\",inline\\\"\"; Other int \"yaml:\\\"threads\\\"\" })"},
		{"inline with a mistake", &struct {
			Broken `yaml:",inline"`
		}{}, "f:1:1: found the tag yaml:\"\", want a key name, or \",inline\" on an exported embedded struct (field A of strict_test.Broken) " +
			"(field Broken of struct { strict_test.Broken \"yaml:\\\",inline\\\"\" })"},
		{"inline twice", &struct {
			Threads int `yaml:"threads"`
			Shared  `yaml:",inline"`
		}{}, "f:1:1: found the key \"threads\" for a second field, want each key once (field Shared of struct { " +
			"Threads int \"yaml:\\\"threads\\\"\"; strict_test.Shared \"yaml:\\\",inline\\\"\" })"},
		{"an interface", &struct {
			A any `yaml:"a"`
		}{}, "f:1:1: found the Go type interface {}, want one that YAML can hold (field A of struct { A interface {} \"yaml:\\\"a\\\"\" })"},
		{"a map by number", &struct {
			A map[int]int `yaml:"a"`
		}{}, "f:1:1: found the Go type map[int]int, want one that YAML can hold (field A of struct { A map[int]int \"yaml:\\\"a\\\"\" })"},
		{"recursion", &endless{}, "f:1:1: found the recursive Go type strict_test.endless, want a type that ends (field Next of strict_test.endless)"},
		{"one-way text", &struct {
			A onlyUnmarshals `yaml:"a"`
		}{}, "f:1:1: found the Go type strict_test.onlyUnmarshals with UnmarshalText, want MarshalText too " +
			"(field A of struct { A strict_test.onlyUnmarshals \"yaml:\\\"a\\\"\" })"},
		{"enum on a number", &struct {
			A int `yaml:"a" enum:"1,2"`
		}{}, "f:1:1: found the tag enum on int, want it on a string (field A of struct { A int \"yaml:\\\"a\\\" enum:\\\"1,2\\\"\" })"},
		{"min on a string", &struct {
			A string `yaml:"a" min:"1"`
		}{}, "f:1:1: found the tag min on string, want it on a number (field A of struct { A string \"yaml:\\\"a\\\" min:\\\"1\\\"\" })"},
		{"max that is no value", &struct {
			A units.Length `yaml:"a" max:"5 s"`
		}{}, "f:1:1: found the tag max:\"5 s\", want a length such as \"50 um\" (nm, um, mm, m) " +
			"(field A of struct { A units.Length \"yaml:\\\"a\\\" max:\\\"5 s\\\"\" })"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := strict.Decode(tree, tc.dst).Err()
			if err == nil || err.Error() != tc.want {
				t.Errorf("got\n%v\nwant\n%s", err, tc.want)
			}
		})
	}
}

// Whatever the input: no panic, errors with a place and a text, and what decodes
// survives Dump.
func FuzzDecode(f *testing.F) {
	f.Add("name: a\nstacks: [{size: 8 GiB}]\n", "link.wires=3")
	f.Add(hardware, "stacks[1].size=1 B")
	f.Add(experiment, `labels."a.b"=[1, 2]`)
	for _, tc := range badFiles {
		f.Add(tc.text, "a.b.2[1]=x")
	}
	f.Fuzz(func(t *testing.T, text, set string) {
		tree, errs := strict.Parse("f", []byte(text))
		with, setErrs := strict.Set(tree, set)
		dst := blank()
		errs = append(append(errs, setErrs...), strict.Decode(with, &dst)...)
		for _, e := range errs {
			if e.File == "" || e.Found == "" {
				t.Fatalf("an error without place or text: %+v", e)
			}
		}
		if errs != nil {
			return
		}
		again, err := strict.Dump(dst)
		if err != nil {
			t.Fatal(err)
		}
		var back machine
		if err := load("dump", string(again), &back); err != nil {
			t.Fatalf("%v\n%s", err, again)
		}
		if diff := cmp.Diff(dst, back, sameMachine); diff != "" {
			t.Fatalf("%s\n%s", diff, again)
		}
	})
}
