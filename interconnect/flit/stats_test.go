package flit

import (
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
		if got := o.until(now); got != int64(sum) {
			t.Errorf("levels add up to %d, want %d", got, sum)
		}
		slices.Sort(levels)
		want := int32(levels[len(levels)-len(levels)/100-1])
		if got := o.p99(now); got < want || got > want|(1<<o.shift-1) {
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
