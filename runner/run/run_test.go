package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/report"
	"mozart/runner/run"
)

// made is the plan of tiny with assignments.
func made(t interface {
	Helper()
	Fatal(...any)
}, set ...string) *plan.Plan {
	t.Helper()
	return planned(t, "tiny", set...)
}

// planned is the plan of an experiment with assignments.
func planned(t interface {
	Helper()
	Fatal(...any)
}, name string, set ...string) *plan.Plan {
	t.Helper()
	x, err := config.Load(name, set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSameDigestHoweverItIsRun(t *testing.T) {
	want, err := run.Execute(t.Context(), made(t), run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, slice := range []int64{0, 1, 97, 4096, 1 << 40} {
		got, err := run.Execute(t.Context(), made(t), run.Options{SliceCycles: slice, Report: func(run.Progress) {}})
		if err != nil {
			t.Fatal(err)
		}
		host := cmpopts.IgnoreFields(report.Summary{}, "Engine")
		if d := cmp.Diff(want.Summary, got.Summary, host); d != "" {
			t.Errorf("slices of %d cycles: -want +got\n%s", slice, d)
		}
	}
}

func TestTwoRunsOfAPlanAreTheSame(t *testing.T) {
	p := made(t)
	var digests []string
	for range 2 {
		r, err := run.Execute(t.Context(), p, run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, r.Summary.Result.Digest)
	}
	if digests[0] != digests[1] {
		t.Error("the first run changed the plan")
	}
}

func TestDigestDependsOnSeedAndMachine(t *testing.T) {
	seen := map[string]string{}
	for _, set := range []string{"seed=1", "seed=2", "hardware.links.root.wires=17", "hardware.switch.latency=5 ns", "policy=baseline"} {
		r, err := run.Execute(t.Context(), made(t, set), run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[r.Summary.Result.Digest]; ok {
			t.Errorf("%s and %s have the same digest", set, other)
		}
		seen[r.Summary.Result.Digest] = set
	}
}

// Every op is done once, after it began, and every part of the summary agrees
// with the rows.
func TestResultAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := []string{
			"policy=" + rapid.SampledFrom([]string{"baseline", "mozart-a", "mozart-b", "mozart-c"}).Draw(t, "policy"),
			"seed=" + rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "seed"),
			"workload.sequence_length=" + rapid.StringMatching(`[1-9]`).Draw(t, "length"),
		}
		p := made(t, set...)
		r, err := run.Execute(context.Background(), p, run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != run.Done || r.Summary.Status != "done" {
			t.Errorf("status %q, %q", r.Status, r.Summary.Status)
		}
		ops := 0
		for _, d := range p.Program.Devices {
			ops += len(d.Ops)
		}
		if len(r.Ops) != ops {
			t.Errorf("%d rows for %d ops", len(r.Ops), ops)
		}
		last := int64(0)
		for _, o := range r.Ops {
			if o.StartCycle < 0 || o.EndCycle < o.StartCycle || o.StallCycles > o.EndCycle-o.StartCycle {
				t.Fatalf("%s op %d: from %d to %d, %d stalled", o.Component, o.ID, o.StartCycle, o.EndCycle, o.StallCycles)
			}
			last = max(last, o.EndCycle)
		}
		s := r.Summary
		if s.Result.StepCycles != last {
			t.Errorf("step of %d cycles, the last op ended at %d", s.Result.StepCycles, last)
		}
		exposed := 0.0
		for _, b := range s.Breakdown {
			exposed += b.ExposedS
		}
		if d := exposed - s.Result.StepSeconds; d > 1e-12 || d < -1e-12 {
			t.Errorf("exposed times add up to %g s of %g", exposed, s.Result.StepSeconds)
		}
		delivered := int64(0)
		for _, l := range r.Links {
			delivered += l.Bytes
			if l.Utilization < 0 || l.Utilization > 1 {
				t.Errorf("%s: utilization %g", l.Link, l.Utilization)
			}
		}
		if delivered != s.Conservation.BytesReceived {
			t.Errorf("links delivered %d bytes, the summary has %d", delivered, s.Conservation.BytesReceived)
		}
	})
}

// deadlock is one reduction entry that stalls, and four chiplets that send their
// tokens in different orders.
func deadlock() []string {
	return []string{
		"hardware.switch.reduction.entries=1", "hardware.switch.reduction.when_full=stall",
		"hardware.topology.groups=1", "hardware.topology.chiplets_per_group=4",
	}
}

func TestDeadlockNamesTheCycleOfWaits(t *testing.T) {
	r, err := run.Execute(t.Context(), made(t, deadlock()...), run.Options{})
	var e *run.DeadlockError
	if !errors.As(err, &e) {
		t.Fatalf("found %v, want a DeadlockError", err)
	}
	if len(e.Cycle) < 2 {
		t.Fatalf("cycle of waits: %v", e.Cycle)
	}
	for i, w := range e.Cycle {
		if next := e.Cycle[(i+1)%len(e.Cycle)]; w.To != next.From || w.Why == "" {
			t.Errorf("%+v is followed by %+v", w, next)
		}
	}
	for _, want := range []string{"Switch[0].Reducer", "Switch[0].Port[", "Attention: op "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the report lacks %q:\n%v", want, err)
		}
	}
	c := r.Summary.Conservation
	if r.Status != run.Failed || c.PartsIdle || c.OpsDone >= c.Ops || c.OpsDone == 0 || int64(len(r.Ops)) != c.OpsDone {
		t.Errorf("status %q, idle %v, %d of %d ops done, %d rows", r.Status, c.PartsIdle, c.OpsDone, c.Ops, len(r.Ops))
	}
}

