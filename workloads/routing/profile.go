package routing

// Profile is what a profiling run says of the routed experts of one layer
// (paper section 4.1): how often each expert is chosen and which experts are
// chosen together.
type Profile struct {
	// Tokens is the number of tokens profiled.
	Tokens int
	// V[i] is the share of all assignments that went to expert i; V sums to 1.
	V []float64
	// C[i][j] is the number of tokens that chose both i and j, i != j. It is
	// symmetric with a zero diagonal.
	C [][]float64
	// TopK is the number of experts that each token chose.
	TopK int
	// Sample holds the choices of some of the tokens, evenly spaced over all and at
	// most MaxSample: TopK ids each. What pairs don't tell, such as how many
	// chiplets a token goes to, can be counted on it. It may be empty.
	Sample []uint16
}

// MaxSample bounds Profile.Sample, in tokens.
const MaxSample = 1 << 14

// Experts returns the number of routed experts of the layer.
func (p Profile) Experts() int { return len(p.V) }

// P returns the normalized co-activation C / max C (paper section 4.1), in
// [0, 1]. It is all zero if no two experts were ever chosen together, as with
// top-1 routing.
func (p Profile) P() [][]float64 {
	most := 0.0
	for _, row := range p.C {
		for _, c := range row {
			most = max(most, c)
		}
	}
	norm := square(p.Experts())
	if most == 0 {
		return norm
	}
	for i, row := range p.C {
		for j, c := range row {
			norm[i][j] = c / most
		}
	}
	return norm
}

// ProfileLayer profiles the tokens of r in one layer of a trace.
func ProfileLayer(t *Trace, layer int, r Range) (Profile, error) {
	if err := t.check(layer, r); err != nil {
		return Profile{}, err
	}
	c := newLayerCounter(t.Experts)
	c.sampleOf(r.To - r.From)
	c.add(t.Layers[layer].slice(r.From, r.To, t.TopK).IDs, t.TopK)
	return c.profile(), nil
}

// ProfileTrace profiles the tokens of r in every layer of a trace.
func ProfileTrace(t *Trace, r Range) ([]Profile, error) {
	if err := t.checkRange(r); err != nil {
		return nil, err
	}
	profiles := make([]Profile, len(t.Layers))
	Parallel(len(t.Layers), func(layer int) {
		profiles[layer], _ = ProfileLayer(t, layer, r) // fails only for a wrong layer or range
	})
	return profiles, nil
}

// layerCounter counts choices and co-activations of one layer. Memory is
// 8*E*E bytes for E experts.
type layerCounter struct {
	tokens int
	topK   int
	chosen []int
	// stride is the distance of tokens in the sample; 0 for none.
	stride int
	sample []uint16
	// together[a][b] is the number of tokens that chose both, a ahead of b. It
	// becomes the profile's C, which is why it is not of integers.
	together [][]float64
}

func newLayerCounter(experts int) *layerCounter {
	return &layerCounter{chosen: make([]int, experts), together: square(experts)}
}

// sampleOf makes the counter keep a sample of so many tokens that will be added.
func (c *layerCounter) sampleOf(tokens int) { c.stride = (tokens + MaxSample - 1) / MaxSample }

// add counts the ids of whole tokens.
func (c *layerCounter) add(ids []uint16, topK int) {
	c.topK = topK
	for ; len(ids) > 0; ids = ids[topK:] {
		if c.stride > 0 && c.tokens%c.stride == 0 {
			c.sample = append(c.sample, ids[:topK]...)
		}
		c.tokens++
		for i, a := range ids[:topK] {
			c.chosen[a]++
			row := c.together[a]
			for _, b := range ids[i+1 : topK] {
				row[b]++
			}
		}
	}
}

// profile ends the count: the counter must not be used afterwards.
func (c *layerCounter) profile() Profile {
	p := Profile{Tokens: c.tokens, V: make([]float64, len(c.chosen)), C: c.together, TopK: c.topK, Sample: c.sample}
	total := sum(c.chosen)
	for i, n := range c.chosen {
		p.V[i] = float64(n) / float64(max(total, 1))
		for j := range i {
			both := p.C[i][j] + p.C[j][i]
			p.C[i][j], p.C[j][i] = both, both
		}
	}
	return p
}

// square returns an n by n matrix of zeros.
func square(n int) [][]float64 {
	cells := make([]float64, n*n)
	m := make([][]float64, n)
	for i := range m {
		m[i] = cells[i*n : (i+1)*n : (i+1)*n]
	}
	return m
}
