package config

import (
	"encoding/json"
	"fmt"

	"mozart/runner/config/strict"
)

// Schema is the JSON Schema of an experiment file, for editors. A section that
// may lie on a base is a name or a mapping with base.
func Schema() ([]byte, error) {
	data, err := strict.JSONSchema(Default())
	if err != nil {
		return nil, err
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	all := sections()
	for i := range all { // inner sections first: an outer one moves when it is wrapped
		if err := all[len(all)-1-i].describe(root); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(root, "", "  ")
}

// describe lets the section in a schema be a name too.
func (s section) describe(root map[string]any) error {
	here := root
	var parent map[string]any
	for _, step := range s.path {
		parent, _ = here["properties"].(map[string]any)
		here, _ = parent[step].(map[string]any)
	}
	keys, ok := here["properties"].(map[string]any)
	if !ok {
		return fmt.Errorf("schema: found no mapping %s", s.key())
	}
	name := map[string]any{"type": "string", "examples": s.names()}
	if s.kind == "" {
		name = map[string]any{"type": "string", "enum": s.names()}
	}
	keys[baseKey] = name
	parent[s.path[len(s.path)-1]] = map[string]any{"description": here["description"], "anyOf": []any{name, here}}
	return nil
}
