package bank_test

import (
	"testing"

	"mozart/components/hbm/bank"
)

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
