package chiplet

import (
	"fmt"

	"mozart/components/sram"
	"mozart/components/tile"
	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// local is the tile array and the SRAM of a chiplet and the ports through which
// the sequencer speaks to them.
type local struct {
	comp  *Comp
	array *tile.Comp
	sram  *sram.Comp

	ctrl, mem                   *port.Port // the sequencer's ends
	ctrlWire, seqWire, tileWire *link.Link
	ready                       opHeap // matrix and vector ops that wait for the tile array
	running                     bool
	command                     wire.Compute
	accesses                    []*wire.Access // free list
	pending                     []*wire.Access // accesses that wait for room in mem
	outstanding                 int            // accesses not yet answered
	stalls                      []int64
	// coming holds the cycles at which answers arrive at ctrl and mem, in order.
	coming [2][]int64
}

// Expect implements port.Expecter for ctrl and mem: every answer wakes the chiplet
// at its cycle.
func (l *local) Expect(p *port.Port, _ port.Message, cycle int64) {
	at := &l.coming[-1-p.Index]
	*at = append(*at, cycle)
	l.comp.alarm.Set(cycle)
}

// receive takes the answers that have arrived, and sets the alarm for the others.
func (l *local) receive(now int64) {
	for i, p := range [2]*port.Port{l.ctrl, l.mem} {
		at := l.coming[i]
		n := 0
		for n < len(at) && at[n] <= now {
			l.take(p, now)
			n++
		}
		if n > 0 {
			l.coming[i] = append(at[:0], at[n:]...)
		}
	}
}

// await sets the alarm for the next answers.
func (l *local) await() {
	for _, at := range l.coming {
		if len(at) > 0 {
			l.comp.alarm.Set(at[0])
		}
	}
}

// posted marks an access that no op waits for.
const posted = -1

// onChipDepth is the depth of the command queues inside a chiplet.
const onChipDepth = 8

// onChip is the wire between the sequencer, the tile array and the SRAM.
var onChip = link.Spec{LatencyCycles: 1}

func (l *local) init(c *Comp) (err error) {
	l.comp = c
	l.stalls = make([]int64, len(c.env.Program.Devices[c.env.Device].Ops))
	name, e, f := c.Name(), c.env.Engine, c.env.Freq
	if l.array, err = tile.New(name+".Tiles", e, f, c.spec.Tile); err != nil {
		return err
	}
	if l.sram, err = sram.New(name+".SRAM", e, f, c.spec.sram()); err != nil {
		return err
	}
	spec := port.Spec{VCs: 1, InBytes: onChipDepth, OutMessages: onChipDepth}
	if l.ctrl, err = port.New(c, name+".Ctrl", -1, spec); err != nil {
		return err
	}
	if l.mem, err = port.New(c, name+".Mem", -2, spec); err != nil {
		return err
	}
	c.AddPort("Ctrl", l.ctrl)
	c.AddPort("Mem", l.mem)
	l.ctrl.Foresee(l)
	l.mem.Foresee(l)
	wires := []struct {
		to   **link.Link
		name string
		a, b *port.Port
	}{
		{&l.ctrlWire, "CtrlWire", l.ctrl, l.array.Ctrl()},
		{&l.seqWire, "SeqWire", l.mem, l.sram.Seq()},
		{&l.tileWire, "TileWire", l.array.SRAM(), l.sram.Tile()},
	}
	for _, w := range wires {
		if *w.to, err = link.New(name+"."+w.name, c.clock, onChip, link.End{Port: w.a}, link.End{Port: w.b}); err != nil {
			return err
		}
	}
	return nil
}

// compute queues a matrix or vector op for the tile array.
func (l *local) compute(i int32) { l.ready.push(i) }

// next gives the tile array the first op in program order that is ready.
func (l *local) next() {
	if l.running {
		return
	}
	i, ok := l.ready.pop()
	if !ok {
		return
	}
	l.running = true
	c := l.comp
	c.seq.started(i)
	o := &c.seq.dev.Ops[i]
	m := &l.command
	*m = wire.Compute{Op: i}
	if o.Kind == op.Gemm {
		m.Unit, m.M, m.K, m.N, m.Count = wire.UnitMatrix, o.M, o.K, o.N, o.Count
	} else {
		m.Unit, m.Elements, m.OpsPerElement, m.StreamBytes = wire.UnitVector, o.M, o.K, o.Bytes
	}
	if err := l.ctrl.Send(m); err != nil {
		panic(fmt.Sprintf("%s: command queue full", l.ctrl.Name()))
	}
}

// move reads or writes bytes of SRAM for op i. With wait set the op has a leg
// that ends with the access.
func (l *local) move(i int32, bytes int64, write, wait bool) {
	a := l.access()
	a.Op, a.Bytes, a.Write = posted, bytes, write
	if wait {
		a.Op = i
	}
	l.post(a)
}

// occupy changes how much of the SRAM is in use.
func (l *local) occupy(allocate, release int64) {
	a := l.access()
	a.Op, a.Allocate, a.Release = posted, allocate, release
	l.post(a)
}

func (l *local) access() *wire.Access {
	n := len(l.accesses)
	if n == 0 {
		return &wire.Access{}
	}
	a := l.accesses[n-1]
	l.accesses = l.accesses[:n-1]
	*a = wire.Access{}
	return a
}

func (l *local) post(a *wire.Access) {
	l.outstanding++
	l.pending = append(l.pending, a)
	l.comp.wakeLate()
}

// flush sends the accesses that there is room for.
func (l *local) flush() {
	n := 0
	for n < len(l.pending) && l.mem.CanSendVC(0) {
		if err := l.mem.Send(l.pending[n]); err != nil {
			panic(fmt.Sprintf("%s: sent without room", l.mem.Name()))
		}
		n++
	}
	l.pending = append(l.pending[:0], l.pending[n:]...)
}

// drain takes the answers of the tile array or the SRAM.
func (l *local) drain(p *port.Port, now int64) {
	for p.InLen(0) > 0 {
		l.take(p, now)
	}
}

func (l *local) take(p *port.Port, now int64) {
	switch m := p.TakeIn(0, now).(type) {
	case *wire.Compute:
		l.stalls[m.Op] = m.StallCycles
		l.running = false
		l.comp.outlook.ran(m.Op)
		l.comp.seq.over(m.Op)
	case *wire.Access:
		l.outstanding--
		l.accesses = append(l.accesses, m)
		if m.Op != posted {
			l.comp.seq.leg(m.Op)
		}
	default:
		panic(fmt.Sprintf("%s: %T is not spoken here", p.Name(), m))
	}
}

func (l *local) idle() bool {
	return !l.running && len(l.ready) == 0 && l.outstanding == 0 && l.ctrl.Empty() && l.mem.Empty()
}
