package tile

import (
	"fmt"

	"mozart/configs/units"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"

	"github.com/sarchlab/akita/v4/sim"
)

// ctrlDepth is the number of ops that may wait in the control port, and of
// answers that may wait in it for room.
const ctrlDepth = 16

// phase is where the current op is.
type phase uint8

const (
	free     phase = iota
	filling        // the first operands are on their way
	running        // arrays and SRAM work
	folding        // likewise, fold by fold
	draining       // the last fold leaves the arrays
	adding         // the vector unit adds partial sums
	ending         // the last bytes move
	leaving        // the answer has no room yet
)

// work is the current op.
type work struct {
	cmd   *wire.Compute
	est   Estimate
	begin int64 // cycle the op started
	ran   int64 // cycle its first operands were there
	// due is the cycle at which arrays and the busiest tile's port are done, or those of
	// the phase, known once the op runs.
	due int64
	// port is what of its stalls was for the port of the busiest tile.
	port  int64
	folds folds
}

// Comp is the tile array of a chiplet, with the ports Ctrl and SRAM.
type Comp struct {
	*sim.ComponentBase

	ctrl, mem *port.Port
	alarm     *port.Alarm
	timing    *Timing

	phase  phase
	cur    work
	flight flight

	stepping, again bool // see step
	stats           Stats
}

// New makes a tile array with the ports name+".Ctrl" and name+".SRAM". The link
// at the latter leads to the SRAM: accesses carry no destination.
func New(name string, engine sim.Engine, freq sim.Freq, spec Spec) (*Comp, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	timing, err := NewTiming(spec, units.Frequency(freq))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Comp{ComponentBase: sim.NewComponentBase(name), timing: timing}
	c.ctrl, err = port.New(c, name+".Ctrl", 0, port.Spec{VCs: 1, InBytes: ctrlDepth, OutMessages: ctrlDepth})
	if err != nil {
		return nil, err
	}
	c.mem, err = port.New(c, name+".SRAM", 1, port.Spec{VCs: 1, InBytes: maxFlight, OutMessages: maxFlight})
	if err != nil {
		return nil, err
	}
	c.AddPort("Ctrl", c.ctrl)
	c.AddPort("SRAM", c.mem)
	c.alarm = port.NewAlarm(port.NewClock(engine, freq), c, 0)
	return c, nil
}

// Ctrl is the sequencer's port: wire.Compute in, the same with Reply out.
func (c *Comp) Ctrl() *port.Port { return c.ctrl }

// SRAM is the port to the SRAM: wire.Access out, the same with Reply in.
func (c *Comp) SRAM() *port.Port { return c.mem }

// Timing is the closed-form part, for who wants to know an op's time ahead.
func (c *Comp) Timing() *Timing { return c.timing }

// NotifyRecv implements sim.Component.
func (c *Comp) NotifyRecv(sim.Port) { c.step(c.alarm.Now()) }

// NotifyPortFree implements sim.Component.
func (c *Comp) NotifyPortFree(sim.Port) { c.step(c.alarm.Now()) }

// Wake implements port.Sleeper.
func (c *Comp) Wake(_ *port.Alarm, now int64) { c.step(now) }

// Handle implements sim.Handler. The array's only events are its alarm's.
func (c *Comp) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", c.Name(), e)
}

// step does everything that is due, the end of an op before the start of the
// next. A port may call back in the middle of it; such a call only asks for
// another round, so that nothing is done out of order.
func (c *Comp) step(now int64) {
	if c.stepping {
		c.again = true
		return
	}
	c.stepping, c.again = true, true
	for c.again {
		c.again = false
		c.collect(now)
		if c.phase == filling && c.flight.len == 0 {
			c.run(now)
		}
		if c.phase == running && c.flight.len == 0 && now >= c.cur.due {
			c.end(now)
		}
		c.proceed(now)
		if c.phase == leaving {
			c.reply()
		}
		if c.phase == free {
			c.begin(now)
		}
	}
	c.stepping = false
	if c.phase != free && c.cur.due > now {
		c.alarm.Set(c.cur.due)
	}
}

// collect takes the SRAM's answers.
func (c *Comp) collect(now int64) {
	for {
		m := c.mem.TakeIn(0, now)
		if m == nil {
			return
		}
		a, ok := m.(*wire.Access)
		if !ok || !a.Reply || c.flight.len == 0 {
			panic(fmt.Sprintf("%s: an unexpected %T from the SRAM", c.Name(), m))
		}
		c.cur.folds.answered(c.flight.land())
	}
}

// begin starts the next op and asks for the operands that fill the arrays.
func (c *Comp) begin(now int64) {
	m := c.ctrl.TakeIn(0, now)
	if m == nil {
		return
	}
	cmd, ok := m.(*wire.Compute)
	if !ok || cmd.Reply {
		panic(fmt.Sprintf("%s: %T is not a command", c.Name(), m))
	}
	c.cur = work{cmd: cmd, est: c.estimate(cmd), begin: now}
	c.phase = filling
	c.again = true
	c.access(other, c.cur.est.FillBytes, false)
}

func (c *Comp) estimate(cmd *wire.Compute) Estimate {
	switch cmd.Unit {
	case wire.UnitMatrix:
		return c.timing.Gemm(cmd.M, cmd.K, cmd.N, cmd.Count)
	case wire.UnitVector:
		return c.timing.Vector(cmd.Elements, cmd.OpsPerElement, cmd.StreamBytes)
	}
	panic(fmt.Sprintf("%s: op %d asks for unit %d", c.Name(), cmd.Op, cmd.Unit))
}

// run starts the arrays and asks for the rest of the bytes, or for those of the first
// folds.
func (c *Comp) run(now int64) {
	e := &c.cur.est
	c.cur.ran = now
	if c.timing.spec.Fidelity == FoldByFold && c.cur.cmd.Unit == wire.UnitMatrix && e.FLOPs > 0 {
		c.fold(now)
		return
	}
	c.phase = running
	c.cur.due = max(now+e.Cycles, c.cur.begin+e.PortCycles)
	c.cur.port = max(0, c.cur.due-now-e.Cycles)
	c.access(other, e.ReadBytes-e.FillBytes, false)
	c.access(other, e.WriteBytes, true)
}

// access asks the SRAM to move bytes, if there are any, and says whether there are.
// The port has room for all that an op has under way.
func (c *Comp) access(of purpose, bytes int64, write bool) bool {
	if bytes == 0 {
		return false
	}
	a := c.flight.leave(of)
	*a = wire.Access{Op: c.cur.cmd.Op, Bytes: bytes, Write: write}
	if err := c.mem.Send(a); err != nil {
		panic(fmt.Sprintf("%s: no room for an access of op %d", c.Name(), a.Op))
	}
	return true
}

// end closes the books of the op.
func (c *Comp) end(now int64) {
	w := &c.cur
	c.phase = leaving
	w.cmd.ComputeCycles = w.est.Cycles
	w.cmd.StallCycles = now - w.begin - w.est.Cycles
	c.stats.count(w)
}

// reply sends the answer if there is room.
func (c *Comp) reply() {
	if !c.ctrl.CanSendVC(0) {
		return
	}
	cmd := c.cur.cmd
	c.cur = work{}
	c.phase = free
	cmd.Reply = true
	cmd.Dst = cmd.Src
	if err := c.ctrl.Send(cmd); err != nil {
		panic(fmt.Sprintf("%s: %s had room and has none", c.Name(), c.ctrl.Name()))
	}
}
