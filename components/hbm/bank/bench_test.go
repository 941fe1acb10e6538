package bank_test

import (
	"testing"

	"mozart/components/hbm/bank"
)

// BenchmarkBank measures 64-byte requests per second under the loads of the table of
// speeds that came with the reference rows: a window of 256 reads.
func BenchmarkBank(b *testing.B) {
	for _, c := range []struct{ name, preset, mapping, pattern string }{
		{"sequential", "hbm2-dramsim3", "rorabgbachco", "sequential"},
		{"sequential-interleaved", "hbm2-dramsim3", "rorabacobgch", "sequential"},
		{"random", "hbm2-dramsim3", "rorabgbachco", "random"},
		{"ramulator2-sequential", "hbm2-ramulator2", "robaracoch", "sequential"},
		{"ramulator2-random", "hbm2-ramulator2", "robaracoch", "random"},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := preset(b, c.preset)
			s.Mapping = c.mapping
			load := bank.Load{Pattern: pattern(b, c.pattern), ReadFraction: 1, Window: 256, Requests: int64(max(b.N, 1)), Seed: 1}
			st, err := bank.New(s)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := bank.DriveStack(st, load); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mreq/s")
		})
	}
}
