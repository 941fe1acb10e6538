package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A bucket holds its lowest latency and nothing that differs by its relative width.
func TestFineBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, 1<<40).Draw(t, "latency")
		low := lowest(fineBucket(v))
		if low > v || fineBucket(low) != fineBucket(v) {
			t.Fatalf("the bucket of %d begins at %d", v, low)
		}
		if v < 2*half && low != v {
			t.Errorf("%d is not exact", v)
		}
		if v-low > v/half {
			t.Errorf("%d lies in a bucket from %d", v, low)
		}
		if next := lowest(fineBucket(v) + 1); next <= v {
			t.Errorf("%d lies in the bucket before %d", v, next)
		}
	})
}

func TestLatencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1<<20), 1, 100).Draw(t, "latencies")
		q := rapid.Float64Range(0.001, 1).Draw(t, "share")
		var h Latencies
		sum := int64(0)
		for _, v := range values {
			h.Add(v)
			sum += v
		}
		slices.Sort(values)
		want := values[int(math.Ceil(q*float64(len(values))))-1]
		if got := h.Quantile(q); got > want || want-got > want/half {
			t.Errorf("quantile %v of %v is %d, want %d", q, values, got, want)
		}
		if h.Min != values[0] || h.Max != values[len(values)-1] || h.Mean() != float64(sum)/float64(len(values)) {
			t.Errorf("min %d, max %d, mean %v of %v", h.Min, h.Max, h.Mean(), values)
		}
	})
	if (&Latencies{}).Quantile(0.5) != 0 || (&Latencies{}).Mean() != 0 {
		t.Error("nothing has a median or a mean")
	}
}
