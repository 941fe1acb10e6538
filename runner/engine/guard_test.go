//go:build invariants

package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// intruder is a part of one domain that sets the alarm of another one.
type intruder struct {
	name   string
	victim *port.Alarm
}

// Name implements sim.Named.
func (i *intruder) Name() string { return i.name }

// Wake implements port.Sleeper.
func (i *intruder) Wake(_ *port.Alarm, now int64) {
	if i.victim != nil {
		i.victim.Set(now + 5)
	}
}

// A part that touches a part of another domain is found out, with both names.
func TestTouchingAnotherDomainPanics(t *testing.T) {
	p, err := engine.NewParallel(1*sim.GHz, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	sleeper := &intruder{name: "Sleeper"}
	victim := port.NewAlarm(port.NewClock(p.Domain(1), 1*sim.GHz), sleeper, 0)
	alarm := port.NewAlarm(port.NewClock(p.Domain(0), 1*sim.GHz), &intruder{"Intruder", victim}, 0)
	alarm.Set(3)
	victim.Set(100)
	var panicked *engine.PanicError
	if err := p.Run(); !errors.As(err, &panicked) {
		t.Fatalf("error %v", err)
	}
	if text := panicked.Error(); !strings.Contains(text, "Sleeper of domain 1 touched by domain 0") || panicked.Cycle != 3 {
		t.Errorf("error %q at cycle %d", text, panicked.Cycle)
	}
}
