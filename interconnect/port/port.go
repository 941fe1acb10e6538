package port

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"
)

// Message is what a Port carries: an Akita message that knows its virtual
// channel and its size on the wires.
type Message interface {
	sim.Msg
	VC() int
	SizeBytes() int
}

// Connection is what a Port tells the link it is plugged into. A link that
// implements only sim.Connection works too, at Akita's pace.
type Connection interface {
	sim.Connection
	// SendReady says that a message waits in an outgoing channel of p, which was
	// empty before if it is the first.
	SendReady(p *Port, vc int, first bool)
	// Offer is called when p has nothing to send but m. If the connection can
	// start m without a choice between channels it takes it, and m never enters
	// the queue. Taken, if not nil, is called before m sets out.
	Offer(p *Port, m Message, taken func()) bool
	// CreditFreed says that bytes of p's incoming buffer on channel vc are free
	// from cycle on.
	CreditFreed(p *Port, vc, bytes int, cycle int64)
}

// Expecter is a port's owner that hears of a message before it arrives, so that no
// event is spent on the arrival itself. It must come to the same decisions as if
// the message had been delivered at its cycle.
type Expecter interface {
	// Expect says that m, now in an incoming channel of p, arrives at cycle, which
	// is not before the present one. Messages of p arrive in the order of the calls.
	Expect(p *Port, m Message, cycle int64)
}

// Spec sizes a port.
type Spec struct {
	// VCs is the number of virtual channels, at least 1.
	VCs int
	// InBytes bounds each incoming channel. A message of size 0 counts as one
	// byte, so that a bound holds for commands too.
	InBytes int
	// OutMessages bounds each outgoing channel.
	OutMessages int
}

// maxVCs is how many bits a set of channels has.
const maxVCs = 64

// Validate reports every wrong field.
func (s Spec) Validate() error {
	if s.VCs < 1 || s.InBytes < 1 || s.OutMessages < 1 {
		return fmt.Errorf("port: VCs, InBytes and OutMessages must be positive, got %d, %d, %d", s.VCs, s.InBytes, s.OutMessages)
	}
	if s.VCs > maxVCs {
		return fmt.Errorf("port: at most %d VCs, got %d", maxVCs, s.VCs)
	}
	return nil
}

// Port implements sim.Port with a queue per virtual channel.
type Port struct {
	sim.HookableBase

	// Index is the owner's own number for the port.
	Index int

	name   string
	remote sim.RemotePort
	comp   sim.Component
	conn   sim.Connection
	fast   Connection // conn, when it is one of ours
	expect Expecter   // who hears of messages before they arrive, or nil
	spec   Spec
	in     []inQueue
	out    []ring
	// inCount and outCount are the messages held over all channels.
	inCount, outCount int
	nextIn, nextOut   int // where the next scan over channels starts
	// outBusy has a bit for every outgoing channel that is not empty.
	outBusy uint64
}

type inQueue struct {
	ring
	bytes int
}

// New makes a port owned by comp. The owner still has to AddPort it.
func New(comp sim.Component, name string, index int, spec Spec) (*Port, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Port{
		Index: index, name: name, remote: sim.RemotePort(name), comp: comp, spec: spec,
		in: make([]inQueue, spec.VCs), out: make([]ring, spec.VCs),
	}, nil
}

// Spec returns the sizes the port was made with.
func (p *Port) Spec() Spec { return p.spec }

// Name implements sim.Named.
func (p *Port) Name() string { return p.name }

// AsRemote implements sim.Port.
func (p *Port) AsRemote() sim.RemotePort { return p.remote }

// Component implements sim.Port.
func (p *Port) Component() sim.Component { return p.comp }

// SetConnection implements sim.Port. A port has one connection for life.
func (p *Port) SetConnection(c sim.Connection) {
	if p.conn != nil {
		panic(fmt.Sprintf("%s: already plugged into %s, now %s", p.name, p.conn.Name(), c.Name()))
	}
	p.conn = c
	p.fast, _ = c.(Connection)
}

// bufferBytes is what a message occupies in a byte-bounded queue.
func bufferBytes(m Message) int { return max(1, m.SizeBytes()) }

// BufferBytes is the room that a message of size bytes takes in an incoming
// channel: at least 1, so that commands without data count too.
func BufferBytes(size int) int { return max(1, size) }

// CanSend implements sim.Port: true when every outgoing channel has room.
func (p *Port) CanSend() bool {
	for vc := range p.out {
		if !p.CanSendVC(vc) {
			return false
		}
	}
	return true
}

