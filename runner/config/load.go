package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mozart/components/hbm"
	"mozart/components/tile"
	"mozart/configs"
	"mozart/runner/config/strict"
)

// Names lists the built-in experiments.
func Names() []string { return configs.Names(configs.Experiments) }

// Load reads an experiment, a built-in name or a path, with assignments of the
// form key.path=value on top. Every error is the input's fault and a
// strict.Errors.
func Load(experiment string, assignments []string) (*Experiment, error) {
	if isPath(experiment) {
		data, err := readFile(experiment)
		if err != nil {
			return nil, strict.Errors{{Position: strict.Position{File: experiment}, Found: reason(err), Want: "a readable YAML file"}}
		}
		return Parse(experiment, data, assignments)
	}
	file, data, err := configs.Read(configs.Experiments, experiment)
	if err != nil {
		want := "the path of a YAML file or one of " + strings.Join(Names(), ", ")
		return nil, strict.Errors{strict.Unknown(experiment, want, Names())}
	}
	return Parse(file, data, assignments)
}

// Parse reads an experiment from text; file is its name in errors and the place
// that relative paths of bases start from. Every error is a strict.Errors.
func Parse(file string, data []byte, assignments []string) (*Experiment, error) {
	tree, errs := strict.Parse(file, data)
	readable := tree != nil
	for _, a := range assignments {
		var more strict.Errors
		tree, more = strict.Set(spelled(tree), a)
		errs = append(errs, more...)
	}
	if !readable {
		return nil, errs.Err()
	}
	tree, more := layer(tree)
	errs = append(errs, more...)
	x := Default()
	if isFile(tree) {
		x.Hardware.Topology.uncounted()
	}
	errs = append(errs, unexplained(strict.Decode(tree, &x), errs)...)
	errs = misspelled(errs)
	x.setLevels()
	if isFile(tree) {
		errs = append(errs, x.readNetwork(tree, errs)...)
	}
	if tree.IsMapping() {
		errs = append(errs, x.validate(tree, errs)...)
	}
	errs = absent(errs)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	x.Origins = tree
	x.Hardware.AttentionChiplet.Tile.Fidelity = tile.Fidelity(x.Fidelity.Compute)
	x.Hardware.ExpertChiplet.Tile.Fidelity = tile.Fidelity(x.Fidelity.Compute)
	if isPath(x.Policy) {
		x.Policy = customPolicy // all that the file said is in the keys now
	}
	return &x, nil
}

// setLevels tells the stacks the experiment's fidelity.
func (x *Experiment) setLevels() {
	if level := hbm.Level(x.Fidelity.HBM); level == hbm.BankLevel {
		x.Hardware.AttentionStack.Level, x.Hardware.GroupStack.Level = level, level
	}
}

// unexplained drops the errors that follow from others: defaults of a section
// whose base could not be read, and a second error of the same value.
func unexplained(errs, known strict.Errors) strict.Errors {
	c := newCheck(nil, known)
	var left strict.Errors
	for _, e := range errs {
		follows := e.Default && !c.sound(e.Key)
		for _, k := range known {
			follows = follows || k.Key == e.Key && k.Key != "" && k.Position == e.Position
		}
		if !follows {
			left = append(left, e)
		}
	}
	return left
}

// misspelled drops the absence of a section that was written under another name.
func misspelled(errs strict.Errors) strict.Errors {
	return slices.DeleteFunc(errs, func(e strict.Error) bool {
		return e.Found == nothing && slices.ContainsFunc(errs, func(o strict.Error) bool { return o.Nearest == e.Key })
	})
}

// absent says of zeros that stand for no default that nothing was found.
func absent(errs strict.Errors) strict.Errors {
	for i, e := range errs {
		if e.Default && (e.Found == "0" || e.Found == `""` || e.Found == nothing) {
			errs[i].Found, errs[i].Default = nothing, false
		}
	}
	return errs
}

// maxFileBytes is far above any experiment, and keeps a wrong path from filling
// the memory.
const maxFileBytes = 1 << 20

var errTooLarge = fmt.Errorf("more than %d bytes", maxFileBytes)

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = errTooLarge
	}
	return data, err
}

// isPath tells a path from the name of a built-in, which has no slash.
func isPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// setPlace begins the place of an assignment.
const setPlace = "--set "

// relative finds a path that was written at a place: from the folder of the
// file, or from the working directory if it came with --set.
func relative(path string, at strict.Position) string {
	if filepath.IsAbs(path) || strings.HasPrefix(at.File, setPlace) {
		return path
	}
	return filepath.Join(filepath.Dir(at.File), path)
}

// reason is an error of the file system without the path.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Dump writes the experiment fully resolved. The text depends on the values
// alone, not on the files that they came from.
func (x *Experiment) Dump() ([]byte, error) { return strict.Dump(x) }

// Annotated is Dump with the place where each value that is not a default was
// set.
func (x *Experiment) Annotated() ([]byte, error) {
	defaults := Default()
	return strict.DumpOrigins(x, &defaults, x.Origins)
}
