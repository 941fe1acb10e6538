package schedule

// stackNeed counts what has to live in the stacks.
func (b *builder) stackNeed() {
	need := &b.program.StackNeed
	m := b.in.Model
	deferred := int64(0) // parameters whose gradients may wait for an update pass
	for l := range m.Layers {
		deferred += b.root.blockParams(l)
	}
	weights := deferred
	for l := range m.DenseLayers {
		weights += m.BlockParams(l).DenseFFN
	}
	embedding, head := b.in.Policy.Embedding != "none", b.in.Policy.LMHead != "none"
	if head {
		weights += m.LMHeadMatrix().Params() + m.FinalNormParams()
	}
	if embedding && !(head && m.TiedEmbeddings) {
		weights += m.EmbeddingParams()
	}
	need.Attention.Weights = m.Bytes(weights)
	need.Attention.Activations = b.root.saved
	for c, e := range b.leaves {
		g := &need.Groups[c/(len(b.leaves)/b.in.Machine.Groups)]
		g.Activations += e.saved
		g.Weights += e.residentBytes()
	}
	if !b.deferred() {
		return
	}
	need.Attention.Gradients = m.Bytes(deferred)
	for i := range need.Groups {
		need.Groups[i].Gradients = need.Groups[i].Weights
	}
}

// residentBytes is the size of the chiplet's experts of all layers.
func (e *leaf) residentBytes() int64 {
	n := int64(0)
	for l := range e.b.in.Model.MoELayers() {
		e.enter(e.b.homes(l))
		for _, x := range e.experts {
			n += e.weightBytes(x)
		}
	}
	return n
}
