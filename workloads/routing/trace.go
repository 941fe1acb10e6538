package routing

import (
	"errors"
	"fmt"
	"io"
)

// Layer holds the choices of consecutive tokens in one MoE layer.
type Layer struct {
	// IDs holds TopK distinct expert ids per token, token-major, in rank order
	// (the router's first choice first).
	IDs []uint16
	// Weights holds the router weight of each id, or is nil if none were
	// recorded.
	Weights []float32
}

// slice returns the choices of tokens [from, to) as a view.
func (l Layer) slice(from, to, topK int) Layer {
	v := Layer{IDs: l.IDs[from*topK : to*topK : to*topK]}
	if l.Weights != nil {
		v.Weights = l.Weights[from*topK : to*topK : to*topK]
	}
	return v
}

// Trace is the routing of a run of tokens through every MoE layer of a model,
// held in memory. A trace of L layers, T tokens and top-k takes 2*L*T*k bytes,
// plus 4*L*T*k with weights; see Source for traces that do not fit.
type Trace struct {
	// Model is the name of the model, as the zoo spells it.
	Model string
	// Experts is the number of routed experts of each layer.
	Experts int
	// TopK is the number of distinct experts each token chooses in each layer.
	TopK int
	// Tokens is the number of tokens: the sum of Sequences.
	Tokens int
	// Sequences holds the length of each sequence in tokens, in order.
	Sequences []int
	// Layers holds the choices, one entry per MoE layer.
	Layers []Layer
}

// Header returns what a file header says of the trace.
func (t *Trace) Header() Header {
	return Header{
		Model:     t.Model,
		Layers:    len(t.Layers),
		Experts:   t.Experts,
		TopK:      t.TopK,
		Tokens:    t.Tokens,
		Sequences: t.Sequences,
		Weights:   len(t.Layers) > 0 && t.Layers[0].Weights != nil,
	}
}

// Choices returns the TopK expert ids of a token in a layer, in rank order. The
// result is a view into the trace. It panics, as a slice does, if layer or
// token is out of range.
func (t *Trace) Choices(layer, token int) []uint16 {
	return t.Layers[layer].IDs[token*t.TopK : (token+1)*t.TopK : (token+1)*t.TopK]
}

// Weights returns the router weights beside Choices, or nil if the trace has
// none.
func (t *Trace) Weights(layer, token int) []float32 {
	w := t.Layers[layer].Weights
	if w == nil {
		return nil
	}
	return w[token*t.TopK : (token+1)*t.TopK : (token+1)*t.TopK]
}

// Validate reports a header that contradicts itself, a layer of the wrong
// length, and the first token whose ids are out of range or repeated.
func (t *Trace) Validate() error {
	h := t.Header()
	if err := h.Validate(); err != nil {
		return fmt.Errorf("routing trace: %w", err)
	}
	b := Block{Tokens: t.Tokens, Layers: t.Layers}
	if err := newChecker(h).block(b); err != nil {
		return fmt.Errorf("routing trace: %w", err)
	}
	return nil
}

// Range is the tokens From, From+1, ... To-1 of a trace.
type Range struct {
	From, To int
}

// All returns the range of every token.
func (t *Trace) All() Range { return Range{0, t.Tokens} }

// cut returns the lengths of the sequences inside r; one cut by r keeps its part.
func (r Range) cut(sequences []int) []int {
	var inside []int
	start := 0
	for _, n := range sequences {
		if in := min(start+n, r.To) - max(start, r.From); in > 0 {
			inside = append(inside, in)
		}
		start += n
	}
	return inside
}

// check returns an error unless r lies within the trace and layer exists.
func (t *Trace) check(layer int, r Range) error {
	if layer < 0 || layer >= len(t.Layers) {
		return fmt.Errorf("routing: layer %d of %d", layer, len(t.Layers))
	}
	return t.checkRange(r)
}

func (t *Trace) checkRange(r Range) error {
	if r.From < 0 || r.To > t.Tokens || r.From >= r.To {
		return fmt.Errorf("routing: tokens %d..%d (exclusive) are not a part of 0..%d", r.From, r.To, t.Tokens)
	}
	return nil
}

// Slice returns the tokens of r as a trace of its own that shares memory with
// t. A sequence cut by the range keeps the part inside it. Two disjoint ranges
// split a recording into a profiling set and a run set.
func (t *Trace) Slice(r Range) (*Trace, error) {
	if err := t.checkRange(r); err != nil {
		return nil, err
	}
	part := &Trace{Model: t.Model, Experts: t.Experts, TopK: t.TopK, Tokens: r.To - r.From, Sequences: r.cut(t.Sequences)}
	for _, l := range t.Layers {
		part.Layers = append(part.Layers, l.slice(r.From, r.To, t.TopK))
	}
	return part, nil
}

// Source returns the trace as one block.
func (t *Trace) Source() Source { return &traceSource{trace: t} }

type traceSource struct {
	trace *Trace
	done  bool
}

func (s *traceSource) Header() Header { return s.trace.Header() }

func (s *traceSource) Next() (Block, error) {
	if s.done {
		return Block{}, io.EOF
	}
	s.done = true
	return Block{Tokens: s.trace.Tokens, Layers: s.trace.Layers}, nil
}

// Collect reads a source to its end into memory.
func Collect(src Source) (*Trace, error) {
	h := src.Header()
	t := h.trace()
	if f, ok := src.(filler); ok {
		first := f.advance(0)
		b := newBlock(h, h.Tokens-first)
		b.First = f.advance(b.Tokens)
		f.fill(b)
		t.Layers = b.Layers
		return t, nil
	}
	for {
		b, err := src.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		for i, l := range b.Layers {
			t.Layers[i].add(l, h)
		}
	}
}

// trace returns a trace of this shape without choices.
func (h Header) trace() *Trace {
	return &Trace{
		Model: h.Model, Experts: h.Experts, TopK: h.TopK,
		Tokens: h.Tokens, Sequences: h.Sequences, Layers: make([]Layer, h.Layers),
	}
}

// add appends the choices of a block. Memory at most doubles and never exceeds
// what the header asks for, which may be wrong.
func (l *Layer) add(part Layer, h Header) {
	if n := len(l.IDs) + len(part.IDs); n > cap(l.IDs) {
		room := max(n, min(2*n, h.Tokens*h.TopK))
		l.IDs = append(make([]uint16, 0, room), l.IDs...)
		if h.Weights {
			l.Weights = append(make([]float32, 0, room), l.Weights...)
		}
	}
	l.IDs = append(l.IDs, part.IDs...)
	if h.Weights {
		l.Weights = append(l.Weights, part.Weights...)
	}
}
