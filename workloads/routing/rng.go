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
	drawDrift
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
	start := d.tokens(p, layer).at(token)
	d.pcg.Seed(start.hi, start.lo)
}

// tokenStreams are the streams of one purpose and layer.
type tokenStreams uint64

func (d *dice) tokens(p purpose, layer int) tokenStreams {
	key := mix(mix(mix(d.seed)^d.stream) ^ uint64(p))
	return tokenStreams(mix(key ^ uint64(layer)))
}

// at is the state before the first number of a token.
func (s tokenStreams) at(token int) pcg {
	return pcg{uint64(s), mix(uint64(s) ^ uint64(token))}
}

// mix spreads the bits of x: the finalizer of SplitMix64 (Steele, Lea and Flood,
// OOPSLA 2014). It is a bijection.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
