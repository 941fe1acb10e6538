package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"syscall"
	"time"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// step is a planned point of a sweep and what has been measured of it.
type step struct {
	plan *plan.Plan
	row
}

// row is the measurement of one step.
type row struct {
	Sweep, Unit string
	Size        int
	// Hops is the number of packets that links deliver, Events that of events.
	Hops, Events int64
	// PlanSeconds is the wall time of the plan, which is made once.
	PlanSeconds float64
	// WallSeconds and CPUSeconds are the least of all rounds for an emulation, the
	// building of the system included. On a machine that has other work to do, the
	// time on the processor is nearer to what an idle one would need.
	WallSeconds, CPUSeconds float64
}

// wallPerHop and cpuPerHop are the time of a packet-hop in nanoseconds.
func (r row) wallPerHop() float64 { return r.WallSeconds * 1e9 / float64(r.Hops) }
func (r row) cpuPerHop() float64  { return r.CPUSeconds * 1e9 / float64(r.Hops) }

// prepare plans every point.
func prepare(list []sweep) ([]*step, error) {
	var steps []*step
	for _, s := range list {
		for _, p := range s.points {
			began := time.Now()
			x, err := config.Load(p.experiment, p.assignments)
			if err != nil {
				return nil, fmt.Errorf("%s %d: %w", s.unit, p.size, err)
			}
			made, err := plan.Make(x)
			if err != nil {
				return nil, fmt.Errorf("%s %d: %w", s.unit, p.size, err)
			}
			steps = append(steps, &step{plan: made, row: row{
				Sweep: s.name, Unit: s.unit, Size: p.size,
				PlanSeconds: time.Since(began).Seconds(), WallSeconds: math.Inf(1), CPUSeconds: math.Inf(1),
			}})
		}
	}
	return steps, nil
}

// measure emulates the step, again and again until it has taken so long, and keeps the
// times that are the least so far.
func (s *step) measure(ctx context.Context, atLeast time.Duration) error {
	for began := time.Now(); ; {
		if err := s.once(ctx); err != nil {
			return fmt.Errorf("%s %d: %w", s.Unit, s.Size, err)
		}
		if time.Since(began) >= atLeast {
			return nil
		}
	}
}

func (s *step) once(ctx context.Context) error {
	runtime.GC() // of what others have left
	began, used := time.Now(), cpuTime()
	r, err := run.Execute(ctx, s.plan, run.Options{})
	wall, cpu := time.Since(began).Seconds(), (cpuTime() - used).Seconds()
	if err != nil {
		return err
	}
	s.WallSeconds, s.CPUSeconds = min(s.WallSeconds, wall), min(s.CPUSeconds, cpu)
	s.Hops, s.Events = 0, int64(r.Summary.Engine.Events)
	for _, l := range r.Links {
		s.Hops += l.Packets
	}
	return nil
}

// cpuTime is the processor time of this program so far, or 0 where the system does
// not tell.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func results(steps []*step) []row {
	var rows []row
	for _, s := range steps {
		rows = append(rows, s.row)
	}
	return rows
}
