package strict_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"mozart/runner/config/strict"

	"github.com/google/go-cmp/cmp"
)

func TestSchema(t *testing.T) {
	got, err := strict.JSONSchema(example())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Error(diff)
	}
}

// The schema offers defaults that it allows itself.
func TestSchemaDefaultsMatchTheirPatterns(t *testing.T) {
	text, err := strict.JSONSchema(example())
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	checked := 0
	var walk func(any)
	walk = func(node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		pattern, hasPattern := object["pattern"].(string)
		value, hasDefault := object["default"].(string)
		if hasPattern && hasDefault {
			checked++
			if !regexp.MustCompile(pattern).MatchString(value) {
				t.Errorf("default %q does not match %s", value, pattern)
			}
		}
		for _, child := range object {
			walk(child)
		}
	}
	walk(root)
	if checked != 3 { // clock, link.pitch, link.latency
		t.Errorf("%d quantities have a default, want 3", checked)
	}
}

func TestSchemaLeavesOutDefaultsThatAreNotAllowed(t *testing.T) {
	type config struct {
		Mode string `yaml:"mode" enum:"fast,exact"`
		Rule policy `yaml:"rule"`
	}
	got, err := strict.JSONSchema(&config{Rule: 99})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "additionalProperties": false,
  "properties": {
    "mode": {
      "enum": [
        "fast",
        "exact"
      ],
      "type": "string"
    },
    "rule": {
      "enum": [
        "baseline",
        "mozart-a",
        "mozart-b"
      ],
      "type": "string"
    }
  },
  "type": "object"
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []any{3, (*config)(nil), nil} {
		if out, err := strict.JSONSchema(bad); err == nil {
			t.Errorf("%T gives %s", bad, out)
		}
	}
}
