package placement_test

import (
	"math/rand/v2"

	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

// drawnProfile counts tokens that choose k experts each: the first from a skewed
// popularity, the others mostly among its neighbors, so that V is uneven and C
// has clusters to find.
func drawnProfile(seed uint64, tokens, experts, k int) routing.Profile {
	rng := rand.New(rand.NewPCG(seed, 0))
	home := rng.Perm(experts)
	p := routing.Profile{Tokens: tokens, TopK: k, V: make([]float64, experts), C: make([][]float64, experts)}
	for i := range p.C {
		p.C[i] = make([]float64, experts)
	}
	for range tokens {
		first := int(float64(experts) * rng.Float64() * rng.Float64())
		chosen := []int{home[first]}
		for taken := map[int]bool{home[first]: true}; len(chosen) < k; {
			e := home[(first+rng.IntN(2*k))%experts]
			if rng.IntN(4) == 0 {
				e = rng.IntN(experts)
			}
			if !taken[e] {
				taken[e] = true
				chosen = append(chosen, e)
			}
		}
		for _, i := range chosen {
			p.Sample = append(p.Sample, uint16(i))
			p.V[i] += 1 / float64(tokens*k)
			for _, j := range chosen {
				if i != j {
					p.C[i][j]++
				}
			}
		}
	}
	return p
}

// machine is a random number of chiplets and groups with experts to fill it.
type machine struct{ chiplets, groups, experts int }

func drawMachine(t *rapid.T) machine {
	groups := rapid.IntRange(1, 4).Draw(t, "groups")
	chiplets := groups * rapid.IntRange(1, 4).Draw(t, "chiplets per group")
	return machine{chiplets, groups, chiplets * rapid.IntRange(1, 4).Draw(t, "experts per chiplet")}
}

// drawProfiles is a model of a few layers, some of them dense.
func drawProfiles(t *rapid.T, experts int) []routing.Profile {
	profiles := make([]routing.Profile, rapid.IntRange(1, 3).Draw(t, "layers"))
	for l := range profiles {
		if rapid.IntRange(0, 3).Draw(t, "dense") > 0 {
			profiles[l] = drawnProfile(rapid.Uint64().Draw(t, "profile seed"), 50, experts, min(4, experts))
		}
	}
	return profiles
}

// drawLoads is a list of cluster loads that sums to 1, from few or many levels
// so that ties are common.
func drawLoads(t *rapid.T, n int) []float64 {
	levels := rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "levels")
	counts := rapid.SliceOfN(rapid.IntRange(0, levels), n, n).Draw(t, "counts")
	var total int
	for _, x := range counts {
		total += x
	}
	if total == 0 {
		counts[0], total = 1, 1
	}
	loads := make([]float64, n)
	for k, x := range counts {
		loads[k] = float64(x) / float64(total)
	}
	return loads
}
