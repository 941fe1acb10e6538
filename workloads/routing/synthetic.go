package routing

import (
	"errors"
	"fmt"
	"math"
	"slices"
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
	// LayerDrift is the probability that a token draws a new topic from one layer to
	// the next, tokens of one run of a topic together. At zero a token has one topic
	// in all layers; above, first choices tell less of those in later layers.
	LayerDrift float64 `yaml:"layer_drift" min:"0" max:"1" doc:"probability that a token draws a new topic from one layer to the next" source:"[A] zero: a token has one topic in all layers"`
	// LoadMax, if it is not zero, is the load of the heaviest expert over the mean,
	// and LoadGini the Gini coefficient of the load, both as expected over many
	// tokens: the logits of each expert are shifted, alike in all topics, until its
	// load is that (level). BiasSigma then only decides which experts are heavy.
	LoadMax float64 `yaml:"load_max" min:"0" max:"4096" doc:"load of the heaviest expert over the mean; 0 leaves loads to the logits" source:"[A] zero: loads follow from bias and topics"`
	// LoadGini is from 0 to 1, and means nothing without LoadMax.
	LoadGini float64 `yaml:"load_gini" min:"0" max:"0.99" doc:"with load_max: Gini coefficient of the load" source:"[A] zero: without load_max, nothing"`
}

// maxSigma keeps all weights exp(logit) within the range of a float64.
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
	within("layer_drift", s.LayerDrift, 1)
	within("load_max", s.LoadMax, MaxExperts)
	within("load_gini", s.LoadGini, .99)
	if s.LoadMax > 0 && s.LoadMax < 1 {
		errs = append(errs, fmt.Errorf("load_max must be 0 or at least 1, the mean, got %v", s.LoadMax))
	}
	return errors.Join(errs...)
}

// String is one line for the reader of a result; keys that do nothing are left out.
func (s SyntheticSpec) String() string {
	text := fmt.Sprintf("synthetic routing of %d topics, topic strength %g, bias sigma %g, topic persistence %g", s.Topics, s.TopicStrength, s.BiasSigma, s.TopicPersistence)
	if s.LayerDrift > 0 {
		text += fmt.Sprintf(", layer drift %g", s.LayerDrift)
	}
	if s.LoadMax > 0 {
		text += fmt.Sprintf(", load max/mean %g, Gini %g", s.LoadMax, s.LoadGini)
	}
	return text
}

// UniformPreset is the name of the preset in which all experts are alike.
const UniformPreset = "uniform"

// SyntheticPresets returns the names SyntheticPreset knows.
func SyntheticPresets() []string {
	return []string{UniformPreset, "qwen3", "olmoe", "deepseek-moe", "olmoe-skewed", "deepseek-moe-skewed", "gpt-oss-20b"}
}

// SyntheticPreset returns a spec by name. Those named after a model are
// calibrated on the C_T of Mozart-C in Table A: Algorithm 1 on 16 chiplets,
// fitted on ProfileStream and measured on RunStream, gives 5.73 for qwen3, 5.64
// for olmoe and 4.34 for deepseek-moe in the mean of seeds 1 to 4, where the paper
// has 5.77, 5.63 and 4.32.
// They are not calibrated on load. "uniform" has no structure at all.
//
// olmoe-skewed and deepseek-moe-skewed are calibrated on the same C_T, which they
// reach as well, and on the load too: OLMoE-1B-7B-0924 on instruction data (Tulu) has a
// Gini coefficient of .21, .37 and .38 and a heaviest expert of 3.2, 4.5 and 4.1 times
// the mean in layers 0, 7 and 15 (allenai/OLMoE), of which the preset has the means;
// its adjacent tokens share 1.94 of 8 experts, and first choices tell those seven or
// eight layers later in .13 and .24 of cases. DeepSeek-MoE-16B has a Gini coefficient
// of .105 (arXiv 2605.20982). gpt-oss-20b is what FitGenerator of package placement
// finds for a recording of GPT-OSS-20B.
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
	case "olmoe-skewed":
		return SyntheticSpec{Topics: 16, BiasSigma: 1, TopicStrength: 3, TopicPersistence: .17, LayerDrift: .15, LoadMax: 3.93, LoadGini: .32}, nil
	case "deepseek-moe-skewed":
		return SyntheticSpec{Topics: 16, TopicStrength: 2.5, LoadMax: 1.6, LoadGini: .105}, nil
	case "gpt-oss-20b":
		return SyntheticSpec{Topics: 16, BiasSigma: 1, TopicStrength: 4.25, TopicPersistence: .52, LayerDrift: .12, LoadMax: 3.07, LoadGini: .44}, nil
	}
	return SyntheticSpec{}, fmt.Errorf("routing: found preset %q, want one of %q", name, SyntheticPresets())
}

// Synthetic draws tokens from a SyntheticSpec. It is a Source.
//
// Instead of adding Gumbel noise to each logit it draws experts one by one without
// replacement, with chances proportional to exp(logit): the same distribution
// without a random number per expert (chooser).
type Synthetic struct {
	spec   SyntheticSpec
	h      Header
	seed   uint64
	layers []syntheticLayer // may be more than the header's
	dice   *dice
	topic  subject // of the last token drawn
	starts []int   // first token of each sequence not yet begun
	drawn
}

// subject is the topic that a token has in the first layer, and the token with which
// its run began: a run shares what becomes of the topic in later layers.
type subject struct{ topic, run int }

