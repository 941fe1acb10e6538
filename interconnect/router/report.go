package router

import (
	"fmt"
	"math/bits"

	"mozart/interconnect/collective"
	"mozart/interconnect/port"
)

// Stats counts what a router did.
type Stats struct {
	// Packets and Bytes count what moved to an output port, multicast copies and
	// sums included.
	Packets, Bytes int64
	// Copies is the number of multicast copies among them.
	Copies int64
	// Wakes is the number of times the router was woken.
	Wakes int64
	// Reducer counts the in-network reduction.
	Reducer collective.Stats
}

// Stats returns a copy of the counters.
func (r *Router) Stats() Stats {
	s := r.stats
	s.Reducer = r.reducer.Stats()
	return s
}

// Metrics implements port.Part.
func (r *Router) Metrics() []port.Metric {
	s := r.Stats()
	return []port.Metric{
		{Name: "packets", Value: float64(s.Packets), Unit: "1"},
		{Name: "bytes", Value: float64(s.Bytes), Unit: "B"},
		{Name: "multicast_copies", Value: float64(s.Copies), Unit: "1"},
		{Name: "reducer.packets", Value: float64(s.Reducer.Packets), Unit: "1"},
		{Name: "reducer.contributions", Value: float64(s.Reducer.Contributions), Unit: "1"},
		{Name: "reducer.sums", Value: float64(s.Reducer.Sums), Unit: "1"},
		{Name: "reducer.evictions", Value: float64(s.Reducer.Evictions), Unit: "1"},
		{Name: "reducer.adder_busy", Value: float64(s.Reducer.AdderBusyCycles), Unit: "cycles"},
		{Name: "reducer.max_entries", Value: float64(s.Reducer.MaxEntries), Unit: "1"},
	}
}

// Waits implements port.Part: input lanes that wait for a full output or for an
// entry of the reducer, and the reducer, which waits for contributions that can
// only come out of an input lane blocked behind it.
func (r *Router) Waits() []port.Wait {
	var out []port.Wait
	for in := range r.reducerSlot() + 1 {
		for vc := range vcs {
			out = append(out, r.waitsOf(in, vc)...)
		}
	}
	return append(out, r.reducerWaits()...)
}

func (r *Router) waitsOf(in, vc int) []port.Wait {
	i := &r.inputs[lane(in, vc)]
	if i.packet == nil {
		return nil
	}
	var out []port.Wait
	for m := i.pending; m != 0; m &= m - 1 {
		to := bits.TrailingZeros64(m)
		switch {
		case to == r.reducerSlot() && !r.reducer.CanAdd(i.packet, r.alarm.Now()+1):
			out = append(out, port.Wait{From: r.inName(in, vc), To: r.reducerName(), Why: "no free entry"})
		case to != r.reducerSlot() && r.outputs[lane(to, vc)].full:
			out = append(out, port.Wait{From: r.inName(in, vc), To: r.outName(to, vc), Why: "output full"})
		}
	}
	return out
}

func (r *Router) reducerWaits() []port.Wait {
	op, token, missing, ok := r.reducer.Oldest()
	if !ok {
		return nil
	}
	why := fmt.Sprintf("op %d token %d lacks %d contributions", op, token, missing)
	var out []port.Wait
	for vc := range vcs {
		for m := r.outputs[lane(r.reducerSlot(), vc)].requests; m != 0; m &= m - 1 {
			out = append(out, port.Wait{From: r.reducerName(), To: r.inName(bits.TrailingZeros64(m), vc), Why: why})
		}
	}
	if len(out) == 0 {
		out = append(out, port.Wait{From: r.reducerName(), To: "contributions that have not come", Why: why})
	}
	return out
}

func (r *Router) reducerName() string { return r.Name() + ".Reducer" }

func (r *Router) inName(in, vc int) string {
	if in == r.reducerSlot() {
		return r.reducerName()
	}
	s := &r.slots[in]
	return s.port.InName(s.vc + vc)
}

func (r *Router) outName(out, vc int) string {
	s := &r.slots[out]
	return s.port.OutName(s.vc + vc)
}
