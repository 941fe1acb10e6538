package routing

import (
	"fmt"
	"slices"
)

// Limits of token tables.
const (
	maxTableIDs    = 1 << 22 // token ids of a vocabulary
	maxTableTokens = 1 << 31 // tokens counted
)

// Tables says how often the tokens with a given vocabulary id chose each expert
// of some recorded layers: counts of (layer, token id, expert), without the
// order of the tokens. Read them with ParseTables or UnpackTables.
//
// Laws, checked on reading: every token makes TopK distinct choices in every
// recorded layer, so the counts of a token id add up to TopK times its
// occurrences, the same in every layer, and no count exceeds the occurrences.
// Hence at least TopK experts have counts for every id and layer.
type Tables struct {
	// Model and Domain name the model and the texts that were counted.
	Model, Domain string
	// Experts and TopK are the routed experts of a layer and the experts chosen
	// per token.
	Experts, TopK int
	// Recorded holds the recorded layers, ascending.
	Recorded []int
	// TokenIDs holds the vocabulary ids seen, ascending.
	TokenIDs []int
	// Occurrences[i] is the number of tokens with id TokenIDs[i].
	Occurrences []int
	// rows[r] holds the counts of layer Recorded[r].
	rows []tableLayer
}

// tableLayer holds, for the i-th token id, experts[start[i]:start[i+1]] and the
// counts beside them.
type tableLayer struct {
	start   []int
	experts []uint16
	counts  []uint32
}

// TablesSpec gives what a CSV of counts does not say of itself.
type TablesSpec struct {
	Model, Domain string
	Experts, TopK int
}

// OLMoETables is the spec of the OLMoE-1B-7B-0924 tables published with
// allenai/OLMoE (commit 357454f4, Apache-2.0) for a domain: book, github or
// wikipedia.
func OLMoETables(domain string) TablesSpec {
	return TablesSpec{Model: "OLMoE-1B-7B-0924", Domain: domain, Experts: 64, TopK: 8}
}

func (s TablesSpec) validate() error {
	h := Header{Model: s.Model, Layers: 1, Experts: s.Experts, TopK: s.TopK, Tokens: 1, Sequences: []int{1}}
	if err := h.Validate(); err != nil {
		return fmt.Errorf("token tables: %w", err)
	}
	if len(s.Domain) > MaxModelBytes {
		return fmt.Errorf("token tables: domain must be at most %d bytes, got %d", MaxModelBytes, len(s.Domain))
	}
	return nil
}

// Tokens returns the number of tokens counted.
func (t *Tables) Tokens() int { return sum(t.Occurrences) }

// Nearest returns the recorded layer nearest to a layer, the lower one of two
// that are equally near.
func (t *Tables) Nearest(layer int) int { return t.Recorded[t.nearest(layer)] }

// nearest returns the index in Recorded of the nearest recorded layer.
func (t *Tables) nearest(layer int) int {
	best := 0
	for i, l := range t.Recorded {
		if distance(l, layer) < distance(t.Recorded[best], layer) {
			best = i
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// Shares returns V of a recorded layer as counted: the share of all choices
// that went to each expert. It is nil if the layer was not recorded.
func (t *Tables) Shares(layer int) []float64 {
	i, found := slices.BinarySearch(t.Recorded, layer)
	if !found {
		return nil
	}
	v := make([]float64, t.Experts)
	total := float64(t.TopK * t.Tokens())
	for j, e := range t.rows[i].experts {
		v[e] += float64(t.rows[i].counts[j]) / total
	}
	return v
}

// validate checks the laws of Tables and sets Occurrences from the first layer.
func (t *Tables) validate() error {
	if len(t.Recorded) == 0 || len(t.TokenIDs) == 0 {
		return fmt.Errorf("token tables: found no counts")
	}
	t.Occurrences = make([]int, len(t.TokenIDs))
	for r, rows := range t.rows {
		for i, id := range t.TokenIDs {
			if err := t.checkRow(rows, r, i); err != nil {
				return fmt.Errorf("token tables: layer %d, token id %d: %w", t.Recorded[r], id, err)
			}
		}
	}
	if n := t.Tokens(); n > maxTableTokens {
		return fmt.Errorf("token tables: found %d tokens, want at most %d", n, maxTableTokens)
	}
	return nil
}

// checkRow checks the counts of token id i in recorded layer r.
func (t *Tables) checkRow(rows tableLayer, r, i int) error {
	total, most := 0, 0
	for _, c := range rows.counts[rows.start[i]:rows.start[i+1]] {
		total += int(c)
		most = max(most, int(c))
	}
	if total%t.TopK != 0 {
		return fmt.Errorf("the counts add up to %d, want a multiple of top-k %d", total, t.TopK)
	}
	seen := total / t.TopK
	if r == 0 {
		t.Occurrences[i] = seen
	}
	if seen != t.Occurrences[i] {
		return fmt.Errorf("found %d occurrences, want the %d of layer %d", seen, t.Occurrences[i], t.Recorded[0])
	}
	if most > seen {
		return fmt.Errorf("an expert has count %d, want at most the %d occurrences", most, seen)
	}
	return nil
}
