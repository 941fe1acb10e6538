package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/configs"
	"mozart/runner/config/strict"
	"mozart/runner/plan"
	"mozart/workloads/model"
	"mozart/workloads/routing"
)

// isPath tells a path from a misspelled name of a built-in.
func isPath(name string) bool {
	_, err := os.Stat(name)
	return err == nil || strings.ContainsAny(name, `/\.`)
}

func modelFlag(value string) cli.Flag {
	return &cli.StringFlag{Name: "model", Value: value, Usage: "`MODEL`: a built-in name or a YAML file"}
}

// modelNamed reads a built-in model or a model file.
func modelNamed(name string) (model.Spec, error) {
	spec := model.DefaultSpec()
	file, data, err := configs.Read(configs.Models, name)
	switch {
	case name == "":
		return spec, usage("--model is missing: want the path of a YAML file, %s", oneOf(configs.Names(configs.Models)))
	case err != nil && !isPath(name):
		return spec, unknown("model", name, configs.Names(configs.Models))
	case err != nil:
		file = name
		if data, err = os.ReadFile(name); err != nil {
			return spec, usage("--model: %w", err)
		}
	}
	tree, errs := strict.Parse(file, data)
	errs = append(errs, strict.Decode(tree, &spec)...)
	if len(errs) > 0 {
		return spec, errs.Err()
	}
	for _, e := range spec.Validate() {
		errs = append(errs, strict.Error{Position: tree.At(""), Found: "a model whose " + e.Error()})
	}
	return spec, errs.Err()
}

// tablesNamed reads built-in routing tables or a file of packed ones.
func tablesNamed(name string) (*routing.Tables, error) {
	tables, err := plan.OpenTables(name)
	if err != nil {
		return nil, usage("--routing: %w", err)
	}
	return tables, nil
}

// tokenSource draws tokens of a model.
type tokenSource struct {
	// from says what they are drawn from, for the reader of a result.
	from string
	draw func(routing.Draw) (routing.Source, error)
}

// sampleTables draws from recorded tables.
func sampleTables(name string, m model.Spec) (tokenSource, error) {
	tables, err := tablesNamed(name)
	if err != nil {
		return tokenSource{}, err
	}
	if tables.Experts != m.Experts || tables.TopK != m.TopK {
		return tokenSource{}, usage("--routing: tables %s are of %s with %d experts, top-%d; model %s has %d, top-%d",
			name, tables.Model, tables.Experts, tables.TopK, m.Name, m.Experts, m.TopK)
	}
	return tokenSource{
		from: fmt.Sprintf("recorded tables of %s (%s)", tables.Model, tables.Domain),
		draw: func(d routing.Draw) (routing.Source, error) { return routing.NewTableSampler(tables, d) },
	}, nil
}

// generate draws from the synthetic family.
func generate(spec routing.SyntheticSpec, m model.Spec) (tokenSource, error) {
	if err := spec.Validate(); err != nil {
		return tokenSource{}, usage("synthetic routing: %w", err)
	}
	return tokenSource{
		from: spec.String(),
		draw: func(d routing.Draw) (routing.Source, error) {
			return routing.NewSynthetic(spec, m.Experts, m.TopK, d)
		},
	}, nil
}

// routingNames are the built-in routings that tokens can be drawn from.
func routingNames() []string { return slices.Concat(routing.SyntheticPresets(), configs.TableNames()) }

// isGzip tells packed tables, which are compressed, from a trace, which is not.
func isGzip(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var magic [2]byte
	n, err := io.ReadFull(f, magic[:])
	if err != nil && n == 0 {
		return false, nil // an empty file is for the reader of traces to refuse
	}
	return magic == [2]byte{0x1f, 0x8b}, nil
}

// atLeast checks a flag that counts something.
func atLeast(c *cli.Context, least int, names ...string) error {
	for _, n := range names {
		if v := c.Int(n); v < least || v > maxTokens {
			return usage("--%s: found %d, want %d to %d", n, v, least, maxTokens)
		}
	}
	return nil
}

// maxTokens bounds what one command holds in memory.
const maxTokens = 1 << 24

// outputFile reports whether a file cannot be written where a flag wants it, so that
// nothing is worked out in vain.
func outputFile(flag, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage("--%s: found the folder %s, want a file", flag, path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return usage("--%s: found %s, want a file in a folder that exists", flag, path)
	}
	return nil
}

// chipletsOf is the number of chiplets to place the experts of a trace on, one each if
// there are fewer than the default.
func chipletsOf(c *cli.Context, experts int) int {
	chiplets := c.Int("chiplets")
	if !c.IsSet("chiplets") {
		return min(chiplets, experts)
	}
	return chiplets
}
