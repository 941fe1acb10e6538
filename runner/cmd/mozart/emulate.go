package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// plan loads an experiment and makes its workload.
func (s *session) plan(name string, set []string) (*plan.Plan, error) {
	x, err := config.Load(name, set)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, err := plan.Make(x)
	if err != nil {
		return nil, err
	}
	ops := 0
	for _, d := range p.Program.Devices {
		ops += len(d.Ops)
	}
	s.log.Info().Str("experiment", x.Name).Int("ops", ops).Dur("took_ms", time.Since(began)).Msg("planned")
	return p, nil
}

// emulate runs a plan, with a progress bar unless it is nil. The first signal
// ends the emulation in good order, a second one the process.
func (s *session) emulate(ctx context.Context, p *plan.Plan, bar *progressbar.ProgressBar) (*run.Result, error) {
	options := run.Options{}
	if bar != nil {
		options.Report = func(at run.Progress) {
			bar.ChangeMax64(at.Ops)
			bar.Describe(fmt.Sprintf("%s at %.4f s emulated", p.Experiment.Name, float64(at.Cycle)/p.Experiment.Hardware.Clock.Hertz()))
			_ = bar.Set64(at.OpsDone) // a bar that cannot be drawn must not end the run
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	result, err := run.Execute(ctx, p, options)
	if bar != nil {
		_ = bar.Clear()
	}
	if broken := (*run.PartError)(nil); errors.As(err, &broken) {
		s.log.Debug().Str("stack", broken.Stack).Msg("broken invariant")
	}
	return result, err
}

func progressFlag() cli.Flag {
	return &cli.StringFlag{Name: "progress", Value: "auto", Usage: "progress bar on stderr: auto (on a terminal), on or off"}
}

// progressBar returns nil if none is wanted.
func (s *session) progressBar(mode string) (*progressbar.ProgressBar, error) {
	switch mode {
	case "off":
		return nil, nil
	case "auto":
		if !isTerminal(s.stderr) {
			return nil, nil
		}
	case "on":
	default:
		return nil, usage("--progress: found %q, want auto, on or off", mode)
	}
	return progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(s.stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("ops"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth(),
	), nil
}

// printMarshaled prints a value that has a JSON text of its own.
func (s *session) printMarshaled(v interface{ Marshal() ([]byte, error) }) error {
	data, err := v.Marshal()
	if err != nil {
		return err
	}
	_, err = s.stdout.Write(data)
	return err
}

// printJSON prints a value as indented JSON.
func (s *session) printJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return s.printf("%s\n", data)
}
