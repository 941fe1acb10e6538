package micro

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// source is the stream of packets that one endpoint creates: Bernoulli, so that in
// every cycle a packet is created with probability p, whatever is still waiting. The
// source queue is never stored: the stream only moves on when the network can start
// the next packet, which may be long after it was created.
//
// The gaps and the destinations come from two generators of the endpoint's own, so
// that neither depends on the network or on other endpoints.
type source struct {
	gaps, destinations rand.PCG
	// exponential draws from gaps; so a source does not move.
	exponential *rand.Rand
	// created is the cycle at which the next packet is, or was, created.
	created int64
	// given is the creation cycle of the last packet that the network has asked for.
	given int64
	// rate is -ln(1-p): an exponential variable of that rate, rounded down, is the number
	// of failures before a success of probability p.
	rate float64
	// stopped ends the stream.
	stopped bool
}

// The two generators of an endpoint differ in the upper half of the second word of
// their seed.
const destinationStream = 1 << 63

// start begins the stream of an endpoint, with a packet per cycle of probability p from
// cycle first on.
func (s *source) start(seed uint64, endpoint int, p float64, first int64) {
	*s = source{rate: -math.Log1p(-p), created: first - 1}
	s.gaps.Seed(seed, uint64(endpoint))
	s.destinations.Seed(seed, uint64(endpoint)|destinationStream)
	s.exponential = rand.New(&s.gaps)
	s.advance()
}

// advance draws the creation of the packet after the present one.
func (s *source) advance() {
	s.given = s.created
	failures := min(s.exponential.ExpFloat64()/s.rate, maxGap)
	s.created += 1 + int64(failures)
}

// maxGap keeps a creation cycle inside what the engine can count.
const maxGap = 1 << 50

// draw is a uniform number in 0..n-1 for a destination.
func (s *source) draw(n int) int {
	// The high word of the product is uniform but for n / 2^64.
	high, _ := bits.Mul64(s.destinations.Uint64(), uint64(n))
	return int(high)
}

// createdBefore counts the packets of the stream that are created before cycle, from
// the next one on. The stream stays where it is.
func (s *source) createdBefore(cycle int64) int64 {
	ahead := *s
	ahead.exponential = rand.New(&ahead.gaps)
	n := int64(0)
	for ahead.created < cycle {
		n++
		ahead.advance()
	}
	return n
}
