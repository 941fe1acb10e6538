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
	// serial[i] is the link at port i.
	serial []topology.Serializer
	// inputs and outputs are lanes, a lane being a port and a VC. The reducer is
	// one more port on both sides.
	inputs  []input
	outputs []output
	// starved says that a packet waits for an entry of the reducer.
	starved bool
	// active is, per VC, the set of ports whose output lane has something to
	// decide.
	active [vcs]uint64
	stats  Stats
}

// input is the oldest packet of an input lane.
type input struct {
	packet *wire.Packet
	// pending is the set of ports that the packet, or a copy of it, has yet to
	// move to.
	pending uint64
	// base is the first cycle at which the head may move, going by the head alone.
	base int64
}

// output is what an output lane knows of its competitors.
type output struct {
	// requests is the set of input ports whose oldest packet wants this lane.
	requests uint64
	// next is the input port whose turn it is.
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
	lanes := (len(wiring.Neighbors) + 1) * vcs
	r := &Router{
		ComponentBase: sim.NewComponentBase(name),
		spec:          spec, wiring: wiring, pool: pool, reducer: reducer,
		inputs: make([]input, lanes), outputs: make([]output, lanes),
	}
	r.alarm = port.NewAlarm(clock, r, 0)
	for i := range wiring.Neighbors {
		r.serial = append(r.serial, topology.NewSerializer(wiring.BitsPerCycle[i]))
		short := fmt.Sprintf("Port[%d]", i)
		p, err := port.New(r, name+"."+short, i, port.Spec{VCs: vcs, InBytes: spec.InBytes, OutMessages: spec.OutMessages})
		if err != nil {
			return nil, err
		}
		p.Foresee(r)
		r.AddPort(short, p)
		r.ports = append(r.ports, p)
	}
	return r, nil
}

// Port returns the port to a neighbor. Its link must hand packets over at their
// head (link.End.CutThrough).
func (r *Router) Port(i int) *port.Port { return r.ports[i] }

// reducerPort is the number of the reducer among the ports.
func (r *Router) reducerPort() int { return len(r.ports) }

func lane(portIndex, vc int) int { return portIndex*vcs + vc }

// Handle implements sim.Handler. A router schedules nothing but its alarm.
func (r *Router) Handle(e sim.Event) error {
	return fmt.Errorf("%s: unexpected event %T", r.Name(), e)
}

// NotifyRecv implements sim.Component: an empty input lane has got a packet.
func (r *Router) NotifyRecv(p sim.Port) {
	in := p.(*port.Port)
	for vc := range vcs {
		if r.inputs[lane(in.Index, vc)].packet == nil && in.InLen(vc) > 0 {
			r.admit(in.Index, vc, r.alarm.Now()+1)
		}
	}
}

// Expect implements port.Expecter: a packet is on its way to an input lane.
func (r *Router) Expect(p *port.Port, m port.Message, _ int64) {
	if vc := m.VC(); r.inputs[lane(p.Index, vc)].packet == nil {
		r.admit(p.Index, vc, r.alarm.Now()+1)
	}
}

// NotifyPortFree implements sim.Component: a full output lane has got room, and
// takes a packet at once if one may move. A lane that was full cannot have taken
// another one in this cycle, and what happens elsewhere in the router in this cycle
// makes no packet eligible before the next; so it does not matter which comes first.
func (r *Router) NotifyPortFree(p sim.Port) {
	out := p.(*port.Port)
	for vc := range vcs {
		o := &r.outputs[lane(out.Index, vc)]
		if o.full && out.OutLen(vc) < r.spec.OutMessages {
			o.full = false
			r.active[vc] |= 1 << out.Index
			r.arbitrate(out.Index, vc, r.alarm.Now())
		}
	}
}

// postpone keeps an output lane from taking a packet before a cycle.
func (r *Router) postpone(o *output, cycle int64) { o.notBefore = max(o.notBefore, cycle) }

// Holds reports whether a packet lies in an input lane.
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
