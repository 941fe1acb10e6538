package config_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/configs"
	"mozart/runner/config"
)

// node is what the test reads of a schema.
type node struct {
	Type                 any             `json:"type"`
	Properties           map[string]node `json:"properties"`
	AdditionalProperties any             `json:"additionalProperties"`
	AnyOf                []node          `json:"anyOf"`
	Enum, Examples       []string
}

// An editor takes what the reader takes: the name of a section, or a mapping that
// may start from a base and has no other keys than the schema's.
func TestSchemaTakesNamesForSections(t *testing.T) {
	data, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	mapping := func(n node) node { return n.AnyOf[1] }
	hardware := root.Properties["hardware"]
	for what, tc := range map[string]struct {
		section node
		names   []string
		open    bool // paths are allowed too
	}{
		"model":             {root.Properties["model"], configs.Names(configs.Models), true},
		"hardware":          {hardware, configs.Names(configs.Hardware), true},
		"group_stack":       {mapping(hardware).Properties["group_stack"], configs.Names(configs.Stacks), true},
		"attention_stack":   {mapping(hardware).Properties["attention_stack"], configs.Names(configs.Stacks), true},
		"routing.synthetic": {root.Properties["routing"].Properties["synthetic"], []string{"uniform", "qwen3", "olmoe", "deepseek-moe", "olmoe-skewed", "deepseek-moe-skewed", "gpt-oss-20b"}, false},
	} {
		if len(tc.section.AnyOf) != 2 {
			t.Errorf("%s is not a name or a mapping", what)
			continue
		}
		name, keys := tc.section.AnyOf[0], mapping(tc.section)
		names := name.Enum
		if tc.open {
			names = name.Examples
		}
		if name.Type != "string" || !slices.Equal(names, tc.names) {
			t.Errorf("%s takes names %v, want %v", what, names, tc.names)
		}
		if keys.Type != "object" || keys.AdditionalProperties != false || len(keys.Properties) < 3 {
			t.Errorf("%s as a mapping: %+v", what, keys)
		}
		if diff := cmp.Diff(name, keys.Properties["base"]); diff != "" {
			t.Errorf("base of %s is not what its name is:\n%s", what, diff)
		}
	}
	if root.AdditionalProperties != false || len(root.Properties["workload"].AnyOf) != 0 {
		t.Error("the rest of the schema has changed")
	}
}
