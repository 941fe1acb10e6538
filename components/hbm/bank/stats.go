package bank

import "math/bits"

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
	ReadLatency Histogram
}

const (
	exactBits = 7                                   // values below 128 have a bucket each
	buckets   = (64 - exactBits) << (exactBits - 1) // enough for any int64
)

// Histogram counts values of at least 0: each below 128 exactly, larger ones in
// buckets of at most 1/64 of the value. The zero Histogram is empty.
type Histogram struct {
	N, Sum, Max int64
	counts      [buckets + 1<<(exactBits-1)]int64
}

// Add counts a value.
func (h *Histogram) Add(v int64) {
	h.N++
	h.Sum += v
	h.Max = max(h.Max, v)
	h.counts[bucketOf(v)]++
}

func bucketOf(v int64) int {
	shift := max(bits.Len64(uint64(v))-exactBits, 0)
	return shift<<(exactBits-1) + int(v>>shift)
}

// Mean is the mean value; 0 if there is none.
func (h *Histogram) Mean() float64 {
	if h.N == 0 {
		return 0
	}
	return float64(h.Sum) / float64(h.N)
}

// Percentile is the least value, to the precision of its bucket, that at least p
// percent of the values do not exceed; 0 if there is none.
func (h *Histogram) Percentile(p float64) int64 {
	need := max(int64(p/100*float64(h.N)+0.999999), 1)
	for i, n := range h.counts {
		if need -= n; need <= 0 && n > 0 {
			return bucketLow(i)
		}
	}
	return 0
}

// bucketLow is the least value of a bucket.
func bucketLow(i int) int64 {
	if i < 1<<exactBits {
		return int64(i)
	}
	shift := i>>(exactBits-1) - 1
	return int64(i-shift<<(exactBits-1)) << shift
}
