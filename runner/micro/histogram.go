package micro

import (
	"math"
	"math/bits"
)

// histogram counts latencies: exactly below 2^exactBits cycles, above in buckets of a
// relative width below 2^-exactBits+1. It grows to the largest latency seen and then
// does not allocate.
type histogram struct {
	counts   []int64
	n        int64
	sum      int64
	min, max int64
}

const (
	exactBits = 11
	half      = 1 << (exactBits - 1)
)

// bucket is the place of a latency: below 2^exactBits itself; above, every power of
// two has half of 2^exactBits places.
func bucket(v int64) int {
	shift := bits.Len64(uint64(v)) - exactBits
	if shift <= 0 {
		return int(v)
	}
	return shift*half + int(v>>shift)
}

// lowest is the smallest latency of a bucket.
func lowest(b int) int64 {
	if b < 2*half {
		return int64(b)
	}
	shift := b/half - 1
	return int64(b-shift*half) << shift
}

// add counts a latency, which must not be negative.
func (h *histogram) add(v int64) {
	b := bucket(v)
	if b >= len(h.counts) {
		h.counts = append(h.counts, make([]int64, b+half-len(h.counts))...)
	}
	h.counts[b]++
	if h.n == 0 || v < h.min {
		h.min = v
	}
	h.max = max(h.max, v)
	h.n++
	h.sum += v
}

// mean is the average latency, 0 of nothing.
func (h *histogram) mean() float64 {
	if h.n == 0 {
		return 0
	}
	return float64(h.sum) / float64(h.n)
}

// quantile is the smallest latency, rounded down to its bucket, that at least the share
// q of all does not exceed; 0 of nothing.
func (h *histogram) quantile(q float64) int64 {
	need := int64(math.Ceil(q * float64(h.n)))
	for b, n := range h.counts {
		if need -= n; need <= 0 {
			return max(lowest(b), h.min)
		}
	}
	return h.max
}
