package config

import (
	"errors"
	"testing"

	"mozart/runner/config/strict"
)

// What parts say of their fields, and what a reader of a config is told.
func TestPartMessages(t *testing.T) {
	tree, errs := strict.Parse("x.yaml", []byte("part:\n  list: []\n  a: 7\n"))
	if errs != nil {
		t.Fatal(errs)
	}
	for _, tc := range []struct{ message, want string }{
		{"a must be 1 to 5, got 7", "x.yaml:3:6: part.a: found 7, want 1 to 5"},
		{"a must be in 1..5, got 7", "x.yaml:3:6: part.a: found 7, want 1 to 5"},
		{"a must divide heads (8), got 7", "x.yaml:3:6: part.a: found 7, want a divisor of heads (8)"},
		{"a is used with b only and must be 0 or left out, got 7", "x.yaml:3:6: part.a: found 7, want 0 or left out: it is used with b only"},
		{"a x b must be at most 5, got 7", "x.yaml:3:6: part.a: found 7, want at most 5 when multiplied by b"},
		{"list must have at least one point", "x.yaml:2:9: part.list: found an empty list, want at least one point"},
		{"c.d[0] must be above 0 B, got 0 B", "x.yaml:1:1: part.c.d[0] (by default): found 0 B, want above 0 B"},
		{"odd values today", "x.yaml:1:1: part: found values that do not fit each other, want other ones: odd values today"},
	} {
		c := newCheck(tree, nil)
		c.part("part", nil, errors.Join(errors.New(tc.message)))
		if got := c.errs.Error(); got != tc.want {
			t.Errorf("%s\ngives %s\nwant  %s", tc.message, got, tc.want)
		}
	}
}

// A check is silent about broken keys, what is inside them, what they are inside
// of, and what is compared with them.
func TestChecksAreSilentAboutConsequences(t *testing.T) {
	tree, errs := strict.Parse("x.yaml", []byte("a: {b: {c: 1}}\n"))
	if errs != nil {
		t.Fatal(errs)
	}
	for _, tc := range []struct {
		broken string
		sound  bool
	}{
		{"a.b", false}, {"a.b.c", false}, {"a.b[2]", false}, {"a", false},
		{"a.bc", true}, {"b", true}, {"", true},
	} {
		c := newCheck(tree, strict.Errors{{Key: tc.broken}})
		if c.sound("a.b") != tc.sound {
			t.Errorf("with %q broken, a.b is sound: %v", tc.broken, !tc.sound)
		}
		c.rule(keys("z", "a.b"), false, 1, "2")
		if got := len(c.errs) == 1; got != tc.sound {
			t.Errorf("with %q broken, a rule about a.b speaks: %v", tc.broken, got)
		}
	}
	c := newCheck(tree, strict.Errors{{Key: "a.heds", Nearest: "a.heads"}})
	c.part("a", errors.Join(errors.New("kv_heads must divide heads (0), got 3"), errors.New("heads must be 1 to 9, got 0")))
	if len(c.errs) != 0 {
		t.Errorf("a misspelled key has consequences:\n%v", c.errs)
	}
}
