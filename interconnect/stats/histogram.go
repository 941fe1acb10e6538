package stats

import (
	"math"
	"math/bits"
)

const (
	// linear is the number of values that have a bucket of their own.
	linear = 16
	// perOctave is the number of buckets between a power of two and the next.
	perOctave = 8
	// linearBits and octaveBits are their logarithms.
	linearBits = 4
	octaveBits = 3
	// growth is by how many buckets a histogram grows at least.
	growth = 32
)

// Histogram counts values of 0 and more, each with a weight. The zero value is
// empty and ready.
type Histogram struct {
	// Counts is the weight in each bucket; see Bucket. It ends where no value has
	// been.
	Counts []int64
	// Sum is the sum of values times weights.
	Sum int64
	// Max is the largest value.
	Max int64
}

// Bucket is the number of the bucket that a value v >= 0 falls into.
func Bucket(v int64) int {
	if v < linear {
		return int(v)
	}
	octave := bits.Len64(uint64(v)) - 1 // v has its highest bit there
	return linear + (octave-linearBits)*perOctave + int(v>>(octave-octaveBits))&(perOctave-1)
}

// Highest is the largest value of a bucket.
func Highest(bucket int) int64 {
	if bucket < linear {
		return int64(bucket)
	}
	octave := linearBits + (bucket-linear)/perOctave
	mantissa := int64(perOctave + (bucket-linear)%perOctave)
	return (mantissa+1)<<(octave-octaveBits) - 1
}

// Add counts a value v >= 0 with a weight.
func (h *Histogram) Add(v, weight int64) {
	b := Bucket(v)
	if b >= len(h.Counts) {
		h.grow(b)
	}
	h.Counts[b] += weight
	h.Sum += v * weight
	h.Max = max(h.Max, v)
}

// Count is Add with a weight of 1.
func (h *Histogram) Count(v int64) {
	b := Bucket(v)
	if b >= len(h.Counts) {
		h.grow(b)
	}
	h.Counts[b]++
	h.Sum += v
	h.Max = max(h.Max, v)
}

// grow makes room for a bucket.
func (h *Histogram) grow(bucket int) {
	next := make([]int64, bucket+growth)
	copy(next, h.Counts)
	h.Counts = next
}

// Total is the sum of weights.
func (h *Histogram) Total() int64 {
	total := int64(0)
	for _, n := range h.Counts {
		total += n
	}
	return total
}

// Mean is the mean over a total weight, of which what is not in the histogram
// counts as 0. It is 0 if there is none.
func (h *Histogram) Mean(total int64) float64 {
	if total <= 0 {
		return 0
	}
	return float64(h.Sum) / float64(total)
}

// Quantile is the least value that at least the share q of a total weight does not
// exceed, where what is not in the histogram counts as 0: exact below 16, else the
// upper end of its bucket, at most one eighth too high. It is never above Max.
func (h *Histogram) Quantile(q float64, total int64) int64 {
	sum := max(0, total-h.Total())
	need := max(1, int64(math.Ceil(q*float64(total))))
	for b, n := range h.Counts {
		if sum += n; sum >= need {
			return min(Highest(b), h.Max)
		}
	}
	return h.Max
}

// P99 is the quantile of 99%.
func (h *Histogram) P99(total int64) int64 { return h.Quantile(0.99, total) }

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(o *Histogram) {
	if len(o.Counts) > len(h.Counts) {
		h.grow(len(o.Counts) - 1)
	}
	for b, n := range o.Counts {
		h.Counts[b] += n
	}
	h.Sum += o.Sum
	h.Max = max(h.Max, o.Max)
}

// Clone is a copy that shares nothing, without buckets above the last one that
// holds anything.
func (h *Histogram) Clone() Histogram {
	last := len(h.Counts)
	for last > 0 && h.Counts[last-1] == 0 {
		last--
	}
	return Histogram{Counts: append([]int64(nil), h.Counts[:last]...), Sum: h.Sum, Max: h.Max}
}
