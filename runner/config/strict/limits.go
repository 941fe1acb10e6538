package strict

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
)

// readTags takes enum, min and max from a field's tag.
func (s *shape) readTags(tag reflect.StructTag) (err error) {
	if v, ok := reflect.New(s.typ).Interface().(textValuer); ok && s.form == textForm {
		s.enum = v.TextValues()
	}
	if names, ok := tag.Lookup("enum"); ok {
		if s.form != stringForm {
			return fmt.Errorf("the tag enum on %v, want it on a string", s.typ)
		}
		s.enum = strings.Split(names, ",")
	}
	if s.min, err = s.readBound(tag, "min"); err != nil {
		return err
	}
	s.max, err = s.readBound(tag, "max")
	return err
}

func (s *shape) readBound(tag reflect.StructTag, name string) (*bound, error) {
	text, ok := tag.Lookup(name)
	if !ok {
		return nil, nil
	}
	if s.form == boolForm || s.form == stringForm || !ordered(s.typ.Kind()) {
		return nil, fmt.Errorf("the tag %s on %v, want it on a number", name, s.typ)
	}
	b := &bound{text: text, value: reflect.New(s.typ).Elem()}
	if want := s.setScalar(&Tree{kind: number, text: text}, b.value); want != "" {
		return nil, fmt.Errorf("the tag %s:%q, want %s", name, text, want)
	}
	return b, nil
}

// ordered tells whether compare works on values of a kind.
func ordered(k reflect.Kind) bool {
	return reflect.Int <= k && k <= reflect.Uint64 || k == reflect.Float32 || k == reflect.Float64
}

// compare orders two numbers of the same type.
func compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	}
	return cmp.Compare(a.Float(), b.Float())
}

// outside tells whether a decoded value breaks min or max.
func (s *shape) outside(v reflect.Value) bool {
	return s.min != nil && compare(v, s.min.value) < 0 || s.max != nil && compare(v, s.max.value) > 0
}

// limits is the range in words, the type's own where the tags are silent; empty
// if there is no end to it.
func (s *shape) limits() string {
	low, high := "", ""
	switch bits := s.typ.Bits; s.form {
	case intForm:
		low, high = fmt.Sprint(int64(-1)<<(bits()-1)), fmt.Sprint(uint64(1)<<(bits()-1)-1)
	case uintForm:
		low, high = "0", fmt.Sprint(^uint64(0)>>(64-bits()))
	}
	return s.between(low, high)
}

// tagLimits is the range of the tags alone.
func (s *shape) tagLimits() string { return s.between("", "") }

// between is the range in words, from the tags or else from low to high.
func (s *shape) between(low, high string) string {
	if s.min != nil {
		low = s.min.text
	}
	if s.max != nil {
		high = s.max.text
	}
	switch {
	case low != "" && high != "":
		return low + " to " + high
	case low != "":
		return "at least " + low
	case high != "":
		return "at most " + high
	}
	return ""
}

// oneOf lists names in words.
func oneOf(names []string) string {
	if n := len(names); n == 2 {
		return names[0] + " or " + names[1]
	} else if n > 2 {
		return "one of " + strings.Join(names, ", ")
	}
	return strings.Join(names, "")
}
