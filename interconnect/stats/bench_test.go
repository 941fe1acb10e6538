package stats_test

import (
	"testing"

	"mozart/interconnect/stats"
)

// BenchmarkQueues is a message that waits behind another one, on a link of 4 channels.
func BenchmarkQueues(b *testing.B) {
	q := stats.NewQueues(4)
	b.ReportAllocs()
	cycle := int64(0)
	q.Enter(1, cycle)
	for b.Loop() {
		cycle += 100
		q.Enter(1, cycle)
		q.Leave(1, cycle+int64(uint64(cycle)*0x9e3779b97f4a7c15>>58), 30)
	}
}

// BenchmarkBuffer is a packet that stays for about twice as long as the next one takes
// to come.
func BenchmarkBuffer(b *testing.B) {
	var f stats.Buffer
	b.ReportAllocs()
	cycle := int64(0)
	for b.Loop() {
		cycle += 100
		f.Pass(cycle, cycle+130+int64(uint64(cycle)*0x9e3779b97f4a7c15>>58), 4096)
	}
}
