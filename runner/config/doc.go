// Package config is what an experiment may say: a schema made of the parts' own
// Specs, read strictly from layered YAML, checked as a whole, and written back
// fully resolved.
//
// # Model
//
// An experiment file is laid over built-in or user files: the policy's preset,
// and for each of model, hardware, stacks and synthetic routing a base named by
// the key itself (model: olmoe) or by base in its section (model: {base: olmoe,
// top_k: 4}). A section that names a base of its own has nothing of what lower
// layers say of it. --set assignments lie on top. Whatever no layer writes is the
// default of its part.
//
// Paths of bases are relative to the file that names them, or to the working
// directory if they come with --set; routing tables and traces are relative to
// the working directory.
//
// # Not modelled
//
// A base that itself names a base of the same section, and a way to unset a key
// that a lower layer writes.
//
// # Laws the tests hold
//
//   - every error names the file, line, key, what was found and what is allowed,
//     and all errors come at once, without those that only follow from others;
//   - the resolved config reads back as the same experiment, from any folder;
//   - an assignment changes its key and nothing else;
//   - every key says what it means and where its default comes from;
//   - every built-in experiment is valid, and the policies differ as the paper
//     says.
package config
