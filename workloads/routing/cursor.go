package routing

import (
	"errors"
	"fmt"
	"io"
)

// Cursor reads a source in parts, one after another. It holds one block beside
// what it returns, and never reads further than it is asked to.
type Cursor struct {
	src  Source
	h    Header
	read int
	rest Block // read from the source and not yet taken
}

// NewCursor starts at the first token of a source of which nothing has been read.
func NewCursor(src Source) *Cursor { return &Cursor{src: src, h: src.Header()} }

// Collect returns the next tokens as a trace, without router weights. Asking for
// none or for more than are left is an error.
func (c *Cursor) Collect(tokens int) (*Trace, error) {
	r, err := c.take(tokens)
	if err != nil {
		return nil, err
	}
	h := c.h
	h.Tokens, h.Sequences, h.Weights = tokens, r.cut(h.Sequences), false
	t := h.trace()
	whole := newBlock(h, tokens)
	t.Layers = whole.Layers
	if f, ok := c.src.(filler); ok && c.rest.Tokens == 0 {
		whole.First = f.advance(tokens)
		f.fill(whole)
		return t, nil
	}
	return t, c.each(tokens, func(b Block) {
		at := (b.First - r.From) * h.TopK
		for i, l := range b.Layers {
			copy(t.Layers[i].IDs[at:], l.IDs)
		}
	})
}

// Profile profiles the next tokens in every layer. Asking for none or for more
// than are left is an error.
func (c *Cursor) Profile(tokens int) ([]Profile, error) {
	if _, err := c.take(tokens); err != nil {
		return nil, err
	}
	counts := make([]*layerCounter, c.h.Layers)
	for i := range counts {
		counts[i] = newLayerCounter(c.h.Experts)
		counts[i].sampleOf(tokens)
	}
	if err := c.each(tokens, func(b Block) {
		Parallel(len(counts), func(layer int) { counts[layer].add(b.Layers[layer].IDs, c.h.TopK) })
	}); err != nil {
		return nil, err
	}
	profiles := make([]Profile, len(counts))
	Parallel(len(counts), func(layer int) { profiles[layer] = counts[layer].profile() })
	return profiles, nil
}

// take counts tokens as read and returns which they are.
func (c *Cursor) take(tokens int) (Range, error) {
	if left := c.h.Tokens - c.read; tokens < 1 || tokens > left {
		return Range{}, fmt.Errorf("routing: found %d more tokens, want %d", left, tokens)
	}
	r := Range{c.read, c.read + tokens}
	c.read = r.To
	return r, nil
}

// each calls do with the next tokens, block by block.
func (c *Cursor) each(tokens int, do func(Block)) error {
	for tokens > 0 {
		if c.rest.Tokens == 0 {
			b, err := c.src.Next()
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			c.rest = b
		}
		n := min(tokens, c.rest.Tokens)
		do(c.rest.slice(0, n, c.h.TopK))
		c.rest = c.rest.slice(n, c.rest.Tokens, c.h.TopK)
		tokens -= n
	}
	return nil
}
