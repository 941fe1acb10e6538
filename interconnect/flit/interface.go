package flit

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
)

var (
	_ port.Connection = (*Interface)(nil)
	_ port.Part       = (*Interface)(nil)
	_ port.Sleeper    = (*Interface)(nil)
	_ Client          = (*Interface)(nil)
)

// Interface is a network interface: it joins the port of a part that speaks
// wire.Packet with an endpoint of the network. A packet is cut into flits when it is
// sent and handed over whole when its tail has arrived. It implements
// port.Connection for the port; the wire class is the traffic class.
//
// The endpoint holds one packet per class that is being cut; all others wait in the
// port, so that a network without room stops the sender. In the other direction a
// packet is taken from the network only when the port has room for all of it.
type Interface struct {
	sim.HookableBase

	end     *Endpoint
	port    *port.Port
	alarm   port.Alarm
	classes []interfaceClass
	// queues watch, by class, the packets that have been sent and whose head is not on
	// the wire.
	queues *stats.Queues
}

// interfaceClass is what an interface knows of a traffic class.
type interfaceClass struct {
	// cutting says that a packet is being cut.
	cutting bool
	// sent and delivered count packets and their bytes.
	sent, delivered Carried
}

// Carried counts what an interface moved in one direction.
type Carried struct{ Packets, Bytes int64 }

// NewInterface plugs a port into an endpoint of a network. The port must have as many
// virtual channels as the network has classes. It bounds the endpoint's sink by the
// port's buffers.
func NewInterface(net *Network, end *Endpoint, p *port.Port, clock port.Clock) (*Interface, error) {
	classes := len(net.spec.Router.Classes)
	if p.Spec().VCs != classes {
		return nil, fmt.Errorf("interface of %s: the port has %d virtual channels, the network %d classes", p.Name(), p.Spec().VCs, classes)
	}
	i := &Interface{end: end, port: p, classes: make([]interfaceClass, classes), queues: stats.NewQueues(classes)}
	i.alarm.Init(clock, i, 0)
	for c := range classes {
		end.BoundEjection(uint8(c), int64(p.Spec().InBytes))
	}
	end.SetClient(i)
	p.SetConnection(i)
	// Packets are handed over when they are there; nothing is announced.
	p.Witness()
	return i, nil
}

// Name implements sim.Named.
func (i *Interface) Name() string { return i.end.Name() }

// Node is the node whose port is plugged in.
func (i *Interface) Node() wire.NodeID { return i.end.Node() }

// PlugIn implements sim.Connection. An interface has one port, from NewInterface.
func (i *Interface) PlugIn(p sim.Port) {
	panic(fmt.Sprintf("%s: has its port, cannot take %s", i.Name(), p.Name()))
}

// Unplug implements sim.Connection. An interface keeps its port for life.
func (i *Interface) Unplug(p sim.Port) {
	panic(fmt.Sprintf("%s: cannot let go of %s", i.Name(), p.Name()))
}

// NotifyAvailable implements sim.Connection. Room is counted by CreditFreed alone.
func (i *Interface) NotifyAvailable(sim.Port) {}

// NotifySend implements sim.Connection. Our ports call SendReady.
func (i *Interface) NotifySend() {}

// Offer implements port.Connection.
func (i *Interface) Offer(_ *port.Port, m port.Message, taken func()) bool {
	if i.classes[m.VC()].cutting {
		return false
	}
	if taken != nil {
		taken()
	}
	i.queues.Enter(m.VC(), i.alarm.Now()+1)
	i.cut(m)
	return true
}

// SendReady implements port.Connection. A full channel is looked at later in the cycle:
// the owner of the port, who is sending, would hear of the room while it does.
func (i *Interface) SendReady(_ *port.Port, vc int, _ bool) {
	i.queues.Enter(vc, i.alarm.Now()+1)
	switch {
	case i.classes[vc].cutting:
	case i.port.CanSendVC(vc):
		i.cutNext(vc)
	default:
		i.alarm.Set(i.alarm.Now())
	}
}

// Wake implements port.Sleeper: it cuts what waits for nothing.
func (i *Interface) Wake(*port.Alarm, int64) {
	for vc := range i.classes {
		if !i.classes[vc].cutting && i.port.OutLen(vc) > 0 {
			i.cutNext(vc)
		}
	}
}

// cutNext cuts the oldest packet of a channel. The owner of the port may send again
// from within the call that takes it out: the class is taken by then.
func (i *Interface) cutNext(vc int) {
	i.classes[vc].cutting = true
	i.cut(i.port.TakeOut(vc))
}

