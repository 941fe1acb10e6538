package micro

import (
	"fmt"

	"mozart/components/hbm/bank"
)

// runBanks measures a stack at bank fidelity.
func runBanks(s StackSpec) (*StackResult, error) {
	spec, err := s.bankSpec()
	if err != nil {
		return nil, fmt.Errorf("preset: %w", err)
	}
	pattern, err := bank.ParsePattern(s.Pattern)
	if err != nil {
		return nil, err
	}
	d, err := bank.Drive(spec, bank.Load{
		Pattern: pattern, ReadFraction: s.ReadFraction, Window: s.Window, Rate: s.Rate,
		Requests: s.Requests, RequestBytes: requestBytes, IssuePerCycle: issueWidth, Seed: s.Seed,
	})
	if err != nil {
		return nil, err
	}
	ns := float64(spec.TCKPs) / 1000
	total := d.Stats.Total
	return &StackResult{
		BandwidthGBPerS: d.BandwidthGBPerS, Efficiency: d.Efficiency,
		AvgReadLatencyNS: d.MeanReadLatencyNs,
		P50ReadLatencyNS: float64(d.ReadLatency.Quantile(0.5)) * ns, P99ReadLatencyNS: float64(d.ReadLatency.Quantile(0.99)) * ns,
		Requests: d.Requests, Reads: d.Reads, Bytes: d.Bytes, Cycles: d.Cycles, CycleNS: ns, PeakBandwidthGBPerS: spec.PeakGBPerS(),
		Banks: &StackBanks{
			Activates: total.ACT, Precharges: total.PRE, Reads: total.RD, Writes: total.WR, Refreshes: total.REF, BankRefreshes: total.REFB,
			RowHits: total.Hits, RowMisses: total.Misses, RowConflicts: total.Conflicts,
			Forwarded: total.Forwarded, Coalesced: total.Coalesced,
		},
	}, nil
}
