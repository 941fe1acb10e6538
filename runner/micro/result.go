package micro

import "math"

// Result is what a measurement found. Latencies are in cycles, from the creation of a
// packet to the arrival of its tail, and those of the packets created in the window;
// in a saturated network, whose packets wait for ever longer, of those that arrived
// in it.
type Result struct {
	// Endpoints and InjectingNodes count nodes.
	Endpoints      int `json:"endpoints"`
	InjectingNodes int `json:"injecting_nodes"`
	// OfferedFlitsPerNodeCycle is the rate asked for, GeneratedFlitsPerNodeCycle what
	// the draws came to in the window; both per injecting node.
	OfferedFlitsPerNodeCycle   float64 `json:"offered_flits_per_node_cycle"`
	GeneratedFlitsPerNodeCycle float64 `json:"generated_flits_per_node_cycle"`
	// AcceptedFlitsPerNodeCycle is the flits that arrived in the window per cycle and
	// endpoint, over all endpoints; AcceptedFlitsPerCycle is that of the network.
	AcceptedFlitsPerNodeCycle float64 `json:"accepted_flits_per_node_cycle"`
	AcceptedFlitsPerCycle     float64 `json:"accepted_flits_per_cycle"`

	// AvgPacketLatencyCycles is nil without a packet; AvgPacketLatencyCI95Cycles, the half-width of its 95% confidence interval, if a
	// batch is empty.
	AvgPacketLatencyCycles     *float64 `json:"avg_packet_latency_cycles"`
	AvgPacketLatencyCI95Cycles *float64 `json:"avg_packet_latency_ci95_cycles"`
	// AvgNetworkLatencyCycles leaves out the time in the source queue.
	AvgNetworkLatencyCycles *float64 `json:"avg_network_latency_cycles"`
	MinPacketLatencyCycles  int64    `json:"min_packet_latency_cycles"`
	P50PacketLatencyCycles  int64    `json:"p50_packet_latency_cycles"`
	P99PacketLatencyCycles  int64    `json:"p99_packet_latency_cycles"`
	MaxPacketLatencyCycles  int64    `json:"max_packet_latency_cycles"`
	// AvgHops is the number of routers on the way of a packet of the window.
	AvgHops float64 `json:"avg_hops"`
	// PacketsMeasured counts the packets above.
	PacketsMeasured int64 `json:"packets_measured"`

	// Saturated says that the network does not carry the offered load; SaturatedBecause
	// by which rule.
	Saturated        bool   `json:"saturated"`
	SaturatedBecause string `json:"saturated_because,omitempty"`

	// WarmupCycles and MeasureCycles are where the window began and how long it was,
	// DrainCycles how long after it its last packet arrived. WarmedUp is false if the
	// latency had not settled when the window began.
	WarmupCycles  int64 `json:"warmup_cycles"`
	WarmedUp      bool  `json:"warmed_up"`
	MeasureCycles int64 `json:"measure_cycles"`
	DrainCycles   int64 `json:"drain_cycles"`
	// Interrupted says that the measurement was not finished.
	Interrupted bool `json:"interrupted"`

	// Packets and FlitHops are those of the whole run, a flit-hop being a flit that
	// passes a router; Events are those of the engine.
	Packets      int64   `json:"packets"`
	FlitHops     int64   `json:"flit_hops"`
	Events       uint64  `json:"events"`
	FlitHopsPerS float64 `json:"flit_hops_per_s"`
	WallS        float64 `json:"wall_s"`
}

// result puts together what has been measured so far.
func (m *measurement) result() *Result {
	l, t := m.load, m.spec.Traffic
	packets := &l.measured
	if m.saturated != "" {
		packets = &l.arrivals
	}
	r := &Result{
		Endpoints: m.endpoints, InjectingNodes: len(m.injectors), OfferedFlitsPerNodeCycle: t.Rate,
		MinPacketLatencyCycles: packets.latency.Min, MaxPacketLatencyCycles: packets.latency.Max,
		P50PacketLatencyCycles: packets.latency.Quantile(0.5), P99PacketLatencyCycles: packets.latency.Quantile(0.99),
		PacketsMeasured: packets.latency.N,
		Saturated:       m.saturated != "", SaturatedBecause: m.saturated,
		WarmedUp: m.warmed, DrainCycles: m.drain, Interrupted: m.ctx.Err() != nil && !m.drained && m.saturated == "",
		Packets: l.whole.packets, FlitHops: l.whole.hops * int64(t.PacketFlits), Events: m.engine.Events(),
	}
	r.WarmupCycles = min(l.window.from, m.now+1)
	if cycles := m.end - l.window.from; cycles > 0 {
		r.MeasureCycles = cycles
		r.AcceptedFlitsPerCycle = float64(l.arrivals.latency.N*int64(t.PacketFlits)) / float64(cycles)
		r.AcceptedFlitsPerNodeCycle = r.AcceptedFlitsPerCycle / float64(m.endpoints)
		r.GeneratedFlitsPerNodeCycle = float64(m.generated*int64(t.PacketFlits)) / float64(cycles) / float64(len(m.injectors))
	}
	if n := float64(packets.latency.N); n > 0 {
		mean, network := packets.latency.Mean(), float64(packets.network)/n
		r.AvgPacketLatencyCycles, r.AvgNetworkLatencyCycles = &mean, &network
		r.AvgPacketLatencyCI95Cycles = packets.halfWidth()
		r.AvgHops = float64(packets.hops) / n
	}
	return r
}

// student975 is the 97.5% quantile of Student's t for batchCount - 1 degrees of
// freedom.
const student975 = 2.093

// halfWidth is that of the 95% confidence interval of the mean latency by batch means,
// nil if a batch is empty.
func (m *measured) halfWidth() *float64 {
	mean, squares := 0.0, 0.0
	for _, b := range m.batches {
		if b.packets == 0 {
			return nil
		}
		mean += b.mean() / batchCount
	}
	for _, b := range m.batches {
		d := b.mean() - mean
		squares += d * d
	}
	h := student975 * math.Sqrt(squares/(batchCount-1)/batchCount)
	return &h
}
