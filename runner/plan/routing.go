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

// traces are the routing of the step and of other tokens to profile.
type traces struct {
	run, profile *routing.Trace
	// origin says where they come from, for the report.
	origin string
}

func draw(x *config.Experiment) (traces, error) {
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

func collectBoth(source func(routing.Draw) (routing.Source, error), x *config.Experiment) (t traces, err error) {
	for _, one := range []struct {
		to     **routing.Trace
		stream uint64
	}{{&t.run, routing.RunStream}, {&t.profile, routing.ProfileStream}} {
		src, err := source(drawOf(x, one.stream))
		if err != nil {
			return t, err
		}
		if *one.to, err = routing.Collect(src); err != nil {
			return t, err
		}
	}
	return t, nil
}

func fromGenerator(x *config.Experiment) (traces, error) {
	t, err := collectBoth(func(d routing.Draw) (routing.Source, error) {
		return routing.NewSynthetic(x.Routing.Synthetic, x.Model.Experts, x.Model.TopK, d)
	}, x)
	if err != nil {
		return t, blame("routing.synthetic", err)
	}
	s := x.Routing.Synthetic
	t.origin = fmt.Sprintf("synthetic: %d topics, topic strength %g, bias sigma %g, seed %d; placement profiled on %d other tokens of the same generator", s.Topics, s.TopicStrength, s.BiasSigma, x.Seed, x.Routing.ProfileTokens)
	return t, nil
}

const (
	tablesKey = "routing.tables"
	traceKey  = "routing.trace"
)

func fromTables(x *config.Experiment) (traces, error) {
	tables, err := OpenTables(x.Routing.Tables)
	if err != nil {
		return traces{}, blame(tablesKey, err)
	}
	m := x.Model
	if tables.Experts != m.Experts || tables.TopK != m.TopK {
		return traces{}, blame(tablesKey, fmt.Errorf("found tables of %s, %d experts, top-%d (%s), want %d experts, top-%d, as model %s has",
			tables.Model, tables.Experts, tables.TopK, x.Routing.Tables, m.Experts, m.TopK, m.Name))
	}
	if last := slices.Max(tables.Recorded); last >= m.MoELayers() {
		return traces{}, blame(tablesKey, fmt.Errorf("found tables of %s with a layer %d (%s), want tables of a model with at most the %d MoE layers of %s",
			tables.Model, last, x.Routing.Tables, m.MoELayers(), m.Name))
	}
	t, err := collectBoth(func(d routing.Draw) (routing.Source, error) { return routing.NewTableSampler(tables, d) }, x)
	if err != nil {
		return t, blame(tablesKey, err)
	}
	var recorded []string
	for _, l := range tables.Recorded {
		recorded = append(recorded, fmt.Sprint(l))
	}
	t.origin = fmt.Sprintf("recorded tables of %s (%s), layers %s; other layers use the nearest recorded one under their own permutation of expert ids, seed %d; placement profiled on %d other tokens of the same tables", tables.Model, tables.Domain, strings.Join(recorded, ", "), x.Seed, x.Routing.ProfileTokens)
	return t, nil
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

// fromTrace takes the step's tokens from the start of a recorded trace, and
// the profile from the tokens after them.
func fromTrace(x *config.Experiment) (traces, error) {
	path, m := x.Routing.Trace, x.Model
	all, err := routing.ReadFile(path)
	if err != nil {
		return traces{}, blame(traceKey, err)
	}
	if all.Experts != m.Experts || all.TopK != m.TopK || len(all.Layers) != m.MoELayers() {
		return traces{}, blame(traceKey, fmt.Errorf("found a trace of %s, %d MoE layers of %d experts, top-%d (%s), want %d MoE layers of %d experts, top-%d, as model %s has",
			all.Model, len(all.Layers), all.Experts, all.TopK, path, m.MoELayers(), m.Experts, m.TopK, m.Name))
	}
	tokens := x.Workload.Tokens()
	if all.Tokens <= tokens {
		return traces{}, blame(traceKey, fmt.Errorf("found a trace of %d tokens (%s), want more than %d: the step takes %d, the placement is profiled on those after them",
			all.Tokens, path, tokens, tokens))
	}
	var t traces
	if t.run, err = all.Slice(routing.Range{From: 0, To: tokens}); err != nil {
		return t, err
	}
	end := min(all.Tokens, tokens+x.Routing.ProfileTokens)
	if t.profile, err = all.Slice(routing.Range{From: tokens, To: end}); err != nil {
		return t, err
	}
	t.origin = fmt.Sprintf("recorded trace %s of %s: the step takes its first %d tokens, the placement is profiled on the next %d", path, all.Model, tokens, end-tokens)
	return t, nil
}
