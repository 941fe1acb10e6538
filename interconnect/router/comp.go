package router

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/collective"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

const vcs = int(wire.NumClasses)

var (
	_ sim.Component = (*Router)(nil)
	_ port.Part     = (*Router)(nil)
	_ port.Sleeper  = (*Router)(nil)
)

// Router is a NoP switch. It implements sim.Component and port.Part.
type Router struct {
	*sim.ComponentBase

	spec    Spec
	wiring  Wiring
	pool    *wire.Pool
	alarm   *port.Alarm
	reducer *collective.Reducer
	ports   []*port.Port
	// slots are the lanes of all ports, first[i] the first one of port i. Where routes
	// need no lanes, slot i is port i. serial[i] is the link at slot i.
	slots  []slot
	first  []int
	serial []topology.Serializer
	// inputs and outputs are channels, a channel being a slot and a class. The reducer
	// is one more slot on both sides.
	inputs  []input
	outputs []output
	// starved says that a packet waits for an entry of the reducer.
	starved bool
	// active is, per class, the set of slots whose output has something to decide.
	active [vcs]uint64
	stats  Stats
	// arrivals watch the input lanes of the ports; nil if the router does not record
	// them.
	arrivals []arrivals
}

// slot is one lane of a port: a virtual channel for each class.
type slot struct {
	port *port.Port
	// number is that of the port, lane that of the lane, vc the first virtual channel.
	number, vc int
	lane       uint8
}

// input is the oldest packet of an input lane.
type input struct {
	packet *wire.Packet
	// pending is the set of slots that the packet, or a copy of it, has yet to
	// move to.
	pending uint64
	// base is the first cycle at which the head may move, going by the head alone.
	base int64
	// lostAt is the first cycle at which the packet could have moved and another one
	// was taken, 0 if there is none. It is known only if the router records arrivals.
	lostAt int64
}

// output is what an output lane knows of its competitors.
type output struct {
	// requests is the set of input slots whose oldest packet wants this lane.
	requests uint64
	// next is the input slot whose turn it is.
	next int
	// notBefore is the first cycle at which the lane may take a packet.
	notBefore int64
	full      bool
}

// New makes a router. Name must be valid for Akita. Its pool serves multicast
// copies and takes packets that the reducer has added up.
func New(name string, clock port.Clock, spec Spec, wiring Wiring, pool *wire.Pool) (*Router, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("router %q: %w", name, err)
	}
	if err := wiring.Validate(); err != nil {
		return nil, fmt.Errorf("router %q: %w", name, err)
	}
	reducer, err := collective.New(name+".Reducer", spec.Reducer, pool)
	if err != nil {
		return nil, fmt.Errorf("router %q: %w", name, err)
	}
	channels := (wiring.slots() + 1) * vcs
	r := &Router{
		ComponentBase: sim.NewComponentBase(name),
		spec:          spec, wiring: wiring, pool: pool, reducer: reducer,
		inputs: make([]input, channels), outputs: make([]output, channels),
	}
	r.alarm = port.NewAlarm(clock, r, 0)
	for i := range wiring.Neighbors {
		if err := r.addPort(i); err != nil {
			return nil, err
		}
	}
	r.first = append(r.first, len(r.slots))
	return r, nil
}

// addPort makes port i and its slots.
func (r *Router) addPort(i int) error {
	lanes := r.wiring.lanes(i)
	short := fmt.Sprintf("Port[%d]", i)
	p, err := port.New(r, r.Name()+"."+short, i, port.Spec{VCs: lanes * vcs, InBytes: r.spec.InBytes, OutMessages: r.spec.OutMessages})
	if err != nil {
		return err
	}
	p.Foresee(r)
	r.AddPort(short, p)
	r.ports = append(r.ports, p)
	r.first = append(r.first, len(r.slots))
	for lane := range lanes {
		r.slots = append(r.slots, slot{port: p, number: i, vc: lane * vcs, lane: uint8(lane)})
		r.serial = append(r.serial, topology.NewSerializer(r.wiring.BitsPerCycle[i]))
	}
	return nil
}

// Port returns the port to a neighbor. Its link must hand packets over at their
// head (link.End.CutThrough).
func (r *Router) Port(i int) *port.Port { return r.ports[i] }

// reducerSlot is the number of the reducer among the slots.
func (r *Router) reducerSlot() int { return len(r.slots) }

// lane is the place of a slot and a class among the inputs and outputs.
func lane(slot, class int) int { return slot*vcs + class }

// Handle implements sim.Handler. A router schedules nothing but its alarm.
func (r *Router) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", r.Name(), e)
}

// NotifyRecv implements sim.Component: an empty input lane has got a packet.
func (r *Router) NotifyRecv(p sim.Port) {
	at := p.(*port.Port).Index
	for in := r.first[at]; in < r.first[at+1]; in++ {
		for class := range vcs {
			if r.inputs[lane(in, class)].packet == nil && r.inLen(in, class) > 0 {
				r.admit(in, class, r.alarm.Now()+1)
			}
		}
	}
}

// Expect implements port.Expecter: a packet is on its way to an input lane.
func (r *Router) Expect(p *port.Port, m port.Message, _ int64) {
	vc := m.VC()
	in, class := r.first[p.Index]+vc/vcs, vc%vcs
	if r.inputs[lane(in, class)].packet == nil {
		r.admit(in, class, r.alarm.Now()+1)
	}
}

// NotifyPortFree implements sim.Component: a full output lane has got room, and
// takes a packet at once if one may move. A lane that was full cannot have taken
// another one in this cycle, and what happens elsewhere in the router in this cycle
// makes no packet eligible before the next; so it does not matter which comes first.
func (r *Router) NotifyPortFree(p sim.Port) {
	at := p.(*port.Port).Index
	for out := r.first[at]; out < r.first[at+1]; out++ {
		for class := range vcs {
			o := &r.outputs[lane(out, class)]
			if o.full && r.outLen(out, class) < r.spec.OutMessages {
				o.full = false
				r.active[class] |= 1 << out
				r.arbitrate(out, class, r.alarm.Now())
			}
		}
	}
}

// inLen and outLen are the numbers of packets in the channel of a slot and a class.
func (r *Router) inLen(in, class int) int {
	s := &r.slots[in]
	return s.port.InLen(s.vc + class)
}

func (r *Router) outLen(out, class int) int {
	s := &r.slots[out]
	return s.port.OutLen(s.vc + class)
}

// postpone keeps an output lane from taking a packet before a cycle.
func (r *Router) postpone(o *output, cycle int64) { o.notBefore = max(o.notBefore, cycle) }

// Holds reports whether a packet lies in a virtual channel of port in.
func (r *Router) Holds(in, vc int) bool { return r.ports[in].InLen(vc) > 0 }

// Reducing reports whether the reducer holds anything.
func (r *Router) Reducing() bool { return !r.reducer.Idle() }

// Idle implements port.Part.
func (r *Router) Idle() bool {
	for _, p := range r.ports {
		if !p.Empty() {
			return false
		}
	}
	return r.reducer.Idle()
}
