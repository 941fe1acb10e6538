package routing

import "math"

// race finds the earliest of a number of arrivals, in order. If expert e arrives
// after an exponential time of rate w[e], the order of arrival is that of drawing
// experts one by one without replacement with chances proportional to w, and also
// that of the largest log w[e] + Gumbel noise (Yellott, J. Math. Psychology 15,
// 1977). It is the scratch memory of one goroutine.
//
// Times are kept as the bits of a float64. Of positive numbers these are ordered
// as the numbers are.
type race struct {
	times []uint64 // when each runner arrives
	best  []uint64 // times of the winners, ascending
}

const (
	never   = math.MaxUint64 >> 1 // later than any time
	entered = math.MaxUint64      // a runner that is no longer considered
)

func newRace(runners, winners int) *race {
	return &race{times: make([]uint64, runners), best: make([]uint64, winners)}
}

// run draws the times of the runners, of the given means, with the numbers that
// follow the state p, and fills winners with the earliest runners. Of two that
// arrive at once the lower one comes first. There are at least as many runners as
// winners. favorites are runners that are likely to win; they only save time.
func (r *race) run(p pcg, means []float64, favorites []uint16, winners []uint16) {
	times := r.times[:len(means)]
	exponential.draw(p, means, times)
	r.reset()
	for _, e := range favorites {
		if at := times[e]; at <= r.best[len(r.best)-1] {
			r.enter(at, e, winners)
		}
		times[e] = entered
	}
	r.rest(times, winners)
}

// earliest fills winners with the indices of the lowest means.
func (r *race) earliest(means []float64, winners []uint16) {
	times := r.times[:len(means)]
	for e, mean := range means {
		times[e] = math.Float64bits(mean)
	}
	r.reset()
	r.rest(times, winners)
}

func (r *race) reset() {
	for i := range r.best {
		r.best[i] = never
	}
}

// rest enters all that are earlier than the last winner so far.
func (r *race) rest(times []uint64, winners []uint16) {
	last := r.best[len(r.best)-1]
	for e, at := range times {
		if at <= last {
			r.enter(at, uint16(e), winners)
			last = r.best[len(r.best)-1]
		}
	}
}

// enter puts a runner in its place among the winners so far, whose last one drops
// out.
func (r *race) enter(at uint64, e uint16, winners []uint16) {
	best := r.best
	winners = winners[:len(best)]
	i := len(best) - 1
	if best[i] == at && winners[i] < e {
		return
	}
	for ; i > 0 && (best[i-1] > at || best[i-1] == at && winners[i-1] > e); i-- {
		best[i], winners[i] = best[i-1], winners[i-1]
	}
	best[i], winners[i] = at, e
}
