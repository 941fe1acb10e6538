package routing

import "math/rand/v2"

// purpose keeps the random numbers of one use apart from those of another.
type purpose uint64

const (
	drawTokenID purpose = iota + 1
	drawTopic
	drawExperts
	drawPermutation
	drawLogits
)

// dice draws the random numbers of one (seed, stream, purpose, layer, token) at
// a time. Each has a stream of its own, so that no result depends on the order
// in which layers and tokens are visited or on the size of a block.
type dice struct {
	seed, stream uint64
	pcg          rand.PCG
	*rand.Rand
}

func newDice(seed, stream uint64) *dice {
	d := &dice{seed: seed, stream: stream}
	d.Rand = rand.New(&d.pcg)
	return d
}

// at moves to the stream of p, layer and token.
func (d *dice) at(p purpose, layer, token int) {
	key := mix(mix(mix(d.seed)^d.stream) ^ uint64(p))
	key = mix(key ^ uint64(layer))
	d.pcg.Seed(key, mix(key^uint64(token)))
}

// mix spreads the bits of x: the finalizer of SplitMix64 (Steele, Lea and Flood,
// OOPSLA 2014). It is a bijection.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// race keeps the k earliest of a stream of arrivals, in order. If expert e
// arrives after an exponential time of rate w[e], the order of arrival is that
// of drawing experts one by one without replacement with chances proportional
// to w, and also that of the largest log w[e] + Gumbel noise (Yellott, J. Math.
// Psychology 15, 1977).
type race struct {
	at []float64
	id []uint16
}

// start empties the race and lets it fill id with the winners.
func (r *race) start(id []uint16) {
	r.id = id
	r.at = r.at[:0]
}

// offer enters expert e with its time of arrival.
func (r *race) offer(e uint16, at float64) {
	n := len(r.at)
	if n == len(r.id) {
		if at >= r.at[n-1] {
			return
		}
		n--
	} else {
		r.at = append(r.at, at)
	}
	for ; n > 0 && r.at[n-1] > at; n-- {
		r.at[n], r.id[n] = r.at[n-1], r.id[n-1]
	}
	r.at[n], r.id[n] = at, e
}
