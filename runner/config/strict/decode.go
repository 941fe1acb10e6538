package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Decode fills the struct that dst points at. A key that is not written keeps
// the value that dst had; list items, new map values and new pointer targets
// start from SetDefaults, or zero. A list replaces what dst had, a map adds to
// it; neither touches memory that dst shared with another value.
//
// The limits of the tags hold for written and unwritten keys alike: what Decode
// accepts is within them.
//
// All errors come at once. dst then holds what was right. A mistake in the Go
// type of dst is an error too, placed at the root.
func Decode(t *Tree, dst any) Errors {
	d := decoder{}
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return Errors{{Position: t.At(""), Found: fmt.Sprintf("a Go value of type %T", dst), Want: "a pointer to a struct"}}
	}
	root, err := structShape(v.Type())
	if err != nil {
		return Errors{{Position: t.At(""), Found: err.Error()}}
	}
	if t == nil {
		t = &Tree{at: t.At(""), kind: mapping}
	}
	d.root = root
	d.value(t, root, "", v.Elem())
	return d.errs.sorted()
}

type decoder struct {
	root *shape
	errs Errors
}

func (d *decoder) fail(t *Tree, key, found, want, near string) {
	d.errs = append(d.errs, Error{Position: t.at, Key: key, Found: found, Want: want, Nearest: near})
}

// value decodes t into dst, which is settable.
func (d *decoder) value(t *Tree, s *shape, key string, dst reflect.Value) {
	if t.kind == refused {
		return
	}
	switch s.form {
	case structForm:
		d.structure(t, s, key, dst)
	case listForm:
		d.list(t, s, key, dst)
	case mapForm:
		d.mapping(t, s, key, dst)
	case pointerForm:
		target := s.elem.fresh()
		if !dst.IsNil() {
			target.Set(dst.Elem())
		}
		before := len(d.errs)
		d.value(t, s.elem, key, target)
		if len(d.errs) == before {
			dst.Set(target.Addr())
		}
	default:
		d.scalar(t, s, key, dst)
	}
}

func (d *decoder) structure(t *Tree, s *shape, key string, dst reflect.Value) {
	if t.kind != mapping {
		d.fail(t, key, t.describe(), "a mapping (keys: "+strings.Join(s.keys(), ", ")+")", "")
		return
	}
	var seen []string // keys written, or misspelled: one error is enough for those
	for _, e := range t.entries {
		f, ok := s.field(e.key)
		if !ok {
			seen = append(seen, d.unknown(e, s, key))
			continue
		}
		seen = append(seen, f.name)
		d.value(e.value, f.shape, joinKey(key, f.name), dst.FieldByIndex(f.index))
	}
	for _, f := range s.fields {
		if !slices.Contains(seen, f.name) {
			d.unwritten(t, f.shape, joinKey(key, f.name), dst.FieldByIndex(f.index))
		}
	}
}

// unknown reports a key that the struct does not have, with the nearest one
// here, or the one of that name elsewhere, or all that are allowed. It returns
// the nearest one here.
func (d *decoder) unknown(e entry, s *shape, key string) (near string) {
	err := Error{Position: e.at, Key: joinKey(key, e.key), Found: "an unknown key"}
	if near = nearest(e.key, s.keys()); near != "" {
		err.Nearest = joinKey(key, near)
	} else if elsewhere := d.root.paths(e.key, ""); len(elsewhere) == 1 {
		err.Nearest = elsewhere[0]
	} else {
		err.Want = oneOf(s.keys())
		if err.Want == "" {
			err.Want = "none"
		}
	}
	d.errs = append(d.errs, err)
	return near
}

// paths finds where in nested structs a key stands.
func (s *shape) paths(name, key string) []string {
	switch s.form {
	case pointerForm:
		return s.elem.paths(name, key)
	case structForm:
		var found []string
		for _, f := range s.fields {
			if f.name == name {
				found = append(found, joinKey(key, name))
			}
			found = append(found, f.shape.paths(name, joinKey(key, f.name))...)
		}
		return found
	}
	return nil
}

func (d *decoder) list(t *Tree, s *shape, key string, dst reflect.Value) {
	fixed := s.typ.Kind() == reflect.Array
	switch {
	case t.kind != list:
		want := "a list"
		if fixed {
			want = fmt.Sprintf("a list of %d", s.typ.Len())
		}
		d.fail(t, key, t.describe(), want, "")
		return
	case fixed && len(t.items) != s.typ.Len():
		d.fail(t, key, t.describe(), fmt.Sprintf("a list of %d", s.typ.Len()), "")
		return
	}
	var out reflect.Value
	if fixed {
		out = reflect.New(s.typ).Elem()
	} else {
		out = reflect.MakeSlice(s.typ, len(t.items), len(t.items))
	}
	before := len(d.errs)
	for i, item := range t.items {
		out.Index(i).Set(s.elem.fresh())
		d.value(item, s.elem, joinIndex(key, i), out.Index(i))
	}
	if len(d.errs) == before {
		dst.Set(out)
	}
}

func (d *decoder) mapping(t *Tree, s *shape, key string, dst reflect.Value) {
	if t.kind != mapping {
		d.fail(t, key, t.describe(), "a mapping", "")
		return
	}
	out := reflect.MakeMap(s.typ)
	for it := dst.MapRange(); it.Next(); {
		out.SetMapIndex(it.Key(), it.Value())
		if i, _ := t.entry(it.Key().String()); i < 0 {
			d.unwritten(t, s.elem, joinKey(key, it.Key().String()), it.Value())
		}
	}
	for _, e := range t.entries {
		name := reflect.ValueOf(e.key).Convert(s.typ.Key())
		value := s.elem.fresh()
		if old := out.MapIndex(name); old.IsValid() {
			value.Set(old)
		}
		before := len(d.errs)
		d.value(e.value, s.elem, joinKey(key, e.key), value)
		if len(d.errs) == before {
			out.SetMapIndex(name, value)
		}
	}
	dst.Set(out)
}

func (d *decoder) scalar(t *Tree, s *shape, key string, dst reflect.Value) {
	if t.kind == null || t.kind == list || t.kind == mapping {
		d.fail(t, key, t.describe(), s.want(), "")
		return
	}
	if s.form == stringForm || s.form == textForm {
		if len(s.enum) > 0 && !slices.Contains(s.enum, t.text) {
			d.fail(t, key, t.value(), oneOf(s.enum), nearest(t.text, s.enum))
			return
		}
	}
	v := reflect.New(s.typ).Elem()
	if want := s.setScalar(t, v); want != "" {
		found := t.value()
		if s.form != textForm {
			found = t.describe()
		}
		d.fail(t, key, found, want, "")
		return
	}
	if s.outside(v) {
		d.fail(t, key, t.value(), s.tagLimits(), "")
		return
	}
	dst.Set(v)
}
