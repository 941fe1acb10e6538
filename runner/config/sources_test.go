package config_test

import (
	"encoding"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mozart/runner/config"
)

// leaf is a key that holds a value.
type leaf struct {
	key, doc, source string
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

// leaves lists the keys of a struct that hold values; a list of structs is one.
func leaves(t reflect.Type, prefix string) []leaf {
	var out []leaf
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("yaml") == "-" {
			continue
		}
		key := prefix + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct && !reflect.PointerTo(f.Type).Implements(textType) {
			out = append(out, leaves(f.Type, key+".")...)
			continue
		}
		out = append(out, leaf{key, f.Tag.Get("doc"), f.Tag.Get("source")})
	}
	return out
}

// own are the keys whose values are the user's own, not taken from anywhere.
var own = []string{"name", "seed", "policy", "routing.tables", "routing.trace"}

// mark begins a source: stated in the paper, derived from its numbers, or
// assumed.
var mark = regexp.MustCompile(`^\[[PDA]\]`)

// published begins with who and where, and has a year.
var published = regexp.MustCompile(`^[A-Z].*(19|20)\d\d\b`)

// Every key says what it means and where its default comes from. A model's keys
// name the key of its published config.json; a stack's may name the standard or
// the simulator that the number is from.
func TestEveryKeyHasDocAndSource(t *testing.T) {
	all := leaves(reflect.TypeFor[config.Experiment](), "")
	if len(all) < 100 {
		t.Fatalf("found %d keys, want the whole schema", len(all))
	}
	for _, l := range all {
		if l.doc == "" {
			t.Errorf("%s has no doc", l.key)
		}
		switch {
		case slices.Contains(own, l.key):
			if l.source != "" {
				t.Errorf("%s is the user's own, and has source %q", l.key, l.source)
			}
		case strings.HasPrefix(l.key, "model."):
			if l.source == "" {
				t.Errorf("%s has no source", l.key)
			}
		case strings.HasPrefix(l.key, "hardware.attention_stack."), strings.HasPrefix(l.key, "hardware.group_stack."):
			if !mark.MatchString(l.source) && !strings.HasPrefix(l.source, "HBM2") && !strings.HasPrefix(l.source, "DRAMsim3") {
				t.Errorf("%s has source %q, want [P], [D], [A], HBM2 or DRAMsim3", l.key, l.source)
			}
		case strings.HasPrefix(l.key, "hardware.energy."), strings.HasPrefix(l.key, "hardware.area."):
			if !mark.MatchString(l.source) && !published.MatchString(l.source) {
				t.Errorf("%s has source %q, want [P], [D], [A], or a publication with its year", l.key, l.source)
			}
		default:
			if !mark.MatchString(l.source) {
				t.Errorf("%s has source %q, want [P], [D] or [A]", l.key, l.source)
			}
		}
	}
}

// The resolved config shows the source of each key beside its value.
func TestResolvedConfigShowsSources(t *testing.T) {
	text, err := load(t, "olmoe-mozart-c").Annotated()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	from := 0
	for _, l := range leaves(reflect.TypeFor[config.Experiment](), "") {
		name := l.key[strings.LastIndex(l.key, ".")+1:]
		i := slices.IndexFunc(lines[from:], func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), name+":") })
		if i < 0 {
			t.Errorf("%s is not written, or not in the order of the schema", l.key)
			continue
		}
		from += i + 1
		if l.source != "" && !strings.HasSuffix(lines[from-1], "# "+l.source) && !strings.HasSuffix(lines[from-1], ": "+l.source) {
			t.Errorf("%s is written %q, want its source %q", l.key, lines[from-1], l.source)
		}
	}
}
