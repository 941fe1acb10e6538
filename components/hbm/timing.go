package hbm

import (
	"fmt"
	"math"

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
		if t.Rate(int64(p.Bytes)) < 1000 {
			return Timing{}, fmt.Errorf("channel_bandwidth %v x %d at efficiency %v is too slow for a clock of %v",
				s.ChannelBandwidth, s.Channels, p.Efficiency, clock)
		}
	}
	return t, nil
}

// Efficiency is the share of peak bandwidth that accesses of a length in bytes
// reach: the points of the Spec, linear in log2(bytes) between them.
func (t *Timing) Efficiency(bytes int64) float64 {
	p := t.points
	if bytes <= int64(p[0].Bytes) {
		return p[0].Efficiency
	}
	for i := 1; i < len(p); i++ {
		if bytes >= int64(p[i].Bytes) {
			continue
		}
		low, high := math.Log2(float64(p[i-1].Bytes)), math.Log2(float64(p[i].Bytes))
		at := (math.Log2(float64(bytes)) - low) / (high - low)
		return p[i-1].Efficiency + at*(p[i].Efficiency-p[i-1].Efficiency)
	}
	return p[len(p)-1].Efficiency
}

// Rate is the data bus's rate for accesses of a length in bytes.
func (t *Timing) Rate(bytes int64) Rate {
	return Rate(math.Round(t.peak * t.Efficiency(bytes) * (1 << rateShift)))
}

// ServiceCycles is how long a chunk of bytes holds the data bus at a rate,
// rounded up.
func ServiceCycles(bytes int64, r Rate) int64 {
	return (bytes*8<<rateShift + int64(r) - 1) / int64(r)
}