// syntheticLayer is one layer of the model: what the seed alone determines. What
// belongs to a topic starts at topic*experts.
type syntheticLayer struct {
	weights []float64   // exp(logit), up to a factor per topic
	cells   []aliasCell // alias tables of the weights
}

// of returns the alias table and the weights of a topic.
func (l *syntheticLayer) of(topic, experts int) ([]aliasCell, []float64) {
	from, to := topic*experts, (topic+1)*experts
	return l.cells[from:to], l.weights[from:to]
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
	layers := make([]syntheticLayer, h.Layers)
	Parallel(h.Layers, func(layer int) { layers[layer] = spec.layer(d.Seed, layer, experts, topK) })
	return newSynthetic(spec, layers, h, d), nil
}

func newSynthetic(spec SyntheticSpec, layers []syntheticLayer, h Header, d Draw) *Synthetic {
	s := &Synthetic{spec: spec, h: h, seed: d.Seed, layers: layers, dice: newDice(d.Seed, d.Stream)}
	start := 0
	for _, n := range h.Sequences {
		s.starts = append(s.starts, start)
		start += n
	}
	return s
}

// Other returns a source of d's tokens for the same model, as NewSynthetic would,
// without drawing the model again. d must have the seed and the layers of s.
func (s *Synthetic) Other(d Draw) (*Synthetic, error) {
	if d.Seed != s.seed || d.Layers != s.h.Layers {
		return nil, fmt.Errorf("synthetic routing: seed %d and %d layers are not those of the model: %d and %d", d.Seed, d.Layers, s.seed, s.h.Layers)
	}
	h, err := d.header(s.h.Experts, s.h.TopK)
	if err != nil {
		return nil, err
	}
	return newSynthetic(s.spec, s.layers, h, d), nil
}

// layer draws the weights of every topic and expert of a layer from the seed alone.
func (s SyntheticSpec) layer(seed uint64, layer, experts, topK int) syntheticLayer {
	d := newDice(seed, 0)
	d.at(drawLogits, layer, 0)
	bias := make([]float64, experts)
	for e := range bias {
		bias[e] = s.BiasSigma * d.NormFloat64()
	}
	l := syntheticLayer{weights: make([]float64, s.Topics*experts), cells: make([]aliasCell, s.Topics*experts)}
	logits := make([][]float64, s.Topics)
	for topic := range logits {
		_, logits[topic] = l.of(topic, experts)
		for e := range logits[topic] {
			logits[topic][e] = bias[e] + s.TopicStrength*d.NormFloat64()
		}
	}
	if s.LoadMax > 0 {
		level(logits, byRank(targetLoads(experts, s.LoadGini, s.LoadMax), popularity(logits)), topK)
	}
	var tables aliasBuilder
	for topic, weights := range logits {
		exponentiate(weights)
		cells, _ := l.of(topic, experts)
		tables.build(weights, cells)
	}
	return l
}

// greatestLogit is what the greatest logit is moved to. MaxExperts weights of
// exp(690) have a finite sum, and a weight becomes zero only 1,430 below that: 20
// standard deviations of a logit in which both sigmas are maxSigma.
const greatestLogit = 690

// exponentiate replaces logits by weights proportional to exp(logit).
func exponentiate(logits []float64) {
	shift := greatestLogit - slices.Max(logits)
	for e, logit := range logits {
		logits[e] = math.Exp(logit + shift)
	}
}

// Header returns the shape of the draw.
func (s *Synthetic) Header() Header { return s.h }

// Next returns the next block, or io.EOF after the last token. It has no other
// error.
func (s *Synthetic) Next() (Block, error) { return s.drawn.block(s) }

// fill implements filler.
func (s *Synthetic) fill(b Block) {
	subjects := make([]subject, b.Tokens)
	for i := range subjects {
		subjects[i] = s.drawTopic(b.First + i)
	}
	Parallel(len(b.Layers), func(layer int) { s.layer(b, layer, subjects) })
}

// drawTopic returns the subject of a token, which must be the one after the last.
func (s *Synthetic) drawTopic(token int) subject {
	first := len(s.starts) > 0 && s.starts[0] == token
	if first {
		s.starts = s.starts[1:]
	}
	s.dice.at(drawTopic, 0, token)
	topic := s.dice.IntN(s.spec.Topics)
	if first || s.dice.Float64() >= s.spec.TopicPersistence {
		s.topic = subject{topic, token}
	}
	return s.topic
}

// layer draws the choices of the block's tokens in one layer.
func (s *Synthetic) layer(b Block, layer int, subjects []subject) {
	experts, k := s.h.Experts, s.h.TopK
	l, streams := &s.layers[layer], s.dice.tokens(drawExperts, layer)
	c := newChooser(experts)
	drift := newDice(s.seed, s.dice.stream)
	for i, subject := range subjects {
		cells, weights := l.of(s.topicIn(layer, subject, drift), experts)
		c.choose(streams.at(b.First+i), cells, weights, b.Layers[layer].IDs[i*k:(i+1)*k])
	}
}

// topicIn is the topic in a layer: the one drawn in the last layer up to it that drew
// anew.
func (s *Synthetic) topicIn(layer int, of subject, d *dice) int {
	for ; s.spec.LayerDrift > 0 && layer > 0; layer-- {
		d.at(drawDrift, layer, of.run)
		if d.Float64() < s.spec.LayerDrift {
			return d.IntN(s.spec.Topics)
		}
	}
	return of.topic
}
