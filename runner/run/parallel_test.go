package run_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/interconnect/stats"
	"mozart/runner/plan"
	"mozart/runner/run"
)

// outcome is what must not depend on how a plan is run: the digest, and what links
// record.
type outcome struct {
	Digest   string
	Recorded recorded
}

func outcomeOf(t *testing.T, p *plan.Plan, o run.Options) outcome {
	t.Helper()
	o.Detail = stats.DetailFull
	r, err := run.Execute(t.Context(), p, o)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	e := r.Summary.Engine
	if want := map[bool]string{false: "serial", true: "parallel"}[o.Parallel]; e.Kind != want {
		t.Errorf("%+v ran on a %s engine", o, e.Kind)
	}
	if o.Parallel && (len(e.PerDomain) != e.Domains || e.Threads != min(o.Threads, e.Domains)) {
		t.Errorf("%+v: reported %+v", o, e)
	}
	return outcome{r.Summary.Result.Digest, recordedBy(r)}
}

// Digest and records are the serial engine's for any number of threads and processors.
func TestThreadsDoNotMatter(t *testing.T) {
	p := planned(t, "tiny")
	want := outcomeOf(t, p, run.Options{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs := 1; procs <= 8; procs++ {
		runtime.GOMAXPROCS(procs)
		for _, threads := range []int{1, 2, 3, 8} {
			// Slices are where all threads meet.
			for _, slice := range []int64{0, 10_000} {
				o := run.Options{Parallel: true, Threads: threads, SliceCycles: slice}
				if diff := cmp.Diff(want, outcomeOf(t, p, o)); diff != "" {
					t.Errorf("%+v on %d processors (-serial +got)\n%s", o, procs, diff)
				}
			}
		}
	}
}

// The same holds for the models of the paper, here with two layers.
func TestThreadsDoNotMatterForModels(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, name := range []string{"qwen3-baseline", "qwen3-mozart-c", "deepseek-moe-mozart-b"} {
		p := planned(t, name, "model.layers=2", "workload.sequences=8")
		want := outcomeOf(t, p, run.Options{})
		for _, threads := range []int{2, 5} {
			got := outcomeOf(t, p, run.Options{Parallel: true, Threads: threads})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s with %d threads (-serial +got)\n%s", name, threads, diff)
			}
		}
	}
}

// A run that is cut short leaves a partial result with any engine.
func TestInterruptInParallel(t *testing.T) {
	p := planned(t, "tiny")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := run.Execute(ctx, p, run.Options{Parallel: true, Threads: 2, SliceCycles: 100_000, Report: func(at run.Progress) {
		if at.OpsDone > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, run.ErrInterrupted) || r.Status != run.Interrupted || len(r.Ops) == 0 {
		t.Fatalf("status %v, %d ops, error %v", r.Status, len(r.Ops), err)
	}
	for _, o := range r.Ops {
		if o.EndCycle < 0 {
			t.Fatalf("an op that is not done is among the rows: %+v", o)
		}
	}
}
