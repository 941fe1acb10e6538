package run_test

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/run"
)

// TestFlitStep runs whole steps at both levels of the network: all conservation checks
// hold, a second run gives the same digest, and the step takes as long within 5%.
func TestFlitStep(t *testing.T) {
	for _, assignments := range [][]string{
		nil,
		{"schedule.dispatch=per-group"},
		{"schedule.combine=root"},
		{"hardware.topology.levels=[2]", "schedule.dispatch=per-group"},
		{"hardware.switch.reduction.entries=2"},
		{"hardware.flit.vc_buffer=2"},
		{"hardware.flit.vcs=2", "hardware.flit.switch_allocator=islip:2", "hardware.flit.input_speedup=2"},
	} {
		packet, err := run.Execute(context.Background(), planOf(t, "tiny", assignments...), run.Options{})
		if err != nil {
			t.Fatalf("%v, packet: %v", assignments, err)
		}
		digest := ""
		for range 2 {
			flit, err := run.Execute(context.Background(), planOf(t, "tiny", append(assignments, "fidelity.nop=flit")...), run.Options{})
			if err != nil {
				t.Fatalf("%v, flit: %v", assignments, err)
			}
			if digest != "" && flit.Summary.Result.Digest != digest {
				t.Errorf("%v: two runs differ", assignments)
			}
			digest = flit.Summary.Result.Digest
			bytes := int64(0)
			for _, l := range flit.Links {
				bytes += l.Bytes
			}
			if c := flit.Summary.Conservation; c.BytesSent != bytes || c.BytesReceived != bytes {
				t.Errorf("%v: links have %d bytes, the summary %d sent and %d received", assignments, bytes, c.BytesSent, c.BytesReceived)
			}
			off := float64(flit.Summary.Result.StepCycles)/float64(packet.Summary.Result.StepCycles) - 1
			t.Logf("%v: packet %d cycles, flit %d, %+.2f%%", assignments, packet.Summary.Result.StepCycles, flit.Summary.Result.StepCycles, 100*off)
			if math.Abs(off) > 0.05 {
				t.Errorf("%v: off by %+.2f%%, want at most 5%%", assignments, 100*off)
			}
		}
	}
}

// everything is what a run leaves, but for how the host did it.
type everything struct {
	Digest    string
	Links     any
	Resources any
	Ops       any
}

// At flit fidelity, too, the outcome is the serial engine's for any number of threads and
// processors, down to every counter, on trees and on other networks.
func TestFlitThreadsDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i, assignments := range [][]string{
		nil,
		{"hardware.topology.levels=[2]", "schedule.dispatch=per-group"},
		{"hardware.topology.kind=mesh", "schedule.combine=chiplet"},
	} {
		p := planOf(t, "tiny", append(assignments, "fidelity.nop=flit")...)
		of := func(o run.Options) everything {
			t.Helper()
			r, err := run.Execute(t.Context(), p, o)
			if err != nil {
				t.Fatalf("%v, %+v: %v", assignments, o, err)
			}
			if e := r.Summary.Engine; o.Parallel && (e.Kind != "parallel" || len(e.PerDomain) != e.Domains || e.Threads != min(o.Threads, e.Domains)) {
				t.Errorf("%v, %+v: reported %+v", assignments, o, e)
			}
			return everything{r.Summary.Result.Digest, r.Links, r.Resources, r.Ops}
		}
		if i > 0 && testing.Short() {
			break
		}
		want := of(run.Options{})
		for k, procs := range []int{1, 2, 4, 8} {
			runtime.GOMAXPROCS(procs)
			threads := []int{1, 2, 3, 8}[(i+k)%4]
			for _, o := range []run.Options{{Parallel: true, Threads: threads}, {Parallel: true, Threads: threads, SliceCycles: 10_000}} {
				if d := cmp.Diff(want, of(o)); d != "" {
					t.Fatalf("%v: %+v on %d processors (-serial +parallel):\n%s", assignments, o, procs, d)
				}
			}
		}
	}
}
