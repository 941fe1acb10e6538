// Command costplot measures how the cost of an emulation grows with the work. It
// emulates steps that double in sequences, in layers and in expert chiplets, and
// writes the measurements (cost.csv) and a picture of them (cost.svg).
//
// It is a tool for whoever works on the emulator: `make cost` refreshes docs/. The
// numbers are wall time, so they belong to a machine and its load; each is the least
// of several rounds, and every round goes through all steps in turn.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"mozart/runner/report"
)

func main() {
	err := execute(os.Args[1:], os.Stdout, os.Stderr, sweeps())
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "costplot:", err)
		os.Exit(1)
	}
}

// execute is main with everything it touches as an argument.
func execute(args []string, stdout, stderr io.Writer, list []sweep) error {
	flags := flag.NewFlagSet("costplot", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "docs", "write cost.csv and cost.svg to this `folder`")
	rounds := flags.Int("rounds", 3, "measure every step this many `times`")
	atLeast := flags.Duration("for", 500*time.Millisecond, "repeat a short step for this `long` in every round")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return fmt.Errorf("want no arguments and at least 1 round, found %q and %d", flags.Args(), *rounds)
	}
	steps, err := prepare(list)
	if err != nil {
		return err
	}
	for i := range *rounds {
		fmt.Fprintf(stderr, "round %d of %d\n", i+1, *rounds)
		for _, s := range steps {
			if err := s.measure(context.Background(), *atLeast); err != nil {
				return err
			}
		}
	}
	rows := results(steps)
	if err := table(rows).Write(stdout, report.Style{}); err != nil {
		return err
	}
	return errors.Join(
		writeCSV(filepath.Join(*out, "cost.csv"), rows),
		writePlot(filepath.Join(*out, "cost.svg"), rows),
	)
}
