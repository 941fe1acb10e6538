package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/runner/plan"
	"mozart/runner/record"
	"mozart/runner/report"
	"mozart/runner/run"
)

func (s *session) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "emulate one training step and write a run folder",
		ArgsUsage: "EXPERIMENT",
		Description: "EXPERIMENT is a YAML file or a built-in name (mozart config list). The folder appears\n" +
			"complete or not at all; an earlier run in its place is replaced. Ctrl-C ends the step and\n" +
			"writes what is finished, marked interrupted.\n\n" +
			"Example: mozart run olmoe-mozart-c --set hardware.links.root.wires=58 --out runs/wide",
		Flags: []cli.Flag{
			setFlag(), jsonFlag(),
			&cli.StringFlag{Name: "out", Usage: "write the run to `DIR` (default runs/EXPERIMENT-HASH)"},
			&cli.StringFlag{Name: "engine", Usage: "event `ENGINE`: " + oneOf(runEngines) + "; the result is the same (default serial, with --threads above 1 parallel)"},
			&cli.IntFlag{Name: "threads", Usage: "threads of the parallel engine", DefaultText: "one for each processor"},
			progressFlag(),
		},
		Action:       s.run,
		BashComplete: completeExperiments,
	}
}

func (s *session) run(c *cli.Context) error {
	args, err := arguments(c, "EXPERIMENT")
	if err != nil {
		return err
	}
	options, err := engineOptions(c)
	if err != nil {
		return err
	}
	bar, err := s.progressBar(c.String("progress"))
	if err != nil {
		return err
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	p, err := s.plan(ctx, args[0], c.StringSlice("set"))
	if err != nil {
		return err
	}
	out, err := outFolder(p, c.String("out"))
	if err != nil {
		return err
	}
	result, runErr := s.emulate(ctx, p, bar, options)
	if result == nil {
		return runErr
	}
	target, err := write(p, result, out)
	if err == nil {
		s.log.Info().Str("dir", target).Str("status", string(result.Status)).Msg("written")
		err = s.show(result, c.Bool("json"))
	}
	return errors.Join(runErr, err)
}

var runEngines = []string{"serial", "parallel"}

// engineOptions reads --engine and --threads.
func engineOptions(c *cli.Context) (run.Options, error) {
	kind, threads := c.String("engine"), c.Int("threads")
	if kind == "" {
		kind = "serial"
		if threads > 1 {
			kind = "parallel"
		}
	}
	switch {
	case !slices.Contains(runEngines, kind):
		return run.Options{}, unknown("engine", kind, runEngines)
	case threads < 0 || c.IsSet("threads") && threads == 0:
		return run.Options{}, usage("--threads: found %d, want at least 1", threads)
	case kind == "serial" && threads > 1:
		return run.Options{}, usage("--threads: found %d, want 1 with --engine serial", threads)
	}
	return run.Options{Parallel: kind == "parallel", Threads: threads}, nil
}

// outFolder is where the run will be. It finds out now, not after the run,
// whether a folder can be made there.
func outFolder(p *plan.Plan, out string) (string, error) {
	if out == "" {
		hash, err := run.ConfigSHA256(p.Experiment)
		if err != nil {
			return "", err
		}
		const digits = 12
		out = filepath.Join("runs", p.Experiment.Name+"-"+hash[:digits])
	}
	dir, err := record.NewDir(out)
	if err != nil {
		return "", &inputError{err}
	}
	return out, dir.Abort()
}

// write makes the run folder and returns where it is.
func write(p *plan.Plan, r *run.Result, out string) (string, error) {
	dir, err := record.NewDir(out)
	if err != nil {
		return "", err
	}
	defer func() { _ = dir.Abort() }() // nothing is left to do after Commit
	resolved, err := p.Experiment.Annotated()
	if err != nil {
		return "", err
	}
	summary, err := r.Summary.Marshal()
	if err != nil {
		return "", err
	}
	err = errors.Join(
		record.WriteFile(dir.Path("config.yaml"), resolved),
		record.WriteParquet(dir.Path("links.parquet"), slices.Values(r.Links)),
		record.WriteParquet(dir.Path("resources.parquet"), slices.Values(r.Resources)),
		record.WriteParquet(dir.Path("ops.parquet"), slices.Values(r.Ops)),
		record.WriteFile(dir.Path(record.SummaryFile), summary),
	)
	if err != nil {
		return "", err
	}
	return dir.Target(), dir.Commit()
}

// show prints the result, of a failed run too.
func (s *session) show(r *run.Result, asJSON bool) error {
	if !asJSON {
		return report.WriteRun(s.stdout, &r.Summary, r.Links, s.style)
	}
	return s.printMarshaled(&r.Summary)
}
