package plan

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mozart/configs"
	"mozart/runner/config"
	"mozart/workloads/routing"
)

// drawn is the routing of the step, and the profile of other tokens.
type drawn struct {
	run      *routing.Trace
	profiles []routing.Profile
	// origin says where they come from, for the report.
	origin string
}

func draw(x *config.Experiment) (drawn, error) {
	switch x.Routing.Source {
	case "tables":
		return fromTables(x)
	case "trace":
		return fromTrace(x)
	default:
		return fromGenerator(x)
	}
}

// drawOf describes the tokens of the step, or of the profiling run.
func drawOf(x *config.Experiment, stream uint64) routing.Draw {
	d := routing.Draw{
		Model: x.Model.Name, Layers: x.Model.MoELayers(), Seed: x.Seed, Stream: stream,
		Sequences: routing.EqualSequences(x.Workload.Sequences, x.Workload.SequenceLength),
	}
	if stream == routing.ProfileStream {
		d.Sequences = []int{x.Routing.ProfileTokens}
	}
	return d
}

// drawBoth takes the two from two streams of a generator.
func drawBoth(run, profile routing.Source) (d drawn, err error) {
	if d.run, err = routing.Collect(run); err != nil {
		return d, err
	}
	d.profiles, err = routing.NewCursor(profile).Profile(profile.Header().Tokens)
	return d, err
}

func fromGenerator(x *config.Experiment) (drawn, error) {
	run, err := routing.NewSynthetic(x.Routing.Synthetic, x.Model.Experts, x.Model.TopK, drawOf(x, routing.RunStream))
	if err != nil {
		return drawn{}, blame("routing.synthetic", err)
	}
	profile, err := run.Other(drawOf(x, routing.ProfileStream))
	if err != nil {
		return drawn{}, blame("routing.synthetic", err)
	}
	d, err := drawBoth(run, profile)
	s := x.Routing.Synthetic
	d.origin = fmt.Sprintf("synthetic: %d topics, topic strength %g, bias sigma %g, seed %d; placement profiled on %d other tokens of the same generator", s.Topics, s.TopicStrength, s.BiasSigma, x.Seed, x.Routing.ProfileTokens)
	return d, err
}

const (
	tablesKey = "routing.tables"
	traceKey  = "routing.trace"
)

func fromTables(x *config.Experiment) (drawn, error) {
	tables, err := OpenTables(x.Routing.Tables)
	if err != nil {
		return drawn{}, blame(tablesKey, err)
	}
	m := x.Model
	if tables.Experts != m.Experts || tables.TopK != m.TopK {
		return drawn{}, blame(tablesKey, fmt.Errorf("found tables of %s, %d experts, top-%d (%s), want %d experts, top-%d, as model %s has",
			tables.Model, tables.Experts, tables.TopK, x.Routing.Tables, m.Experts, m.TopK, m.Name))
	}
	if last := slices.Max(tables.Recorded); last >= m.MoELayers() {
		return drawn{}, blame(tablesKey, fmt.Errorf("found tables of %s with a layer %d (%s), want tables of a model with at most the %d MoE layers of %s",
			tables.Model, last, x.Routing.Tables, m.MoELayers(), m.Name))
	}
	run, err := routing.NewTableSampler(tables, drawOf(x, routing.RunStream))
	if err != nil {
		return drawn{}, blame(tablesKey, err)
	}
	profile, err := routing.NewTableSampler(tables, drawOf(x, routing.ProfileStream))
	if err != nil {
		return drawn{}, blame(tablesKey, err)
	}
	d, err := drawBoth(run, profile)
	var recorded []string
	for _, l := range tables.Recorded {
		recorded = append(recorded, fmt.Sprint(l))
	}
	d.origin = fmt.Sprintf("recorded tables of %s (%s), layers %s; other layers use the nearest recorded one under their own permutation of expert ids, seed %d; placement profiled on %d other tokens of the same tables", tables.Model, tables.Domain, strings.Join(recorded, ", "), x.Seed, x.Routing.ProfileTokens)
	return d, err
}

// OpenTables reads built-in tables or a file. Errors name the file.
func OpenTables(name string) (*routing.Tables, error) {
	var in io.ReadCloser
	var err error
	if slices.Contains(configs.TableNames(), name) {
		in, err = configs.OpenTables(name)
	} else {
		in, err = os.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; built-in tables are %s", err, strings.Join(configs.TableNames(), ", "))
	}
	defer in.Close()
	tables, err := routing.UnpackTables(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return tables, nil
}

// fromTrace takes the step's tokens from the start of a recorded trace, and the
// profile from the tokens after them. What follows those is not read.
func fromTrace(x *config.Experiment) (drawn, error) {
	path := x.Routing.Trace
	file, err := os.Open(path)
	if err != nil {
		return drawn{}, blame(traceKey, err)
	}
	defer file.Close()
	in, err := routing.NewReader(file)
	if err != nil {
		return drawn{}, blame(traceKey, fmt.Errorf("%s: %w", path, err))
	}
	h := in.Header()
	if err := checkTrace(x, h); err != nil {
		return drawn{}, blame(traceKey, err)
	}
	var d drawn
	tokens := x.Workload.Tokens()
	profiled := min(h.Tokens-tokens, x.Routing.ProfileTokens)
	cursor := routing.NewCursor(in)
	if d.run, err = cursor.Collect(tokens); err == nil {
		d.profiles, err = cursor.Profile(profiled)
	}
	if err != nil {
		return drawn{}, blame(traceKey, fmt.Errorf("%s: %w", path, err))
	}
	d.origin = fmt.Sprintf("recorded trace %s of %s: the step takes its first %d tokens, the placement is profiled on the next %d", path, h.Model, tokens, profiled)
	return d, nil
}

// checkTrace reports a trace that is not of the experiment's model, or too short.
func checkTrace(x *config.Experiment, h routing.Header) error {
	path, m, tokens := x.Routing.Trace, x.Model, x.Workload.Tokens()
	if h.Experts != m.Experts || h.TopK != m.TopK || h.Layers != m.MoELayers() {
		return fmt.Errorf("found a trace of %s, %d MoE layers of %d experts, top-%d (%s), want %d MoE layers of %d experts, top-%d, as model %s has",
			h.Model, h.Layers, h.Experts, h.TopK, path, m.MoELayers(), m.Experts, m.TopK, m.Name)
	}
	if h.Tokens <= tokens {
		return fmt.Errorf("found a trace of %d tokens (%s), want more than %d: the step takes %d, the placement is profiled on those after them",
			h.Tokens, path, tokens, tokens)
	}
	return nil
}
