package strict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Set lays one assignment key.path=value over a tree, as given by a command
// line's --set. The value is a YAML scalar or a flow list or mapping, taken
// whole: commas outside brackets mean nothing. It lies on top as in Merge. A path
// may index a list that is written in the tree (a.b[2] or a.b.2). Mappings on the
// way are made as needed; Decode finds keys that do not exist. On an error the
// tree comes back as it was.
func Set(t *Tree, assignment string) (*Tree, Errors) {
	s := setter{at: Position{File: "--set " + oneLine(assignment)}}
	path, value, ok := splitAssignment(assignment)
	if !ok {
		return t, s.fail("", strconv.Quote(assignment), "key.path=value")
	}
	steps, err := parsePath(path)
	if err != nil {
		return t, s.fail("", err.Error(), "a key path such as a.b[2].c")
	}
	leaf, errs := s.value(value, path)
	if errs != nil {
		return t, errs
	}
	out, errs := s.put(t, steps, "", leaf)
	if errs != nil {
		return t, errs
	}
	return out, nil
}

// oneLine keeps an assignment readable as the place of an error.
func oneLine(s string) string {
	if quoted := strconv.Quote(s); strings.Contains(quoted, `\n`) || strings.Contains(quoted, `\r`) {
		return quoted
	}
	return s
}

type setter struct{ at Position }

func (s setter) fail(key, found, want string) Errors {
	return Errors{{Position: s.at, Key: key, Found: found, Want: want}}
}

// value parses the right-hand side.
func (s setter) value(value, key string) (*Tree, Errors) {
	const want = "a value or a list in brackets"
	if at, found, bad := badCharacter("", []byte(value)); bad || at.Line > 1 {
		if !bad {
			found = "more than one line"
		}
		return nil, s.fail(key, found, want)
	}
	if strings.TrimSpace(value) == "" {
		return &Tree{at: s.at, kind: null}, nil
	}
	doc, err := readDocument([]byte(value))
	if err != nil {
		return nil, s.fail(key, strconv.Quote(value)+" ("+yamlLine.FindStringSubmatch(err.Error())[2]+")", want)
	}
	node := doc.Content[0]
	if len(doc.Content) > 1 || node.Kind != yaml.ScalarNode && node.Style&yaml.FlowStyle == 0 {
		return nil, s.fail(key, strconv.Quote(value), want)
	}
	p := parser{}
	t := p.tree(node, key, s.at)
	for i := range p.errs {
		p.errs[i].Position = s.at
	}
	return t.moved(s.at), p.errs
}

// moved puts a whole tree at one place: columns inside an assignment would only
// confuse.
func (t *Tree) moved(at Position) *Tree {
	if t == nil {
		return nil
	}
	m := *t
	m.at = at
	m.entries = slices.Clone(t.entries)
	for i, e := range m.entries {
		m.entries[i] = entry{key: e.key, at: at, value: e.value.moved(at)}
	}
	m.items = slices.Clone(t.items)
	for i, item := range m.items {
		m.items[i] = item.moved(at)
	}
	return &m
}

// put returns t with leaf at the end of steps. Parts off the path are shared;
// mappings on the path stay where they were written, so that errors about their
// other keys do not point at the assignment.
func (s setter) put(t *Tree, steps []step, path string, leaf *Tree) (*Tree, Errors) {
	if len(steps) == 0 {
		return Merge(t, leaf), nil
	}
	one := steps[0]
	if t != nil && t.kind == list {
		return s.putItem(t, steps, path, leaf)
	}
	if one.isIndex {
		return nil, s.fail(joinIndex(path, one.index), "an index into "+found(t), "a list that the config writes")
	}
	out := Tree{at: s.at, kind: mapping}
	if t != nil && t.kind == mapping {
		out = *t
	}
	i, below := out.entry(one.key)
	value, errs := s.put(below, steps[1:], joinKey(path, one.key), leaf)
	if errs != nil {
		return nil, errs
	}
	e := entry{key: one.key, at: s.at, value: value}
	out.entries = slices.Clone(out.entries)
	if i < 0 {
		out.entries = append(out.entries, e)
		return &out, nil
	}
	if len(steps) > 1 {
		e.at = out.entries[i].at
	}
	out.entries[i] = e
	return &out, nil
}

// found names what an index was applied to.
func found(t *Tree) string {
	if t == nil {
		return "a key that is not written"
	}
	return t.describe()
}

func (s setter) putItem(t *Tree, steps []step, path string, leaf *Tree) (*Tree, Errors) {
	i, ok := steps[0].asIndex()
	if !ok {
		return nil, s.fail(joinKey(path, steps[0].key), t.describe(), "an index such as "+path+"[0]")
	}
	key := joinIndex(path, i)
	if i >= len(t.items) {
		want := "no index into an empty list"
		if len(t.items) > 0 {
			want = fmt.Sprintf("0 to %d", len(t.items)-1)
		}
		return nil, s.fail(key, fmt.Sprintf("index %d of %s", i, t.describe()), want)
	}
	value, errs := s.put(t.items[i], steps[1:], key, leaf)
	if errs != nil {
		return nil, errs
	}
	out := *t
	out.items = slices.Clone(t.items)
	out.items[i] = value
	return &out, nil
}
