package wiretest

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

var (
	_ sim.Component = (*Agent)(nil)
	_ port.Part     = (*Agent)(nil)
)

// Spec says what an Agent does.
type Spec struct {
	Port port.Spec
	// ServiceCycles is how long a message stays in the port before it is taken;
	// the next one is not looked at meanwhile.
	ServiceCycles int64
	// Echo sends packets back to their source instead of keeping them.
	Echo bool
	// Quiet counts arrivals without recording them.
	Quiet bool
}

// Arrival is a message that an Agent has taken.
type Arrival struct {
	// Cycle is when it was taken.
	Cycle int64
	// Packet is a copy of the packet; zero for other messages.
	Packet wire.Packet
	// Message is the message itself; nil for packets, which went to the pool.
	Message port.Message
}

// Agent is a component with one port that sends and takes messages. It implements
// sim.Component and port.Part.
type Agent struct {
	*sim.ComponentBase

	// Arrivals lists what was taken, in order, unless Spec.Quiet.
	Arrivals []Arrival
	// Taken and TakenBytes count it, echoes included.
	Taken, TakenBytes int64
	// Feed, when set, is asked for the next message whenever the agent has none
	// left and could send one; nil ends it. Call Start once to begin.
	Feed func(now int64) port.Message

	spec   Spec
	port   *port.Port
	pool   *wire.Pool
	alarm  *port.Alarm
	outbox []outbox
	// serving is the channel whose oldest message is being served until doneAt, or
	// -1; next is the channel whose turn it is.
	serving, next int
	doneAt        int64
}

type outgoing struct {
	start int64
	msg   port.Message
}

// outbox is the queue of one channel.
type outbox struct {
	list []outgoing
	head int
}

// NewAgent makes an agent with a port called "Port". Packets that it takes go to
// pool.
func NewAgent(name string, clock port.Clock, spec Spec, pool *wire.Pool) (*Agent, error) {
	a := &Agent{ComponentBase: sim.NewComponentBase(name), spec: spec, pool: pool, serving: -1}
	p, err := port.New(a, name+".Port", 0, spec.Port)
	if err != nil {
		return nil, err
	}
	a.port = p
	a.AddPort("Port", p)
	a.alarm = port.NewAlarm(clock, a, 0)
	a.outbox = make([]outbox, spec.Port.VCs)
	return a, nil
}

// Port returns the agent's only port.
func (a *Agent) Port() *port.Port { return a.port }

// Queue has a message sent at cycle start or as soon afterwards as the port takes
// it and what was queued before it on its channel is gone.
func (a *Agent) Queue(start int64, m port.Message) {
	a.outbox[m.VC()].push(outgoing{start, m})
	a.alarm.Set(max(start, a.alarm.Now()))
}

// Start lets Feed begin at the current cycle.
func (a *Agent) Start() { a.alarm.Set(a.alarm.Now()) }

// Handle implements sim.Handler. An agent schedules nothing but its alarm.
func (a *Agent) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", a.Name(), e)
}

// NotifyRecv implements sim.Component.
func (a *Agent) NotifyRecv(sim.Port) { a.alarm.Set(a.alarm.Now()) }

// NotifyPortFree implements sim.Component.
func (a *Agent) NotifyPortFree(sim.Port) { a.alarm.Set(a.alarm.Now()) }

// Wake implements port.Sleeper.
func (a *Agent) Wake(_ *port.Alarm, now int64) {
	a.takeAll(now)
	for vc := range a.outbox {
		a.sendAll(vc, now)
	}
	a.feed(now)
}

func (a *Agent) takeAll(now int64) {
	for {
		if a.serving < 0 {
			a.serving = a.nextChannel()
			if a.serving < 0 {
				return
			}
			a.doneAt = now + a.spec.ServiceCycles
		}
		if now < a.doneAt {
			a.alarm.Set(a.doneAt)
			return
		}
		a.take(a.port.TakeIn(a.serving, now), now)
		a.serving = -1
	}
}

// nextChannel is the next channel in turn that holds a message, or -1.
func (a *Agent) nextChannel() int {
	for i := range a.outbox {
		vc := (a.next + i) % len(a.outbox)
		if a.port.InLen(vc) > 0 {
			a.next = vc + 1
			return vc
		}
	}
	return -1
}

func (a *Agent) take(m port.Message, now int64) {
	a.Taken++
	a.TakenBytes += int64(m.SizeBytes())
	p, isPacket := m.(*wire.Packet)
	if !a.spec.Quiet {
		arrival := Arrival{Cycle: now}
		if isPacket {
			arrival.Packet = *p
			if p.Side != nil {
				side := *p.Side
				arrival.Packet.Side = &side
			}
		} else {
			arrival.Message = m
		}
		a.Arrivals = append(a.Arrivals, arrival)
	}
	switch {
	case isPacket && a.spec.Echo:
		p.Source, p.Dest = p.Dest, p.Source
		a.outbox[p.VC()].push(outgoing{now, p})
	case isPacket:
		a.pool.Put(p)
	}
}

func (a *Agent) sendAll(vc int, now int64) {
	q := &a.outbox[vc]
	for q.head < len(q.list) && a.port.CanSendVC(vc) {
		if o := q.list[q.head]; o.start > now {
			a.alarm.Set(o.start)
			return
		}
		a.send(q.pop())
	}
}

func (a *Agent) send(m port.Message) {
	if err := a.port.Send(m); err != nil {
		panic(fmt.Sprintf("%s: sent to a full port", a.Name()))
	}
}

// feed sends what Feed gives while every channel could take it.
func (a *Agent) feed(now int64) {
	for a.Feed != nil && a.port.CanSend() && a.queued() == 0 {
		m := a.Feed(now)
		if m == nil {
			return
		}
		a.send(m)
	}
}

func (a *Agent) queued() int {
	n := 0
	for i := range a.outbox {
		n += len(a.outbox[i].list) - a.outbox[i].head
	}
	return n
}

// Idle implements port.Part.
func (a *Agent) Idle() bool { return a.port.Empty() && a.queued() == 0 }

// Waits implements port.Part: channels whose port is full.
func (a *Agent) Waits() []port.Wait {
	var out []port.Wait
	for vc := range a.outbox {
		if q := a.outbox[vc]; q.head < len(q.list) && !a.port.CanSendVC(vc) {
			out = append(out, port.Wait{From: a.Name(), To: a.port.OutName(vc), Why: "output full"})
		}
	}
	return out
}

// Metrics implements port.Part.
func (a *Agent) Metrics() []port.Metric {
	return []port.Metric{
		{Name: "taken", Value: float64(a.Taken), Unit: "1"},
		{Name: "taken_bytes", Value: float64(a.TakenBytes), Unit: "B"},
	}
}

func (q *outbox) push(o outgoing) {
	if q.head > 16 && 2*q.head >= len(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	q.list = append(q.list, o)
}

func (q *outbox) pop() port.Message {
	m := q.list[q.head].msg
	q.list[q.head] = outgoing{}
	q.head++
	return m
}
