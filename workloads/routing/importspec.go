package routing

import (
	"errors"
	"fmt"
	"math"
)

// ImportSpec says what a recording of expert choices in a general format does not say
// of itself: the model, which every row is checked against, and how columns are named.
type ImportSpec struct {
	// Model is the name that the trace will carry.
	Model string
	// Layers is the number of MoE layers, Experts that of the routed experts of each,
	// TopK that of the experts each token chooses.
	Layers, Experts, TopK int
	// FirstLayer is the number that the recording gives to the first MoE layer: 0, or
	// the number of dense layers before it if the recording counts those.
	FirstLayer int
	// Columns names the columns.
	Columns Columns
}

// Columns names the columns of a recording. A row holds the choices of one token in
// one layer, of one token in all layers, or of all tokens of a sequence in all layers,
// by how deep the lists of Experts are nested: [k], [layers][k] or [tokens][layers][k].
type Columns struct {
	// Sequence names what tells sequences apart, a number or a text. Rows without
	// such a column, or with an empty name here, are of one sequence.
	Sequence string
	// Token names the token's number in its sequence, from 0 on. Without it rows are
	// taken in the order in which they come.
	Token string
	// Layer names the layer's number. Only rows of one token in one layer have it.
	Layer string
	// Experts names the ids, in rank order. It is the only column that must be there.
	Experts string
	// Weights names the router weights beside the ids; empty for none.
	Weights string
}

// DefaultColumns are the names that the recording snippet of the documentation uses.
func DefaultColumns() Columns {
	return Columns{Sequence: "sequence", Token: "token", Layer: "layer", Experts: "experts"}
}

func (s ImportSpec) validate() error {
	h := Header{Model: s.Model, Layers: s.Layers, Experts: s.Experts, TopK: s.TopK, Tokens: 1, Sequences: []int{1}}
	err := h.Validate()
	if s.FirstLayer < 0 || s.FirstLayer > MaxLayers {
		err = errors.Join(err, fmt.Errorf("first layer must be in 0..%d, got %d", MaxLayers, s.FirstLayer))
	}
	if s.Columns.Experts == "" {
		err = errors.Join(err, errors.New("the column of the expert ids has no name"))
	}
	return err
}

// Limits of an import. A missing token takes memory without having been in the file.
const (
	maxImportTokens = 1 << 26
	maxMissing      = 1 << 22
	missingID       = math.MaxUint16 // above MaxExperts
)

// importRow is one row of a recording, in whatever form it was.
type importRow struct {
	sequence     string
	token, layer int // -1 if there is no such column
	// depth is how deep the lists of ids are nested: 1, 2 or 3.
	depth   int
	ids     []int
	weights []float32
}

// importer puts rows together to a trace.
type importer struct {
	spec      ImportSpec
	weights   bool
	sequences map[string]*importSequence
	order     []*importSequence
	missing   int // tokens of layers that later rows must still bring
	seen      []int
	stamp     int
}

// importSequence is what is known of one sequence, layer by layer.
type importSequence struct {
	key    string
	layers []Layer
}

func newImporter(spec ImportSpec) (*importer, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	return &importer{
		spec: spec, weights: spec.Columns.Weights != "", sequences: map[string]*importSequence{}, seen: make([]int, spec.Experts),
	}, nil
}

// add takes a row. The error says which column is wrong.
func (m *importer) add(r importRow) error {
	k, all := m.spec.TopK, m.spec.Layers*m.spec.TopK
	if m.weights && len(r.weights) != len(r.ids) {
		return fmt.Errorf("%s: found %d weights beside %d expert ids", m.spec.Columns.Weights, len(r.weights), len(r.ids))
	}
	if r.token >= maxImportTokens {
		return fmt.Errorf("%s: found %d, want a number below %d", m.spec.Columns.Token, r.token, maxImportTokens)
	}
	switch {
	case r.depth == 1 && r.layer < 0 && m.spec.Layers > 1:
		return fmt.Errorf("found the choices of one layer and no column %q", m.spec.Columns.Layer)
	case r.depth == 1 && len(r.ids) != k:
		return m.wrongCount(r, "%d as the model's top-k", k)
	case r.depth > 1 && r.layer >= 0:
		return fmt.Errorf("found a column %q beside choices of all layers", m.spec.Columns.Layer)
	case r.depth == 2 && len(r.ids) != all:
		return m.wrongCount(r, "%d: %d layers of top-%d", all, m.spec.Layers, k)
	case r.depth == 3 && (len(r.ids) == 0 || len(r.ids)%all != 0):
		return m.wrongCount(r, "a multiple of %d: %d layers of top-%d", all, m.spec.Layers, k)
	case r.depth == 3 && r.token >= 0:
		return fmt.Errorf("found a column %q beside choices of a whole sequence", m.spec.Columns.Token)
	}
	s := m.sequence(r.sequence)
	if r.depth == 1 {
		layer := max(r.layer-m.spec.FirstLayer, 0)
		if r.layer >= 0 && (r.layer < m.spec.FirstLayer || layer >= m.spec.Layers) {
			return fmt.Errorf("%s: found %d, want %d..%d: the model has %d MoE layers", m.spec.Columns.Layer, r.layer,
				m.spec.FirstLayer, m.spec.FirstLayer+m.spec.Layers-1, m.spec.Layers)
		}
		return m.put(s, layer, r.token, r, 0)
	}
	for at := 0; at < len(r.ids); at += k {
		if err := m.put(s, at/k%m.spec.Layers, r.token, r, at); err != nil {
			return err
		}
	}
	return nil
}

