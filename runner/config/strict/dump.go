package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Dump writes a struct, or what a pointer to one points at, as YAML: every key,
// in the order of the fields, with doc as a comment above it and source behind
// it. A nil pointer is a comment, for there is no YAML that Decode would read as
// nil. Errors: a Go type that Decode refuses too, a number that is not finite, a
// string that is not UTF-8, a value that does not marshal.
func Dump(src any) ([]byte, error) { return dump(src, &dumper{values: map[string]string{}}) }

// DumpOrigins is Dump with the place where each value was written behind it, if
// the value differs from that of defaults, a struct of the same type. written is
// the tree that src was decoded from.
func DumpOrigins(src, defaults any, written *Tree) ([]byte, error) {
	if reflect.TypeOf(src) != reflect.TypeOf(defaults) {
		return nil, fmt.Errorf("dump: found defaults of type %T, want %T", defaults, src)
	}
	below := &dumper{values: map[string]string{}}
	if _, err := dump(defaults, below); err != nil {
		return nil, err
	}
	return dump(src, &dumper{values: map[string]string{}, defaults: below.values, written: written})
}

func dump(src any, d *dumper) ([]byte, error) {
	root, err := structShape(reflect.TypeOf(src))
	if err != nil {
		return nil, fmt.Errorf("dump: found %w", err)
	}
	v := reflect.ValueOf(src)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, fmt.Errorf("dump: found a nil %T, want a struct", src)
		}
		v = v.Elem()
	}
	lines := d.structLines(addressable(v), root, "", above)
	if d.err != nil {
		return nil, fmt.Errorf("dump: %w", d.err)
	}
	if bare(v, root) {
		lines = append(lines, "{}")
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// addressable copies a value, so that methods with pointer receivers can be
// called on it.
func addressable(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// comments says where comments go: above a key, behind it (inside the first item
// of a list, which starts in the middle of a line), or nowhere (in later items).
type comments int

const (
	above comments = iota
	behind
	nowhere
)

// dumper keeps the first error, and the text of every value by its path.
type dumper struct {
	err    error
	values map[string]string
	// defaults are the values of another dump, and written says where the values
	// that differ from them stand; nil to leave that out.
	defaults map[string]string
	written  *Tree
}

// origin says where a value that is not the default was written.
func (d *dumper) origin(path, flow string) string {
	if d.defaults == nil {
		return ""
	}
	below, known := d.defaults[path]
	at := d.written.At(path)
	if known && below == flow || at.Default {
		return ""
	}
	text := "set in " + at.String()
	if known && below != "0" && below != `""` { // these stand for no default at all
		text += ", default " + below
	}
	return printable(text)
}

func (d *dumper) fail(key string, err error) string {
	if d.err == nil {
		d.err = fmt.Errorf("%s: %w", key, err)
	}
	return ""
}

// structLines writes the keys of a struct without indentation.
func (d *dumper) structLines(v reflect.Value, s *shape, path string, where comments) []string {
	var lines []string
	afterBlock := false
	for _, f := range s.fields {
		value, shape := v.FieldByIndex(f.index), f.shape
		block := shape.block()
		if path == "" && (block || afterBlock) && len(lines) > 0 {
			lines = append(lines, "")
		}
		afterBlock = block
		if where == above {
			lines = append(lines, wrapComment(f.doc)...)
			lines = append(lines, wrapComment(f.shape.rangeComment())...)
		}
		name := quoteText(f.name)
		if shape.form == pointerForm && value.IsNil() {
			lines = append(lines, "# "+name+": not set")
			continue
		}
		lines = append(lines, d.keyLines(name, value, shape, joinKey(path, f.name), f.comment(where), where)...)
	}
	return lines
}

// comment is what stands behind a key.
func (f field) comment(where comments) string {
	var parts []string
	switch where {
	case above:
		parts = []string{f.source}
	case behind:
		parts = []string{f.doc, f.shape.rangeComment(), f.source}
	}
	text := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	if text == "" {
		return ""
	}
	return "  # " + printable(text)
}

// rangeComment tells what enum, min and max allow.
func (s *shape) rangeComment() string {
	for s.elem != nil {
		s = s.elem
	}
	text := s.tagLimits()
	if len(s.enum) > 0 {
		text = oneOf(s.enum)
	}
	if text == "" {
		return ""
	}
	return "Allowed: " + text + "."
}

// keyLines writes one key and its value.
func (d *dumper) keyLines(name string, v reflect.Value, s *shape, path, comment string, where comments) []string {
	if s.form == pointerForm {
		if v.IsNil() {
			d.fail(path, fmt.Errorf("found a nil %v, want a value: YAML has none for it", s.typ))
			return nil
		}
		v, s = v.Elem(), s.elem
	}
	if flow, ok := d.flow(v, s, path); ok {
		d.values[path] = flow
		if origin := d.origin(path, flow); origin != "" {
			comment = "  # " + origin + strings.Replace(comment, "  # ", ": ", 1)
		}
		return []string{name + ": " + flow + comment}
	}
	return append([]string{name + ":" + comment}, indent(d.blockLines(v, s, path, where), "  ", "  ")...)
}

// block tells whether values of a shape take several lines.
func (s *shape) block() bool {
	switch s.form {
	case pointerForm, listForm:
		return s.elem.block()
	case structForm:
		return len(s.fields) > 0
	}
	return s.form == mapForm
}

// bare tells whether a struct or map has no key to write.
func bare(v reflect.Value, s *shape) bool {
	switch s.form {
	case mapForm:
		return v.Len() == 0
	case structForm:
		return !slices.ContainsFunc(s.fields, func(f field) bool {
			return f.shape.form != pointerForm || !v.FieldByIndex(f.index).IsNil()
		})
	}
	return false
}

// flow writes a value in one line if its shape or emptiness allows.
func (d *dumper) flow(v reflect.Value, s *shape, path string) (string, bool) {
	switch {
	case bare(v, s):
		return "{}", true
	case s.form == structForm, s.form == mapForm:
		return "", false
	case s.form == listForm && v.Len() > 0 && s.block():
		return "", false
	case s.form == listForm:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = d.item(v.Index(i), s.elem, joinIndex(path, i))
		}
		return "[" + strings.Join(items, ", ") + "]", true
	}
	return d.scalar(v, s, path), true
}

// item is one element of a list written in one line.
func (d *dumper) item(v reflect.Value, s *shape, path string) string {
	if s.form == pointerForm {
		if v.IsNil() {
			return d.fail(path, fmt.Errorf("found a nil %v, want a value: YAML has none for it", s.typ))
		}
		v, s = v.Elem(), s.elem
	}
	text, _ := d.flow(v, s, path)
	return text
}

func (d *dumper) blockLines(v reflect.Value, s *shape, path string, where comments) []string {
	switch s.form {
	case structForm:
		return d.structLines(v, s, path, where)
	case mapForm:
		return d.mapLines(v, s, path, where)
	}
	var lines []string
	where = max(where, behind)
	for i := range v.Len() {
		item := d.itemLines(v.Index(i), s.elem, joinIndex(path, i), where)
		lines = append(lines, indent(item, "- ", "  ")...)
		where = nowhere
	}
	return lines
}

func (d *dumper) itemLines(v reflect.Value, s *shape, path string, where comments) []string {
	if s.form == pointerForm && !v.IsNil() {
		v, s = v.Elem(), s.elem
	}
	if s.form == pointerForm || !s.block() || bare(v, s) || s.form == listForm && v.Len() == 0 {
		return []string{d.item(v, s, path)}
	}
	lines := d.blockLines(v, s, path, where)
	if strings.HasPrefix(lines[0], "#") { // a comment cannot start an item
		lines = append([]string{""}, lines...)
	}
	return lines
}

// longestKey is what YAML allows before a colon.
const longestKey = 1024

// mapLines writes a map in the order of its keys.
func (d *dumper) mapLines(v reflect.Value, s *shape, path string, where comments) []string {
	names := v.MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	var lines []string
	for _, name := range names {
		key := joinKey(path, name.String())
		text, err := quoteUTF8(name.String())
		if err == nil && len(text) > longestKey {
			err = fmt.Errorf("found a key of %d bytes, want at most %d", len(text), longestKey)
		}
		if err != nil {
			d.fail(key, err)
		}
		value := addressable(v.MapIndex(name))
		lines = append(lines, d.keyLines(text, value, s.elem, key, "", where)...)
		where = nowhere // the first value documents all
	}
	return lines
}

func indent(lines []string, first, rest string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		switch {
		case i == 0:
			out[i] = strings.TrimRight(first+l, " ")
		case l != "":
			out[i] = rest + l
		}
	}
	return out
}
