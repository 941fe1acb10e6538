package build_test

import (
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/runner/config"
	"mozart/workloads/model"
	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

// drawn is a small random experiment.
type drawn struct {
	hw config.Hardware
	in schedule.Input
}

// draw makes a package of at most 48 expert chiplets on any network, with narrow links
// and small buffers, and a model that fits it. drawTree's network is a NoP-Tree.
func draw(t *rapid.T) drawn {
	return drawOn(t, rapid.SampledFrom([]string{"nop-tree", "nop-tree", "mesh", "torus", "ring", "crossbar"}).Draw(t, "network"))
}

func drawTree(t *rapid.T) drawn { return drawOn(t, "nop-tree") }

func drawOn(t *rapid.T, network string) drawn {
	var d drawn
	m := drawModel(t)
	d.hw = drawHardware(t, m, network)
	d.in = schedule.Input{
		Model: m, Machine: machine(t, d.hw), Policy: drawPolicy(t),
		Workload: schedule.Workload{SequenceLength: rapid.IntRange(1, 9).Draw(t, "length")},
	}
	d.in.Workload.MicroBatches = rapid.IntRange(1, 3).Draw(t, "micro-batches")
	d.in.Workload.Sequences = d.in.Workload.MicroBatches * rapid.IntRange(1, 3).Draw(t, "sequences")
	if !d.hw.Topology.IsTree() && d.in.Policy.Combine == "switch" {
		d.in.Policy.Combine = "chiplet" // only the switches of a tree add
	}
	route(&d.in, rapid.Uint64().Draw(t, "seed"), rapid.Bool().Draw(t, "skewed"))
	return d
}

// machine is what the schedule has to know of a package.
func machine(t *rapid.T, hw config.Hardware) schedule.Machine {
	g, err := hw.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return hw.Machine(g)
}

func drawModel(t *rapid.T) model.Spec {
	m := model.DefaultSpec()
	m.Name = "drawn"
	m.Hidden = 4 * rapid.IntRange(1, 12).Draw(t, "hidden/4")
	m.Heads, m.KVHeads, m.HeadDim = 2, 1, 4
	m.Experts = rapid.IntRange(1, 9).Draw(t, "experts")
	m.TopK = rapid.IntRange(1, min(3, m.Experts)).Draw(t, "top-k")
	m.ExpertWidth = rapid.IntRange(1, 24).Draw(t, "width")
	m.Layers = rapid.IntRange(1, 3).Draw(t, "layers")
	m.DenseLayers = rapid.IntRange(0, m.Layers-1).Draw(t, "dense layers")
	if m.DenseLayers > 0 {
		m.DenseWidth = rapid.IntRange(1, 40).Draw(t, "dense width")
	}
	m.SharedExperts = rapid.IntRange(0, 2).Draw(t, "shared")
	if m.SharedExperts > 0 {
		m.SharedExpertWidth = rapid.IntRange(1, 24).Draw(t, "shared width")
	}
	m.Vocabulary = rapid.IntRange(1, 50).Draw(t, "vocabulary")
	m.TiedEmbeddings = rapid.Bool().Draw(t, "tied")
	return m
}

func drawPolicy(t *rapid.T) schedule.Spec {
	p := schedule.DefaultSpec()
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	p.Overlap = schedule.Overlap{
		WeightsWithAttention: flag("weights with attention"), WeightsWithExperts: flag("weights with experts"),
		Activations: flag("overlap activations"), WriteBack: flag("overlap write-back"),
	}
	p.Dispatch = rapid.SampledFrom([]string{"per-expert", "per-chiplet", "per-group"}).Draw(t, "dispatch")
	p.Combine = rapid.SampledFrom([]string{"root", "chiplet", "switch"}).Draw(t, "combine")
	p.AllToAll = rapid.SampledFrom([]string{"synchronous", "free"}).Draw(t, "all-to-all")
	p.LoadOrder = rapid.SampledFrom([]string{"arrival", "heaviest-first"}).Draw(t, "load order")
	p.AttentionPiece = rapid.IntRange(1, 4).Draw(t, "pieces")
	p.SharedExperts = rapid.SampledFrom([]string{"attention", "expert-chiplets"}).Draw(t, "shared experts")
	p.Embedding = rapid.SampledFrom([]string{"attention", "none"}).Draw(t, "embedding")
	p.LMHead = rapid.SampledFrom([]string{"attention", "none"}).Draw(t, "lm head")
	p.WeightSlice = units.Bytes(rapid.IntRange(64, 4096).Draw(t, "weight slice"))
	p.Gradients = rapid.SampledFrom([]string{"sram", "dram"}).Draw(t, "gradients")
	p.AuxLoss = flag("aux loss")
	return p
}

func drawTopology(t *rapid.T, network string) config.Topology {
	top := config.Topology{
		Kind: network, Groups: rapid.IntRange(1, 3).Draw(t, "groups"), ChipletsPerGroup: rapid.IntRange(1, 4).Draw(t, "chiplets"),
		StacksPerGroup: rapid.IntRange(1, 2).Draw(t, "stacks"), AttentionStacks: rapid.IntRange(1, 2).Draw(t, "attention stacks"),
	}
	grid := network == "mesh" || network == "torus"
	if (grid || network == "ring") && rapid.Bool().Draw(t, "sized") {
		top.Width = rapid.IntRange(2, 4).Draw(t, "width")
		if grid {
			top.Height = rapid.IntRange(1, 3).Draw(t, "height")
		}
	}
	if network == "nop-tree" {
		top.Levels = rapid.SampledFrom([][]int{nil, nil, {1}, {2}, {3}, {2, 2}, {1, 2, 1}}).Draw(t, "levels")
	}
	return top
}

func drawHardware(t *rapid.T, m model.Spec, network string) config.Hardware {
	hw := config.Default().Hardware
	hw.Topology = drawTopology(t, network)
	hw.Links.Levels = make([]config.Link, rapid.IntRange(0, len(hw.Topology.Levels)).Draw(t, "kinds of links"))
	links := []*config.Link{&hw.Links.Root, &hw.Links.Leaf, &hw.Links.Stack, &hw.Links.AttentionStack, &hw.Links.Router}
	for i := range hw.Links.Levels {
		links = append(links, &hw.Links.Levels[i])
	}
	for _, l := range links {
		l.Wires = rapid.SampledFrom([]int{1, 3, 29, 64, 440}).Draw(t, "wires")
		l.Latency = units.Duration(rapid.IntRange(1, 20).Draw(t, "latency")) * units.Nanosecond
	}
	hw.Chunk = units.Bytes(rapid.SampledFrom([]int{64, 100, 1000, 4096}).Draw(t, "chunk"))
	packet := max(hw.Chunk, units.Bytes(m.Bytes(int64(m.Hidden))))
	hw.Buffer = packet * units.Bytes(rapid.IntRange(1, 3).Draw(t, "buffer"))
	hw.Switch.Latency = units.Duration(rapid.IntRange(1, 5).Draw(t, "switch latency")) * units.Nanosecond
	hw.Switch.OutputQueue = rapid.IntRange(1, 3).Draw(t, "output queue")
	hw.Switch.Reduction.Entries = rapid.SampledFrom([]int{1, 2, 5, 256}).Draw(t, "entries")
	for _, c := range []*int{&hw.AttentionChiplet.Tile.Tiles, &hw.ExpertChiplet.Tile.Tiles} {
		*c = rapid.IntRange(1, 4).Draw(t, "tiles")
	}
	hw.AttentionChiplet.InjectionQueue = rapid.IntRange(1, 4).Draw(t, "injection queue")
	hw.ExpertChiplet.InjectionQueue = rapid.IntRange(1, 4).Draw(t, "injection queue")
	hw.AttentionChiplet.OutstandingReads = rapid.SampledFrom([]int{1, 2, 64}).Draw(t, "outstanding reads")
	hw.ExpertChiplet.OutstandingReads = rapid.SampledFrom([]int{1, 2, 64}).Draw(t, "outstanding reads")
	hw.GroupStack.WriteBuffer, hw.GroupStack.ReadBuffer = hw.Chunk, rapid.IntRange(1, 2).Draw(t, "read buffer")
	hw.GroupStack.QueueDepth = rapid.SampledFrom([]int{1, 64}).Draw(t, "queue depth")
	if rapid.IntRange(0, 3).Draw(t, "banks") == 3 {
		hw.GroupStack.Level, hw.AttentionStack.Level = hbm.BankLevel, hbm.BankLevel
	}
	return hw
}

// route places the experts and draws the choices: uniform, or all tokens with the
// same few experts, so that others get none.
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
		homes := make([]int, m.Experts)
		for e := range homes {
			homes[e] = rng.IntN(in.Machine.Chiplets)
		}
		in.ExpertToChiplet = append(in.ExpertToChiplet, homes)
		ranks := make([]int, in.Machine.Chiplets)
		for c := range ranks {
			ranks[c] = rng.IntN(in.Machine.Chiplets)
		}
		in.LoadRank = append(in.LoadRank, ranks)
	}
}

// program builds the op program.
func (d drawn) program(t *rapid.T) *op.Program {
	p, err := schedule.Build(d.in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
