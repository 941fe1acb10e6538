package main

import (
	"fmt"
	"slices"

	"mozart/configs"
	"mozart/workloads/model"
	"mozart/workloads/routing"
)

// twice is routing to fit a placement on, and other routing to judge it by.
type twice struct {
	profile, measured *routing.Trace
	origin            string
}

// drawTwice reads or draws what --routing names; a trace has its own tokens.
func drawTwice(name string, m model.Spec, tokens int, seed uint64) (twice, error) {
	switch {
	case name == "":
		return twice{}, usage("--routing is missing: want a file, %s", oneOf(routingNames()))
	case slices.Contains(routing.SyntheticPresets(), name):
		spec, err := routing.SyntheticPreset(name)
		if err != nil {
			return twice{}, err
		}
		source, err := generate(spec, m)
		if err != nil {
			return twice{}, err
		}
		return source.twice(m, tokens, seed)
	case slices.Contains(configs.TableNames(), name):
		return sampleTwice(name, m, tokens, seed)
	case !isPath(name):
		return twice{}, unknown("routing", name, routingNames())
	}
	tables, err := isGzip(name)
	if err != nil {
		return twice{}, usage("--routing: %w", err)
	}
	if tables {
		return sampleTwice(name, m, tokens, seed)
	}
	return halves(name, m)
}

func sampleTwice(tables string, m model.Spec, tokens int, seed uint64) (twice, error) {
	source, err := sampleTables(tables, m)
	if err != nil {
		return twice{}, err
	}
	return source.twice(m, tokens, seed)
}

// twice draws from two independent streams.
func (t tokenSource) twice(m model.Spec, tokens int, seed uint64) (twice, error) {
	d := routing.Draw{Model: m.Name, Layers: m.MoELayers(), Sequences: []int{tokens}, Seed: seed}
	traces := make([]*routing.Trace, 2)
	for i, stream := range []uint64{routing.ProfileStream, routing.RunStream} {
		d.Stream = stream
		source, err := t.draw(d)
		if err != nil {
			return twice{}, usage("--routing: %w", err)
		}
		if traces[i], err = routing.Collect(source); err != nil {
			return twice{}, err
		}
	}
	origin := fmt.Sprintf("%s, seed %d: fitted on %d tokens, C_T measured on %d others", t.from, seed, tokens, tokens)
	return twice{traces[0], traces[1], origin}, nil
}

// halves splits a trace.
func halves(path string, m model.Spec) (twice, error) {
	all, err := routing.ReadFile(path)
	if err != nil {
		return twice{}, usage("%w", err)
	}
	if all.Experts != m.Experts || all.TopK != m.TopK || len(all.Layers) != m.MoELayers() {
		return twice{}, usage("--routing: %s is of %s with %d MoE layers, %d experts, top-%d; model %s has %d, %d, top-%d",
			path, all.Model, len(all.Layers), all.Experts, all.TopK, m.Name, m.MoELayers(), m.Experts, m.TopK)
	}
	if all.Tokens < 2 {
		return twice{}, usage("--routing: %s has %d tokens, want 2 or more: half to fit, half to measure", path, all.Tokens)
	}
	half := all.Tokens / 2
	profile, err := all.Slice(routing.Range{From: 0, To: half})
	if err != nil {
		return twice{}, err
	}
	measured, err := all.Slice(routing.Range{From: half, To: all.Tokens})
	if err != nil {
		return twice{}, err
	}
	origin := fmt.Sprintf("trace %s: fitted on the first %d tokens, C_T measured on the other %d", path, half, all.Tokens-half)
	return twice{profile, measured, origin}, nil
}

// testedOn judges by other routing: by what would be measured if that were the routing,
// so that the two differ in nothing but what they are fitted on.
func (t twice) testedOn(name string, m model.Spec, tokens int, seed uint64) (twice, error) {
	other, err := drawTwice(name, m, tokens, seed)
	if err != nil {
		return twice{}, fmt.Errorf("--test %s: %w", name, err)
	}
	t.measured = other.measured
	t.origin = fmt.Sprintf("fitted on: %s\njudged by: %s", t.origin, other.origin)
	return t, nil
}
