package placement

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mozart/workloads/routing"
)

// Annealed minimizes copies and load at once by simulated annealing:
//
//	J = C_T + LoadWeight * (load of the heaviest chiplet / mean load)
//
// with C_T counted on the profile's sample of tokens and loads from V. It starts
// from Algorithm 1; a move is that two experts of different clusters, drawn at
// random, change places. A move that raises J by d is made with probability
// exp(-d/T); T falls geometrically from the mean of |d| over the first moves drawn
// to a thousandth of it. The best layout on the way is returned. Draws depend on the
// seed and the layer's index only, so equal inputs give equal layouts.
type Annealed struct {
	// LoadWeight is what an imbalance of one mean load costs, in copies per token.
	// Zero asks for C_T alone.
	LoadWeight float64
	// Steps is the number of moves drawn per expert.
	Steps int
}

// Settings of Annealed that configs have by default.
const (
	DefaultLoadWeight  = 0.3
	DefaultAnnealSteps = 1000
)

// annealStream keeps the draws of this policy apart from those of other users of
// the same run seed.
const annealStream uint64 = 0x616e6e65616c6564 // "annealed"

// Name returns "annealed".
func (Annealed) Name() string { return "annealed" }

// Cluster implements Policy. It fails where Algorithm1 does, if the profile has no
// sample, and if a setting is negative or no number.
func (a Annealed) Cluster(in LayerInput) ([][]int, error) {
	if !(a.LoadWeight >= 0) || math.IsInf(a.LoadWeight, 1) || a.Steps < 0 {
		return nil, fmt.Errorf("load weight %g and %d steps, want finite numbers from 0 on", a.LoadWeight, a.Steps)
	}
	clusters, err := Algorithm1{}.Cluster(in)
	if err != nil {
		return nil, err
	}
	tokens, err := checkSample(in.Profile)
	if err != nil {
		return nil, err
	}
	s := newAnneal(a, in.Profile, newCopyCounter(newTokenSets(in.Profile, 0, tokens), clusters))
	if in.Clusters > 1 {
		s.run(rand.New(rand.NewPCG(in.Seed, annealStream^uint64(in.Layer))), a.Steps*in.Profile.Experts())
	}
	return membersOf(s.best, in.Clusters), nil
}

// anneal is the state of one run.
type anneal struct {
	*copyCounter
	v      []float64
	load   []float64 // V by cluster
	scale  float64   // cost of one unit of V on the heaviest cluster
	tokens float64
	cost   float64
	best   []int // homes at the least cost so far
	least  float64
}

func newAnneal(a Annealed, p routing.Profile, c *copyCounter) *anneal {
	n := len(c.clusters)
	s := &anneal{copyCounter: c, v: p.V, load: clusterLoad(c.clusters, p.V), scale: a.LoadWeight * float64(n), tokens: float64(c.sets.tokens)}
	s.cost = float64(c.copies)/s.tokens + s.scale*slices.Max(s.load)
	s.best, s.least = slices.Clone(c.home), s.cost
	return s
}

// move is two experts that may change places, and what that does.
type move struct {
	e, f   int
	copies int     // change of the copies
	cost   float64 // change of J
}

// draw draws a move.
func (s *anneal) draw(rng *rand.Rand) move {
	m := move{e: rng.IntN(len(s.home))}
	for m.f = m.e; s.home[m.f] == s.home[m.e]; {
		m.f = rng.IntN(len(s.home))
	}
	m.copies = s.swapGain(m.e, m.f)
	a, b, moved := s.home[m.e], s.home[m.f], s.v[m.e]-s.v[m.f]
	var before, after float64
	for k, x := range s.load {
		before = max(before, x)
		switch k {
		case a:
			x -= moved
		case b:
			x += moved
		}
		after = max(after, x)
	}
	m.cost = float64(m.copies)/s.tokens + s.scale*(after-before)
	return m
}

// make makes a move.
func (s *anneal) make(m move) {
	a, b := s.home[m.e], s.home[m.f]
	s.swap(m.e, m.f, m.copies)
	for _, k := range []int{a, b} {
		s.load[k] = 0 // added up anew, so that no rounding builds up
		for _, e := range s.clusters[k] {
			s.load[k] += s.v[e]
		}
	}
	s.cost = float64(s.copies)/s.tokens + s.scale*slices.Max(s.load)
	if s.cost < s.least {
		s.least = s.cost
		copy(s.best, s.home)
	}
}

// run anneals for so many moves.
func (s *anneal) run(rng *rand.Rand, moves int) {
	const probes, coldest = 100, 1e-3
	var start float64
	for range probes {
		start += math.Abs(s.draw(rng).cost) / probes
	}
	if start == 0 {
		return // no move of this layout changes anything
	}
	temperature, cool := start, math.Pow(coldest, 1/float64(max(moves, 1)))
	for range moves {
		if m := s.draw(rng); m.cost <= 0 || rng.Float64() < math.Exp(-m.cost/temperature) {
			s.make(m)
		}
		temperature *= cool
	}
}
