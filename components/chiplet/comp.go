package chiplet

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/components/tile"
	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// Env is where a chiplet stands in the system and what it runs.
type Env struct {
	Name   string
	Engine sim.Engine
	Freq   sim.Freq
	Pool   *wire.Pool

	// Node is the chiplet's own node; Route[n] is the NoP port towards node n.
	Node  wire.NodeID
	Route []int
	// Ports is the number of NoP ports and InBytes the incoming buffer of each
	// class of each.
	Ports, InBytes int
	// Stacks are the nodes of the chiplet's own stacks; loads and stores
	// interleave over them.
	Stacks []wire.NodeID
	// Devices[d] is the node of device d of the program.
	Devices []wire.NodeID
	// Below[i] is the number of expert chiplets below a switch of level i of the tree,
	// nearest to the chiplets first: those with numbers from a multiple of it on. Empty
	// if switches do not add.
	Below []int
	// ChunkBytes is the size of the packets that weights and activations move in.
	ChunkBytes int64

	// TokenCycles is how long a link into the chiplet's engine domain takes for a
	// token, or 0 if the domain has no such link. With it the chiplet keeps what Quiet
	// needs.
	TokenCycles int64

	Program *op.Program
	// Device is the index of this chiplet's device in the program.
	Device int
}

// tokens is what the two kinds of chiplets do differently.
type tokens interface {
	// send starts a Send op; pump offers its packets to port p until it is full.
	send(op int32)
	pump(p *port.Port)
	// arm starts a Receive op; arrived handles one token packet; completes reports
	// whether nothing is missing once what is expected has arrived.
	arm(op int32)
	arrived(a *arrival)
	completes(op int32, e *expected) bool
	// idle reports that no token is held; waits names what is missing.
	idle() bool
	waits() []port.Wait
}

// Comp is a compute chiplet without its token side.
type Comp struct {
	*sim.ComponentBase

	env     Env
	spec    Spec
	clock   port.Clock
	alarm   *port.Alarm
	nop     []*port.Port
	seq     sequencer
	reader  reader
	writer  writer
	local   local // tile array and SRAM, as the sequencer sees them
	tokens  tokens
	stats   Stats
	coming  arrivals
	outlook outlook
	// control packets wait here for room in their port.
	outbox [][]*wire.Packet
	awake  bool // Wake is running
}

// Stats are the counters of a chiplet.
type Stats struct {
	PacketsIn, PacketsOut int64
	BytesIn, BytesOut     int64
	TokensDispatched      int64 // distinct (token, layer, direction), attention chiplet
	TokensCombined        int64 // likewise, when the last contribution has returned
	CopiesSent            int64 // dispatch packets sent
	CopiesReceived        int64 // dispatch packets received, expert chiplet
	ContributionsAsked    int64
	ContributionsReturned int64
}

func newComp(env Env, spec Spec) (*Comp, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", env.Name, err)
	}
	c := &Comp{ComponentBase: sim.NewComponentBase(env.Name), env: env, spec: spec}
	c.clock = port.NewClock(env.Engine, env.Freq)
	c.alarm = port.NewLateAlarm(c.clock, c, 0)
	c.outbox = make([][]*wire.Packet, env.Ports)
	for i := range env.Ports {
		name := fmt.Sprintf("%s.NoP[%d]", env.Name, i)
		p, err := port.New(c, name, i, port.Spec{VCs: int(wire.NumClasses), InBytes: env.InBytes, OutMessages: spec.InjectionQueue})
		if err != nil {
			return nil, err
		}
		p.Foresee(c)
		c.AddPort(fmt.Sprintf("NoP[%d]", i), p)
		c.nop = append(c.nop, p)
	}
	if err := c.local.init(c); err != nil {
		return nil, err
	}
	c.seq.init(c, &env.Program.Devices[env.Device])
	c.outlook.init(c)
	c.coming = arrivals{ports: make([]arrivalRing, env.Ports), ops: make([]expected, len(c.seq.dev.Ops))}
	c.reader.init(c)
	c.writer.init(c)
	return c, nil
}

// NoP returns the chiplet's port number i.
func (c *Comp) NoP(i int) *port.Port { return c.nop[i] }

// Start schedules the program's first ops. It is called once, before the run.
func (c *Comp) Start() { c.seq.begin() }

// Handle implements sim.Handler; events go to alarms, never here.
func (c *Comp) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", c.Name(), e)
}

// NotifyRecv implements sim.Component: counts everything that has arrived. What
// follows from it waits for Wake, so that the order of arrivals within a cycle
// does not matter.
func (c *Comp) NotifyRecv(p sim.Port) {
	q := p.(*port.Port)
	now := c.clock.Now()
	if q.Index < 0 {
		c.local.drain(q, now)
		return
	}
	for vc := range int(wire.NumClasses) {
		for m := q.TakeIn(vc, now); m != nil; m = q.TakeIn(vc, now) {
			pk := m.(*wire.Packet)
			c.coming.now = arrivalOf(pk, now)
			c.take(&c.coming.now)
			c.env.Pool.Put(pk)
		}
	}
}