func TestBrokenInvariantIsAnError(t *testing.T) {
	p := made(t)
	// The plan was made, and checked, for larger memories.
	p.Experiment.Hardware.ExpertChiplet.Tile.SRAMPerTile = 1000
	r, err := run.Execute(t.Context(), p, run.Options{})
	var e *run.PartError
	if !errors.As(err, &e) {
		t.Fatalf("found %v, want a PartError", err)
	}
	if !strings.HasPrefix(e.Text, "Expert[") || !strings.Contains(e.Text, "SRAM") {
		t.Errorf("text %q does not begin with the part", e.Text)
	}
	if e.Cycle <= 0 || !strings.Contains(e.Stack, "sram") {
		t.Errorf("cycle %d, stack %s", e.Cycle, e.Stack)
	}
	if r == nil || r.Status != run.Failed || r.Summary.Status != "failed" {
		t.Errorf("result %+v", r)
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	r, err := run.Execute(ctx, made(t), run.Options{SliceCycles: 1000, Report: func(at run.Progress) {
		if calls++; calls == 20 {
			cancel()
		}
	}})
	if !errors.Is(err, run.ErrInterrupted) || r.Status != run.Interrupted || r.Summary.Status != "interrupted" {
		t.Fatalf("%v, status %v", err, r.Status)
	}
	c := r.Summary.Conservation
	if c.OpsDone == 0 || c.OpsDone >= c.Ops || int64(len(r.Ops)) != c.OpsDone {
		t.Errorf("%d of %d ops done, %d rows", c.OpsDone, c.Ops, len(r.Ops))
	}
	if s := r.Summary.Result; s.StepCycles < 1000 || s.TokensPerS != 0 {
		t.Errorf("stopped at cycle %d, %g tokens/s", s.StepCycles, s.TokensPerS)
	}
	delivered := int64(0)
	for _, l := range r.Links {
		delivered += l.Bytes
	}
	if c.BytesReceived != delivered || c.BytesSent < delivered {
		t.Errorf("links delivered %d bytes, the summary has %d of %d", delivered, c.BytesReceived, c.BytesSent)
	}
	for _, o := range r.Ops {
		if o.EndCycle > r.Summary.Result.StepCycles {
			t.Errorf("op %d ended at %d, after the run", o.ID, o.EndCycle)
		}
	}
}

func TestInterruptBeforeTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := run.Execute(ctx, made(t), run.Options{})
	if !errors.Is(err, run.ErrInterrupted) || r.Status != run.Interrupted {
		t.Errorf("%v, %v", err, r.Status)
	}
}

func TestProgressGrows(t *testing.T) {
	var last run.Progress
	r, err := run.Execute(t.Context(), made(t), run.Options{SliceCycles: 5000, Report: func(at run.Progress) {
		if at.Cycle < last.Cycle || at.OpsDone < last.OpsDone || at.Ops <= 0 || at.OpsDone > at.Ops {
			t.Errorf("%+v after %+v", at, last)
		}
		last = at
	}})
	if err != nil {
		t.Fatal(err)
	}
	if last.OpsDone != last.Ops || last.Cycle < r.Summary.Result.StepCycles {
		t.Errorf("ended with %+v", last)
	}
}

func TestConfigHashIsThatOfTheValues(t *testing.T) {
	hash := func(name string, set ...string) string {
		x, err := config.Load(name, set)
		if err != nil {
			t.Fatal(err)
		}
		h, err := run.ConfigSHA256(x)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	plain := hash("tiny")
	if len(plain) != 64 {
		t.Errorf("hash %q", plain)
	}
	if hash("tiny", "seed=1") != plain {
		t.Error("writing a default changes the hash")
	}
	if hash("tiny", "seed=2") == plain {
		t.Error("the seed is not in the hash")
	}
}
