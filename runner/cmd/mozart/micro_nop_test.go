package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An interrupted curve prints the points that it has, the last one cut short.
func TestInterruptedCurvePrintsWhatItHas(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("mozart", "micro", "nop", "--injectors", "1", "--rates", "0.0001,0.9", "--cycles", "50000000", "--json")
	stderr := &watched{text: "measured", seen: make(chan struct{})}
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended unless the test failed
	select {
	case <-stderr.seen:
	case <-time.After(time.Minute):
		t.Fatalf("no point within a minute: %s", stderr.String())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("ended with %v, want exit code %d: %s", err, exitInterrupted, stderr.String())
	}
	var curve nopCurve
	if err := json.Unmarshal(stdout.Bytes(), &curve); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if !curve.Interrupted || len(curve.Points) != 2 {
		t.Fatalf("interrupted %v with %d points", curve.Interrupted, len(curve.Points))
	}
	whole, part := curve.Points[0], curve.Points[1]
	if whole.Interrupted || whole.MeasureCycles != 50_000_000 || !part.Interrupted || part.MeasureCycles >= whole.MeasureCycles {
		t.Errorf("the first point is %+v, the second %+v", whole, part)
	}
}

// Rates of a range are the numbers that one would write down, its end included.
func TestRateRange(t *testing.T) {
	never := func() error { return errors.New("refused") }
	for _, tc := range []struct {
		from, to, step string
		want           []float64
	}{
		{"0.1", "0.5", "0.1", []float64{0.1, 0.2, 0.3, 0.4, 0.5}},
		{"0.02", "0.1", "0.03", []float64{0.02, 0.05, 0.08}},
		{"0.3", "0.3", "1", []float64{0.3}},
		{"1e-3", "3e-3", "1e-3", []float64{0.001, 0.002, 0.003}},
	} {
		got, err := rateRange([]string{tc.from, tc.to, tc.step}, never)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s:%s:%s: error %v (-want +got):\n%s", tc.from, tc.to, tc.step, err, diff)
		}
	}
	for _, bad := range [][]string{{"0.1", "0.5", ""}, {"0.1", "0.5", "0"}, {"0.5", "0.1", "0.1"}, {"0", "1", "1e-9"}, {"NaN", "1", "0.1"}, {"0", "Inf", "0.1"}} {
		if got, err := rateRange(bad, never); err == nil {
			t.Errorf("%v: %d rates", bad, len(got))
		}
	}
}

func TestInjectorLists(t *testing.T) {
	for text, want := range map[string][]int{
		"": nil, "all": {0, 1, 2, 3, 4}, "root": {0}, "leaves": {1, 2, 3, 4}, "3": {3}, "1,3-4": {1, 3, 4},
	} {
		got, err := injectors(text, 5)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: error %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"leaf", "5", "3-1", "1-5", "-1", "1,,2", "1-2-3"} {
		if got, err := injectors(text, 5); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
