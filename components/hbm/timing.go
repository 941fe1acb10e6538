package hbm

import (
	"fmt"
	"math"
	"slices"

	"mozart/configs/units"
)

// rateShift is the number of fraction bits of a Rate.
const rateShift = 20

// Rate is a transfer rate in 2^-20 bits per cycle.
type Rate int64

// Timing is the closed-form part of a stack at one clock.
type Timing struct {
	// LatencyCycles is the time to a stream's first word, TurnaroundCycles the
	// gap between a read and a write on the data bus.
	LatencyCycles, TurnaroundCycles int64

	peak   float64 // bits per cycle of all channels
	points []EfficiencyPoint
}

// NewTiming resolves a valid Spec at a clock. It is an error if the slowest
// rate is below what the integer arithmetic resolves to 0.1%.
func NewTiming(s Spec, clock units.Frequency) (Timing, error) {
	if clock <= 0 {
		return Timing{}, fmt.Errorf("clock must be above 0 Hz, got %v", clock)
	}
	t := Timing{
		LatencyCycles:    s.ReadLatency.Cycles(clock),
		TurnaroundCycles: s.Turnaround.Cycles(clock),
		peak:             8 * s.PeakBandwidth().BytesPerCycle(clock),
		points:           s.Efficiency,
	}
	for _, p := range s.Efficiency {
		slowest := p.Efficiency
		if len(p.WithWrites) > 0 {
			slowest = min(slowest, slices.Min(p.WithWrites))
		}
		if t.rate(slowest) < minRate {
			return Timing{}, fmt.Errorf("channel_bandwidth %v x %d at efficiency %v is too slow for a clock of %v",
				s.ChannelBandwidth, s.Channels, slowest, clock)
		}
	}
	return t, nil
}

// minRate is the slowest Rate that is resolved to 0.1%.
const minRate = 1000

// Efficiency is the share of peak bandwidth that accesses of a length in bytes
// reach when a share of them, 0 to 1, are writes: the points of the Spec, linear in
// log2(bytes) between them, and linear in the share of writes.
func (t *Timing) Efficiency(bytes int64, writes float64) float64 {
	p := t.points
	if bytes <= int64(p[0].Bytes) {
		return p[0].withShare(writes)
	}
	for i := 1; i < len(p); i++ {
		if bytes >= int64(p[i].Bytes) {
			continue
		}
		low, high := math.Log2(float64(p[i-1].Bytes)), math.Log2(float64(p[i].Bytes))
		at := (math.Log2(float64(bytes)) - low) / (high - low)
		from := p[i-1].withShare(writes)
		return from + at*(p[i].withShare(writes)-from)
	}
	return p[len(p)-1].withShare(writes)
}

// KnowsWrites tells whether the efficiency depends on the share of writes.
func (t *Timing) KnowsWrites() bool { return len(t.points[0].WithWrites) > 0 }

// Rate is the data bus's rate for accesses of a length in bytes of which a share are
// writes.
func (t *Timing) Rate(bytes int64, writes float64) Rate {
	return t.rate(t.Efficiency(bytes, writes))
}

func (t *Timing) rate(efficiency float64) Rate {
	return Rate(math.Round(t.peak * efficiency * (1 << rateShift)))
}

// ServiceCycles is how long a chunk of bytes holds the data bus at a rate,
// rounded up.
func ServiceCycles(bytes int64, r Rate) int64 {
	return (bytes*8<<rateShift + int64(r) - 1) / int64(r)
}
