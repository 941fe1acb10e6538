package flit

import "math/bits"

// vcCounters is what the sending side counts for a VC.
type vcCounters struct {
	// Flits and Packets are the number of flits and of tails sent.
	Flits, Packets int64
	// CreditStallCycles is the time that a flit waited for nothing but credit.
	CreditStallCycles int64
	// ArbitrationStallCycles is the time that a flit with credit waited while others
	// were chosen, or the wire was taken by another VC.
	ArbitrationStallCycles int64
	// AllocationStallCycles is the time that heads waited for this VC or another of
	// the same class, until they got this one.
	AllocationStallCycles int64
}

// occupancyBuckets bounds the buckets of an occupancy histogram: a deeper buffer
// shares one between neighboring levels.
const occupancyBuckets = 64

// occupancy is the level of a buffer, weighted by time.
type occupancy struct {
	since, area int64
	level, max  int32
	shift       uint8
	cycles      []int64
}

func newOccupancy(depth int) occupancy {
	o := occupancy{}
	for depth>>o.shift >= occupancyBuckets {
		o.shift++
	}
	o.cycles = make([]int64, depth>>o.shift+1)
	return o
}

// set notes the level from a cycle on.
func (o *occupancy) set(level int32, now int64) {
	d := now - o.since
	o.cycles[o.level>>o.shift] += d
	o.area += d * int64(o.level)
	o.since, o.level = now, level
	o.max = max(o.max, level)
}

// mean is the average level up to a cycle.
func (o *occupancy) mean(now int64) float64 {
	if now == 0 {
		return 0
	}
	return float64(o.area+(now-o.since)*int64(o.level)) / float64(now)
}

// p99 is the level that is not exceeded in 99% of the cycles up to now: exact in
// buffers of fewer flits than occupancyBuckets, otherwise the top of its bucket.
func (o *occupancy) p99(now int64) int32 {
	left := now - now/100
	for i, c := range o.cycles {
		if int32(i) == o.level>>o.shift {
			c += now - o.since
		}
		if left -= c; left <= 0 {
			return min(int32(i+1)<<o.shift-1, o.max)
		}
	}
	return o.max
}

// waiting is how long flits lay in the buffers of an input: from the arrival to the
// departure to the wire. Buckets are powers of two cut in four.
type waiting struct {
	flits, sum, max int64
	buckets         [waitingBuckets]int64
}

const waitingBuckets = 4 * 40

func (w *waiting) note(cycles int64) {
	w.flits++
	w.sum += cycles
	w.max = max(w.max, cycles)
	w.buckets[waitingBucket(cycles)]++
}

func waitingBucket(cycles int64) int {
	if cycles < 4 {
		return int(cycles)
	}
	e := bits.Len64(uint64(cycles)) - 3 // at least 0
	return min(4*(e+1)+int(cycles>>e&3), waitingBuckets-1)
}

// waitingTop is the longest time of a bucket.
func waitingTop(bucket int) int64 {
	if bucket < 4 {
		return int64(bucket)
	}
	e := bucket/4 - 1
	return int64(4+bucket%4+1)<<e - 1
}

func (w *waiting) mean() float64 {
	if w.flits == 0 {
		return 0
	}
	return float64(w.sum) / float64(w.flits)
}

// p99 is the time that 99% of the flits did not exceed, to the top of its bucket.
func (w *waiting) p99() int64 {
	left := w.flits - w.flits/100
	if left == 0 {
		return 0
	}
	for i, n := range w.buckets {
		if left -= n; left <= 0 {
			return min(waitingTop(i), w.max)
		}
	}
	return w.max
}
