package port_test

import (
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// message is the smallest thing that travels.
type message struct {
	sim.MsgMeta
	vc, bytes, number int
}

// Meta implements sim.Msg.
func (m *message) Meta() *sim.MsgMeta { return &m.MsgMeta }

// Clone implements sim.Msg.
func (m *message) Clone() sim.Msg { c := *m; return &c }

// VC implements port.Message.
func (m *message) VC() int { return m.vc }

// SizeBytes implements port.Message.
func (m *message) SizeBytes() int { return m.bytes }

// owner counts what its ports tell it.
type owner struct {
	*sim.ComponentBase
	received, freed int
}

func newOwner() *owner { return &owner{ComponentBase: sim.NewComponentBase("Owner")} }

// Handle implements sim.Handler.
func (o *owner) Handle(sim.Event) error { return nil }

// NotifyRecv implements sim.Component.
func (o *owner) NotifyRecv(sim.Port) { o.received++ }

// NotifyPortFree implements sim.Component.
func (o *owner) NotifyPortFree(sim.Port) { o.freed++ }

// credit is what a wire hears when room becomes free.
type credit struct {
	vc, bytes int
	cycle     int64
}

// wire is a connection that records what its port tells it.
type wire struct {
	sim.HookableBase
	ready   []int
	credits []credit
}

// Name implements sim.Named.
func (*wire) Name() string { return "Wire" }

// PlugIn implements sim.Connection.
func (*wire) PlugIn(sim.Port) {}

// Unplug implements sim.Connection.
func (*wire) Unplug(sim.Port) {}

// NotifyAvailable implements sim.Connection.
func (*wire) NotifyAvailable(sim.Port) {}

// NotifySend implements sim.Connection.
func (*wire) NotifySend() {}

// SendReady implements port.Connection.
func (w *wire) SendReady(_ *port.Port, vc int, first bool) {
	if first {
		w.ready = append(w.ready, vc)
	}
}

// Offer implements port.Connection: what is sent waits in the port.
func (*wire) Offer(*port.Port, port.Message, func()) bool { return false }

// CreditFreed implements port.Connection.
func (w *wire) CreditFreed(_ *port.Port, vc, bytes int, cycle int64) {
	w.credits = append(w.credits, credit{vc, bytes, cycle})
}

type tb interface {
	Helper()
	Fatal(args ...any)
}

// plugged is a port with an owner and a wire.
func plugged(t tb, spec port.Spec) (*port.Port, *owner, *wire) {
	t.Helper()
	o, w := newOwner(), &wire{}
	p, err := port.New(o, "Owner.Port", 7, spec)
	if err != nil {
		t.Fatal(err)
	}
	p.SetConnection(w)
	return p, o, w
}

const hz = 1 * sim.GHz

// engines are those that alarms have to work on.
func engines(t testing.TB) map[string]sim.Engine {
	t.Helper()
	ours, err := newSerial()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]sim.Engine{"mozart": ours, "akita": sim.NewSerialEngine()}
}

func newSerial() (*engine.Serial, error) { return engine.NewSerial(hz) }
