package bank

import "mozart/interconnect/stats"

// ChannelStats counts what one channel did. Cycles are of the memory clock.
type ChannelStats struct {
	ACT, PRE, RD, WR, REF, REFB int64 // commands; PRE counts banks closed, also by PREA, RDA and WRA
	// Hits, Misses and Conflicts say what the requests found: their row open, their
	// bank closed, another row open.
	Hits, Misses, Conflicts int64
	Forwarded               int64 // reads answered from a write that waited
	Coalesced               int64 // writes that replaced one that waited
	BusyCycles              int64 // of the data buses
	QueueCycles             int64 // requests inside without their column command, summed over cycles
	LatencyCycles           int64 // of all reads, summed
}

func (s *ChannelStats) found(o outcome) {
	switch o {
	case rowHit:
		s.Hits++
	case rowMiss:
		s.Misses++
	case rowConflict:
		s.Conflicts++
	}
}

// Add adds what another channel did.
func (s *ChannelStats) Add(o *ChannelStats) {
	s.ACT, s.PRE, s.RD, s.WR, s.REF, s.REFB = s.ACT+o.ACT, s.PRE+o.PRE, s.RD+o.RD, s.WR+o.WR, s.REF+o.REF, s.REFB+o.REFB
	s.Hits, s.Misses, s.Conflicts = s.Hits+o.Hits, s.Misses+o.Misses, s.Conflicts+o.Conflicts
	s.Forwarded, s.Coalesced = s.Forwarded+o.Forwarded, s.Coalesced+o.Coalesced
	s.BusyCycles, s.QueueCycles = s.BusyCycles+o.BusyCycles, s.QueueCycles+o.QueueCycles
	s.LatencyCycles += o.LatencyCycles
}

// Stats counts what a stack did up to its present cycle.
type Stats struct {
	Cycles int64        // since cycle 0
	Total  ChannelStats // of all channels
	// Channels holds each channel by itself.
	Channels []ChannelStats
	// ReadLatency counts the latencies of all reads, in cycles.
	ReadLatency stats.Latencies
}
