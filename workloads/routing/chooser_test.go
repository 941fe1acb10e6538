package routing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A way of choosing fills winners with experts, in order, of a state of its own.
type way func(p pcg, winners []uint16)

// ways are those that the generators use, for the given weights.
func ways(weights []float64) map[string]way {
	cells := make([]aliasCell, len(weights))
	new(aliasBuilder).build(weights, cells)
	c, u := newChooser(len(weights)), newUrn(len(weights))
	return map[string]way{
		"chooser": func(p pcg, winners []uint16) { c.choose(p, cells, weights, winners) },
		"urn": func(p pcg, winners []uint16) {
			u.fill(weights)
			for i := range winners {
				p = p.step()
				winners[i] = u.draw(p.number())
			}
		},
	}
}

// state is the state of the i-th token of a test.
func state(i int) pcg { return pcg{1, mix(uint64(i))} }

// race is the definition that choosing must agree with: the earliest of arrivals
// after exponential times.
func race(rng *rand.Rand, weights []float64, winners []uint16) {
	times := make([]float64, len(weights))
	order := make([]uint16, len(weights))
	for e, w := range weights {
		times[e], order[e] = rng.ExpFloat64()/w, uint16(e)
	}
	slices.SortFunc(order, func(a, b uint16) int {
		if times[a] < times[b] {
			return -1
		}
		return 1
	})
	copy(winners, order)
}

// chance is the exact chance of an ordered choice: of Plackett and Luce.
func chance(weights []float64, order []uint16) float64 {
	left, p := 0.0, 1.0
	for _, w := range weights {
		left += w
	}
	for _, e := range order {
		p *= weights[e] / left
		left -= weights[e]
	}
	return p
}

// Every order of k distinct experts comes as often as its chance says: chi-square
// stays under a bound that a right sampler passes but once in a million seeds.
func TestOrdersHaveTheirChance(t *testing.T) {
	const tokens = 100_000
	for _, tc := range []struct {
		weights []float64
		k       int
	}{
		{[]float64{1, 1, 1, 1}, 2},
		{[]float64{1, 2, 3, 4}, 4},
		{[]float64{.5, 0, 8, 1, 0, 2}, 3},
		{[]float64{300, 1, 2, 3}, 2},      // tries often run out after the first
		{[]float64{300, 300, 5, 1, 2}, 3}, // and here after the second
		{[]float64{1e6, 1, 2, 3}, 3},      // nearly always
	} {
		for name, choose := range ways(tc.weights) {
			winners := make([]uint16, tc.k)
			counts := map[string]int{}
			chances := map[string]float64{}
			for i := range tokens {
				choose(state(i), winners)
				key := fmt.Sprint(winners)
				if counts[key]++; counts[key] == 1 {
					chances[key] = chance(tc.weights, winners)
				}
			}
			checkFit(t, fmt.Sprintf("%s, top-%d of %v", name, tc.k, tc.weights), tokens, counts, chances)
		}
	}
}

// checkFit compares counts with chances by chi-square. What is not expected five
// times, and what never came, share one class.
func checkFit(t *testing.T, what string, tokens int, counts map[string]int, chances map[string]float64) {
	t.Helper()
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	square, classes := 0.0, 0
	restCount, restChance := tokens, 1.0
	add := func(count int, expected float64) {
		square += (float64(count) - expected) * (float64(count) - expected) / expected
		classes++
	}
	for _, key := range keys {
		if expected := chances[key] * float64(tokens); expected >= 5 {
			add(counts[key], expected)
			restCount -= counts[key]
			restChance -= chances[key]
		}
	}
	if expected := restChance * float64(tokens); expected >= 5 {
		add(restCount, expected)
	} else if restCount > 30 {
		t.Errorf("%s: rare orders came %d times, want about %.1f", what, restCount, expected)
	}
	freedom := float64(classes - 1)
	if bound := freedom + 5*math.Sqrt(2*freedom) + 10; square > bound || classes < 3 {
		t.Errorf("%s: chi-square %.1f over %d classes, want at most %.1f", what, square, classes, bound)
	}
}

