// Package strict reads YAML into Go structs without guessing. It is the generic
// half of the config room: it knows no part and no unit, only Go types and their
// tags.
//
// # Model
//
// A config is made of layers: a hardware file, an experiment file, --set
// assignments. Parse and Set make a Tree of each, Merge lays one over another,
// and Decode fills a struct. Every value in a Tree knows the layer, line and
// column it was written in, also after merging, so that an error names the file
// that must be changed.
//
//	base, baseErrs := strict.Parse("base.yaml", baseText)
//	over, overErrs := strict.Parse("experiment.yaml", overText)
//	tree, setErrs := strict.Set(strict.Merge(base, over), "hbm.stacks=4")
//	cfg := defaults()
//	decodeErrs := strict.Decode(tree, &cfg)
//	return slices.Concat(baseErrs, overErrs, setErrs, decodeErrs).Err()
//
// Errors found later, in the meaning of the decoded struct, are placed with
// Tree.At: strict.Error{Position: tree.At(key), Key: key, Found: ..., Want: ...}.
//
// # Tags of a field
//
//	yaml:"name"      the key; yaml:",inline" on an embedded struct; yaml:"-" to skip
//	doc:"..."        what the value means: a comment in Dump, a description in JSONSchema
//	source:"[P] 4.2" where the default comes from: a comment in Dump
//	enum:"a,b"       the names a string may take
//	min:"1" max:"64" the range of a number, or of a text type over a number ("1 ns")
//
// enum, min and max on a list, map or pointer hold for what it carries. Every
// exported field needs a yaml tag.
//
// # Types
//
// bool, sized integers, floats, strings, slices, arrays, map[string]T, pointers,
// structs, and text types: those with MarshalText and UnmarshalText, such as
// quantities with units and enumerations. Optional methods of a type:
//
//	TextValues() []string  the only texts it takes: checked for the nearest name
//	TextPattern() string   a regular expression for JSONSchema
//	SetDefaults()          called on a new list item, map value or pointer target
//
// An error of UnmarshalText that has Want() string gives the text after "want".
//
// # Not modelled
//
// Anchors, aliases, merge keys and tags (refused), several documents (refused),
// recursive Go types, interface fields, YAML 1.1 spellings of booleans and
// numbers (yes, 010, 0x10, 1:30), and removing a key that a lower layer wrote.
//
// # Laws the tests hold
//
//   - all errors of a file come at once, in the order of the file;
//   - what Decode accepts is within enum, min and max, written or not;
//   - a key that is not written keeps the value that the struct had before;
//   - Decode(Parse(Dump(x))) is x, but for nil against empty lists and maps;
//   - no input makes the package panic.
package strict
