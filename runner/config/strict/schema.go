package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// JSONSchema describes the YAML that Decode reads into a struct, as a JSON
// Schema (draft 2020-12) for editors. Values in src are shown as defaults.
// Quantities are strings with a pattern; their min and max have no equivalent
// and stand in the description.
func JSONSchema(src any) ([]byte, error) {
	root, err := structShape(reflect.TypeOf(src))
	if err != nil {
		return nil, fmt.Errorf("schema: found %w", err)
	}
	v := reflect.ValueOf(src)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, fmt.Errorf("schema: found a nil %T, want a struct", src)
		}
		v = v.Elem()
	}
	schema := root.schema(addressable(v))
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return json.MarshalIndent(schema, "", "  ")
}

// schema is the JSON Schema of a shape. An invalid v means that there is no
// default to show.
func (s *shape) schema(v reflect.Value) map[string]any {
	switch s.form {
	case structForm:
		return s.structSchema(v)
	case listForm:
		out := map[string]any{"type": "array", "items": s.elem.schema(reflect.Value{})}
		if s.typ.Kind() == reflect.Array {
			out["minItems"], out["maxItems"] = s.typ.Len(), s.typ.Len()
		}
		return out
	case mapForm:
		return map[string]any{"type": "object", "additionalProperties": s.elem.schema(reflect.Value{})}
	case pointerForm:
		if v.IsValid() {
			v = v.Elem()
		}
		return s.elem.schema(v)
	}
	return s.scalarSchema(v)
}

func (s *shape) structSchema(v reflect.Value) map[string]any {
	properties := map[string]any{}
	for _, f := range s.fields {
		var value reflect.Value
		if v.IsValid() {
			value = v.FieldByIndex(f.index)
		}
		property := f.shape.schema(value)
		if text := f.description(); text != "" {
			property["description"] = text
		}
		properties[f.name] = property
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// description is the doc, the range where the schema cannot say it, and the
// source of the default.
func (f field) description() string {
	text := f.doc
	leaf := f.shape
	for leaf.elem != nil {
		leaf = leaf.elem
	}
	if limits := leaf.tagLimits(); limits != "" && leaf.form == textForm {
		text = join(text, leaf.rangeComment())
	}
	if f.source != "" {
		text = join(text, "Source: "+f.source)
	}
	return text
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

func (s *shape) scalarSchema(v reflect.Value) map[string]any {
	out := map[string]any{}
	switch s.form {
	case boolForm:
		out["type"] = "boolean"
	case intForm, uintForm:
		out["type"] = "integer"
	case floatForm:
		out["type"] = "number"
	case stringForm:
		out["type"] = "string"
	default:
		s.textSchema(out)
	}
	if len(s.enum) > 0 {
		out["enum"] = s.enum
	}
	if s.form != textForm {
		if s.min != nil {
			out["minimum"] = s.min.value.Interface()
		} else if s.form == uintForm {
			out["minimum"] = 0
		}
		if s.max != nil {
			out["maximum"] = s.max.value.Interface()
		}
	}
	if v.IsValid() && (len(s.enum) == 0 || v.Kind() != reflect.String || slices.Contains(s.enum, v.String())) {
		// A value that JSON cannot hold is no default to offer. The address is
		// for MarshalText with a pointer receiver.
		if value, err := json.Marshal(v.Addr().Interface()); err == nil {
			out["default"] = json.RawMessage(value)
		}
	}
	return out
}

// textSchema takes the pattern from the type. A pattern that bare digits match
// means that YAML may have a number there.
func (s *shape) textSchema(out map[string]any) {
	out["type"] = "string"
	p, ok := reflect.New(s.typ).Interface().(textPatterner)
	if !ok {
		return
	}
	out["pattern"] = p.TextPattern()
	if re, err := regexp.Compile(p.TextPattern()); err == nil && re.MatchString("1") {
		out["type"] = []string{"string", "integer"}
	}
}
