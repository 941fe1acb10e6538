package record_test

import (
	"path/filepath"
	"slices"
	"testing"

	"mozart/runner/record"
)

// BenchmarkWriteOps writes 70,000 ops a file.
func BenchmarkWriteOps(b *testing.B) {
	rows := opRows(70_000)
	path := filepath.Join(b.TempDir(), "ops.parquet")
	b.ReportAllocs()
	for b.Loop() {
		if err := record.WriteParquet(path, slices.Values(rows)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkDigestOp adds one op.
func BenchmarkDigestOp(b *testing.B) {
	row := opRows(1)[0]
	d := record.NewDigest()
	b.ReportAllocs()
	for b.Loop() {
		d.AddOp(row)
	}
}
