package routing

// Affinity says how much a token's first choice in one layer tells of its first choice
// in another one.
type Affinity struct {
	// BestGuess is the share of tokens whose first choice in the second layer is the
	// one most common among tokens of their first choice in the first layer.
	BestGuess float64
	// Blind is the share that the same guess for all tokens gets right.
	Blind float64
}

// CrossLayer measures the affinity of two layers over the tokens of r. On few tokens
// BestGuess is too high: each row of the table of pairs is judged by its own maximum.
func (t *Trace) CrossLayer(from, to int, r Range) (Affinity, error) {
	for _, layer := range []int{from, to} {
		if err := t.check(layer, r); err != nil {
			return Affinity{}, err
		}
	}
	c := newAffinityCounter(t.Experts)
	c.add(t.Layers[from].slice(r.From, r.To, t.TopK).IDs, t.Layers[to].slice(r.From, r.To, t.TopK).IDs, t.TopK)
	return c.affinity(), nil
}

// affinityCounter counts pairs of first choices in two layers.
type affinityCounter struct {
	tokens  int
	experts int
	pairs   []int // [from][to]
}

func newAffinityCounter(experts int) *affinityCounter {
	return &affinityCounter{experts: experts, pairs: make([]int, experts*experts)}
}

// add counts whole tokens by their ids in both layers.
func (c *affinityCounter) add(from, to []uint16, topK int) {
	for at := 0; at < len(from); at += topK {
		c.pairs[int(from[at])*c.experts+int(to[at])]++
		c.tokens++
	}
}

func (c *affinityCounter) affinity() Affinity {
	if c.tokens == 0 {
		return Affinity{}
	}
	right, blind := 0, 0
	marginal := make([]int, c.experts)
	for from := range c.experts {
		most := 0
		for to, n := range c.pairs[from*c.experts : (from+1)*c.experts] {
			most = max(most, n)
			marginal[to] += n
			blind = max(blind, marginal[to])
		}
		right += most
	}
	return Affinity{BestGuess: float64(right) / float64(c.tokens), Blind: float64(blind) / float64(c.tokens)}
}
