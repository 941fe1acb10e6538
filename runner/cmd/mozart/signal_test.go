package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mozart/runner/record"
	"mozart/runner/report"
)

// watched keeps what is written to it and tells when a text has come.
type watched struct {
	mu   sync.Mutex
	all  []byte
	text string
	seen chan struct{}
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, p...)
	if w.text != "" && bytes.Contains(w.all, []byte(w.text)) {
		w.text = ""
		close(w.seen)
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.all)
}

// start runs the program and returns once its emulation is under way.
func start(t *testing.T, args ...string) (*exec.Cmd, *watched) {
	t.Helper()
	cmd := exec.Command("mozart", append(args, "--progress", "on")...)
	stderr := &watched{text: "emulated", seen: make(chan struct{})}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended unless the test failed
	select {
	case <-stderr.seen:
	case <-time.After(time.Minute):
		t.Fatalf("no progress within a minute: %s", stderr.String())
	}
	return cmd, stderr
}

func summaryIn(t *testing.T, dir string) report.Summary {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	var s report.Summary
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInterruptWritesWhatIsFinished(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	cmd, stderr := start(t, "run", "olmoe-mozart-c", "--out", dir)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("ended with %v, want exit code %d: %s", err, exitInterrupted, stderr.String())
	}
	if !strings.HasSuffix(stderr.String(), "mozart: interrupted\n") {
		t.Errorf("stderr: %s", stderr.String())
	}
	s := summaryIn(t, dir)
	if s.Status != "interrupted" || s.Conservation.OpsDone >= s.Conservation.Ops || s.Result.StepCycles <= 0 {
		t.Errorf("status %q, %d of %d ops in %d cycles", s.Status, s.Conservation.OpsDone, s.Conservation.Ops, s.Result.StepCycles)
	}
	ops, err := record.ReadParquet[record.OpRow](filepath.Join(dir, "ops.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ops {
		if o.EndCycle < o.StartCycle || o.EndCycle > s.Result.StepCycles {
			t.Fatalf("op %d of %s from %d to %d in a run of %d cycles", o.ID, o.Component, o.StartCycle, o.EndCycle, s.Result.StepCycles)
		}
	}
	if int64(len(ops)) != s.Conservation.OpsDone {
		t.Errorf("%d rows of ops, %d ops done", len(ops), s.Conservation.OpsDone)
	}
}

func TestInterruptedCompareSaysSo(t *testing.T) {
	t.Parallel()
	cmd, stderr := start(t, "compare", "olmoe-mozart-c", "tiny")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("ended with %v, want exit code %d: %s", err, exitInterrupted, stderr.String())
	}
	if !strings.HasSuffix(stderr.String(), "mozart: olmoe-mozart-c: interrupted\n") {
		t.Errorf("stderr: %s", stderr.String())
	}
}

func TestKillLeavesTheEarlierRun(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	if out, err := exec.Command("mozart", "run", "tiny", "--out", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before := summaryIn(t, dir)
	cmd, _ := start(t, "run", "olmoe-mozart-c", "--out", dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("ended with %v", err)
	}
	if after := summaryIn(t, dir); after.Result.Digest != before.Result.Digest {
		t.Errorf("the earlier run is gone")
	}
}

// Whenever the program is killed, its folder is complete or not there.
func TestKilledAtAnyTimeTheFolderIsWhole(t *testing.T) {
	t.Parallel()
	const times = 16
	began := time.Now()
	if out, err := exec.Command("mozart", "run", "tiny", "--out", filepath.Join(t.TempDir(), "run")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	step := time.Since(began) * 5 / 4 / times
	whole := 0
	for i := range times {
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command("mozart", "run", "tiny", "--out", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * step)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		whole++
		if s := summaryIn(t, dir); s.Status != "done" {
			t.Errorf("killed after %v: status %q", time.Duration(i)*step, s.Status)
		}
		for _, name := range []string{"links.parquet", "resources.parquet", "ops.parquet", "config.yaml"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				t.Errorf("killed after %v: %s: %v", time.Duration(i)*step, name, err)
			}
		}
	}
	t.Logf("%d of %d runs had written their folder", whole, times)
}
