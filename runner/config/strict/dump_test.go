package strict_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mozart/configs/units"
	"mozart/runner/config/strict"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// sameMachine compares all but what Dump does not write and nil against empty.
var sameMachine = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(machine{})}

func TestDumpReadsBackAsTheSameValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := machines().Draw(t, "machine")
		text, err := strict.Dump(&in)
		if err != nil {
			t.Fatal(err)
		}
		var out machine
		if err := load("dump", string(text), &out); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(in, out, sameMachine); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		if again, err := strict.Dump(out); err != nil || string(again) != string(text) {
			t.Fatalf("a second dump differs: %v\n%s", err, cmp.Diff(string(text), string(again)))
		}
	})
}

func example() machine {
	three := 3
	return machine{
		Name:   "tiny",
		Seed:   7,
		Delays: [4]int8{1, 1, 1, 1},
		Clock:  units.GHz,
		Scale:  0.85,
		Stacks: []stack{
			{Size: 8 * units.GiB, Rate: 256 * units.GBPerSecond, Ports: []string{"top", "on"}},
			{Size: 8192 * units.MB, Rate: units.GbPerSecond, Next: &layer{Width: 2}},
		},
		Layers:   map[string]layer{"b": {Width: 2}, "a": {Width: 1}},
		Labels:   map[string]string{"made by": "a: b"},
		Grid:     [][]int{{1, 2}, {}},
		Blocks:   [][]stack{{{Size: 1}}, {}},
		Fidelity: []string{"packet"},
		Policy:   1,
		Limit:    &three,
		Link:     linkSpec{Pitch: 50 * units.Micrometer, Latency: 5 * units.Nanosecond, Wires: 29},
		Shared:   Shared{Threads: 2},
	}
}

func TestDumpIsReadable(t *testing.T) {
	got, err := strict.Dump(example())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "dump.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDumpWrapsLongComments(t *testing.T) {
	type config struct {
		Width int `yaml:"width" doc:"The number of bits that a link moves per cycle in one direction, which is the number of its wires at one bit per wire and cycle."`
	}
	got, err := strict.Dump(config{})
	if err != nil {
		t.Fatal(err)
	}
	want := `# The number of bits that a link moves per cycle in one direction, which is the number
# of its wires at one bit per wire and cycle.
width: 0
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDumpRefusesWhatYAMLCannotHold(t *testing.T) {
	long := strings.Repeat("k", 1025)
	for _, tc := range []struct {
		name string
		src  any
		want string
	}{
		{"not a number", machine{Scale: math.NaN()}, "dump: scale: found NaN, want a finite number"},
		{"infinite", machine{Half: float32(math.Inf(1))}, "dump: half: found +Inf, want a finite number"},
		{"not UTF-8", machine{Name: "\xff"}, "dump: name: found bytes that are not UTF-8, want text"},
		{"key not UTF-8", machine{Labels: map[string]string{"\xff": ""}}, `dump: labels."\xff": found bytes that are not UTF-8, want text`},
		{"long key", machine{Labels: map[string]string{long: ""}}, "dump: labels." + long + ": found a key of 1025 bytes, want at most 1024"},
		{"a bad quantity", machine{Stacks: []stack{{Size: -1}}}, `dump: stacks[0].size: want a size of 0 B or more, found "-1 B"`},
		{"nil in a list", struct {
			L []*layer `yaml:"l"`
		}{[]*layer{nil}}, "dump: l[0]: found a nil *strict_test.layer, want a value: YAML has none for it"},
		{"nil in a line", struct {
			L []*int `yaml:"l"`
		}{[]*int{nil}}, "dump: l[0]: found a nil *int, want a value: YAML has none for it"},
		{"nil in a map", struct {
			M map[string]*layer `yaml:"m"`
		}{map[string]*layer{"a": nil}}, "dump: m.a: found a nil *strict_test.layer, want a value: YAML has none for it"},
		{"nil", (*machine)(nil), "dump: found a nil *strict_test.machine, want a struct"},
		{"no struct", 3, "dump: found a Go value of type int, want a struct"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if out, err := strict.Dump(tc.src); err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s\n%s", err, tc.want, out)
			}
		})
	}
}

func TestLongestKeyReadsBack(t *testing.T) {
	in := blank()
	in.Labels = map[string]string{strings.Repeat("k", 1024): "a", `"` + strings.Repeat("\n", 510): "b"}
	text, err := strict.Dump(in)
	if err != nil {
		t.Fatal(err)
	}
	out := blank()
	if err := load("dump", string(text), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, out, sameMachine); diff != "" {
		t.Error(diff)
	}
}

func TestDumpOfNothing(t *testing.T) {
	for _, tc := range []struct {
		src  any
		want string
	}{
		{struct{}{}, "{}\n"},
		{struct {
			P *layer `yaml:"p"`
		}{}, "# p: not set\n{}\n"},
	} {
		got, err := strict.Dump(tc.src)
		if err != nil || string(got) != tc.want {
			t.Errorf("got %q, %v; want %q", got, err, tc.want)
		}
		if _, errs := strict.Parse("dump", got); errs != nil {
			t.Errorf("%q: %v", got, strings.TrimSpace(errs.Error()))
		}
	}
}