// cut hands a packet to the endpoint; its head goes to the wire in the next cycle or
// later.
func (i *Interface) cut(m port.Message) {
	w, ok := m.(*wire.Packet)
	if !ok {
		panic(fmt.Sprintf("%s: %T is not spoken here", i.Name(), m))
	}
	c := &i.classes[w.VC()]
	c.cutting = true
	c.sent.add(w)
	if i.NumHooks() > 0 {
		i.InvokeHook(sim.HookCtx{Domain: i, Pos: sim.HookPosConnStartTrans, Item: m})
	}
	i.end.Inject(i.end.packetFor(w, i.alarm.Now()))
}

// packetFor makes the packet whose flits carry w.
func (e *Endpoint) packetFor(w *wire.Packet, now int64) *Packet {
	n := e.net
	p := e.NewPacket()
	p.Source, p.Dest, p.Class, p.Payload = w.Source, w.Dest, uint8(w.Class), w
	p.Flits = int32((8*p.room() + n.spec.FlitBits - 1) / n.spec.FlitBits)
	p.Steered = n.spec.Steering != nil
	p.CreatedCycle = now
	return p
}

// Injected implements Client: the tail of a packet has left, the next one may be cut.
func (i *Interface) Injected(_ *Endpoint, p *Packet, _ int64) {
	vc := int(p.Class)
	i.queues.Leave(vc, p.InjectedCycle, 0)
	if i.port.OutLen(vc) > 0 {
		i.cutNext(vc)
		return
	}
	i.classes[vc].cutting = false
}

// Ejected implements Client: the tail of a packet has arrived.
func (i *Interface) Ejected(_ *Endpoint, p *Packet, cycle int64) {
	w := p.Payload
	c := &i.classes[p.Class]
	c.delivered.add(w)
	w.HeadCycle, w.TailCycle = cycle, cycle
	i.end.FreePacket(p)
	if i.NumHooks() > 0 {
		i.InvokeHook(sim.HookCtx{Domain: i, Pos: sim.HookPosConnDeliver, Item: w})
	}
	if err := i.port.Deliver(w); err != nil {
		panic(fmt.Sprintf("%s: took a packet without room at %s", i.Name(), i.port.Name()))
	}
}

// CreditFreed implements port.Connection: the oldest packet of a channel has left the
// port.
func (i *Interface) CreditFreed(_ *port.Port, vc, bytes int, _ int64) {
	i.end.AddRoom(uint8(vc), int64(bytes))
}

// Sent and Delivered count what the port gave and got, per class.
func (i *Interface) Sent(class int) Carried { return i.classes[class].sent }

// Delivered counts what the port got of a class.
func (i *Interface) Delivered(class int) Carried { return i.classes[class].delivered }

// Queue is what waited to be sent of a class, in packets: each counts from the cycle in
// which it could start on an idle link, the one after it was sent, until its head is on
// the wire.
func (i *Interface) Queue(class int) stats.Line { return i.queues.Line(class) }

// Port is the port that is plugged in.
func (i *Interface) Port() *port.Port { return i.port }

// Endpoint is the endpoint that the port is joined with.
func (i *Interface) Endpoint() *Endpoint { return i.end }

// Idle implements port.Part: nothing is being cut. The endpoint's flits are the
// network's.
func (i *Interface) Idle() bool {
	for c := range i.classes {
		if i.classes[c].cutting || i.port.OutLen(c) > 0 {
			return false
		}
	}
	return true
}

// Waits implements port.Part: classes whose packets wait for the one that is being
// cut.
func (i *Interface) Waits() []port.Wait {
	var out []port.Wait
	for c := range i.classes {
		if i.classes[c].cutting && i.port.OutLen(c) > 0 {
			out = append(out, port.Wait{From: i.port.OutName(c), To: i.end.Name(), Why: "a packet of the class is being cut into flits"})
		}
	}
	return out
}

// Metrics implements port.Part.
func (i *Interface) Metrics() []port.Metric {
	var sent, delivered Carried
	for c := range i.classes {
		sent.Packets += i.classes[c].sent.Packets
		sent.Bytes += i.classes[c].sent.Bytes
		delivered.Packets += i.classes[c].delivered.Packets
		delivered.Bytes += i.classes[c].delivered.Bytes
	}
	return []port.Metric{
		{Name: "sent.packets", Value: float64(sent.Packets), Unit: "1"},
		{Name: "sent.bytes", Value: float64(sent.Bytes), Unit: "B"},
		{Name: "delivered.packets", Value: float64(delivered.Packets), Unit: "1"},
		{Name: "delivered.bytes", Value: float64(delivered.Bytes), Unit: "B"},
	}
}

func (c *Carried) add(w *wire.Packet) {
	c.Packets++
	c.Bytes += int64(w.Bytes)
}
