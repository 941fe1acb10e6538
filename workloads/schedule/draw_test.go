package schedule_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mozart/configs/units"
	"mozart/workloads/model"
	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

// route fills in routing, placement and load order: uniform, or all tokens with
// the same few experts, so that others get none.
func route(in *schedule.Input, seed uint64, skewed bool) {
	rng := rand.New(rand.NewPCG(seed, 0))
	m := in.Model
	for range m.MoELayers() {
		var ids []uint16
		for range in.Workload.Tokens() {
			order := rng.Perm(m.Experts)
			if skewed {
				slices.Sort(order)
			}
			for _, e := range order[:m.TopK] {
				ids = append(ids, uint16(e))
			}
		}
		in.Choices = append(in.Choices, ids)
		homes := rng.Perm(m.Experts)
		for e := range homes {
			homes[e] %= in.Machine.Chiplets
		}
		in.ExpertToChiplet = append(in.ExpertToChiplet, homes)
		in.LoadRank = append(in.LoadRank, rng.Perm(in.Machine.Chiplets))
	}
}

// sample is a small valid model of either kind of attention.
func sample(t *rapid.T) model.Spec {
	m := model.DefaultSpec()
	m.Name = "sample"
	m.Hidden = rapid.IntRange(1, 40).Draw(t, "hidden")
	m.Heads = rapid.IntRange(1, 4).Draw(t, "heads")
	if rapid.Bool().Draw(t, "mla") {
		m.Attention = model.MLA
		m.QLoraRank = rapid.IntRange(0, 8).Draw(t, "q rank")
		m.KVLoraRank, m.QKNopeHeadDim, m.QKRopeHeadDim, m.VHeadDim = 5, 4, 2, 3
	} else {
		m.KVHeads, m.HeadDim = 1, rapid.IntRange(1, 8).Draw(t, "head dim")
		m.QKNorm = rapid.SampledFrom([]model.QKNorm{model.QKNormNone, model.QKNormHead, model.QKNormFull}).Draw(t, "norm")
	}
	m.Layers = rapid.IntRange(1, 3).Draw(t, "layers")
	m.DenseLayers = rapid.IntRange(0, m.Layers).Draw(t, "dense layers")
	if m.DenseLayers > 0 {
		m.DenseWidth = rapid.IntRange(1, 50).Draw(t, "dense width")
	}
	m.Experts = rapid.IntRange(1, 10).Draw(t, "experts")
	m.TopK = rapid.IntRange(1, m.Experts).Draw(t, "top-k")
	m.ExpertWidth = rapid.IntRange(1, 20).Draw(t, "width")
	m.SharedExperts = rapid.IntRange(0, 3).Draw(t, "shared")
	if m.SharedExperts > 0 {
		m.SharedExpertWidth = rapid.IntRange(1, 20).Draw(t, "shared width")
	}
	m.Vocabulary = rapid.IntRange(1, 60).Draw(t, "vocabulary")
	m.TiedEmbeddings = rapid.Bool().Draw(t, "tied")
	m.ElementBytes = rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "element bytes")
	return m
}

func policy(t *rapid.T) schedule.Spec {
	p := schedule.DefaultSpec()
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	p.Overlap = schedule.Overlap{
		WeightsWithAttention: flag("weights with attention"), WeightsWithExperts: flag("weights with experts"),
		Activations: flag("overlap activations"), WriteBack: flag("overlap write-back"),
	}
	p.Dispatch = one("dispatch", "per-expert", "per-chiplet", "per-group")
	p.Combine = one("combine", "root", "chiplet", "switch")
	p.AllToAll = one("all-to-all", "synchronous", "free")
	p.LoadOrder = one("load order", "arrival", "heaviest-first")
	p.AttentionPiece = rapid.IntRange(1, 5).Draw(t, "pieces")
	p.AttentionMask = one("mask", "causal", "none")
	p.AttentionTile = rapid.IntRange(0, 10).Draw(t, "attention tile")
	p.Recompute = flag("recompute")
	p.SharedExperts = one("shared experts", "attention", "expert-chiplets")
	p.Embedding = one("embedding", "attention", "none")
	p.LMHead = one("lm head", "attention", "none")
	p.WeightSlice = units.Bytes(rapid.IntRange(1, 8000).Draw(t, "weight slice"))
	p.Gradients = one("gradients", "sram", "dram")
	p.AuxLoss = flag("aux loss")
	return p
}

// input draws everything a program is made from.
func input(t *rapid.T) schedule.Input {
	in := schedule.Input{Model: sample(t), Policy: policy(t)}
	in.Machine.Groups = rapid.IntRange(1, 3).Draw(t, "groups")
	in.Machine.Chiplets = in.Machine.Groups * rapid.IntRange(1, 3).Draw(t, "chiplets per group")
	in.Workload = schedule.Workload{
		MicroBatches:   rapid.IntRange(1, 3).Draw(t, "micro-batches"),
		SequenceLength: rapid.IntRange(1, 9).Draw(t, "length"),
	}
	in.Workload.Sequences = in.Workload.MicroBatches * rapid.IntRange(1, 4).Draw(t, "sequences")
	route(&in, rapid.Uint64().Draw(t, "seed"), rapid.Bool().Draw(t, "skewed"))
	return in
}

type tb interface {
	Helper()
	Fatal(args ...any)
}

func build(t tb, in schedule.Input) *op.Program {
	t.Helper()
	p, err := schedule.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eachOp calls f for every op of a program.
func eachOp(p *op.Program, f func(d int, o *op.Op)) {
	for d := range p.Devices {
		for i := range p.Devices[d].Ops {
			f(d, &p.Devices[d].Ops[i])
		}
	}
}

// sum adds up what f gives for every op.
func sum(p *op.Program, f func(d int, o *op.Op) int64) (n int64) {
	eachOp(p, func(d int, o *op.Op) { n += f(d, o) })
	return n
}

// forAll runs a property on drawn programs.
func forAll(t *testing.T, property func(t *rapid.T, in schedule.Input, p *op.Program)) {
	rapid.Check(t, func(t *rapid.T) {
		in := input(t)
		property(t, in, build(t, in))
	})
}
