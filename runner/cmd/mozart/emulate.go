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

// secondSignalAfter is for how long after a signal further ones are taken as
// the same: timeout(1), for one, signals a process and then its group.
const secondSignalAfter = time.Second

// interruptible returns a context that ends with the first signal, and what
// undoes that. A second signal, a while later, ends the process.
func (s *session) interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			s.log.Warn().Msg("interrupted: finishing in good order; a second signal ends at once")
			cancel()
			time.Sleep(secondSignalAfter)
			signal.Stop(signals)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// plan loads an experiment and makes its workload. An interrupt takes effect
// when that is done.
func (s *session) plan(ctx context.Context, name string, set []string) (*plan.Plan, error) {
	x, err := config.Load(name, set)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, err := plan.Make(x)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w while planning, nothing is written", name, run.ErrInterrupted)
	}
	ops := 0
	for _, d := range p.Program.Devices {
		ops += len(d.Ops)
	}
	s.log.Info().Str("experiment", x.Name).Int("ops", ops).Dur("took_ms", time.Since(began)).Msg("planned")
	return p, nil
}

// emulate runs a plan, with a progress bar unless it is nil.
func (s *session) emulate(ctx context.Context, p *plan.Plan, bar *progressbar.ProgressBar, options run.Options) (*run.Result, error) {
	if bar != nil {
		options.Report = func(at run.Progress) {
			bar.ChangeMax64(at.Ops)
			bar.Describe(fmt.Sprintf("%s at %.4f s emulated", p.Experiment.Name, float64(at.Cycle)/p.Experiment.Hardware.Clock.Hertz()))
			_ = bar.Set64(at.OpsDone) // a bar that cannot be drawn must not end the run
		}
	}
	result, err := run.Execute(ctx, p, options)
	if bar != nil {
		_ = bar.Clear()
	}
	if result != nil {
		result.Summary.Program = version()
		if options.Parallel && result.Summary.Engine.Kind == "serial" {
			s.log.Warn().Int("domains", result.Summary.Engine.Domains).Msg("serial engine: only NoP-Trees of several groups run in parallel, at flit fidelity all networks whose engine domains meet at switches")
		}
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
