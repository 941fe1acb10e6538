package run_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/interconnect/stats"
	"mozart/runner/record"
	"mozart/runner/run"
)

// recorded is what links record, of which nothing is in the digest.
type recorded struct {
	Links   []record.LinkRow
	Windows record.LinkWindows
}

func recordedBy(r *run.Result) recorded { return recorded{r.Links, r.LinkWindows} }

// TestDetailChangesNoResult: the digest is that of a run that records next to nothing,
// and what is recorded at each detail is 0 below it.
func TestDetailChangesNoResult(t *testing.T) {
	p := planned(t, "tiny")
	results := map[stats.Detail]*run.Result{}
	for _, d := range []stats.Detail{stats.DetailBasic, stats.DetailQueues, stats.DetailFull} {
		r, err := run.Execute(t.Context(), p, run.Options{Detail: d})
		if err != nil {
			t.Fatal(err)
		}
		results[d] = r
		if got, want := r.Summary.Result.Digest, results[stats.DetailBasic].Summary.Result.Digest; got != want {
			t.Errorf("%v: digest %s, want %s", d, got, want)
		}
	}
	full := recordedBy(results[stats.DetailFull])
	waited, stayed := int64(0), 0.0
	for i := range full.Links {
		r := &full.Links[i]
		waited += r.QueueWaitMaxCycles
		stayed += r.BufferMeanBytes
		r.BufferMeanBytes, r.BufferP99Bytes, r.BufferMaxBytes = 0, 0, 0
		r.InputWaitMeanCycles, r.InputWaitP99Cycles, r.InputWaitMaxCycles = 0, 0, 0
		r.InputFullStallCycles, r.InputArbitrationStallCycles = 0, 0
	}
	if waited == 0 || stayed == 0 {
		t.Errorf("queues waited %d cycles, buffers held %g bytes", waited, stayed)
	}
	if diff := cmp.Diff(recordedBy(results[stats.DetailQueues]), full); diff != "" {
		t.Errorf("queues alone (-want +got)\n%s", diff)
	}
	for i := range full.Links {
		r := &full.Links[i]
		r.ArbitrationStallCycles = 0
		r.QueueMean, r.QueueP99, r.QueueMax = 0, 0, 0
		r.QueueWaitMeanCycles, r.QueueWaitP99Cycles, r.QueueWaitMaxCycles = 0, 0, 0
	}
	if diff := cmp.Diff(recordedBy(results[stats.DetailBasic]), full); diff != "" {
		t.Errorf("basic (-want +got)\n%s", diff)
	}
}

// TestLinkRowsAddUp: windows have the bytes of their row and no more than the wires
// carry, and the mean queue is packets per cycle times the mean wait.
func TestLinkRowsAddUp(t *testing.T) {
	p := planned(t, "tiny")
	r, err := run.Execute(t.Context(), p, run.Options{Detail: stats.DetailFull})
	if err != nil {
		t.Fatal(err)
	}
	step := float64(r.Summary.Result.StepCycles)
	sums := map[string]int64{}
	for w := range r.LinkWindows.Rows(r.Links) {
		sums[w.Link+w.From+w.Class] += w.Bytes
		if w.StartCycle%w.Cycles != 0 || w.Cycles != r.LinkWindows.Cycles || w.Bytes < 1 {
			t.Fatalf("window %+v", w)
		}
	}
	carried := map[string]float64{}
	for _, l := range r.Links {
		if got := sums[l.Link+l.From+l.Class]; got != l.Bytes {
			t.Errorf("%s from %s, %s: windows of %d bytes, %d in all", l.Link, l.From, l.Class, got, l.Bytes)
		}
		if want := float64(l.Packets) * l.QueueWaitMeanCycles / step; math.Abs(l.QueueMean-want) > 1e-9*want {
			t.Errorf("%s from %s, %s: queue of %g, want %g", l.Link, l.From, l.Class, l.QueueMean, want)
		}
		if l.QueueP99 > l.QueueMax || l.BufferP99Bytes > l.BufferMaxBytes || l.InputWaitP99Cycles > l.InputWaitMaxCycles || l.QueueWaitP99Cycles > l.QueueWaitMaxCycles {
			t.Errorf("a quantile above the maximum: %+v", l)
		}
		carried[l.Link+l.From] += l.Utilization
	}
	for name, u := range carried {
		if u > 1 {
			t.Errorf("%s: utilization %g", name, u)
		}
	}
}
