package stats

import (
	"math"
	"math/bits"
)

// Latencies counts values of at least 0, each with a weight of 1: exactly below
// 2^exactBits, above in buckets of a relative width below 2^(1-exactBits). It is finer
// than a Histogram and larger, for the few places where single values are looked at. It
// grows to the largest value seen and then does not allocate. The zero value is empty.
type Latencies struct {
	// N is the number of values, Sum their sum.
	N, Sum int64
	// Min and Max are the least and the largest value, 0 of nothing.
	Min, Max int64
	counts   []int64
}

const (
	exactBits = 11
	half      = 1 << (exactBits - 1)
)

// fineBucket is the place of a value: below 2^exactBits itself; above, every power of
// two has half of 2^exactBits places.
func fineBucket(v int64) int {
	shift := bits.Len64(uint64(v)) - exactBits
	if shift <= 0 {
		return int(v)
	}
	return shift*half + int(v>>shift)
}

// lowest is the smallest value of a fineBucket.
func lowest(b int) int64 {
	if b < 2*half {
		return int64(b)
	}
	shift := b/half - 1
	return int64(b-shift*half) << shift
}

// Add counts a value, which must not be negative.
func (l *Latencies) Add(v int64) {
	b := fineBucket(v)
	if b >= len(l.counts) {
		l.counts = append(l.counts, make([]int64, b+half-len(l.counts))...)
	}
	l.counts[b]++
	if l.N == 0 || v < l.Min {
		l.Min = v
	}
	l.Max = max(l.Max, v)
	l.N++
	l.Sum += v
}

// Mean is the average value, 0 of nothing.
func (l *Latencies) Mean() float64 {
	if l.N == 0 {
		return 0
	}
	return float64(l.Sum) / float64(l.N)
}

// Quantile is the smallest value, rounded down to its bucket, that at least the share q
// of all does not exceed; 0 of nothing.
func (l *Latencies) Quantile(q float64) int64 {
	need := int64(math.Ceil(q * float64(l.N)))
	for b, n := range l.counts {
		if need -= n; need <= 0 {
			return max(lowest(b), l.Min)
		}
	}
	return l.Max
}

// Clone is a copy that shares nothing.
func (l *Latencies) Clone() Latencies {
	c := *l
	c.counts = append([]int64(nil), l.counts...)
	return c
}
