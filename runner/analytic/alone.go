package analytic

import "mozart/workloads/op"

// alone charges a segment of the attention chiplet between exchanges, and returns its
// time: arithmetic, transfers that stand in its chain, and what others need beyond
// the time that hides them. Its first weights may come during the exchange before,
// which took so many cycles.
func (c *composer) alone(s *segment, exchange float64) float64 {
	work := 0.0
	for p, cycles := range s.work {
		work += c.charge(op.Phase(p), cycles, attentionWork)
	}
	sum := work
	for p := range op.NumPhases {
		if s.load[p] > 0 && c.serial(p, false) {
			sum += c.charge(p, c.chained(s, p, s.load[p], true), attentionStacks)
		}
		if s.store[p] > 0 && c.serial(p, true) {
			sum += c.charge(p, c.chained(s, p, s.store[p], false), attentionStacks)
		}
	}
	return sum + c.hidden(s, exchange, work)
}

// chained is the time of all loads or stores of a phase one after another.
func (c *composer) chained(s *segment, p op.Phase, bytes int64, load bool) float64 {
	return c.moving(attention, item{bytes: bytes, load: load}, 0) + float64(s.ops[p])*c.answer(attention, load)
}

// serial tells whether transfers of a phase stand in the chain of the work.
func (c *composer) serial(p op.Phase, store bool) bool {
	switch {
	case p == op.ForwardSave || p == op.BackwardRestore:
		return !c.overlap.Activations
	case p == op.UpdateMemory && store:
		return !c.overlap.WriteBack
	default:
		return !c.overlap.WeightsWithAttention
	}
}

// hidden charges what overlapped transfers need beyond the time that hides them.
// Those of updates hide behind all that follows.
func (c *composer) hidden(s *segment, exchange, work float64) float64 {
	sum := 0.0
	beyond := func(p op.Phase, it item, hidden float64) {
		if it.bytes > 0 {
			sum += c.charge(p, c.transfer(attention, it, 0)-hidden, attentionStacks)
		}
	}
	if !c.serial(op.ForwardWeights, false) {
		beyond(op.ForwardEmbedding, item{bytes: s.load[op.ForwardEmbedding], load: true}, s.work[op.ForwardEmbedding])
		for i, p := range [...]op.Phase{op.ForwardWeights, op.BackwardWeights} {
			first := int64(0)
			if len(s.weights) > 0 && (i == 0) == (s.load[op.ForwardWeights] > 0) {
				first = s.weights[0].bytes
			}
			beyond(p, item{bytes: first, load: true}, exchange)
			beyond(p, item{bytes: s.load[p] - first, load: true}, work)
		}
	}
	if !c.serial(op.ForwardSave, true) {
		beyond(op.ForwardSave, item{bytes: s.store[op.ForwardSave]}, work)
		beyond(op.BackwardRestore, item{bytes: s.load[op.BackwardRestore], load: true}, work)
	}
	return sum
}
