package placement

import (
	"errors"
	"fmt"
	"math/bits"

	"mozart/workloads/routing"
)

// tokenSets says which tokens of a sample chose each expert, as bit sets: bit t of
// of(e) is set if token t did.
type tokenSets struct {
	tokens, words int
	bits          []uint64
}

// of returns the tokens that chose an expert.
func (s *tokenSets) of(expert int) []uint64 {
	return s.bits[expert*s.words : (expert+1)*s.words]
}

// newTokenSets returns the sets of tokens from to to (exclusive) of a sample.
func newTokenSets(p routing.Profile, from, to int) *tokenSets {
	s := &tokenSets{tokens: to - from, words: (to - from + 63) / 64}
	s.bits = make([]uint64, p.Experts()*s.words)
	for t := range s.tokens {
		for _, e := range p.Sample[(from+t)*p.TopK : (from+t+1)*p.TopK] {
			s.of(int(e))[t/64] |= 1 << (t % 64)
		}
	}
	return s
}

// checkSample reports a profile whose sample cannot be counted on and returns its
// number of tokens.
func checkSample(p routing.Profile) (tokens int, err error) {
	if p.TopK < 1 || len(p.Sample) == 0 {
		return 0, errors.New("profile has no sample of tokens")
	}
	if len(p.Sample)%p.TopK != 0 {
		return 0, fmt.Errorf("profile has a sample of %d ids, want a multiple of top-k %d", len(p.Sample), p.TopK)
	}
	for _, e := range p.Sample {
		if int(e) >= p.Experts() {
			return 0, fmt.Errorf("profile has a sample with expert %d, want 0 to %d", e, p.Experts()-1)
		}
	}
	return len(p.Sample) / p.TopK, nil
}

// copyCounter keeps, while experts change places, what decides how many copies of
// the tokens of a sample leave the attention chiplet: one per token and cluster
// that holds an expert of the token.
type copyCounter struct {
	sets     *tokenSets
	home     []int   // cluster of each expert
	clusters [][]int // experts of each cluster
	// none and one hold, per cluster, the tokens that chose none of its experts, and
	// those that chose exactly one.
	none, one []uint64
	copies    int
}

// newCopyCounter starts from clusters that hold every expert once; it keeps a copy
// of them.
func newCopyCounter(sets *tokenSets, clusters [][]int) *copyCounter {
	c := &copyCounter{
		sets: sets, clusters: make([][]int, len(clusters)),
		none: make([]uint64, len(clusters)*sets.words), one: make([]uint64, len(clusters)*sets.words),
	}
	experts := 0
	for k, cluster := range clusters {
		c.clusters[k] = append([]int(nil), cluster...)
		experts += len(cluster)
	}
	c.home = make([]int, experts)
	for k, cluster := range clusters {
		for _, e := range cluster {
			c.home[e] = k
		}
		c.refresh(k)
	}
	for k := range clusters {
		c.copies += sets.tokens - count(c.noneOf(k))
	}
	return c
}

func (c *copyCounter) noneOf(k int) []uint64 { return c.none[k*c.sets.words : (k+1)*c.sets.words] }
func (c *copyCounter) oneOf(k int) []uint64  { return c.one[k*c.sets.words : (k+1)*c.sets.words] }

// refresh counts cluster k anew.
func (c *copyCounter) refresh(k int) {
	none, one := c.noneOf(k), c.oneOf(k)
	for w := range none {
		var any, several uint64
		for _, e := range c.clusters[k] {
			x := c.sets.bits[e*c.sets.words+w]
			several |= any & x
			any |= x
		}
		none[w], one[w] = ^any, any&^several
	}
	if rest := c.sets.tokens % 64; rest != 0 {
		none[len(none)-1] &= 1<<rest - 1
	}
}

// swapGain is by how much the copies change if two experts of different clusters
// change places: negative is better. A token that chose both goes where it went.
func (c *copyCounter) swapGain(e, f int) int {
	a, b := c.home[e], c.home[f]
	te, tf := c.sets.of(e), c.sets.of(f)
	noneA, oneA, noneB, oneB := c.noneOf(a), c.oneOf(a), c.noneOf(b), c.oneOf(b)
	tf, noneA, oneA, noneB, oneB = tf[:len(te)], noneA[:len(te)], oneA[:len(te)], noneB[:len(te)], oneB[:len(te)]
	change := 0
	for w, x := range te {
		y := tf[w]
		onlyE, onlyF := x&^y, y&^x
		change += bits.OnesCount64(onlyE&noneB[w]|onlyF&noneA[w]) - bits.OnesCount64(onlyE&oneA[w]|onlyF&oneB[w])
	}
	return change
}

// swap makes two experts of different clusters change places, at a gain that
// swapGain has told.
func (c *copyCounter) swap(e, f, gain int) {
	a, b := c.home[e], c.home[f]
	replace(c.clusters[a], e, f)
	replace(c.clusters[b], f, e)
	c.home[e], c.home[f] = b, a
	c.refresh(a)
	c.refresh(b)
	c.copies += gain
}

// replace puts an expert in the place of another one of a cluster.
func replace(cluster []int, old, new int) {
	for i, e := range cluster {
		if e == old {
			cluster[i] = new
		}
	}
}

// count is the number of tokens in a set.
func count(set []uint64) int {
	n := 0
	for _, x := range set {
		n += bits.OnesCount64(x)
	}
	return n
}
