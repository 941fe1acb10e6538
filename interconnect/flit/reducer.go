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

// Reducer is the in-network reduction of a router: a collective.Reducer behind a
// local port. It takes contributions whole, adds them when the adder is free and the
// table has an entry, and sends sums on. Its staging buffer is the sink of the local
// port: when it is full the network waits, and nothing is lost.
//
// Any staged contribution whose sum has an entry may pass one that waits for an entry.
type Reducer struct {
	net   *Network
	end   *Endpoint
	sums  *collective.Reducer
	alarm *port.Alarm
	// staged holds what has arrived, oldest first.
	staged []*Packet
	// sending says, per class, that a sum is on its way into the network.
	sending []bool
}

// NewReducer serves a local port with a reducer. StageFlits bounds what is staged per
// class; a contribution must fit.
func NewReducer(net *Network, end *Endpoint, sums *collective.Reducer, clock port.Clock, stageFlits int64) *Reducer {
	r := &Reducer{net: net, end: end, sums: sums, sending: make([]bool, len(net.spec.Router.Classes))}
	r.alarm = port.NewAlarm(clock, r, 0)
	for c := range r.sending {
		end.BoundEjection(uint8(c), stageFlits)
	}
	end.SetClient(r)
	return r
}

// Name implements port.Part.
func (r *Reducer) Name() string { return r.end.Name() + ".Reducer" }

// Stats returns the counters of the reduction.
func (r *Reducer) Stats() collective.Stats { return r.sums.Stats() }

// Ejected implements Client: a contribution has arrived, and is looked at from the
// next cycle on.
func (r *Reducer) Ejected(_ *Endpoint, p *Packet, cycle int64) {
	p.Payload.HeadCycle, p.Payload.TailCycle = cycle, cycle
	r.staged = append(r.staged, p)
	r.alarm.Set(cycle + 1)
}

// Injected implements Client: the next sum of the class may follow.
func (r *Reducer) Injected(_ *Endpoint, p *Packet, cycle int64) {
	r.sending[p.Class] = false
	r.alarm.Set(cycle + 1)
}

// Wake implements port.Sleeper.
func (r *Reducer) Wake(_ *port.Alarm, now int64) {
	r.add(now)
	r.send(now)
}

// add takes the oldest staged contribution that the table has an entry for.
func (r *Reducer) add(now int64) {
	if len(r.staged) == 0 {
		return
	}
	if free := r.sums.FreeAt(); free > now {
		r.alarm.Set(free)
		return
	}
	for i, p := range r.staged {
		if p.EjectedCycle >= now || !r.sums.CanAdd(p.Payload, now) {
			continue
		}
		r.staged = append(r.staged[:i], r.staged[i+1:]...)
		r.end.AddRoom(p.Class, int64(p.Flits))
		r.sums.Add(p.Payload, now)
		r.net.FreePacket(p)
		if len(r.staged) > 0 {
			r.alarm.Set(max(now+1, r.sums.FreeAt()))
		}
		return
	}
	if r.sums.Freed(now) > 0 || r.staged[len(r.staged)-1].EjectedCycle >= now {
		r.alarm.Set(now + 1)
		return
	}
	r.sums.MakeRoom(now)
}

// send hands the next sum to the local port.
func (r *Reducer) send(now int64) {
	p, ready := r.sums.Peek()
	if p == nil || r.sending[p.Class] {
		return
	}
	if ready > now {
		r.alarm.Set(ready)
		return
	}
	r.sending[p.Class] = true
	r.end.Inject(r.net.packetFor(r.sums.Take(now), now))
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
		return append(out, port.Wait{From: r.Name(), To: r.end.Name(), Why: why + fmt.Sprintf("; %d contributions wait for an entry", len(r.staged))})
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
