package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// endless returns an engine that never runs out of events.
func endless(t *testing.T) *engine.Serial {
	e := newSerial(t, sim.GHz)
	port.NewAlarm(port.NewClock(e, sim.GHz), hopper{3}, 0).Set(0)
	return e
}

// wait receives with a deadline, so that a lost wake-up fails instead of hanging.
func wait(t *testing.T, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("still running")
		return nil
	}
}

func start(e *engine.Serial) <-chan error {
	done := make(chan error, 1)
	go func() { done <- e.Run() }()
	return done
}

// awaitEvents returns when the engine has shown more than n events.
func awaitEvents(t *testing.T, e *engine.Serial, n uint64) uint64 {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, events := e.Progress(); events > n {
			return events
		}
	}
	t.Fatal("no progress")
	return 0
}

func TestStopFromAnotherGoroutine(t *testing.T) {
	e := endless(t)
	done := start(e)
	awaitEvents(t, e, 0)
	e.Stop()
	if err := wait(t, done); !errors.Is(err, engine.ErrStopped) {
		t.Fatalf("Run = %v", err)
	}
	cycle, events := e.Progress()
	if cycle != e.CurrentCycle() || events != e.Events() {
		t.Errorf("Progress says cycle %d, %d events; the engine %d, %d", cycle, events, e.CurrentCycle(), e.Events())
	}
	// The stop is used up, and the engine goes on where it was.
	if err := e.RunUntil(e.CurrentCycle() + 6); !errors.Is(err, engine.ErrLimit) || e.Events() != events+2 {
		t.Errorf("RunUntil = %v after %d more events", err, e.Events()-events)
	}
}

func TestStopBeforeRunEndsIt(t *testing.T) {
	e := endless(t)
	e.Stop()
	if err := e.Run(); !errors.Is(err, engine.ErrStopped) || e.Events() != 0 {
		t.Errorf("Run = %v after %d events", err, e.Events())
	}
}

func TestPauseHoldsTheEngine(t *testing.T) {
	e := endless(t)
	done := start(e)
	seen := awaitEvents(t, e, 0)
	for range 3 {
		e.Pause()
		e.Pause() // no more than one pause at a time
		events := e.Events()
		time.Sleep(time.Millisecond)
		if now := e.Events(); now != events {
			t.Fatalf("%d events handled in a pause", now-events)
		}
		e.Continue()
		e.Continue()
		seen = awaitEvents(t, e, max(seen, events))
	}
	if err := e.Run(); !errors.Is(err, engine.ErrRunning) {
		t.Errorf("second Run = %v", err)
	}
	e.Pause()
	e.Stop()
	if err := wait(t, done); !errors.Is(err, engine.ErrStopped) {
		t.Errorf("Run stopped in a pause = %v", err)
	}
	// The pause outlasts the stop.
	events := e.Events()
	done = start(e)
	time.Sleep(time.Millisecond)
	e.Stop()
	if err := wait(t, done); !errors.Is(err, engine.ErrStopped) || e.Events() != events {
		t.Errorf("Run in a pause = %v after %d events", err, e.Events()-events)
	}
}

func TestPauseBeforeRunHoldsIt(t *testing.T) {
	e := newSerial(t, sim.GHz)
	ran := false
	wakeAt(e, sim.GHz, 1, func(int64) { ran = true })
	e.Pause()
	done := start(e)
	select {
	case err := <-done:
		t.Fatalf("Run = %v in a pause", err)
	case <-time.After(5 * time.Millisecond):
	}
	e.Continue()
	if err := wait(t, done); err != nil || !ran {
		t.Errorf("Run = %v, event ran: %v", err, ran)
	}
}
