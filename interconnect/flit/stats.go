package flit

// vcCounters is what the sending side counts for a VC.
type vcCounters struct {
	// Flits and Packets are the number of flits and of tails sent.
	Flits, Packets int64
	// CreditStallCycles is the time that a flit waited for credit, while the wire was free
	// of the VC's own flits.
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

// until is the sum of levels over the cycles up to one.
func (o *occupancy) until(now int64) int64 { return o.area + (now-o.since)*int64(o.level) }

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
