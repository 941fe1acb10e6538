package bank_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mozart/components/hbm/bank"
)

// Percentiles are those of the sorted values, to 1/64 of the value and never above.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 200), rapid.Int64Range(0, 1<<20), rapid.Int64Min(0)), 1, 60).Draw(t, "values")
		var h bank.Histogram
		sum := 0.0
		for _, v := range values {
			h.Add(v)
			sum += float64(v)
		}
		slices.Sort(values)
		if h.N != int64(len(values)) || h.Max != values[len(values)-1] {
			t.Errorf("N %d, max %d of %v", h.N, h.Max, values)
		}
		if sum < math.MaxInt64/2 && math.Abs(h.Mean()-sum/float64(len(values))) > 1e-6*sum {
			t.Errorf("mean %v of %v", h.Mean(), values)
		}
		p := rapid.Float64Range(0, 100).Draw(t, "p")
		want := values[max(int(math.Ceil(p/100*float64(len(values))-1e-6)), 1)-1]
		if got := h.Percentile(p); got > want || got < want-want/64-1 {
			t.Errorf("percentile %v is %d, want %d: %v", p, got, want, values)
		}
	})
	var empty bank.Histogram
	if empty.Mean() != 0 || empty.Percentile(50) != 0 {
		t.Error("an empty histogram has a mean or a percentile")
	}
}

// Reads answered from the write queue may pile up beyond all queues.
func TestManyForwardedReads(t *testing.T) {
	s := small(t)
	s.Drain, s.DrainHigh = "batch", 0
	st, err := bank.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Submit(0, write(0))
	const n = 5000
	for i := range n {
		if !st.Submit(0, bank.Request{ID: uint64(i)}) {
			t.Fatalf("read %d is refused", i)
		}
	}
	next := uint64(0)
	st.Advance(3, func(c bank.Completion) {
		if c.ID != next {
			t.Fatalf("read %d is answered, want %d", c.ID, next)
		}
		next++
	})
	if next != n || st.Stats().Total.Forwarded != n {
		t.Errorf("%d of %d reads answered, %d counted", next, n, st.Stats().Total.Forwarded)
	}
}