// Loads and pairs are those of the race, on weights as skewed as a calibrated
// preset's.
func TestLoadsAndPairsAreThoseOfTheRace(t *testing.T) {
	const experts, k, tokens = 24, 5, 60_000
	rng := rand.New(rand.NewPCG(3, 4))
	weights := make([]float64, experts)
	for e := range weights {
		weights[e] = math.Exp(2.5 * rng.NormFloat64())
	}
	count := func(choose func(i int, winners []uint16)) (load [experts]float64, pairs [experts][experts]float64) {
		winners := make([]uint16, k)
		for i := range tokens {
			choose(i, winners)
			for _, a := range winners {
				load[a]++
				for _, b := range winners {
					pairs[a][b]++
				}
			}
		}
		return load, pairs
	}
	raceLoad, racePairs := count(func(_ int, winners []uint16) { race(rng, weights, winners) })
	// Both sides are counts: five standard deviations of their difference, and of
	// the least counts a little more.
	apart := func(a, b float64) bool {
		share := (a + b) / (2 * tokens)
		return math.Abs(a-b) > 5*math.Sqrt(2*tokens*share*(1-share))+5
	}
	for name, choose := range ways(weights) {
		load, pairs := count(func(i int, winners []uint16) { choose(state(i), winners) })
		for a := range experts {
			if apart(load[a], raceLoad[a]) {
				t.Errorf("%s: expert %d was chosen %v times, in the race %v", name, a, load[a], raceLoad[a])
			}
			for b := range a {
				if apart(pairs[a][b], racePairs[a][b]) {
					t.Errorf("%s: experts %d and %d were chosen together %v times, in the race %v", name, a, b, pairs[a][b], racePairs[a][b])
				}
			}
		}
	}
}

// Whatever the weights: distinct experts of positive weight, up to all of them, the
// same whatever was chosen before.
func TestChoicesAreDistinctAndPositive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := anyWeights(t)
		positive := 0
		for _, w := range weights {
			if w > 0 {
				positive++
			}
		}
		k := rapid.IntRange(1, positive).Draw(t, "top-k")
		if rapid.Bool().Draw(t, "all") {
			k = positive
		}
		p := pcg{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		for name, choose := range ways(weights) {
			first, again := make([]uint16, k), make([]uint16, k)
			choose(p, first)
			choose(p.step(), again)
			choose(p, again)
			if !slices.Equal(first, again) {
				t.Fatalf("%s: %v and then %v of one state", name, first, again)
			}
			slices.Sort(again)
			for i, e := range again {
				if weights[e] == 0 || i > 0 && again[i-1] == e {
					t.Fatalf("%s: %v of weights %v", name, first, weights)
				}
			}
		}
	})
}

// The test of orders means something only if tries do run out in some of its cases.
func TestTriesRunOut(t *testing.T) {
	for _, tc := range []struct {
		weights   []float64
		low, high float64 // share of tokens whose tries run out
	}{
		{[]float64{1, 1, 1, 1}, 0, .001},
		{[]float64{300, 1, 2, 3}, .65, .8},
		{[]float64{1e6, 1, 2, 3}, .999, 1},
	} {
		cells := make([]aliasCell, len(tc.weights))
		new(aliasBuilder).build(tc.weights, cells)
		c, winners := newChooser(len(cells)), make([]uint16, 2)
		out := 0.0
		for i := range 10_000 {
			if n, _ := c.try(state(i), cells, winners); n < 2 {
				out += 1e-4
			}
		}
		if out < tc.low || out > tc.high {
			t.Errorf("weights %v: tries ran out for %.4f of the tokens, want %v..%v", tc.weights, out, tc.low, tc.high)
		}
	}
}

// The marks of turns do not survive their number coming round.
func TestTurnsComeRound(t *testing.T) {
	for _, mark := range []uint32{0, 1} {
		c := newChooser(1)
		cells := make([]aliasCell, 1)
		new(aliasBuilder).build([]float64{1}, cells)
		c.chosen[0], c.turn = mark, math.MaxUint32
		if n, _ := c.try(state(0), cells, make([]uint16, 1)); n != 1 {
			t.Errorf("an expert marked %d counts as chosen", mark)
		}
	}
}

// The greatest number falls on a weight, not on the nothing after it, where both the
// sum and the difference of the halves are rounded up.
func TestUrnRoundsToWeights(t *testing.T) {
	const ulp = 1. / (1 << 52)
	u := newUrn(4)
	u.fill([]float64{1.5 * ulp, 0, 1 + 2*ulp, 0})
	if e := u.draw(math.MaxUint64); e != 2 {
		t.Errorf("%d was drawn, want 2", e)
	}
}

func TestChoosingAllocatesNothing(t *testing.T) {
	for name, choose := range ways([]float64{1e6, 1, 2, 3, 4}) {
		winners := make([]uint16, 4)
		i := 0
		if n := testing.AllocsPerRun(100, func() { choose(state(i), winners); i++ }); n != 0 {
			t.Errorf("%s: %v allocations per token", name, n)
		}
	}
}
