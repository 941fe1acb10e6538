package flit

import (
	"fmt"

	"mozart/interconnect/collective"
	"mozart/interconnect/port"
)

var (
	_ port.Part    = (*Reducer)(nil)
	_ port.Sleeper = (*Reducer)(nil)
	_ Client       = (*Reducer)(nil)
)

// Reducer is the in-network reduction of a router: a collective.Reducer behind local
// ports, as many as its adder needs. It takes contributions whole, adds them one after
// another when the adder is free and the table has an entry, and sends sums on. The
// contributions to a sum come in by one port. All sums leave by the first one: one link
// takes them up, and a flit per cycle is as much as it takes. The staging buffers are the
// sinks of the local ports: when one is full the network waits, and nothing is lost.
//
// Any staged contribution whose sum has an entry may pass one that waits for an entry.
type Reducer struct {
	net   *Network
	ends  []*Endpoint
	sums  *collective.Reducer
	alarm *port.Alarm
	// staged holds what has arrived, by cycle and, within one, by port.
	staged []staged
	// freeFrom is, by class, the first cycle in which a sum may be given to the first
	// port, never while one is on its way into the network. A port that becomes free in a
	// cycle is used from the next one on, so that it does not matter what comes first in
	// a cycle.
	freeFrom []int64
}

// staged is a contribution and the port that it came by.
type staged struct {
	p    *Packet
	port int
}

// NewReducer serves the local ports of a router with a reducer. StageBytes bounds what
// is staged per port and class; a contribution must fit.
func NewReducer(net *Network, ends []*Endpoint, sums *collective.Reducer, clock port.Clock, stageBytes int64) *Reducer {
	classes := len(net.spec.Router.Classes)
	r := &Reducer{net: net, ends: ends, sums: sums, freeFrom: make([]int64, classes)}
	r.alarm = port.NewAlarm(clock, r, 0)
	for _, end := range ends {
		for c := range classes {
			end.BoundEjection(uint8(c), stageBytes)
		}
		end.SetClient(r)
	}
	return r
}

// Name implements port.Part.
func (r *Reducer) Name() string { return r.ends[0].Name() + ".Reducer" }

// Stats returns the counters of the reduction.
func (r *Reducer) Stats() collective.Stats { return r.sums.Stats() }

// Ejected implements Client: a contribution has arrived, and is looked at from the
// next cycle on.
func (r *Reducer) Ejected(e *Endpoint, p *Packet, cycle int64) {
	p.Payload.HeadCycle, p.Payload.TailCycle = cycle, cycle
	at := len(r.staged)
	r.staged = append(r.staged, staged{})
	for at > 0 && r.staged[at-1].p.EjectedCycle == cycle && r.staged[at-1].port > e.port {
		r.staged[at] = r.staged[at-1]
		at--
	}
	r.staged[at] = staged{p, e.port}
	r.alarm.Set(cycle + 1)
}

// Injected implements Client: the next sum of the class may follow.
func (r *Reducer) Injected(_ *Endpoint, p *Packet, cycle int64) {
	r.freeFrom[p.Class] = cycle + 1
	r.alarm.Set(cycle + 1)
}

// Wake implements port.Sleeper.
func (r *Reducer) Wake(_ *port.Alarm, now int64) {
	r.add(now)
	r.send(now)
}

// add takes the oldest staged contribution that the table has an entry for. What has
// arrived in this very cycle does not count yet.
func (r *Reducer) add(now int64) {
	if len(r.staged) == 0 {
		return
	}
	if r.staged[len(r.staged)-1].p.EjectedCycle >= now {
		r.alarm.Set(now + 1)
	}
	if r.staged[0].p.EjectedCycle >= now {
		return
	}
	if free := r.sums.FreeAt(); free > now {
		r.alarm.Set(free)
		return
	}
	for i, s := range r.staged {
		if s.p.EjectedCycle >= now {
			break
		}
		if r.sums.CanAdd(s.p.Payload, now) {
			r.take(i, now)
			return
		}
	}
	if r.sums.Freed(now) > 0 {
		r.alarm.Set(now + 1)
		return
	}
	r.sums.MakeRoom(now)
}

// take adds staged contribution i.
func (r *Reducer) take(i int, now int64) {
	s := r.staged[i]
	r.staged = append(r.staged[:i], r.staged[i+1:]...)
	r.ends[s.port].AddRoom(s.p.Class, s.p.room())
	r.sums.Add(s.p.Payload, now)
	r.ends[s.port].FreePacket(s.p)
	if len(r.staged) > 0 {
		r.alarm.Set(max(now+1, r.sums.FreeAt()))
	}
}

// send hands the next sum to its local port.
func (r *Reducer) send(now int64) {
	p, ready := r.sums.Peek()
	if p == nil {
		return
	}
	free := &r.freeFrom[p.Class]
	if start := max(ready, *free); start > now {
		if start != never {
			r.alarm.Set(start)
		}
		return
	}
	*free = never
	r.ends[0].Inject(r.ends[0].packetFor(r.sums.Take(now), now))
	r.alarm.Set(now + 1) // an entry is free, and another sum may stand
}

// Idle implements port.Part.
func (r *Reducer) Idle() bool { return len(r.staged) == 0 && r.sums.Idle() }

// Waits implements port.Part: staged contributions that the table has no entry for,
// and the oldest sum that lacks some.
func (r *Reducer) Waits() []port.Wait {
	var out []port.Wait
	op, token, missing, held := r.sums.Oldest()
	if !held {
		return nil
	}
	why := fmt.Sprintf("op %d token %d lacks %d contributions", op, token, missing)
	if len(r.staged) > 0 {
		return append(out, port.Wait{From: r.Name(), To: r.ends[r.staged[0].port].Name(), Why: why + fmt.Sprintf("; %d contributions wait for an entry", len(r.staged))})
	}
	return append(out, port.Wait{From: r.Name(), To: "contributions that have not come", Why: why})
}

// Metrics implements port.Part.
func (r *Reducer) Metrics() []port.Metric {
	s := r.sums.Stats()
	return []port.Metric{
		{Name: "packets", Value: float64(s.Packets), Unit: "1"},
		{Name: "contributions", Value: float64(s.Contributions), Unit: "1"},
		{Name: "sums", Value: float64(s.Sums), Unit: "1"},
		{Name: "evictions", Value: float64(s.Evictions), Unit: "1"},
		{Name: "adder_busy", Value: float64(s.AdderBusyCycles), Unit: "cycles"},
		{Name: "max_entries", Value: float64(s.MaxEntries), Unit: "1"},
	}
}
