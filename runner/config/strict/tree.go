package strict

import (
	"fmt"
	"slices"
	"strconv"
)

// kind is what a value is in YAML.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	mapping
	refused // an error was reported; it stands in a list to keep the indices
)

// Tree is a YAML value that remembers where each of its parts was written. It
// never changes once made: Merge and Set return new trees that share parts with
// the old ones. A nil *Tree is a config in which nothing is written.
type Tree struct {
	at      Position
	kind    kind
	text    string // of a scalar, as written but without quotes
	entries []entry
	items   []*Tree
}

// entry is one key of a mapping, in the order of writing.
type entry struct {
	key   string
	at    Position
	value *Tree
}

// entry finds a key; the index is -1 if it is missing.
func (t *Tree) entry(key string) (int, *Tree) {
	for i, e := range t.entries {
		if e.key == key {
			return i, e.value
		}
	}
	return -1, nil
}

// Merge lays over on top of base: mappings are merged key by key, anything else
// in over replaces what base has. Lists are replaced whole. Each part keeps its
// own place.
func Merge(base, over *Tree) *Tree {
	switch {
	case over == nil:
		return base
	case base == nil || base.kind != mapping || over.kind != mapping:
		return over
	}
	merged := *over
	merged.entries = slices.Clone(base.entries)
	for _, e := range over.entries {
		i, below := base.entry(e.key)
		if i < 0 {
			merged.entries = append(merged.entries, e)
			continue
		}
		e.value = Merge(below, e.value)
		merged.entries[i] = e
	}
	return &merged
}

// At is the place where the value at a key path such as hbm.stacks[2].rate was
// written. If the path is not written, it is the place of the nearest part
// around it, marked as Default. The empty path is the whole config.
func (t *Tree) At(path string) Position {
	if t == nil {
		return Position{Default: true}
	}
	if path == "" {
		return t.at
	}
	here := t
	steps, err := parsePath(path)
	if err != nil {
		return asDefault(t.at)
	}
	for _, s := range steps {
		next := here.child(s)
		if next == nil {
			return asDefault(here.at)
		}
		here = next
	}
	return here.at
}

func asDefault(p Position) Position {
	p.Default = true
	return p
}

// child follows one step, or returns nil. A number after a dot is an index if it
// meets a list: a.2 is a[2].
func (t *Tree) child(s step) *Tree {
	if t.kind == list {
		if i, ok := s.asIndex(); ok && i < len(t.items) {
			return t.items[i]
		}
		return nil
	}
	if s.isIndex {
		return nil
	}
	_, value := t.entry(s.key)
	return value
}

func (s step) asIndex() (int, bool) {
	if s.isIndex {
		return s.index, true
	}
	i, err := strconv.Atoi(s.key)
	return i, err == nil && i >= 0
}

// describe names the kind of value and, for a scalar, the value: for errors of
// kind.
func (t *Tree) describe() string {
	switch t.kind {
	case text:
		return "text " + shortQuote(t.text)
	case list:
		if len(t.items) == 0 {
			return "an empty list"
		}
		return fmt.Sprintf("a list of %d", len(t.items))
	case mapping:
		return "a mapping"
	case null:
		if t.text == "" {
			return "nothing"
		}
	}
	return t.text
}

// value shows a scalar alone: for errors of value.
func (t *Tree) value() string {
	if t.kind == text {
		return shortQuote(t.text)
	}
	return t.describe()
}

// shortQuote keeps an error to one line when the value is a page of text.
func shortQuote(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return strconv.Quote(string(r[:limit])) + "..."
	}
	return strconv.Quote(s)
}