// CanSendVC reports whether the outgoing channel has room for a message.
func (p *Port) CanSendVC(vc int) bool { return p.out[vc].len < p.spec.OutMessages }

// Send implements sim.Port. It returns an error, and takes nothing, when the
// message's channel is full.
func (p *Port) Send(msg sim.Msg) *sim.SendError {
	m, ok := msg.(Message)
	if !ok {
		panic(fmt.Sprintf("%s: %T cannot travel here", p.name, msg))
	}
	vc := m.VC()
	q := &p.out[vc]
	if q.len >= p.spec.OutMessages {
		return sim.NewSendError()
	}
	if p.fast == nil || p.NumHooks() > 0 {
		m.Meta().Src = p.remote // our own parts go by nodes
	}
	if p.NumHooks() > 0 {
		p.InvokeHook(sim.HookCtx{Domain: p, Pos: sim.HookPosPortMsgSend, Item: msg})
	}
	if p.outBusy == 0 && p.fast != nil && p.fast.Offer(p, m, p.retrieved(m)) {
		return nil
	}
	wasEmpty := q.len == 0
	q.push(m)
	p.outCount++
	p.outBusy |= 1 << vc
	if p.fast != nil {
		p.fast.SendReady(p, vc, wasEmpty)
	} else if wasEmpty {
		p.conn.NotifySend()
	}
	return nil
}

// retrieved tells the hooks that the connection has taken a message.
func (p *Port) retrieved(m Message) func() {
	if p.NumHooks() == 0 {
		return nil
	}
	return func() {
		p.InvokeHook(sim.HookCtx{Domain: p, Pos: sim.HookPosPortMsgRetrieveOutgoing, Item: m})
	}
}

// Deliver implements sim.Port: the connection hands over a message that has
// arrived. It returns an error, and takes nothing, when there is no room.
func (p *Port) Deliver(msg sim.Msg) *sim.SendError {
	m, ok := msg.(Message)
	if !ok {
		panic(fmt.Sprintf("%s: %T cannot travel here", p.name, msg))
	}
	q := &p.in[m.VC()]
	n := bufferBytes(m)
	if q.bytes+n > p.spec.InBytes {
		return sim.NewSendError()
	}
	if p.NumHooks() > 0 {
		p.InvokeHook(sim.HookCtx{Domain: p, Pos: sim.HookPosPortMsgRecvd, Item: msg})
	}
	wasEmpty := q.len == 0
	q.push(m)
	q.bytes += n
	p.inCount++
	if wasEmpty && p.comp != nil {
		p.comp.NotifyRecv(p)
	}
	return nil
}

// Foresee has an owner told of messages before they arrive, until a hook, on the
// port or on its link, wants to see arrivals when they happen.
func (p *Port) Foresee(e Expecter) { p.expect = e }

// Foresees reports whether messages are announced.
func (p *Port) Foresees() bool { return p.expect != nil }

// Witness ends the announcements.
func (p *Port) Witness() { p.expect = nil }

// AcceptHook implements sim.Hookable. Hooks are attached before the run. In a
// parallel run, hooks of parts in different domains are called at the same time: one
// that is attached to several has to lock.
func (p *Port) AcceptHook(h sim.Hook) {
	p.Witness()
	p.HookableBase.AcceptHook(h)
}

// Announce is Deliver for a message that arrives at a later cycle. It may be
// called when the port Foresees.
func (p *Port) Announce(m Message, cycle int64) *sim.SendError {
	q := &p.in[m.VC()]
	n := bufferBytes(m)
	if q.bytes+n > p.spec.InBytes {
		return sim.NewSendError()
	}
	q.push(m)
	q.bytes += n
	p.inCount++
	p.expect.Expect(p, m, cycle)
	return nil
}

// PeekIn returns the oldest message of an incoming channel, or nil.
func (p *Port) PeekIn(vc int) Message { return p.in[vc].peek() }

// TakeIn removes and returns the oldest message of an incoming channel, or nil.
// Its room is free, and its credit on the way back, from cycle on.
func (p *Port) TakeIn(vc int, cycle int64) Message {
	q := &p.in[vc]
	if q.len == 0 {
		return nil
	}
	m := q.pop()
	n := bufferBytes(m)
	q.bytes -= n
	p.inCount--
	if p.NumHooks() > 0 {
		p.InvokeHook(sim.HookCtx{Domain: p, Pos: sim.HookPosPortMsgRetrieveIncoming, Item: m})
	}
	if p.fast != nil {
		p.fast.CreditFreed(p, vc, n, cycle)
	} else if p.conn != nil {
		p.conn.NotifyAvailable(p)
	}
	return m
}

