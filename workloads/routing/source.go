package routing

import "fmt"

// Source yields the blocks of a trace in token order, so that a trace of any
// length passes through bounded memory. Reader, Recording, TableSampler and
// Synthetic are sources, and so is a Trace through Trace.Source.
type Source interface {
	// Header returns what is known before the first token. It never changes.
	Header() Header
	// Next returns the next block, or io.EOF after the last one. The block is
	// valid until the next call.
	Next() (Block, error)
}

// Block is the routing of consecutive tokens through every MoE layer.
type Block struct {
	// First is the index in the trace of the block's first token.
	First int
	// Tokens is the number of tokens of the block.
	Tokens int
	// Layers holds the choices of these tokens, one entry per MoE layer.
	Layers []Layer
}

// newBlock returns a zeroed block of tokens tokens of a trace with header h.
func newBlock(h Header, tokens int) Block {
	b := Block{Tokens: tokens, Layers: make([]Layer, h.Layers)}
	for i := range b.Layers {
		b.Layers[i].IDs = make([]uint16, tokens*h.TopK)
		if h.Weights {
			b.Layers[i].Weights = make([]float32, tokens*h.TopK)
		}
	}
	return b
}

// slice returns the tokens [from, to) of the block as a view.
func (b Block) slice(from, to, topK int) Block {
	v := Block{First: b.First + from, Tokens: to - from, Layers: make([]Layer, len(b.Layers))}
	for i, l := range b.Layers {
		v.Layers[i] = l.slice(from, to, topK)
	}
	return v
}

// checker verifies that blocks hold what their header promises. It is kept
// between blocks so that checking allocates nothing per token.
type checker struct {
	h     Header
	seen  []uint32 // seen[e] == stamp if the token at hand has chosen e
	stamp uint32
}

func newChecker(h Header) *checker {
	return &checker{h: h, seen: make([]uint32, h.Experts)}
}

// block returns an error if the block's shape is wrong or a token's ids are.
func (c *checker) block(b Block) error {
	if len(b.Layers) != c.h.Layers {
		return fmt.Errorf("found %d layers, want %d", len(b.Layers), c.h.Layers)
	}
	for i, l := range b.Layers {
		if want := b.Tokens * c.h.TopK; len(l.IDs) != want {
			return fmt.Errorf("layer %d: found %d expert ids, want %d", i, len(l.IDs), want)
		}
		want := 0
		if c.h.Weights {
			want = len(l.IDs)
		}
		if len(l.Weights) != want {
			return fmt.Errorf("layer %d: found %d weights, want %d", i, len(l.Weights), want)
		}
		if bad, err := c.ids(l.IDs); err != nil {
			return fmt.Errorf("layer %d, token %d: %w", i, b.First+bad/c.h.TopK, err)
		}
	}
	return nil
}

// ids checks the ids of whole tokens. On error it also returns the index of the
// wrong id.
func (c *checker) ids(ids []uint16) (bad int, err error) {
	for i, id := range ids {
		if i%c.h.TopK == 0 {
			c.nextToken()
		}
		if int(id) >= c.h.Experts {
			return i, fmt.Errorf("found expert id %d, want an id below %d", id, c.h.Experts)
		}
		if c.seen[id] == c.stamp {
			return i, fmt.Errorf("found expert id %d twice, want %d distinct ids", id, c.h.TopK)
		}
		c.seen[id] = c.stamp
	}
	return 0, nil
}

func (c *checker) nextToken() {
	if c.stamp++; c.stamp == 0 { // wrapped: old marks would look new
		clear(c.seen)
		c.stamp = 1
	}
}
