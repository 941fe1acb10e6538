package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// unwritten checks the enum, min and max of a value that no layer wrote, so that
// a key left out of a list item does not stay at a zero that it may not have.
// The errors are placed at around, the nearest part that is written.
func (d *decoder) unwritten(around *Tree, s *shape, key string, v reflect.Value) {
	switch s.form {
	case structForm:
		for _, f := range s.fields {
			d.unwritten(around, f.shape, joinKey(key, f.name), v.FieldByIndex(f.index))
		}
	case listForm:
		for i := range v.Len() {
			d.unwritten(around, s.elem, joinIndex(key, i), v.Index(i))
		}
	case mapForm:
		names := v.MapKeys()
		slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, name := range names {
			d.unwritten(around, s.elem, joinKey(key, name.String()), v.MapIndex(name))
		}
	case pointerForm:
		if !v.IsNil() {
			d.unwritten(around, s.elem, key, v.Elem())
		}
	default:
		if want := s.broken(v); want != "" {
			d.errs = append(d.errs, Error{Position: asDefault(around.at), Key: key, Found: show(v), Want: want})
		}
	}
}

// broken says what a value should be if it is not.
func (s *shape) broken(v reflect.Value) (want string) {
	if s.form == stringForm && len(s.enum) > 0 && !slices.Contains(s.enum, v.String()) {
		return oneOf(s.enum)
	}
	if s.outside(v) {
		return s.tagLimits()
	}
	return ""
}

// show writes a scalar as an error does.
func show(v reflect.Value) string {
	if m, ok := addressable(v).Addr().Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return strconv.Quote(string(text))
		}
	}
	if v.Kind() == reflect.String {
		return strconv.Quote(v.String())
	}
	return fmt.Sprint(v)
}