// PeekOut returns the oldest message of an outgoing channel, or nil.
func (p *Port) PeekOut(vc int) Message { return p.out[vc].peek() }

// TakeOut removes and returns the oldest message of an outgoing channel, or
// nil, and tells the owner if that made room.
func (p *Port) TakeOut(vc int) Message {
	m, room := p.RemoveOut(vc)
	if room {
		p.TellRoom()
	}
	return m
}

// RemoveOut is TakeOut for a connection that takes several messages at once: it
// reports whether the channel was full, and leaves telling the owner to TellRoom.
func (p *Port) RemoveOut(vc int) (m Message, room bool) {
	q := &p.out[vc]
	if q.len == 0 {
		return nil, false
	}
	room = q.len >= p.spec.OutMessages
	m = q.pop()
	p.outCount--
	if q.len == 0 {
		p.outBusy &^= 1 << vc
	}
	if p.NumHooks() > 0 {
		p.InvokeHook(sim.HookCtx{Domain: p, Pos: sim.HookPosPortMsgRetrieveOutgoing, Item: m})
	}
	return m, room
}

// TellRoom tells the owner that an outgoing channel has room again.
func (p *Port) TellRoom() {
	if p.comp != nil {
		p.comp.NotifyPortFree(p)
	}
}

// PeekIncoming implements sim.Port: the oldest message of the next channel that
// has one, channels taking turns.
func (p *Port) PeekIncoming() sim.Msg {
	if vc := p.scanIn(); vc >= 0 {
		return p.in[vc].peek()
	}
	return nil
}

// RetrieveIncoming implements sim.Port: takes what PeekIncoming shows. The
// room is free at once.
func (p *Port) RetrieveIncoming() sim.Msg {
	vc := p.scanIn()
	if vc < 0 {
		return nil
	}
	p.nextIn = (vc + 1) % len(p.in)
	return p.TakeIn(vc, 0)
}

// PeekOutgoing implements sim.Port.
func (p *Port) PeekOutgoing() sim.Msg {
	if vc := p.scanOut(); vc >= 0 {
		return p.out[vc].peek()
	}
	return nil
}

// RetrieveOutgoing implements sim.Port.
func (p *Port) RetrieveOutgoing() sim.Msg {
	vc := p.scanOut()
	if vc < 0 {
		return nil
	}
	p.nextOut = (vc + 1) % len(p.out)
	return p.TakeOut(vc)
}

// NotifyAvailable implements sim.Port: a stock connection has room again.
func (p *Port) NotifyAvailable() {
	if p.comp != nil {
		p.comp.NotifyPortFree(p)
	}
}

// InBytes is the number of bytes held by an incoming channel.
func (p *Port) InBytes(vc int) int { return p.in[vc].bytes }

// InLen is the number of messages held by an incoming channel.
func (p *Port) InLen(vc int) int { return p.in[vc].len }

// OutLen is the number of messages held by an outgoing channel.
func (p *Port) OutLen(vc int) int { return p.out[vc].len }

// OutBusy is the set of outgoing channels, one bit each, that hold a message.
func (p *Port) OutBusy() uint64 { return p.outBusy }

// InEmpty reports that no incoming channel holds a message.
func (p *Port) InEmpty() bool { return p.inCount == 0 }

// Empty reports that no channel holds a message in either direction.
func (p *Port) Empty() bool { return p.inCount == 0 && p.outCount == 0 }

func (p *Port) scanIn() int {
	for i := range p.in {
		vc := (p.nextIn + i) % len(p.in)
		if p.in[vc].len > 0 {
			return vc
		}
	}
	return -1
}

func (p *Port) scanOut() int {
	for i := range p.out {
		vc := (p.nextOut + i) % len(p.out)
		if p.out[vc].len > 0 {
			return vc
		}
	}
	return -1
}

// InName names the incoming queue of a channel in a wait-for graph.
func (p *Port) InName(vc int) string { return fmt.Sprintf("%s.In[%d]", p.name, vc) }

// OutName names the outgoing queue of a channel in a wait-for graph.
func (p *Port) OutName(vc int) string { return fmt.Sprintf("%s.Out[%d]", p.name, vc) }
