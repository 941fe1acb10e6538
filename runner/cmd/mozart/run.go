package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"mozart/interconnect/stats"
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
			setFlag(), jsonFlag(), workloadFlag(),
			&cli.StringFlag{Name: "out", Usage: "write the run to `DIR` (default runs/EXPERIMENT-HASH)"},
			&cli.StringFlag{Name: "engine", Usage: "event `ENGINE`: " + oneOf(runEngines) + "; the result is the same (default serial, with --threads above 1 parallel)"},
			&cli.IntFlag{Name: "threads", Usage: "threads of the parallel engine", DefaultText: "one for each processor"},
			&cli.StringFlag{Name: "link-detail", Value: defaultDetail.String(), Usage: "how much links and switches record: `DETAIL` " + oneOf(stats.DetailNames()) + "; the result is the same"},
			&cli.IntFlag{Name: "thermal", Usage: "write thermal/, a floorplan with the power of every block in at most `N` slots of time, for 3D-ICE"},
			progressFlag(),
		},
		Action:       s.run,
		BashComplete: completeExperiments,
	}
}

func (s *session) run(c *cli.Context) error {
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
	p, err := s.planned(ctx, c)
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

// defaultDetail is the most that costs a step next to nothing.
const defaultDetail = stats.DetailQueues

// engineOptions reads --engine, --threads, --link-detail and --thermal.
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
	slots := c.Int("thermal")
	if slots < 0 || c.IsSet("thermal") && slots == 0 || slots > maxSlots {
		return run.Options{}, usage("--thermal: found %d, want 1 to %d", slots, maxSlots)
	}
	detail, err := stats.ParseDetail(c.String("link-detail"))
	if err != nil {
		return run.Options{}, unknown("link detail", c.String("link-detail"), stats.DetailNames())
	}
	return run.Options{Parallel: kind == "parallel", Threads: threads, Detail: detail, PowerSlots: slots}, nil
}

// maxSlots bounds the files for a thermal simulation.
const maxSlots = 100_000

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
		record.WriteParquet(dir.Path("link_windows.parquet"), r.LinkWindows.Rows(r.Links)),
		record.WriteParquet(dir.Path("resources.parquet"), slices.Values(r.Resources)),
		record.WriteParquet(dir.Path("ops.parquet"), slices.Values(r.Ops)),
		writeThermal(dir, r.Power, p.Experiment.Hardware.Thermal),
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
