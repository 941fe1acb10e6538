package strict

// Get is the part of the tree at a key path, or nil if it is not written.
func (t *Tree) Get(path string) *Tree {
	steps, err := parsePath(path)
	if err != nil {
		return nil
	}
	here := t
	for _, s := range steps {
		if here == nil {
			return nil
		}
		here = here.child(s)
	}
	return here
}

// Text is the value of a text scalar.
func (t *Tree) Text() (string, bool) {
	if t == nil || t.kind != text {
		return "", false
	}
	return t.text, true
}

// IsMapping reports that the value has keys.
func (t *Tree) IsMapping() bool { return t != nil && t.kind == mapping }

// With is the tree with the value of one key replaced, or removed where value
// is nil. The key keeps its place in the order. A tree that is not a mapping
// comes back as it was.
func (t *Tree) With(key string, value *Tree) *Tree {
	if t == nil || t.kind != mapping {
		return t
	}
	out := *t
	out.entries = nil
	found := false
	for _, e := range t.entries {
		if e.key == key {
			found = true
			if value == nil {
				continue
			}
			e.value = value
		}
		out.entries = append(out.entries, e)
	}
	if !found && value != nil {
		out.entries = append(out.entries, entry{key: key, at: value.at, value: value})
	}
	return &out
}

// Unknown is the error for a name, written at t, that is none of the valid ones.
func (t *Tree) Unknown(key, want string, valid []string) Error {
	name, _ := t.Text()
	return Error{Position: t.at, Key: key, Found: t.value(), Want: want, Nearest: nearest(name, valid)}
}

// Unknown is the error for a name that stands in no file.
func Unknown(name, want string, valid []string) Error {
	at := name
	if at == "" {
		at = `""`
	}
	return Error{Position: Position{File: at}, Found: "no such name", Want: want, Nearest: nearest(name, valid)}
}

// Describe names the value in words, as errors do: "text \"x\"", "a mapping",
// "an empty list". What is not written is "nothing".
func (t *Tree) Describe() string {
	if t == nil {
		return "nothing"
	}
	return t.describe()
}

// Under is a mapping that has t as the value of its only key. It stands where t
// was written: a name that is short for a mapping reads as one.
func (t *Tree) Under(key string) *Tree {
	if t == nil {
		return nil
	}
	return &Tree{at: t.at, kind: mapping, entries: []entry{{key: key, at: t.at, value: t}}}
}

// Placed is the tree with every part at one place, for values that no file
// wrote: errors then point at what brought them in.
func (t *Tree) Placed(at Position) *Tree { return t.moved(at) }
