package routing

import (
	"fmt"
	"io"
)

// Streams of random numbers of one seed. Token ids, topics and choices of
// different streams are independent draws from the same distribution; layer
// permutations and expert affinities are the model's own and depend on the seed
// alone. So a placement profiled on ProfileStream is judged on RunStream by
// tokens it has never seen. (Independent, not unlike: the same vocabulary entry
// may be drawn in both.)
const (
	RunStream     uint64 = 0
	ProfileStream uint64 = 1
)

// Draw says which tokens a generator draws.
type Draw struct {
	// Model is the name the trace carries.
	Model string
	// Layers is the number of MoE layers.
	Layers int
	// Sequences holds the length of each sequence in tokens.
	Sequences []int
	// Seed determines everything together with Stream.
	Seed uint64
	// Stream selects one of many independent sets of tokens of the same seed:
	// RunStream, ProfileStream, or any other number.
	Stream uint64
}

// header returns the header of the draw for a model of this shape.
func (d Draw) header(experts, topK int) (Header, error) {
	h := Header{
		Model: d.Model, Layers: d.Layers, Experts: experts, TopK: topK,
		Tokens: sum(d.Sequences), Sequences: d.Sequences,
	}
	if err := h.Validate(); err != nil {
		return Header{}, fmt.Errorf("routing draw: %w", err)
	}
	return h, nil
}

// drawBlock is the number of tokens that Next of a generator makes at a time.
const drawBlock = 1024

// filler is a source that makes its tokens on demand, wherever they are wanted.
type filler interface {
	Header() Header
	// fill draws the tokens from b.First on, which must follow those drawn before,
	// into the memory of b.
	fill(b Block)
	// advance counts n tokens as drawn and returns how many were before.
	advance(n int) (first int)
}

// drawn is how far a generator is, and the block that its Next returned last.
type drawn struct {
	tokens int
	last   Block
}

func (d *drawn) advance(n int) (first int) {
	first = d.tokens
	d.tokens += n
	return first
}

// block draws the next block.
func (d *drawn) block(f filler) (Block, error) {
	h := f.Header()
	n := min(drawBlock, h.Tokens-d.tokens)
	if n == 0 {
		return Block{}, io.EOF
	}
	if d.last.Layers == nil {
		d.last = newBlock(h, n)
	}
	b := d.last.slice(0, n, h.TopK)
	b.First = d.advance(n)
	f.fill(b)
	return b, nil
}