func (m *importer) wrongCount(r importRow, want string, args ...any) error {
	return fmt.Errorf("%s: found %d expert ids, want "+want, append([]any{m.spec.Columns.Experts, len(r.ids)}, args...)...)
}

// sequence returns the sequence of a key.
func (m *importer) sequence(key string) *importSequence {
	s := m.sequences[key]
	if s == nil {
		s = &importSequence{key: key, layers: make([]Layer, m.spec.Layers)}
		m.sequences[key] = s
		m.order = append(m.order, s)
	}
	return s
}

// put enters the choices r.ids[at:at+TopK] of a token in a layer; token -1 is the one
// after the last.
func (m *importer) put(s *importSequence, layer, token int, r importRow, at int) error {
	k, l := m.spec.TopK, &s.layers[layer]
	if token < 0 {
		token = len(l.IDs) / k
	}
	for ; len(l.IDs) < (token+1)*k; m.missing++ {
		if m.missing >= maxMissing || len(l.IDs)/k >= maxImportTokens {
			return fmt.Errorf("%s: found %d while %d tokens before it are missing, want rows roughly in order", m.spec.Columns.Token, token, m.missing)
		}
		for range k {
			l.IDs = append(l.IDs, missingID)
		}
		if m.weights {
			l.Weights = append(l.Weights, make([]float32, k)...)
		}
	}
	if l.IDs[token*k] != missingID {
		return fmt.Errorf("found token %d of layer %d a second time", token, layer+m.spec.FirstLayer)
	}
	m.stamp++
	for i, id := range r.ids[at : at+k] {
		if id < 0 || id >= m.spec.Experts {
			return fmt.Errorf("%s: found expert %d, want 0..%d", m.spec.Columns.Experts, id, m.spec.Experts-1)
		}
		if m.seen[id] == m.stamp {
			return fmt.Errorf("%s: found expert %d twice in one choice of %d", m.spec.Columns.Experts, id, k)
		}
		m.seen[id] = m.stamp
		l.IDs[token*k+i] = uint16(id)
		if m.weights {
			l.Weights[token*k+i] = r.weights[at+i]
		}
	}
	m.missing--
	return nil
}

// trace puts the sequences one after another, in the order in which they came. It
// fails if a token has no choices in a layer.
func (m *importer) trace() (*Trace, error) {
	t := &Trace{Model: m.spec.Model, Experts: m.spec.Experts, TopK: m.spec.TopK, Layers: make([]Layer, m.spec.Layers)}
	if len(m.order) == 0 {
		return nil, errors.New("found no rows")
	}
	for _, s := range m.order {
		most := 0
		for _, l := range s.layers {
			most = max(most, len(l.IDs))
		}
		for i, l := range s.layers {
			for at := 0; at < most; at += t.TopK {
				if at >= len(l.IDs) || l.IDs[at] == missingID {
					return nil, fmt.Errorf("sequence %q: token %d has no choices in layer %d, but in others", s.key, at/t.TopK, i+m.spec.FirstLayer)
				}
			}
			t.Layers[i].IDs = append(t.Layers[i].IDs, l.IDs...)
			t.Layers[i].Weights = append(t.Layers[i].Weights, l.Weights...)
		}
		t.Sequences = append(t.Sequences, most/t.TopK)
		t.Tokens += most / t.TopK
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	return t, nil
}
