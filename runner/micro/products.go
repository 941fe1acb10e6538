package micro

import "mozart/runner/config"

// Product is a kind of matrix product of a training step: Count times M x K by K x N.
type Product struct {
	// Name is what ops of the program are called.
	Name string
	// Expert says that it runs on expert chiplets.
	Expert         bool
	M, K, N, Count int64
}

// Products lists the kinds of matrix products that a step of an experiment is made
// of, those of one piece of a micro-batch. An expert's have the mean number of tokens.
// The LM head and a dense layer's FFN, which are cut into slices by their size, are
// left out.
func Products(x *config.Experiment) []Product {
	m, w := x.Model, x.Workload
	sequences := w.Sequences / w.MicroBatches
	piece := int64(sequences / min(x.Schedule.AttentionPiece, sequences))
	length := int64(w.SequenceLength)
	tokens := piece * length
	var list []Product
	add := func(name string, expert bool, m, k, n, count int64) {
		list = append(list, Product{name, expert, m, k, n, count})
	}
	weights := func(name string, expert bool, tokens, in, out int64) {
		add(name, expert, tokens, in, out, 1)
		add(name+"-dgrad", expert, tokens, out, in, 1)
		add(name+"-wgrad", expert, in, tokens, out, 1)
	}
	for _, a := range m.AttentionMatrices() {
		weights(a.Name, false, tokens, int64(a.In), int64(a.Out))
	}
	queries, keys, tiles := x.Schedule.Scores(length)
	tiles *= int64(m.Heads) * piece
	add("scores", false, queries, int64(m.QKHeadDim()), keys, tiles)
	add("context", false, queries, keys, int64(m.ValueHeadDim()), tiles)
	weights("router", false, tokens, int64(m.Hidden), int64(m.Experts))
	if width := int64(m.SharedExperts * m.SharedExpertWidth); width > 0 && x.Schedule.SharedExperts == "attention" {
		weights("shared-gate-up", false, tokens, int64(m.Hidden), 2*width)
		weights("shared-down", false, tokens, width, int64(m.Hidden))
	}
	routed := max(1, int64(sequences)*length*int64(m.TopK)/int64(m.Experts))
	weights("gate-up", true, routed, int64(m.Hidden), 2*int64(m.ExpertWidth))
	weights("down", true, routed, int64(m.ExpertWidth), int64(m.Hidden))
	return list
}
