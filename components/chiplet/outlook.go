package chiplet

import (
	"slices"

	"mozart/components/tile"
	"mozart/interconnect/port"
	"mozart/workloads/op"
)

// outlook knows how soon the chiplet may next send to another chiplet, whatever
// comes in: not before the tile array has done what the next Send or Signal still
// waits for, with no contention for the SRAM, and not before the tokens have come
// that it waits for, which links bring one after another.
type outlook struct {
	comp *Comp
	// work is, per op, the most tile array time in cycles on any chain of ops up to
	// its end; gate is the last Receive that it depends on and await the last Await of
	// signals, or None.
	work        []int64
	gate, await []int32
	// sends are the Sends and Signals by work; those before next have been issued.
	sends []int32
	next  int
	// active is the number of them that are issued and not done, computed the most
	// work of an op that the tile array has done.
	active   int
	computed int64
}

// lookedAt is how many of the next sends are looked at one by one; the others are
// bounded by their work alone.
const lookedAt = 8

func (o *outlook) init(c *Comp) {
	o.comp = c
	dev := c.seq.dev
	if c.env.TokenCycles == 0 {
		return
	}
	o.work = make([]int64, len(dev.Ops))
	o.gate, o.await = make([]int32, len(dev.Ops)), make([]int32, len(dev.Ops))
	for i := range dev.Ops {
		o.gate[i], o.await[i] = op.None, op.None
		for _, d := range dev.Deps(i) {
			o.work[i] = max(o.work[i], o.work[d])
			o.gate[i], o.await[i] = max(o.gate[i], o.gate[d]), max(o.await[i], o.await[d])
		}
		switch {
		case dev.Ops[i].Kind == op.Receive:
			o.gate[i] = int32(i)
		case dev.Ops[i].Kind == op.Await && dev.Ops[i].Signals > 0:
			o.await[i] = int32(i)
		}
		o.work[i] += o.least(&dev.Ops[i])
		if leaves(&dev.Ops[i]) {
			o.sends = append(o.sends, int32(i))
		}
	}
	slices.SortStableFunc(o.sends, func(a, b int32) int { return int(o.work[a] - o.work[b]) })
}

// leaves reports whether an op sends to other chiplets.
func leaves(o *op.Op) bool { return o.Kind == op.Send || o.Kind == op.Signal }

// least is a lower bound of the time in cycles that an op holds the tile array.
func (o *outlook) least(x *op.Op) int64 {
	timing := o.comp.local.array.Timing()
	var e tile.Estimate
	switch x.Kind {
	case op.Gemm:
		e = timing.Gemm(x.M, x.K, x.N, x.Count)
	case op.Vector:
		e = timing.Vector(x.M, x.K, x.Bytes)
	}
	return max(e.Cycles, e.PortCycles)
}

// issued, done and ran note what happens to ops.
func (o *outlook) issued(i int32) {
	if leaves(&o.comp.seq.dev.Ops[i]) {
		o.active++
	}
}

func (o *outlook) done(i int32) {
	if leaves(&o.comp.seq.dev.Ops[i]) {
		o.active--
	}
}

func (o *outlook) ran(i int32) {
	if o.work != nil {
		o.computed = max(o.computed, o.work[i])
	}
}

// Quiet says how soon the chiplet may give a packet for another chiplet to port p,
// whatever arrives, or something else may happen that least promises. Lacks is how many
// packets a link to its engine domain at least has to bring, one after another, before a
// Receive op has all its tokens. Signalled reports whether a signal may be on its way to
// the chiplet in its own domain; it has no other source there. The Env must have
// TokenCycles.
func (c *Comp) Quiet(p int, lacks func(receive int32) int64, signalled func() bool, least port.Promise) port.Promise {
	o := &c.outlook
	if o.active > 0 || len(c.outbox[p]) > 0 {
		return port.Promise{}
	}
	for o.next < len(o.sends) && c.seq.start[o.sends[o.next]] >= 0 {
		o.next++
	}
	now := c.clock.Now()
	// The tile array does one op after another: what is left of a chain begins with
	// the op that it is doing or later.
	begin := now
	if c.local.running {
		begin = c.seq.start[c.local.command.Op]
	}
	for k, i := range o.sends[o.next:] {
		if c.seq.start[i] >= 0 {
			continue
		}
		left, tokens := o.work[i]-o.computed, int64(0)
		delay := left
		if c.local.running {
			delay = 0
		}
		if begin+left >= max(least.FloorCycle, least.CalmCycle) && delay >= least.DelayCycles {
			break // later ones have no less work
		}
		outside := k < lookedAt && o.lacksSignal(i, signalled)
		if g := o.gate[i]; k < lookedAt && g != op.None && c.seq.end[g] < 0 {
			tokens = lacks(g) * c.env.TokenCycles
			outside = outside || tokens > 0
		}
		least.FloorCycle = min(least.FloorCycle, max(begin+left, now+tokens))
		if !outside {
			least.CalmCycle = min(least.CalmCycle, begin+left)
		}
		least.DelayCycles = min(least.DelayCycles, max(delay, tokens))
		if k >= lookedAt {
			break
		}
	}
	return least
}

// lacksSignal reports whether a send waits for a signal from another domain.
func (o *outlook) lacksSignal(i int32, signalled func() bool) bool {
	s := &o.comp.seq
	a := o.await[i]
	return a != op.None && s.end[a] < 0 &&
		s.signals[a]+o.comp.coming.ops[a].packets < s.dev.Ops[a].Signals && !signalled()
}
