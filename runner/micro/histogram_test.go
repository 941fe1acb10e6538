package micro

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A bucket holds its lowest latency and nothing that differs by its relative width.
func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(0, 1<<40).Draw(t, "latency")
		low := lowest(bucket(v))
		if low > v || bucket(low) != bucket(v) {
			t.Fatalf("the bucket of %d begins at %d", v, low)
		}
		if v < 2*half && low != v {
			t.Errorf("%d is not exact", v)
		}
		if v-low > v/half {
			t.Errorf("%d lies in a bucket from %d", v, low)
		}
		if next := lowest(bucket(v) + 1); next <= v {
			t.Errorf("%d lies in the bucket before %d", v, next)
		}
	})
}

func TestQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1<<20), 1, 100).Draw(t, "latencies")
		q := rapid.Float64Range(0.001, 1).Draw(t, "share")
		var h histogram
		sum := int64(0)
		for _, v := range values {
			h.add(v)
			sum += v
		}
		slices.Sort(values)
		want := values[int(math.Ceil(q*float64(len(values))))-1]
		if got := h.quantile(q); got > want || want-got > want/half {
			t.Errorf("quantile %v of %v is %d, want %d", q, values, got, want)
		}
		if h.min != values[0] || h.max != values[len(values)-1] || h.mean() != float64(sum)/float64(len(values)) {
			t.Errorf("min %d, max %d, mean %v of %v", h.min, h.max, h.mean(), values)
		}
	})
	if (&histogram{}).quantile(0.5) != 0 || (&histogram{}).mean() != 0 {
		t.Error("nothing has a median or a mean")
	}
}
