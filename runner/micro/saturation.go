package micro

import (
	"fmt"
	"math"
)

const (
	// missingShare is the share of the offered flits that may be missing at the end of a
	// window, missingDeviations that in standard deviations of the number of flits that
	// are created. From clearlyMissing on, a longer window says nothing new.
	missingShare      = 0.01
	missingDeviations = 3
	clearlyMissing    = 0.05
	// growth is how many times the mean latency of the first quarter of the window that
	// of the last one may be, growthPackets how many packets each has to have for that.
	growth        = 2
	growthPackets = 50
)

// overload says why the load is more than the network carries, or "". It looks at the
// window alone, in which a number of packets was generated: fewer came out, beyond
// chance, or the latency was still growing.
func (m *measurement) overload(generated int64) string {
	missing := m.missing(generated)
	if missing > missingShare && missing > missingDeviations/math.Sqrt(float64(generated)) {
		return fmt.Sprintf("%.1f%% of the flits offered in the window were not accepted", 100*missing)
	}
	first, last := m.load.measured.quarters()
	if min(first.packets, last.packets) >= growthPackets && last.mean() > growth*first.mean() {
		return fmt.Sprintf("the mean latency grew from %.1f cycles in the first quarter of the window to %.1f in the last", first.mean(), last.mean())
	}
	return ""
}

// missing is the share of the packets generated that is not made up for by arrivals.
func (m *measurement) missing(generated int64) float64 {
	return 1 - float64(m.load.arrivals.latency.N)/float64(max(1, generated))
}

// quarters are the packets created in the first and the last quarter of the window,
// as far as they have arrived.
func (m *measured) quarters() (first, last tally) {
	for i := range batchCount / 4 {
		first.add(m.batches[i])
		last.add(m.batches[batchCount-1-i])
	}
	return first, last
}

func (t *tally) add(o tally) {
	t.packets += o.packets
	t.latency += o.latency
}
