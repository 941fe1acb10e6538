package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"mozart/runner/config"
	"mozart/runner/record"
	"mozart/runner/report"
	"mozart/runner/run"
)

func (s *session) compareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "speedup, C_T and breakdown of several runs against the first",
		ArgsUsage: "DIR|EXPERIMENT...",
		Description: "A run folder is read; an experiment is emulated, without writing a folder. A built-in\n" +
			"name is the experiment even if there is a folder of that name: write ./NAME for the folder.\n" +
			"--set overrides keys of every experiment.\n\n" +
			"Example: mozart compare olmoe-baseline olmoe-mozart-a olmoe-mozart-b olmoe-mozart-c",
		Flags:        []cli.Flag{setFlag(), jsonFlag(), progressFlag()},
		Action:       s.compare,
		BashComplete: completeExperiments,
	}
}

func (s *session) compare(c *cli.Context) error {
	if c.NArg() < 1 {
		return usage("compare takes DIR|EXPERIMENT..., found nothing")
	}
	bar, err := s.progressBar(c.String("progress"))
	if err != nil {
		return err
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	var runs []report.Named
	for _, name := range c.Args().Slice() {
		summary, err := s.summaryOf(ctx, c, name, bar)
		if err != nil {
			return err
		}
		runs = append(runs, report.Named{Name: name, Summary: summary})
	}
	comparison := report.Compare(runs)
	if c.Bool("json") {
		return s.printMarshaled(comparison)
	}
	return comparison.Write(s.stdout, s.style)
}

// summaryOf reads a run folder or emulates an experiment.
func (s *session) summaryOf(ctx context.Context, c *cli.Context, name string, bar *progressbar.ProgressBar) (*report.Summary, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() && !slices.Contains(config.Names(), name) {
		return readSummary(name)
	}
	p, err := s.plan(ctx, name, c.StringSlice("set"))
	if err != nil {
		return nil, err
	}
	result, err := s.emulate(ctx, p, bar, run.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.log.Info().Str("experiment", name).Float64("step_s", result.Summary.Result.StepSeconds).Float64("wall_s", result.Summary.Engine.WallS).Msg("emulated")
	return &result.Summary, nil
}

// readSummary reads the summary of a finished run.
func readSummary(dir string) (*report.Summary, error) {
	path := filepath.Join(dir, record.SummaryFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("%s: not a run folder: %w", dir, err)
	}
	var summary report.Summary
	if err := json.Unmarshal(data, &summary); err != nil {
		return nil, usage("%s: %w", path, err)
	}
	switch {
	case summary.Schema != report.SummarySchema:
		return nil, usage("%s: schema %q, want %s", path, summary.Schema, report.SummarySchema)
	case summary.Status != string(run.Done):
		return nil, usage("%s: the run is %s, want %s", path, summary.Status, run.Done)
	case summary.Result.StepSeconds <= 0:
		return nil, usage("%s: step_seconds is %g, want more than 0", path, summary.Result.StepSeconds)
	}
	return &summary, nil
}
