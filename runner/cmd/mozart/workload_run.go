package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
	"mozart/workloads/op"
)

func workloadFlag() cli.Flag {
	return &cli.StringFlag{Name: "workload", Usage: "run the program in `FILE` (mozart workload), or in a folder of Chakra traces; EXPERIMENT is not needed then, or gives hardware and fidelity"}
}

// planned is the plan of an experiment, or of --workload.
func (s *session) planned(ctx context.Context, c *cli.Context) (*plan.Plan, error) {
	file := c.String("workload")
	if file == "" {
		args, err := arguments(c, "EXPERIMENT")
		if err != nil {
			return nil, err
		}
		return s.plan(ctx, args[0], c.StringSlice("set"))
	}
	if c.NArg() > 1 {
		return nil, usage("run takes at most one EXPERIMENT with --workload, found %s", strings.Join(c.Args().Slice(), " "))
	}
	began := time.Now()
	f, err := s.readProgram(file)
	if err != nil {
		return nil, err
	}
	x, err := experimentOf(file, f, c.Args().First(), c.StringSlice("set"))
	if err != nil {
		return nil, err
	}
	f.About.Routing = fmt.Sprintf("%s; the program, with its placement, was read from %s", f.About.Routing, file)
	p, err := plan.FromProgram(x, f)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w while reading, nothing is written", file, run.ErrInterrupted)
	}
	s.log.Info().Str("experiment", x.Name).Str("workload", file).Dur("took_ms", time.Since(began)).Msg("read")
	return p, nil
}

// machineKeys are the keys of an experiment that do not go into its program.
var machineKeys = []string{"hardware", "fidelity", "allow_overflow"}

// experimentOf is the experiment that a program file has, on the hardware of another
// one if that is named.
func experimentOf(file string, f op.File, other string, set []string) (*config.Experiment, error) {
	text := f.About.Experiment
	switch {
	case text == "" && other == "":
		return nil, usage("%s has no experiment: want an EXPERIMENT beside --workload", file)
	case text == "":
		return config.Load(other, set)
	}
	for _, a := range set {
		key, _, _ := strings.Cut(a, ".")
		key, _, _ = strings.Cut(key, "=")
		if !slices.Contains(machineKeys, key) {
			return nil, usage("--set %s: the program is made already, want a key of %s", a, oneOf(machineKeys))
		}
	}
	if other == "" {
		return config.Parse(file, []byte(text), set)
	}
	x, err := config.Load(other, set)
	if err != nil {
		return nil, err
	}
	machine, err := x.Dump()
	if err != nil {
		return nil, err
	}
	merged, err := onMachine([]byte(text), machine, x.Name)
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s: %w", file, err)}
	}
	return config.Parse(file, merged, nil)
}

// onMachine takes the keys of the machine from another experiment, which goes into
// the name.
func onMachine(text, machine []byte, name string) ([]byte, error) {
	var program, other map[string]yaml.Node
	if err := yaml.Unmarshal(text, &program); err != nil {
		return nil, fmt.Errorf("its experiment: %w", err)
	}
	if err := yaml.Unmarshal(machine, &other); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", name, err)
	}
	for _, key := range machineKeys {
		program[key] = other[key]
	}
	own := program["name"]
	own.SetString(own.Value + "-on-" + name)
	program["name"] = own
	return yaml.Marshal(program)
}
