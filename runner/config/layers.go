package config

import (
	"fmt"
	"strings"

	"mozart/configs"
	"mozart/runner/config/strict"
	"mozart/workloads/routing"
)

// section is a mapping that may lie on a base: a built-in, a file or a preset of
// a part. A name alone, model: olmoe, is short for model: {base: olmoe}.
type section struct {
	path []string
	// kind is the folder of the bases, or empty if they are presets.
	kind configs.Kind
	// presets and preset are the named Specs of a part.
	presets []string
	preset  func(name string) (spec any, ok bool)
	// required sections have no defaults to stand on.
	required bool
}

const (
	baseKey      = "base"
	policyKey    = "policy"
	customPolicy = "custom"
	// nothing is found where no layer writes a key that has no default.
	nothing = "nothing"
)

// sections lists outer sections before those inside them.
func sections() []section {
	stack := section{kind: configs.Stacks}
	synthetic := section{presets: routing.SyntheticPresets(), preset: func(name string) (any, bool) {
		spec, err := routing.SyntheticPreset(name)
		return spec, err == nil
	}}
	at := func(s section, path ...string) section {
		s.path = path
		return s
	}
	return []section{
		at(section{kind: configs.Models, required: true}, "model"),
		at(section{kind: configs.Hardware, required: true}, "hardware"),
		at(stack, "hardware", "group_stack"),
		at(stack, "hardware", "attention_stack"),
		at(synthetic, "routing", "synthetic"),
	}
}

func (s section) key() string { return strings.Join(s.path, ".") }

// within is the path of a section inside another one, which must be the outer.
func (s section) within(outer []string) ([]string, bool) {
	if len(s.path) <= len(outer) || strings.Join(s.path[:len(outer)], ".") != strings.Join(outer, ".") {
		return nil, false
	}
	return s.path[len(outer):], true
}

func (s section) names() []string {
	if s.kind == "" {
		return s.presets
	}
	return configs.Names(s.kind)
}

// want says what may stand in the section.
func (s section) want() string {
	or := "or a mapping of its keys"
	if s.kind != "" {
		or = "the path of a file, " + or
	}
	return "one of " + strings.Join(s.names(), ", ") + ", " + or
}

// spelled writes out the names of sections in a tree, which holds the experiment
// or the section at outer: so that an assignment to a key of a named section adds
// to it, and two layers of one section merge.
func spelled(tree *strict.Tree, outer ...string) *strict.Tree {
	for _, s := range sections() {
		path, ok := s.within(outer)
		if !ok {
			continue
		}
		here := tree.Get(strings.Join(path, "."))
		if _, named := here.Text(); named {
			tree = replace(tree, path, here.Under(baseKey))
		}
	}
	return tree
}

// merge lays over on top of below. A section that over gives a base of its own
// has nothing of what below says.
func merge(below, over *strict.Tree, outer ...string) *strict.Tree {
	below, over = spelled(below, outer...), spelled(over, outer...)
	for _, s := range sections() {
		path, ok := s.within(outer)
		if ok && over.Get(strings.Join(append(path, baseKey), ".")) != nil {
			below = replace(below, path, nil)
		}
	}
	return strict.Merge(below, over)
}

// replace puts a value at a path that is there, or removes it if value is nil.
func replace(tree *strict.Tree, path []string, value *strict.Tree) *strict.Tree {
	inner := tree.Get(path[0])
	if inner == nil {
		return tree
	}
	if len(path) > 1 {
		value = replace(inner, path[1:], value)
	}
	return tree.With(path[0], value)
}

// layer lays the tree over its policy's preset and its sections' bases.
func layer(tree *strict.Tree) (*strict.Tree, strict.Errors) {
	if !tree.IsMapping() {
		return tree, nil
	}
	tree, errs := layPolicy(tree)
	tree = spelled(tree)
	for _, s := range sections() {
		var more strict.Errors
		tree, more = s.lay(tree)
		errs = append(errs, more...)
	}
	return tree, errs
}

func layPolicy(tree *strict.Tree) (*strict.Tree, strict.Errors) {
	policy := tree.Get(policyKey)
	name, ok := policy.Text()
	if !ok || name == customPolicy {
		return tree, nil
	}
	names := append(configs.Names(configs.Policies), customPolicy)
	want := "one of " + strings.Join(names, ", ") + ", or the path of a file"
	preset, errs := readBase(configs.Policies, policy, policyKey, want, names)
	return merge(preset, tree), errs
}

// lay puts the base of a section below it.
func (s section) lay(tree *strict.Tree) (*strict.Tree, strict.Errors) {
	key := s.key()
	here := tree.Get(key)
	switch {
	case here == nil && s.required:
		return tree, strict.Errors{{Position: tree.At(""), Key: key, Found: nothing, Want: s.want()}}
	case here == nil:
		return tree, nil
	case !here.IsMapping():
		return replace(tree, s.path, nil), strict.Errors{{Position: here.At(""), Key: key, Found: here.Describe(), Want: s.want()}}
	}
	name := here.Get(baseKey)
	if name == nil {
		return tree, nil
	}
	below, errs := s.read(name, key)
	return replace(tree, s.path, merge(below, here.With(baseKey, nil), s.path...)), errs
}

// read is the base that was named in the section with a key.
func (s section) read(name *strict.Tree, key string) (*strict.Tree, strict.Errors) {
	if s.kind != "" {
		below, errs := readBase(s.kind, name, key, s.want(), s.names())
		for i, e := range errs {
			if e.Key != key {
				errs[i].Key = strings.TrimSuffix(key+"."+e.Key, ".")
			}
		}
		return below, errs
	}
	text, _ := name.Text()
	spec, ok := s.preset(text)
	if !ok {
		return nil, strict.Errors{name.Unknown(key, s.want(), s.names())}
	}
	below, errs := parsePreset(text, spec)
	// Where a preset is wrong for the rest, the reader has to go to its name.
	at := name.At("")
	at.Default = true
	return below.Placed(at), errs
}

// parsePreset is a preset of a part as a tree.
func parsePreset(name string, spec any) (*strict.Tree, strict.Errors) {
	file := "preset " + name
	data, err := strict.Dump(spec)
	if err != nil {
		return nil, strict.Errors{{Position: strict.Position{File: file}, Found: err.Error()}}
	}
	return strict.Parse(file, data)
}

// readBase reads the built-in or file that a value names.
func readBase(kind configs.Kind, name *strict.Tree, key, want string, valid []string) (*strict.Tree, strict.Errors) {
	text, _ := name.Text()
	if !isPath(text) {
		file, data, err := configs.Read(kind, text)
		if err != nil {
			return nil, strict.Errors{name.Unknown(key, want, valid)}
		}
		return strict.Parse(file, data)
	}
	file := relative(text, name.At(""))
	data, err := readFile(file)
	if err != nil {
		found := fmt.Sprintf("%q (%s)", file, reason(err))
		return nil, strict.Errors{{Position: name.At(""), Key: key, Found: found, Want: "a readable YAML file"}}
	}
	return strict.Parse(file, data)
}
