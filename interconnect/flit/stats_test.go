package flit

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestOccupancyAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.SampledFrom([]int{1, 8, 63, 64, 200}).Draw(t, "depth")
		o := newOccupancy(depth)
		var levels []int // by cycle
		level := 0
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			for range rapid.IntRange(0, 50).Draw(t, "cycles") {
				levels = append(levels, level)
			}
			level = rapid.IntRange(0, depth).Draw(t, "level")
			o.set(int32(level), int64(len(levels)))
		}
		levels = append(levels, level)
		now := int64(len(levels))
		sum := 0
		for _, l := range levels {
			sum += l
		}
		if want := float64(sum) / float64(now); math.Abs(o.mean(now)-want) > 1e-9 {
			t.Errorf("mean %f, want %f", o.mean(now), want)
		}
		slices.Sort(levels)
		want := int32(levels[len(levels)-len(levels)/100-1])
		if got := o.p99(now); got < want || got > want|(1<<o.shift-1) {
			t.Errorf("p99 %d, want %d", got, want)
		}
	})
}

func TestWaitingAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w waiting
		all := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 40), rapid.Int64Range(0, 1<<35)), 1, 300).Draw(t, "cycles")
		sum := 0.0
		for _, c := range all {
			w.note(c)
			sum += float64(c)
			if b := waitingBucket(c); c > waitingTop(b) || b > 0 && c <= waitingTop(b-1) {
				t.Fatalf("%d is in bucket %d, which ends with %d", c, b, waitingTop(b))
			}
		}
		if want := sum / float64(len(all)); math.Abs(w.mean()/max(want, 1)-want/max(want, 1)) > 1e-9 {
			t.Errorf("mean %f, want %f", w.mean(), want)
		}
		slices.Sort(all)
		want := all[len(all)-len(all)/100-1]
		if got := w.p99(); got < want || float64(got) > 1.25*float64(want)+1 {
			t.Errorf("p99 %d, want %d", got, want)
		}
	})
}

func TestShareOfOneClass(t *testing.T) {
	s := newShare([]int32{3})
	for range 10 {
		if r := s.rank(0); r != 0 {
			t.Fatalf("rank %d", r)
		}
		s.sent(0)
	}
}
