package routing

import "fmt"

// CopiesPerToken returns C_T of one layer (paper section 4.2): the mean, over
// the tokens of r, of the number of distinct chiplets that hold a token's
// chosen experts. That many copies of the token leave the attention chiplet
// when one copy serves a whole chiplet. expertToChiplet[e] is the chiplet of
// expert e; chiplets are numbered from 0 without large gaps.
func (t *Trace) CopiesPerToken(layer int, expertToChiplet []int, r Range) (float64, error) {
	if err := t.check(layer, r); err != nil {
		return 0, err
	}
	last := 0
	for e, c := range expertToChiplet {
		if c < 0 || c > MaxExperts {
			return 0, fmt.Errorf("routing: expert %d is on chiplet %d, want 0..%d", e, c, MaxExperts)
		}
		last = max(last, c)
	}
	if len(expertToChiplet) != t.Experts {
		return 0, fmt.Errorf("routing: found chiplets for %d experts, want %d", len(expertToChiplet), t.Experts)
	}
	copies := 0
	k, seen := t.TopK, make([]int, last+1) // seen[c] = 1 + the last token that went to c
	ids := t.Layers[layer].IDs
	for token := r.From; token < r.To; token++ {
		for _, e := range ids[token*k : (token+1)*k] {
			// Added up without a branch, which would be taken at random.
			c, first := expertToChiplet[e], 0
			if seen[c] != token+1 {
				first = 1
			}
			seen[c] = token + 1
			copies += first
		}
	}
	return float64(copies) / float64(r.To-r.From), nil
}

// UniformCT returns the C_T that k experts drawn uniformly without replacement
// from experts give on chiplets that share the experts as evenly as possible
// (sizes differ by at most one). With N chiplets of E/N experts it is
// N*(1 - binom(E-E/N, k)/binom(E, k)). It is also the mean over all random
// layouts of any routing whatever. Outside 1 <= chiplets <= experts,
// 1 <= k <= experts it returns 0.
func UniformCT(experts, chiplets, k int) float64 {
	if chiplets < 1 || chiplets > experts || k < 1 || k > experts {
		return 0
	}
	small, larger := experts/chiplets, experts%chiplets
	return float64(chiplets-larger)*hit(experts, small, k) + float64(larger)*hit(experts, small+1, k)
}

// hit is the probability that k of experts drawn without replacement include
// at least one of a chiplet's held experts.
func hit(experts, held, k int) float64 {
	miss := 1.0
	for i := range k {
		miss *= max(0, float64(experts-held-i)) / float64(experts-i)
	}
	return 1 - miss
}
