package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"mozart/interconnect/stats"
	"mozart/runner/build"
	"mozart/runner/engine"
	"mozart/runner/floorplan"
	"mozart/runner/plan"
	"mozart/runner/record"
	"mozart/runner/report"
)

// Status says how a run ended.
type Status string

// The ways to end.
const (
	Done        Status = "done"
	Interrupted Status = "interrupted"
	Failed      Status = "failed"
)

// Progress is how far a run has come.
type Progress struct {
	OpsDone, Ops int64
	// Cycle is the emulated time.
	Cycle int64
}

// Options say how to run; the zero value runs serially and silently.
type Options struct {
	// Parallel runs every domain of the system on an engine of its own, on at most
	// Threads threads; 0 is one for each processor. A system that is not
	// build.Divisible runs serially all the same.
	Parallel bool
	Threads  int
	// Report, if set, is called now and then from the running goroutine.
	Report func(Progress)
	// Detail says how much links and routers record; nothing of it changes the result.
	Detail stats.Detail
	// PowerSlots, if above 0, asks for the power of every block of the package in at most
	// so many slots of time.
	PowerSlots int
	// SliceCycles is how many cycles are emulated between two calls of Report and
	// two looks at the context; 0 is a default that costs nothing.
	SliceCycles int64
}

// Result is what a run leaves.
type Result struct {
	Status  Status
	Summary report.Summary
	Links   []record.LinkRow
	// LinkWindows goes by Links.
	LinkWindows record.LinkWindows
	Resources   []record.ResourceRow
	Ops         []record.OpRow
	// Power is nil unless asked for.
	Power *floorplan.Trace
}

// ErrInterrupted is returned beside a partial Result when the context ends.
var ErrInterrupted = errors.New("interrupted")

// PartError is a broken invariant of a part.
type PartError struct {
	// Text starts with the part's name; Cycle is when it happened.
	Text  string
	Cycle int64
	// Stack is where in the program, for whoever has to repair it.
	Stack string
}

// Error implements error.
func (e *PartError) Error() string {
	return fmt.Sprintf("broken invariant at cycle %d: %s", e.Cycle, e.Text)
}

// ConservationError is a run that ended but does not add up.
type ConservationError struct{ Violations []string }

// Error implements error.
func (e *ConservationError) Error() string {
	return "conservation checks failed: " + strings.Join(e.Violations, "; ")
}

const defaultSlice = 2_000_000

// Execute emulates one training step. The result is never nil unless the system
// cannot be built: with an error it holds what had finished by then.
func Execute(ctx context.Context, p *plan.Plan, o Options) (*Result, error) {
	hash, err := ConfigSHA256(p.Experiment)
	if err != nil {
		return nil, err
	}
	eng, system, err := assemble(p, o)
	if err != nil {
		return nil, err
	}
	system.Record(o.Detail)
	began := time.Now()
	system.Start()
	runErr := drain(ctx, eng, system, o)
	system.Settle()
	if runErr == nil {
		runErr = checkDrained(system)
	}
	c := collector{plan: p, hash: hash, system: system, engine: eng, wall: time.Since(began)}
	result, err := c.finish(runErr)
	if o.PowerSlots > 0 {
		err = errors.Join(err, c.trace(result, o.PowerSlots))
	}
	return result, err
}

// finish collects the result; a run that came to its end still fails if it does
// not add up.
func (c *collector) finish(runErr error) (*Result, error) {
	result := c.collect(statusOf(runErr))
	if err := c.account(result); err != nil {
		return result, errors.Join(runErr, err)
	}
	if v := result.Summary.Conservation.Violations; runErr == nil && len(v) > 0 {
		runErr = &ConservationError{v}
		result.Status = Failed
		result.Summary.Status = string(Failed)
	}
	return result, runErr
}

func statusOf(err error) Status {
	switch {
	case err == nil:
		return Done
	case errors.Is(err, ErrInterrupted):
		return Interrupted
	default:
		return Failed
	}
}

// drain runs the engine slice by slice until no event is left.
func drain(ctx context.Context, eng machine, system *build.System, o Options) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PartError{Text: fmt.Sprint(r), Cycle: eng.CurrentCycle(), Stack: string(debug.Stack())}
		}
		var panicked *engine.PanicError
		if errors.As(err, &panicked) {
			err = &PartError{Text: fmt.Sprint(panicked.Value), Cycle: panicked.Cycle, Stack: string(panicked.Stack)}
		}
	}()
	// A context that has ended already would race with a short run.
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	stop := context.AfterFunc(ctx, eng.Stop)
	defer stop()
	slice := o.SliceCycles
	if slice <= 0 {
		slice = defaultSlice
		if eng.Threads() > 1 {
			slice *= 10 // the threads meet at every limit
		}
	}
	for limit := slice; ; limit = max(limit, eng.CurrentCycle()) + slice {
		err := eng.RunUntil(limit)
		if o.Report != nil {
			o.Report(progress(system, eng.CurrentCycle()))
		}
		switch {
		case ctx.Err() != nil && err != nil:
			return ErrInterrupted
		case err == nil:
			return nil
		case !errors.Is(err, engine.ErrLimit):
			return err
		}
	}
}

func progress(s *build.System, cycle int64) Progress {
	p := Progress{Cycle: cycle}
	for _, c := range s.Chiplets {
		done, total := c.Done()
		p.OpsDone += int64(done)
		p.Ops += int64(total)
	}
	return p
}
