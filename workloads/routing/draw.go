package routing

import "fmt"

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

// drawBlock is the number of tokens a generator makes at a time.
const drawBlock = 1024
