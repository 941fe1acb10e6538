package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// form is how a Go type is written in YAML.
type form int

const (
	boolForm form = iota
	intForm
	uintForm
	floatForm
	stringForm
	textForm // a type that marshals itself to text
	listForm // slice or array
	mapForm
	structForm
	pointerForm
)

// shape is a Go type with what the tags say about it, ready for decoding,
// dumping and the JSON Schema.
type shape struct {
	typ      reflect.Type
	form     form
	elem     *shape   // of a list, map or pointer
	fields   []field  // of a struct, inline ones in their place
	enum     []string // the only texts allowed
	min, max *bound
}

// field is one key of a struct.
type field struct {
	name, doc, source string
	index             []int // for reflect.Value.FieldByIndex
	shape             *shape
}

// bound is one end of a range, as the tag writes it and as a value of the type.
type bound struct {
	text  string
	value reflect.Value
}

var (
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	marshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
)

// textValuer is a text type that takes only some texts.
type textValuer interface{ TextValues() []string }

// textPatterner is a text type whose texts match a regular expression.
type textPatterner interface{ TextPattern() string }

// defaulter is a type that is not zero when new.
type defaulter interface{ SetDefaults() }

// structShape is the shape of a struct or of what a pointer to one points at. A
// mistake in the Go type is an error that names the field.
func structShape(t reflect.Type) (*shape, error) {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct || isText(t) {
		return nil, fmt.Errorf("a Go value of type %v, want a struct", t)
	}
	return compile(t, "", nil)
}

func isText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshalerType) }

// compile works out the shape of a type. outer are the structs around it, to
// find recursion.
func compile(t reflect.Type, tag reflect.StructTag, outer []reflect.Type) (*shape, error) {
	s := &shape{typ: t}
	if isText(t) {
		if !reflect.PointerTo(t).Implements(marshalerType) {
			return nil, fmt.Errorf("the Go type %v with UnmarshalText, want MarshalText too", t)
		}
		s.form = textForm
		return s, s.readTags(tag)
	}
	switch t.Kind() {
	case reflect.Bool:
		s.form = boolForm
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.form = intForm
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.form = uintForm
	case reflect.Float32, reflect.Float64:
		s.form = floatForm
	case reflect.String:
		s.form = stringForm
	case reflect.Struct:
		s.form = structForm
		return s, s.compileFields(outer)
	default:
		return s, s.compileElem(tag, outer)
	}
	return s, s.readTags(tag)
}

// compileElem does lists, maps and pointers, which hand their tag on.
func (s *shape) compileElem(tag reflect.StructTag, outer []reflect.Type) (err error) {
	t := s.typ
	switch k := t.Kind(); {
	case k == reflect.Slice || k == reflect.Array:
		s.form = listForm
	case k == reflect.Map && t.Key().Kind() == reflect.String && !isText(t.Key()):
		s.form = mapForm
	case k == reflect.Pointer && t.Elem().Kind() != reflect.Pointer:
		s.form = pointerForm
	default:
		return fmt.Errorf("the Go type %v, want one that YAML can hold", t)
	}
	s.elem, err = compile(t.Elem(), tag, outer)
	return err
}

func (s *shape) compileFields(outer []reflect.Type) error {
	if slices.Contains(outer, s.typ) {
		return fmt.Errorf("the recursive Go type %v, want a type that ends", s.typ)
	}
	outer = append(slices.Clone(outer), s.typ)
	for i := range s.typ.NumField() {
		f := s.typ.Field(i)
		if err := s.compileField(f, outer); err != nil {
			return fmt.Errorf("%w (field %s of %v)", err, f.Name, s.typ)
		}
	}
	return nil
}

func (s *shape) compileField(f reflect.StructField, outer []reflect.Type) error {
	name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	switch {
	case name == "-" || !f.IsExported() && !f.Anonymous:
		return nil
	case option == "inline" && name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct && f.IsExported():
		return s.inline(f, outer)
	case name == "" || option != "" || !f.IsExported():
		return fmt.Errorf("the tag yaml:%q, want a key name, or \",inline\" on an exported embedded struct", f.Tag.Get("yaml"))
	}
	sub, err := compile(f.Type, f.Tag, outer)
	if err != nil {
		return err
	}
	return s.add(field{name: name, doc: f.Tag.Get("doc"), source: f.Tag.Get("source"), index: f.Index, shape: sub})
}

// inline takes the fields of an embedded struct as the shape's own.
func (s *shape) inline(f reflect.StructField, outer []reflect.Type) error {
	sub, err := compile(f.Type, "", outer)
	if err != nil {
		return err
	}
	for _, inner := range sub.fields {
		inner.index = slices.Concat(f.Index, inner.index)
		if err := s.add(inner); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) add(f field) error {
	if slices.Contains(s.keys(), f.name) {
		return fmt.Errorf("the key %q for a second field, want each key once", f.name)
	}
	s.fields = append(s.fields, f)
	return nil
}

func (s *shape) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.name
	}
	return keys
}

// field finds a key of a struct.
func (s *shape) field(name string) (field, bool) {
	i := slices.Index(s.keys(), name)
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

// fresh is a new value of the type: zero, or what SetDefaults makes of it.
func (s *shape) fresh() reflect.Value {
	v := reflect.New(s.typ)
	if d, ok := v.Interface().(defaulter); ok {
		d.SetDefaults()
	}
	return v.Elem()
}
