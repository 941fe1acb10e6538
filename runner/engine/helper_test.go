package engine_test

import (
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

func newSerial(t testing.TB, freq sim.Freq) *engine.Serial {
	e, err := engine.NewSerial(freq)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wakeFunc is a part that does one thing when woken.
type wakeFunc func(now int64)

// Wake implements port.Sleeper.
func (f wakeFunc) Wake(_ *port.Alarm, now int64) { f(now) }

// wakeAt schedules f as a wake-up.
func wakeAt(e sim.Engine, freq sim.Freq, cycle int64, f wakeFunc) {
	port.NewAlarm(port.NewClock(e, freq), f, 0).Set(cycle)
}

// call is an event like those of stock components, with a function as handler.
type call struct {
	time      sim.VTimeInSec
	secondary bool
	do        func() error
}

// Time implements sim.Event.
func (c *call) Time() sim.VTimeInSec { return c.time }

// IsSecondary implements sim.Event.
func (c *call) IsSecondary() bool { return c.secondary }

// Handler implements sim.Event.
func (c *call) Handler() sim.Handler { return c }

// Handle implements sim.Handler.
func (c *call) Handle(sim.Event) error { return c.do() }
