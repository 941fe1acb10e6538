package strict_test

import (
	"testing"

	"mozart/configs/units"
	"mozart/runner/config/strict"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// parse makes a tree of a text that has no errors of its own.
func parse(t *testing.T, file, text string) *strict.Tree {
	t.Helper()
	tree, errs := strict.Parse(file, []byte(text))
	if errs != nil {
		t.Fatal(errs)
	}
	return tree
}

const (
	hardware = `name: paper
clock: 1 GHz
link:
  pitch: 50 um
  wires: 29
stacks:
  - size: 8 GiB
    rate: 256 GB/s
  - size: 4 GiB
layers:
  a: {width: 1}
`
	experiment = `name: mine
link:
  wires: 40
fidelity: [flit]
layers:
  b:
    width: 2
`
)

func TestUpperLayersWin(t *testing.T) {
	tree := strict.Merge(parse(t, "hw.yaml", hardware), parse(t, "exp.yaml", experiment))
	for _, set := range []string{"link.wires=50", "stacks[1].rate=1 Gb/s", "stacks.0.size=16 GiB", "labels.note=a, b = c",
		"fidelity=[packet, flit]", "layers.a={width: 3}", `labels."x.y"=z`, `labels."\"="=q`} {
		var errs strict.Errors
		if tree, errs = strict.Set(tree, set); errs != nil {
			t.Fatal(errs)
		}
	}
	got := machine{Trace: true, Shared: Shared{Threads: 8}, Link: linkSpec{Latency: units.Nanosecond}}
	if err := strict.Decode(tree, &got).Err(); err != nil {
		t.Fatal(err)
	}
	want := machine{
		Name:  "mine",
		Clock: units.GHz,
		Trace: true,
		Link:  linkSpec{Pitch: 50 * units.Micrometer, Wires: 50, Latency: units.Nanosecond},
		Stacks: []stack{
			{Size: 16 * units.GiB, Rate: 256 * units.GBPerSecond},
			{Size: 4 * units.GiB, Rate: units.GbPerSecond},
		},
		Layers:   map[string]layer{"a": {Width: 3}, "b": {Width: 2}},
		Labels:   map[string]string{"note": "a, b = c", "x.y": "z", `"=`: "q"},
		Fidelity: []string{"packet", "flit"},
		Shared:   Shared{Threads: 8},
	}
	if diff := cmp.Diff(want, got, sameMachine); diff != "" {
		t.Error(diff)
	}
}

func TestAtNamesTheLayer(t *testing.T) {
	tree := strict.Merge(parse(t, "hw.yaml", hardware), parse(t, "exp.yaml", experiment))
	tree, errs := strict.Set(tree, "link.latency=5 ns")
	if errs != nil {
		t.Fatal(errs)
	}
	for _, tc := range []struct {
		path, want string
		isDefault  bool
	}{
		{"name", "exp.yaml:1:7", false},
		{"clock", "hw.yaml:2:8", false},
		{"link", "exp.yaml:2:1", false},
		{"link.pitch", "hw.yaml:4:10", false},
		{"link.wires", "exp.yaml:3:10", false},
		{"link.latency", "--set link.latency=5 ns", false},
		{"link.inner.width", "exp.yaml:2:1", true},
		{"stacks[1].size", "hw.yaml:9:11", false},
		{"stacks[1].rate", "hw.yaml:9:5", true},
		{"stacks.0.rate", "hw.yaml:8:11", false},
		{"stacks[2]", "hw.yaml:6:1", true},
		{"stacks.x", "hw.yaml:6:1", true},
		{"layers.a.width", "hw.yaml:11:14", false},
		{"layers[0]", "exp.yaml:5:1", true},
		{"layers.b.width", "exp.yaml:7:12", false},
		{"threads", "exp.yaml:1:1", true},
		{"not a path", "exp.yaml:1:1", true},
		{"", "exp.yaml:1:1", false},
	} {
		if got := tree.At(tc.path); got.String() != tc.want || got.Default != tc.isDefault {
			t.Errorf("%q is at %v (default %v), want %s (default %v)", tc.path, got, got.Default, tc.want, tc.isDefault)
		}
	}
	if got := (*strict.Tree)(nil).At("name"); got.String() != "defaults" || !got.Default {
		t.Errorf("in no config at all, name is at %v", got)
	}
}

func TestErrorsOfMeaningArePlacedByHand(t *testing.T) {
	tree := parse(t, "hw.yaml", hardware)
	errs := strict.Errors{
		{Position: tree.At("threads"), Key: "threads", Found: "0", Want: "at least 1"},
		{Position: tree.At("link.wires"), Key: "link.wires", Found: "29", Want: "an even number"},
		{Position: (*strict.Tree)(nil).At("seed"), Key: "seed", Found: "0", Want: "another"},
	}
	const want = "hw.yaml:1:1: threads (by default): found 0, want at least 1\n" +
		"hw.yaml:5:10: link.wires: found 29, want an even number\n" +
		"defaults: seed (by default): found 0, want another"
	if got := errs.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestErrorsNameTheLayerThatWroteTheValue(t *testing.T) {
	base := parse(t, "hw.yaml", "link:\n  pitch: 50\n  wires: x\nscale: 2\n")
	tree := strict.Merge(base, parse(t, "exp.yaml", "link: {wires: y}\nseed: []\n"))
	tree, errs := strict.Set(tree, "grid[0]=1")
	const indexed = "--set grid[0]=1: grid[0]: found an index into a key that is not written, want a list that the config writes"
	if errs.Error() != indexed {
		t.Errorf("got %v, want %s", errs, indexed)
	}
	for _, set := range []string{"link.wire=5", "grid=[[1], 2]"} {
		if tree, errs = strict.Set(tree, set); errs != nil {
			t.Fatal(errs)
		}
	}
	const want = `exp.yaml:1:15: link.wires: found text "y", want a whole number
exp.yaml:2:7: seed: found an empty list, want a whole number
hw.yaml:2:10: link.pitch: found 50, want a length such as "50 um" (nm, um, mm, m)
hw.yaml:4:8: scale: found 2, want 0 to 1
--set grid=[[1], 2]: grid[1]: found 2, want a list
--set link.wire=5: link.wire: found an unknown key (did you mean "link.wires"?)`
	if err := decodeBlank(tree); err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMergeReplacesWhatIsNotAMapping(t *testing.T) {
	base := parse(t, "hw.yaml", "link: {wires: 1}\nstacks: [{size: 1 B}, {size: 2 B}]\n")
	got := blank()
	err := strict.Decode(strict.Merge(base, parse(t, "exp.yaml", "link: 3\nstacks: [{size: 3 B}]\n")), &got).Err()
	const want = "exp.yaml:1:7: link: found 3, want a mapping (keys: pitch, latency, wires, inner)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if diff := cmp.Diff([]stack{{Size: 3}}, got.Stacks); diff != "" {
		t.Error(diff)
	}
	if strict.Merge(base, nil) != base || strict.Merge(nil, base) != base {
		t.Error("no layer is not neutral")
	}
}

func TestBadAssignments(t *testing.T) {
	tree := parse(t, "hw.yaml", hardware+"grid: []\n")
	for _, tc := range []struct{ set, want string }{
		{"link", `--set link: found "link", want key.path=value`},
		{"=1", `--set =1: found an empty key, want a key path such as a.b[2].c`},
		{"a..b=1", `--set a..b=1: found ".b" where a key belongs, want a key path such as a.b[2].c`},
		{"a.=1", `--set a.=1: found "" where a key belongs, want a key path such as a.b[2].c`},
		{"a[x]=1", `--set a[x]=1: found "[x]" where an index such as [2] belongs, want a key path such as a.b[2].c`},
		{"a[-1]=1", `--set a[-1]=1: found "[-1]" where an index such as [2] belongs, want a key path such as a.b[2].c`},
		{"a[1]b=1", `--set a[1]b=1: found "b" after "a[1]", want a key path such as a.b[2].c`},
		{"stacks[2].size=1 B", `--set stacks[2].size=1 B: stacks[2]: found index 2 of a list of 2, want 0 to 1`},
		{"grid[0]=1", `--set grid[0]=1: grid[0]: found index 0 of an empty list, want no index into an empty list`},
		{"stacks.size=1 B", `--set stacks.size=1 B: stacks.size: found a list of 2, want an index such as stacks[0]`},
		{"link[0]=1", `--set link[0]=1: link[0]: found an index into a mapping, want a list that the config writes`},
		{"name=a: b", `--set name=a: b: name: found "a: b", want a value or a list in brackets`},
		{"name=- a", `--set name=- a: name: found "- a", want a value or a list in brackets`},
		{"name=[a", `--set name=[a: name: found "[a" (did not find expected ',' or ']'), want a value or a list in brackets`},
		{"name=*a", `--set name=*a: name: found "*a" (unknown anchor 'a' referenced), want a value or a list in brackets`},
		{"name=&a b", `--set name=&a b: name: found the anchor "&a", want no anchors: aliases are not read`},
		{"name=!!str a", `--set name=!!str a: name: found the tag "!!str", want no tags: the key decides the type`},
		{"stacks[0].ports[5]=x", `--set stacks[0].ports[5]=x: stacks[0].ports[5]: found an index into a key that is not written, ` +
			`want a list that the config writes`},
		{"name=a\nseed: 1", `--set "name=a\nseed: 1": name: found more than one line, want a value or a list in brackets`},
		{"name=\xff", "--set name=\xff: name: found byte 0xff, want a value or a list in brackets"},
	} {
		got, errs := strict.Set(tree, tc.set)
		if errs.Err() == nil || errs.Error() != tc.want {
			t.Errorf("%s\ngot  %v\nwant %s", tc.set, errs, tc.want)
		}
		if got != tree {
			t.Errorf("%s: the tree changed", tc.set)
		}
	}
}

func TestAnEmptyAssignmentIsNotAText(t *testing.T) {
	tree, errs := strict.Set(nil, "name=")
	if errs != nil {
		t.Fatal(errs)
	}
	const want = "--set name=: name: found nothing, want text"
	if err := decodeBlank(tree); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A layer never changes the ones it lies on: built-in files are shared.
func TestLayersStayAsTheyWere(t *testing.T) {
	base := parse(t, "hw.yaml", hardware)
	over := parse(t, "exp.yaml", experiment)
	before := decoded(t, base)
	tree := strict.Merge(base, over)
	for _, set := range []string{"stacks[0].size=1 B", "layers.a.width=9", "link={wires: 7}"} {
		tree, _ = strict.Set(tree, set)
	}
	if diff := cmp.Diff(before, decoded(t, base), sameMachine); diff != "" {
		t.Error(diff)
	}
}

func decoded(t *testing.T, tree *strict.Tree) machine {
	t.Helper()
	m := blank()
	if err := strict.Decode(tree, &m).Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

// Merging is associative: it does not matter in which order layers are joined.
func TestMergeIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var layers [3]*strict.Tree
		for i := range layers {
			text, err := strict.Dump(machines().Draw(t, "machine"))
			if err != nil {
				t.Fatal(err)
			}
			var errs strict.Errors
			if layers[i], errs = strict.Parse("layer", text); errs != nil {
				t.Fatal(errs)
			}
		}
		var left, right machine
		a := strict.Decode(strict.Merge(strict.Merge(layers[0], layers[1]), layers[2]), &left)
		b := strict.Decode(strict.Merge(layers[0], strict.Merge(layers[1], layers[2])), &right)
		if diff := cmp.Diff(left, right, sameMachine); diff != "" || a != nil || b != nil {
			t.Fatalf("%v, %v\n%s", a, b, diff)
		}
	})
}

func decodeBlank(tree *strict.Tree) error {
	m := blank()
	return strict.Decode(tree, &m).Err()
}
