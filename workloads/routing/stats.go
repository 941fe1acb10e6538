package routing

import (
	"errors"
	"io"
	"math"
	"slices"
)

// Gini returns the Gini coefficient of the load V: 0 when all experts are
// chosen equally often, near 1 when one takes everything.
func (p Profile) Gini() float64 {
	v := slices.Sorted(slices.Values(p.V))
	n := len(v)
	total, weighted := 0.0, 0.0
	for i, x := range v {
		total += x
		weighted += float64(2*i+1-n) * x
	}
	if total == 0 {
		return 0
	}
	return weighted / (float64(n) * total)
}

// MaxOverMean returns the load of the most chosen expert over the mean load.
func (p Profile) MaxOverMean() float64 {
	if len(p.V) == 0 {
		return 0
	}
	return slices.Max(p.V) * float64(len(p.V))
}

// ZipfExponent returns s of the power law rank^-s that fits the load best: less the
// slope of the least-squares line through log(load) over log(rank), of the experts
// that were chosen at all. It is 0 when all are chosen equally often.
func (p Profile) ZipfExponent() float64 {
	v := slices.Sorted(slices.Values(p.V))
	slices.Reverse(v)
	var n, sx, sy, sxx, sxy float64
	for i, load := range v {
		if load == 0 {
			break
		}
		x, y := math.Log(float64(i+1)), math.Log(load)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if n < 2 {
		return 0
	}
	return -(n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// IndependentOverlap returns the mean number of experts that two independent
// tokens of this load would share: sum over experts of (topK*V)^2. Compare with
// AdjacentOverlap.
func (p Profile) IndependentOverlap(topK int) float64 {
	shared := 0.0
	for _, v := range p.V {
		shared += float64(topK) * v * float64(topK) * v
	}
	return shared
}

// AdjacentOverlap returns the mean number of experts, of TopK, that a token of r
// shares with the token before it in the same sequence. It is 0 if r holds no
// such pair.
func (t *Trace) AdjacentOverlap(layer int, r Range) (float64, error) {
	if err := t.check(layer, r); err != nil {
		return 0, err
	}
	part, err := t.Slice(r)
	if err != nil {
		return 0, err
	}
	o := newOverlap(t.TopK)
	first := firstTokens(part.Sequences)
	for token := range part.Tokens {
		o.add(part.Choices(layer, token), first(token))
	}
	return o.mean(), nil
}

// firstTokens returns a function that says whether a token is the first of its
// sequence. It must be called with 0, 1, 2, ...
func firstTokens(sequences []int) func(token int) bool {
	start, next := 0, 0
	return func(token int) bool {
		if next == len(sequences) || token != start {
			return false
		}
		start += sequences[next]
		next++
		return true
	}
}

// overlap counts experts shared by adjacent tokens of one layer.
type overlap struct {
	last          []uint16 // choices of the token before
	shared, pairs int
}

func newOverlap(topK int) *overlap { return &overlap{last: make([]uint16, 0, topK)} }

// add counts a token; first says that its sequence starts with it.
func (o *overlap) add(ids []uint16, first bool) {
	if !first {
		o.pairs++
		for _, id := range ids {
			if slices.Contains(o.last, id) {
				o.shared++
			}
		}
	}
	o.last = append(o.last[:0], ids...)
}

func (o *overlap) mean() float64 { return float64(o.shared) / float64(max(o.pairs, 1)) }

// LayerStats summarizes one layer of a trace.
type LayerStats struct {
	// Profile holds V and C.
	Profile Profile
	// Gini and MaxOverMean measure the skew of the load.
	Gini, MaxOverMean float64
	// ZipfExponent is that of the load by rank (Profile.ZipfExponent).
	ZipfExponent float64
	// AdjacentOverlap is the mean number of experts shared with the token before
	// in the same sequence; IndependentOverlap is what the load alone gives.
	AdjacentOverlap, IndependentOverlap float64
	// Next is how the first choices of this layer tell those of the next one; zero
	// for the last layer.
	Next Affinity
}

// Summarize reads a source to its end and returns the statistics of each layer,
// in memory that does not grow with the tokens: 16*E*E bytes per layer of E
// experts.
func Summarize(src Source) ([]LayerStats, error) {
	h := src.Header()
	counts := make([]*layerCounter, h.Layers)
	overlaps := make([]*overlap, h.Layers)
	affinities := make([]*affinityCounter, h.Layers)
	for i := range counts {
		counts[i], overlaps[i], affinities[i] = newLayerCounter(h.Experts), newOverlap(h.TopK), newAffinityCounter(h.Experts)
		counts[i].sampleOf(h.Tokens)
	}
	first := firstTokens(h.Sequences)
	for {
		b, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		starts := make([]bool, b.Tokens)
		for i := range starts {
			starts[i] = first(b.First + i)
		}
		Parallel(h.Layers, func(layer int) {
			ids := b.Layers[layer].IDs
			counts[layer].add(ids, h.TopK)
			for j, start := range starts {
				overlaps[layer].add(ids[j*h.TopK:(j+1)*h.TopK], start)
			}
			if layer+1 < h.Layers {
				affinities[layer].add(ids, b.Layers[layer+1].IDs, h.TopK)
			}
		})
	}
	stats := make([]LayerStats, h.Layers)
	for i, c := range counts {
		p := c.profile()
		stats[i] = LayerStats{
			Profile: p, Gini: p.Gini(), MaxOverMean: p.MaxOverMean(), ZipfExponent: p.ZipfExponent(),
			AdjacentOverlap: overlaps[i].mean(), IndependentOverlap: p.IndependentOverlap(h.TopK),
			Next: affinities[i].affinity(),
		}
	}
	return stats, nil
}