// NotifyPortFree implements sim.Component: refills the queue that has room.
func (c *Comp) NotifyPortFree(p sim.Port) {
	q := p.(*port.Port)
	if q.Index < 0 {
		c.wakeLate()
		return
	}
	c.pump(q)
}

// wakeLate has Wake called when everything else of this cycle has happened.
func (c *Comp) wakeLate() {
	if !c.awake {
		c.alarm.Set(c.clock.Now())
	}
}

// Wake implements port.Sleeper: counts what has arrived, ends the ops that are
// done, issues those that have become ready, each in program order, and hands work
// to the parts.
func (c *Comp) Wake(_ *port.Alarm, now int64) {
	c.awake = true
	c.receive(now)
	for c.seq.unsettled() || c.reader.unsettled() {
		c.seq.settle()
		c.reader.settle()
	}
	c.local.next()
	c.local.flush()
	c.awake = false
	c.await()
}

// pump fills the outgoing channels of a port: control first, then whatever
// chunks and tokens wait for it. The end of one send begins the next, which calls
// pump again, so that calling it is the last thing that tokens.pump does.
func (c *Comp) pump(p *port.Port) {
	c.pumpControl(p)
	c.writer.pump(p)
	c.tokens.pump(p)
}

func (c *Comp) pumpControl(p *port.Port) {
	for len(c.outbox[p.Index]) > 0 && p.CanSendVC(int(wire.ClassControl)) {
		box := c.outbox[p.Index]
		pk := box[0]
		c.outbox[p.Index] = append(box[:0], box[1:]...)
		c.inject(p, pk)
	}
}

// inject sends a packet on a channel that has room.
func (c *Comp) inject(p *port.Port, pk *wire.Packet) {
	c.stats.PacketsOut++
	c.stats.BytesOut += int64(pk.Bytes)
	pk.SentCycle = c.clock.Now()
	if err := p.Send(pk); err != nil {
		panic(fmt.Sprintf("%s: sent without room", p.Name()))
	}
}

// control sends a control packet now or as soon as there is room.
func (c *Comp) control(pk *wire.Packet) {
	p := c.nop[c.env.Route[pk.Dest]]
	c.outbox[p.Index] = append(c.outbox[p.Index], pk)
	c.pump(p)
}

// ControlBytes is the size of a read request, acknowledgement or signal on the wires.
const ControlBytes = 16

// Stats returns a copy of the counters.
func (c *Comp) Stats() Stats { return c.stats }

// ArrayStats returns a copy of the counters of the tile array.
func (c *Comp) ArrayStats() tile.Stats { return c.local.array.Stats() }

// OpTimes returns the cycles at which each op started and ended; -1 is never.
// The slices are shared.
func (c *Comp) OpTimes() (start, end []int64) { return c.seq.start, c.seq.end }

// OpStalls returns the cycles that each matrix or vector op waited for SRAM.
// The slice is shared.
func (c *Comp) OpStalls() []int64 { return c.local.stalls }

// Done returns how many ops have ended, of how many.
func (c *Comp) Done() (done, total int) { return c.seq.done, len(c.seq.dev.Ops) }

// Idle implements port.Part.
func (c *Comp) Idle() bool {
	if c.seq.done != len(c.seq.dev.Ops) || !c.local.idle() || !c.reader.idle() || !c.writer.idle() || !c.tokens.idle() {
		return false
	}
	for i, p := range c.nop {
		if !p.Empty() || len(c.outbox[i]) > 0 || c.coming.ports[i].len > 0 {
			return false
		}
	}
	return true
}

// Waits implements port.Part.
func (c *Comp) Waits() []port.Wait {
	waits := append(c.seq.waits(), c.tokens.waits()...)
	for _, p := range c.nop {
		for vc := range int(wire.NumClasses) {
			if n := p.OutLen(vc); n > 0 {
				waits = append(waits, port.Wait{
					From: c.Name(), To: p.OutName(vc),
					Why: fmt.Sprintf("%d %v packets wait for the link", n, wire.Class(vc)),
				})
			}
		}
	}
	return waits
}

// Metrics implements port.Part.
func (c *Comp) Metrics() []port.Metric {
	s := c.stats
	return []port.Metric{
		{Name: "ops", Value: float64(c.seq.done), Unit: "ops"},
		{Name: "packets_in", Value: float64(s.PacketsIn), Unit: "packets"},
		{Name: "packets_out", Value: float64(s.PacketsOut), Unit: "packets"},
		{Name: "bytes_in", Value: float64(s.BytesIn), Unit: "bytes"},
		{Name: "bytes_out", Value: float64(s.BytesOut), Unit: "bytes"},
		{Name: "tokens_dispatched", Value: float64(s.TokensDispatched), Unit: "tokens"},
		{Name: "tokens_combined", Value: float64(s.TokensCombined), Unit: "tokens"},
		{Name: "copies_sent", Value: float64(s.CopiesSent), Unit: "packets"},
		{Name: "copies_received", Value: float64(s.CopiesReceived), Unit: "packets"},
	}
}

// Parts returns the chiplet and the parts inside it.
func (c *Comp) Parts() []port.Part {
	l := &c.local
	return []port.Part{c, l.array, l.sram, l.ctrlWire, l.seqWire, l.tileWire}
}
