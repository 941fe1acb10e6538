package config_test

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/config"
)

const (
	readme = "../../configs/README.md"
	begin  = "<!-- defaults: written by go test ./runner/config -update -->\n"
	end    = "<!-- end of defaults -->\n"
)

// defaultText writes a default as a config does.
func defaultText(t *testing.T, v reflect.Value) string {
	t.Helper()
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	if m, ok := p.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if v.Kind() == reflect.Slice {
		var items []string
		for i := range v.Len() {
			item := v.Index(i)
			if item.Kind() != reflect.Struct {
				items = append(items, defaultText(t, item))
				continue
			}
			var fields []string
			for j := range item.NumField() {
				if text := defaultText(t, item.Field(j)); text != "" {
					fields = append(fields, text)
				}
			}
			items = append(items, strings.Join(fields, ": "))
		}
		if v.Type().Elem().Kind() != reflect.Struct {
			return strings.Join(items, ", ")
		}
		return strings.Join(items, "; ")
	}
	return fmt.Sprint(v.Interface())
}

// defaultsTable has a row per key outside the model. Equal parts are listed once.
func defaultsTable(t *testing.T) string {
	t.Helper()
	x := config.Default()
	if !reflect.DeepEqual(x.Hardware.AttentionChiplet, x.Hardware.ExpertChiplet) || !reflect.DeepEqual(x.Hardware.AttentionStack, x.Hardware.GroupStack) {
		t.Fatal("chiplets or stacks have different defaults: list both")
	}
	var b strings.Builder
	b.WriteString("| key | default | source |\n|---|---|---|\n")
	var rows func(v reflect.Value, prefix string)
	rows = func(v reflect.Value, prefix string) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key := prefix + f.Tag.Get("yaml")
			switch {
			case key == "model", key == "hardware.expert_chiplet", key == "hardware.group_stack":
			case f.Type.Kind() == reflect.Struct && !reflect.PointerTo(f.Type).Implements(textType):
				rows(v.Field(i), key+".")
			case f.Tag.Get("source") != "":
				text := defaultText(t, v.Field(i))
				if text == "" || v.Field(i).IsZero() && v.Field(i).Kind() != reflect.Bool && strings.HasPrefix(key, "hardware.") {
					text = "none"
				}
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", key, text, f.Tag.Get("source"))
			}
		}
	}
	rows(reflect.ValueOf(x), "")
	return b.String()
}

// The README names the source of every default, word for word as the schema does.
func TestReadmeListsTheDefaults(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the defaults", readme)
	}
	want := defaultsTable(t)
	if *update {
		table = want
		if err := os.WriteFile(readme, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("%s is out of date: run go test ./runner/config -update (-want +got):\n%s", readme, diff)
	}
}
