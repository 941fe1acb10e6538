package routing

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits of a trace. They are far above any published model and keep a lying
// header from asking for absurd amounts of memory.
const (
	MaxLayers     = 1024    // MoE layers
	MaxExperts    = 4096    // routed experts of a layer
	MaxTopK       = 256     // experts chosen per token
	MaxTokens     = 1 << 40 // tokens of a trace
	MaxModelBytes = 255     // bytes of the model's name
	maxSequence   = 1<<32 - 1
)

// Header is what is known of a trace before its first token.
type Header struct {
	// Model is the name of the model, as the zoo spells it.
	Model string
	// Layers is the number of MoE layers; dense layers have no routing and are
	// not counted.
	Layers int
	// Experts is the number of routed experts of each layer.
	Experts int
	// TopK is the number of distinct experts each token chooses in each layer.
	TopK int
	// Tokens is the number of tokens: the sum of Sequences.
	Tokens int
	// Sequences holds the length of each sequence in tokens, in order.
	Sequences []int
	// Weights says whether router weights accompany the expert ids.
	Weights bool
}

// Validate reports every wrong field at once.
func (h Header) Validate() error {
	var errs []error
	within := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s must be in %d..%d, got %d", name, low, high, v))
		}
	}
	if len(h.Model) > MaxModelBytes || !utf8.ValidString(h.Model) {
		errs = append(errs, fmt.Errorf("model must be at most %d bytes of UTF-8, got %d bytes",
			MaxModelBytes, len(h.Model)))
	}
	within("layers", h.Layers, 1, MaxLayers)
	within("experts", h.Experts, 1, MaxExperts)
	within("top-k", h.TopK, 1, min(MaxTopK, max(h.Experts, 1)))
	within("tokens", h.Tokens, 1, MaxTokens)
	return errors.Join(append(errs, h.checkSequences())...)
}

// checkSequences reports the first sequence of an impossible length, or that
// the lengths do not add up to Tokens.
func (h Header) checkSequences() error {
	sum := 0
	for i, n := range h.Sequences {
		if n < 1 || n > maxSequence {
			return fmt.Errorf("sequence %d must have 1..%d tokens, got %d", i, maxSequence, n)
		}
		sum += n
	}
	if sum != h.Tokens {
		return fmt.Errorf("the %d sequences hold %d tokens, want %d", len(h.Sequences), sum, h.Tokens)
	}
	return nil
}

// EqualSequences returns the lengths of n sequences of tokens tokens each.
func EqualSequences(n, tokens int) []int {
	lengths := make([]int, max(n, 0))
	for i := range lengths {
		lengths[i] = tokens
	}
	return lengths
}

// sum returns the number of tokens in sequences of the given lengths.
func sum(lengths []int) int {
	total := 0
	for _, n := range lengths {
		total += n
	}
	return total
}
