package micro

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

var (
	_ sim.Component = (*station)(nil)
	_ port.Part     = (*station)(nil)
	_ port.Sleeper  = (*station)(nil)
	_ port.Expecter = (*station)(nil)
)

// station is an endpoint of the packet network: it sends what the driver gives it,
// in order of creation, and takes what arrives at once. Its packets use the channels
// of the port in turn, one waiting in each.
type station struct {
	*sim.ComponentBase

	net      *packetNet
	endpoint int
	port     *port.Port
	alarm    *port.Alarm
	// next is the packet to be sent next, created at created; nil if there is none.
	next    *wire.Packet
	created int64
	// waiting[vc] is the packet that lies in the port.
	waiting [wire.NumClasses]*wire.Packet
	turn    int
	// sent and taken count packets.
	sent, taken int64
}

func newStation(net *packetNet, endpoint int, name string, buffer int) (*station, error) {
	s := &station{ComponentBase: sim.NewComponentBase(name), net: net, endpoint: endpoint}
	p, err := port.New(s, name+".NoP", 0, port.Spec{VCs: int(wire.NumClasses), InBytes: buffer, OutMessages: 1})
	if err != nil {
		return nil, err
	}
	s.port = p
	p.Foresee(s)
	s.AddPort("NoP", p)
	s.alarm = port.NewAlarm(net.clock, s, endpoint)
	return s, nil
}

// wakeAt has the station look for something to send.
func (s *station) wakeAt(cycle int64) { s.alarm.Set(max(cycle, s.alarm.Now())) }

// Wake implements port.Sleeper: sends what can be sent.
func (s *station) Wake(_ *port.Alarm, now int64) {
	for {
		if s.next == nil {
			if s.next, s.created = s.net.take(s.endpoint); s.next == nil {
				return
			}
		}
		// The port is a register: what is to be on the wire in the cycle of its creation
		// is sent in the one before.
		if s.created-1 > now {
			s.alarm.Set(s.created - 1)
			return
		}
		vc := s.channel()
		if vc < 0 {
			return
		}
		s.send(vc, now)
	}
}

// channel is the next in turn that takes a packet, or -1.
func (s *station) channel() int {
	for i := range s.net.channels {
		vc := (s.turn + i) % s.net.channels
		if s.port.CanSendVC(vc) {
			return vc
		}
	}
	return -1
}

func (s *station) send(vc int, now int64) {
	p := s.next
	s.next = nil
	s.turn = vc + 1
	s.sent++
	p.Class = wire.Class(vc)
	s.waiting[vc] = p
	s.net.injected(p, now+1) // unless it has to wait, which NotifyPortFree ends
	if err := s.port.Send(p); err != nil {
		panic(fmt.Sprintf("%s: sent to a full port", s.Name()))
	}
	if s.port.OutLen(vc) == 0 {
		s.waiting[vc] = nil
	}
}

// NotifyPortFree implements sim.Component: a packet that waited goes on the wire.
func (s *station) NotifyPortFree(sim.Port) {
	now := s.alarm.Now()
	for vc, p := range s.waiting {
		if p != nil && s.port.OutLen(vc) == 0 {
			s.waiting[vc] = nil
			s.net.injected(p, now)
		}
	}
	s.Wake(s.alarm, now)
}

// Expect implements port.Expecter: a packet is on its way and is taken when it
// arrives, which needs no event.
func (s *station) Expect(p *port.Port, m port.Message, cycle int64) { s.take(p, m.VC(), cycle) }

// NotifyRecv implements sim.Component: with a hook on the port, packets arrive when
// they do.
func (s *station) NotifyRecv(sim.Port) {
	now := s.alarm.Now()
	for vc := range s.net.channels {
		for s.port.InLen(vc) > 0 {
			s.take(s.port, vc, now)
		}
	}
}

func (s *station) take(p *port.Port, vc int, cycle int64) {
	packet, ok := p.TakeIn(vc, cycle).(*wire.Packet)
	if !ok {
		panic(fmt.Sprintf("%s: something that is no packet has arrived", s.Name()))
	}
	s.taken++
	s.net.arrived(packet, cycle)
}

// Handle implements sim.Handler. A station schedules nothing but its alarm.
func (s *station) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", s.Name(), e)
}

// Idle implements port.Part.
func (s *station) Idle() bool { return s.port.Empty() && s.next == nil }

// Waits implements port.Part: channels with a packet that cannot go.
func (s *station) Waits() []port.Wait {
	var list []port.Wait
	for vc, p := range s.waiting {
		if p != nil {
			list = append(list, port.Wait{From: s.Name(), To: s.port.OutName(vc), Why: "output full"})
		}
	}
	return list
}

// Metrics implements port.Part.
func (s *station) Metrics() []port.Metric {
	return []port.Metric{
		{Name: "sent", Value: float64(s.sent), Unit: "1"},
		{Name: "taken", Value: float64(s.taken), Unit: "1"},
	}
}
