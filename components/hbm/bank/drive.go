package bank

import (
	"errors"
	"fmt"

	"mozart/interconnect/stats"
)

// A Load is synthetic traffic for a stack.
type Load struct {
	Pattern Pattern
	// ReadFraction is the probability that a request is a read; the others write.
	ReadFraction float64
	// Window is how many requests may be outstanding; a read is until its data are
	// there, a write until it is accepted. Not used if Rate is above 0.
	Window int
	// Rate is requests per cycle, created evenly, that wait without limit to be
	// issued; latency then counts from creation. 0 is a closed loop with Window.
	Rate float64
	// Requests is how many to issue in all.
	Requests int64
	// RequestBytes is the size of a request; it is issued as one transaction after
	// another. 0 is 64.
	RequestBytes int64
	// IssuePerCycle is how many transactions may be issued in one cycle, in order; 0
	// is 16. The first that is refused ends it.
	IssuePerCycle int
	// Seed is of the random addresses and of reads and writes.
	Seed uint64
}

// Result is what a Load measured. Cycles are of the memory clock.
type Result struct {
	Requests, Reads int64
	// Cycles run from the first request until every read has been answered and every
	// write accepted.
	Cycles int64
	Bytes  int64
	// BandwidthGBPerS is in 1e9 bytes per second; Efficiency is its share of the peak.
	BandwidthGBPerS, Efficiency float64
	// ReadLatency is of whole requests, in cycles; MeanReadLatencyNs its mean in ns.
	ReadLatency       stats.Latencies
	MeanReadLatencyNs float64
	Stats             Stats
}

// withDefaults fills in what is left open.
func (l Load) withDefaults() Load {
	if l.RequestBytes == 0 {
		l.RequestBytes = 64
	}
	if l.IssuePerCycle == 0 {
		l.IssuePerCycle = 16
	}
	return l
}

const maxRequests = 1 << 40

// Validate reports every wrong field at once, joined.
func (l Load) Validate(s Spec) error {
	l = l.withDefaults()
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(l.ReadFraction >= 0 && l.ReadFraction <= 1, "read fraction must be 0 to 1, got %v", l.ReadFraction)
	check(l.Rate >= 0 && l.Rate <= 1e6, "rate must be 0 to 1e6 requests per cycle, got %v", l.Rate)
	check(l.Rate > 0 || l.Window >= 1 && l.Window <= 1<<20, "window must be 1 to %d, got %d", 1<<20, l.Window)
	check(l.Requests >= 1 && l.Requests <= maxRequests, "requests must be 1 to %d, got %d", int64(maxRequests), l.Requests)
	check(l.RequestBytes >= int64(s.BurstBytes) && l.RequestBytes%int64(max(s.BurstBytes, 1)) == 0 && l.RequestBytes <= 1<<20,
		"request bytes must be a multiple of the burst's %d up to %d, got %d", s.BurstBytes, 1<<20, l.RequestBytes)
	check(l.IssuePerCycle >= 1 && l.IssuePerCycle <= 1<<20, "transactions per cycle must be 1 to %d, got %d", 1<<20, l.IssuePerCycle)
	return errors.Join(errs...)
}

// Drive measures a new stack under a load.
func Drive(spec Spec, load Load) (Result, error) {
	s, err := New(spec)
	if err != nil {
		return Result{}, err
	}
	return DriveStack(s, load)
}

// DriveStack measures a stack under a load; the stack should be new.
func DriveStack(s *Stack, load Load) (Result, error) {
	if err := load.Validate(s.spec); err != nil {
		return Result{}, fmt.Errorf("memory load: %w", err)
	}
	d := newDriver(s, load.withDefaults())
	if err := d.run(); err != nil {
		return Result{}, err
	}
	r := d.result
	r.Requests, r.Cycles, r.Bytes = d.Requests, s.now-firstCycle, d.Requests*d.RequestBytes
	r.BandwidthGBPerS = float64(r.Bytes) / float64(r.Cycles) * 1000 / float64(s.spec.TCKPs)
	r.Efficiency = r.BandwidthGBPerS / s.spec.PeakGBPerS()
	r.MeanReadLatencyNs = r.ReadLatency.Mean() * float64(s.spec.TCKPs) / 1000
	r.Stats = s.Stats()
	return r, nil
}
