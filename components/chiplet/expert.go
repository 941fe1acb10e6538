package chiplet

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// NewExpert builds an expert (MoE) chiplet: it receives tokens and sends the
// outputs of its experts up.
func NewExpert(env Env, spec Spec) (*Comp, error) {
	c, err := newComp(env, spec)
	if err != nil {
		return nil, err
	}
	c.tokens = &leaf{
		comp: c, active: op.None,
		armed:    make([]bool, len(c.seq.dev.Ops)),
		received: make([][]contribution, len(env.Program.Tables)),
	}
	return c, nil
}

// leaf is the token side of an expert chiplet.
type leaf struct {
	comp *Comp
	// received[t] is what has arrived for table t and not yet been sent up, in the
	// order of tokens.
	received [][]contribution
	armed    []bool // Receive ops that the program has reached
	free     [][]contribution

	active int32 // the combine being sent, or None
	queue  []int32
	next   int // position in the received list of the active combine
}

// contribution is what the chiplet has to return for one packet.
type contribution struct {
	token         int32
	fanIn, amount uint16
	upperFanIn    fanIns
}

func (l *leaf) arrived(a *arrival) {
	c := l.comp
	i := a.op
	c.seq.first(i, a.sent)
	t := c.seq.dev.Ops[i].Table
	list := l.received[t]
	if list == nil {
		if n := len(l.free); n > 0 {
			list, l.free = l.free[n-1], l.free[:n-1]
		}
	}
	list = append(list, contribution{a.token, a.fanIn, a.contributions, a.upperFanIn})
	for at := len(list) - 1; at > 0 && list[at-1].token > a.token; at-- {
		// Packets of a class may overtake each other where they have several VCs.
		list[at-1], list[at] = list[at], list[at-1]
	}
	l.received[t] = list
	c.stats.CopiesReceived++
	c.reader.fill(i, int64(a.bytes), false)
	l.complete(i)
}

func (l *leaf) completes(i int32, e *expected) bool {
	o := &l.comp.seq.dev.Ops[i]
	return int64(len(l.received[o.Table]))+int64(e.packets) >= o.Tokens
}

// Outstanding is the number of dispatch packets for Receive op i that have not set
// out on the last link to the chiplet.
func (c *Comp) Outstanding(i int32) int64 {
	if c.seq.end[i] >= 0 {
		return 0
	}
	o := &c.seq.dev.Ops[i]
	return o.Tokens - int64(len(c.tokens.(*leaf).received[o.Table])) - int64(c.coming.ops[i].packets)
}

func (l *leaf) arm(i int32) {
	l.armed[i] = true
	l.complete(i)
}

// complete ends a Receive that the program has reached and that lacks nothing,
// once its last bytes are in SRAM.
func (l *leaf) complete(i int32) {
	o := &l.comp.seq.dev.Ops[i]
	n := int64(len(l.received[o.Table]))
	if n > o.Tokens {
		panic(fmt.Sprintf("%s: op %d got more than its %d packets", l.comp.Name(), i, o.Tokens))
	}
	if !l.armed[i] || n < o.Tokens {
		return
	}
	l.armed[i] = false
	l.comp.seq.first(i, l.comp.clock.Now())
	l.comp.seq.legs[i] = 1
	l.comp.reader.fill(i, 0, true)
}

func (l *leaf) send(i int32) {
	l.queue = append(l.queue, i)
	l.begin()
}

func (l *leaf) begin() {
	if l.active != op.None || len(l.queue) == 0 {
		return
	}
	c := l.comp
	l.active = l.queue[0]
	l.queue = append(l.queue[:0], l.queue[1:]...)
	l.next = 0
	o := &c.seq.dev.Ops[l.active]
	c.seq.legs[l.active] = 2 // read from SRAM, sent
	c.local.move(l.active, o.Tokens*c.env.Program.TokenBytes, false, true)
	c.pump(l.up())
}

// up is the port towards the attention chiplet.
func (l *leaf) up() *port.Port { return l.comp.nop[l.comp.env.Route[l.comp.env.Devices[0]]] }

// pump sends results up while the port has room.
func (l *leaf) pump(p *port.Port) {
	if l.active == op.None || p != l.up() {
		return
	}
	c := l.comp
	o := &c.seq.dev.Ops[l.active]
	list := l.received[o.Table]
	for l.next < len(list) {
		if !p.CanSendVC(int(wire.ClassToken)) {
			return
		}
		l.result(p, list)
	}
	l.received[o.Table] = nil
	l.free = append(l.free, list[:0])
	i := l.active
	l.active = op.None
	c.seq.leg(i)
	l.begin()
}

// result sends one packet: one expert's output, or the chiplet's sum for one
// token when it aggregates.
func (l *leaf) result(p *port.Port, list []contribution) {
	c := l.comp
	first := list[l.next]
	peer := c.seq.dev.Peers(int(l.active))[0]
	pk := c.env.Pool.Get()
	pk.Kind, pk.Class, pk.Bytes = wire.KindCombine, wire.ClassToken, int32(c.env.Program.TokenBytes)
	pk.Source, pk.Dest, pk.Op = c.env.Node, c.env.Devices[peer.Device], peer.Op
	pk.Token, pk.FanIn = first.token, 1
	if c.env.Program.Combine == op.CombineAtRoot {
		pk.Contributions = 1
		list[l.next].amount--
		if list[l.next].amount == 0 {
			l.next++
		}
	} else {
		for l.next < len(list) && list[l.next].token == first.token {
			pk.Contributions += list[l.next].amount
			l.next++
		}
	}
	if c.env.Program.Combine == op.CombineInSwitch {
		pk.Reduce, pk.FanIn, pk.UpperFanIn = true, first.fanIn, first.upperFanIn
	}
	c.inject(p, pk)
}

func (l *leaf) idle() bool {
	if l.active != op.None || len(l.queue) > 0 {
		return false
	}
	for _, list := range l.received {
		if len(list) > 0 {
			return false
		}
	}
	return true
}

func (l *leaf) waits() []port.Wait {
	var waits []port.Wait
	for i := range l.comp.seq.dev.Ops {
		o := &l.comp.seq.dev.Ops[i]
		if o.Kind != op.Receive || !l.armed[i] {
			continue
		}
		waits = append(waits, port.Wait{From: l.comp.Name(), Why: fmt.Sprintf("op %d: %d of %d token packets have arrived", i, len(l.received[o.Table]), o.Tokens)})
	}
	return waits
}
