package routing

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// SyntheticSpec describes a family of routings without a recording. The router
// logit of expert e for a token of topic z in one layer is
//
//	BiasSigma*N(0,1)[e] + TopicStrength*N(0,1)[z][e] + Gumbel noise
//
// and the top-k logits win. Topics are drawn uniformly per token and are the
// same in all layers; the normal numbers are the model's own and independent
// between layers. BiasSigma skews the load, TopicStrength makes the experts of
// a topic be chosen together.
type SyntheticSpec struct {
	// Topics is the number of topics.
	Topics int `yaml:"topics" min:"1" max:"4096" doc:"number of topics a token's subject is drawn from" source:"[A] calibrated on the C_T of Table A"`
	// BiasSigma is the standard deviation of an expert's popularity, in logits.
	BiasSigma float64 `yaml:"bias_sigma" min:"0" max:"50" doc:"standard deviation of the popularity of experts, in logits" source:"[A] calibrated on the C_T of Table A"`
	// TopicStrength is the standard deviation of an expert's affinity to a
	// topic, in logits.
	TopicStrength float64 `yaml:"topic_strength" min:"0" max:"50" doc:"standard deviation of the affinity of experts to topics, in logits" source:"[A] calibrated on the C_T of Table A"`
	// TopicPersistence is the probability that a token has the topic of the one
	// before it in its sequence. Above zero, adjacent tokens share experts;
	// loads and co-activation keep their means.
	TopicPersistence float64 `yaml:"topic_persistence" min:"0" max:"1" doc:"probability that a token keeps the topic of the token before it" source:"[A] zero: tokens are independent"`
}

// maxSigma keeps the rates exp(logit) finite.
const maxSigma = 50

// Validate reports every wrong field at once.
func (s SyntheticSpec) Validate() error {
	var errs []error
	if s.Topics < 1 || s.Topics > 4096 {
		errs = append(errs, fmt.Errorf("topics must be in 1..4096, got %d", s.Topics))
	}
	within := func(name string, v, high float64) {
		if !(v >= 0 && v <= high) { // so that NaN fails
			errs = append(errs, fmt.Errorf("%s must be in 0..%v, got %v", name, high, v))
		}
	}
	within("bias_sigma", s.BiasSigma, maxSigma)
	within("topic_strength", s.TopicStrength, maxSigma)
	within("topic_persistence", s.TopicPersistence, 1)
	return errors.Join(errs...)
}

// UniformPreset is the name of the preset in which all experts are alike.
const UniformPreset = "uniform"

// SyntheticPresets returns the names SyntheticPreset knows.
func SyntheticPresets() []string {
	return []string{UniformPreset, "qwen3", "olmoe", "deepseek-moe"}
}

// SyntheticPreset returns a spec by name. Those named after a model are
// calibrated on the C_T of Mozart-C in Table A: Algorithm 1 on 16 chiplets,
// fitted on ProfileStream and measured on RunStream, gives 5.73 for qwen3, 5.64
// for olmoe and 4.33 for deepseek-moe, where the paper has 5.77, 5.63 and 4.32.
// They are not calibrated on load. "uniform" has no structure at all.
func SyntheticPreset(name string) (SyntheticSpec, error) {
	switch name {
	case UniformPreset:
		return SyntheticSpec{Topics: 1}, nil
	case "qwen3":
		return SyntheticSpec{Topics: 64, TopicStrength: 3.0}, nil
	case "olmoe":
		return SyntheticSpec{Topics: 16, BiasSigma: 1, TopicStrength: 2.8}, nil
	case "deepseek-moe":
		return SyntheticSpec{Topics: 16, TopicStrength: 2.96}, nil
	}
	return SyntheticSpec{}, fmt.Errorf("routing: found preset %q, want one of %q", name, SyntheticPresets())
}

// Synthetic draws tokens from a SyntheticSpec. It is a Source.
//
// Instead of adding Gumbel noise to each logit it draws an exponential time of
// rate exp(logit) and takes the earliest: the same distribution without a
// logarithm per expert.
type Synthetic struct {
	spec   SyntheticSpec
	h      Header
	dice   *dice
	times  [][]float64 // times[layer][topic*experts+e] = exp(-logit): mean time of arrival
	race   race
	topics []int // topic of each token of the block
	topic  int   // topic of the last token drawn
	starts []int // first token of each sequence not yet begun
	block  Block
	next   int // tokens drawn
}

// NewSynthetic returns a source of d's tokens for a model of this shape.
func NewSynthetic(spec SyntheticSpec, experts, topK int, d Draw) (*Synthetic, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("synthetic routing: %w", err)
	}
	h, err := d.header(experts, topK)
	if err != nil {
		return nil, err
	}
	n := min(drawBlock, h.Tokens)
	s := &Synthetic{spec: spec, h: h, dice: newDice(d.Seed, d.Stream), block: newBlock(h, n), topics: make([]int, n)}
	start := 0
	for _, n := range h.Sequences {
		s.starts = append(s.starts, start)
		start += n
	}
	for layer := range h.Layers {
		s.times = append(s.times, spec.meanTimes(d.Seed, layer, experts))
	}
	return s, nil
}

// meanTimes draws exp(-logit) of every topic and expert of a layer from the
// seed alone.
func (s SyntheticSpec) meanTimes(seed uint64, layer, experts int) []float64 {
	d := newDice(seed, 0)
	d.at(drawLogits, layer, 0)
	bias := make([]float64, experts)
	for e := range bias {
		bias[e] = s.BiasSigma * d.NormFloat64()
	}
	times := make([]float64, s.Topics*experts)
	for i := range times {
		times[i] = math.Exp(-bias[i%experts] - s.TopicStrength*d.NormFloat64())
	}
	return times
}

// Header returns the shape of the draw.
func (s *Synthetic) Header() Header { return s.h }

// Next returns the next block, or io.EOF after the last token. It has no other
// error.
func (s *Synthetic) Next() (Block, error) {
	if s.next == s.h.Tokens {
		return Block{}, io.EOF
	}
	b := s.block.slice(0, min(s.block.Tokens, s.h.Tokens-s.next), s.h.TopK)
	b.First = s.next
	for i := range b.Tokens {
		s.topics[i] = s.drawTopic(b.First + i)
	}
	for layer := range b.Layers {
		s.layer(b, layer)
	}
	s.next += b.Tokens
	return b, nil
}

// drawTopic returns the topic of a token, which must be the one after the last.
func (s *Synthetic) drawTopic(token int) int {
	first := len(s.starts) > 0 && s.starts[0] == token
	if first {
		s.starts = s.starts[1:]
	}
	s.dice.at(drawTopic, 0, token)
	topic := s.dice.IntN(s.spec.Topics)
	if first || s.dice.Float64() >= s.spec.TopicPersistence {
		s.topic = topic
	}
	return s.topic
}

// layer draws the choices of the block's tokens in one layer.
func (s *Synthetic) layer(b Block, layer int) {
	experts, k := s.h.Experts, s.h.TopK
	for i := range b.Tokens {
		s.dice.at(drawExperts, layer, b.First+i)
		s.race.start(b.Layers[layer].IDs[i*k : (i+1)*k])
		for e, mean := range s.times[layer][s.topics[i]*experts : (s.topics[i]+1)*experts] {
			s.race.offer(uint16(e), s.dice.ExpFloat64()*mean)
		}
	}
}
