package schedule_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"mozart/workloads/model"
	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

func TestProgramsAreConsistent(t *testing.T) {
	forAll(t, func(t *rapid.T, _ schedule.Input, p *op.Program) {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	})
}

// products are the FLOPs of a program's GEMMs.
func products(p *op.Program) int64 {
	return sum(p, func(_ int, o *op.Op) int64 {
		if o.Kind != op.Gemm {
			return 0
		}
		return o.FLOPs()
	})
}

// trained is three times the model's forward FLOPs, with the scores that are computed
// instead of those of a causal mask, and the queries times keys that the backward pass
// computes again.
func trained(in schedule.Input) int64 {
	m, w := in.Model, in.Workload
	perToken := m.ForwardFLOPs(w.SequenceLength) - int64(m.Layers)*m.ScoreFLOPs(w.SequenceLength)
	if in.Policy.LMHead == "none" {
		perToken -= m.LMHeadFLOPs()
	}
	perScore := 3 * 2 * int64(m.QKHeadDim()+m.ValueHeadDim())
	if in.Policy.Recompute {
		perScore += 2 * int64(m.QKHeadDim())
	}
	return 3*int64(w.Tokens())*perToken + int64(m.Layers)*perScore*scores(in)
}

// scores counts what is computed of all queries and keys of a layer, one by one.
func scores(in schedule.Input) (n int64) {
	length, side, causal := in.Workload.SequenceLength, in.Policy.AttentionTile, in.Policy.AttentionMask == "causal"
	if side == 0 || side >= length {
		for q := range length {
			for k := range length {
				if !causal || k <= q {
					n++
				}
			}
		}
	} else {
		for q := 0; q < length; q += side {
			for k := 0; k < length; k += side {
				if !causal || k <= q {
					n += int64(side * side) // the last tiles are not cut
				}
			}
		}
	}
	return n * int64(in.Model.Heads) * int64(in.Workload.Sequences)
}

func TestFLOPsAreThreeForwardPassesAndTheScoresAgain(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		if got, want := products(p), trained(in); got != want {
			t.Errorf("%d FLOPs, want %d", got, want)
		}
	})
}

// Every model of the zoo, in its own shape but for the number of layers.
func TestZooFLOPs(t *testing.T) {
	files, err := filepath.Glob("../../configs/models/*.yaml")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d models, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := schedule.Input{Policy: schedule.DefaultSpec(), Machine: schedule.Machine{Chiplets: 4, Groups: 2}}
			in.Model = model.DefaultSpec()
			if err := yaml.Unmarshal(data, &in.Model); err != nil {
				t.Fatal(err)
			}
			in.Model.Layers = in.Model.DenseLayers + 1
			in.Workload = schedule.Workload{Sequences: 4, SequenceLength: 5, MicroBatches: 2}
			route(&in, 1, false)
			p := build(t, in)
			if err := p.Check(); err != nil {
				t.Error(err)
			}
			if got, want := products(p), trained(in); got != want {
				t.Errorf("%d FLOPs, want %d", got, want)
			}
		})
	}
}

// Every byte saved is restored once, after it has been stored.
func TestSavedBytesAreRestored(t *testing.T) {
	forAll(t, func(t *rapid.T, _ schedule.Input, p *op.Program) {
		for d := range p.Devices {
			dev := &p.Devices[d]
			var stored, restored []int
			for i := range dev.Ops {
				switch o := &dev.Ops[i]; {
				case o.Class == op.Activations && o.Kind == op.Store:
					stored = append(stored, i)
				case o.Class == op.Activations && o.Kind == op.Load:
					restored = append(restored, i)
				}
			}
			if len(stored) != len(restored) {
				t.Fatalf("device %d: %d stores, %d restores", d, len(stored), len(restored))
			}
			taken := map[int]bool{}
			for _, i := range restored {
				deps := dev.Deps(i)
				s := int(deps[len(deps)-1])
				if o := &dev.Ops[s]; o.Kind != op.Store || taken[s] || key(o) != key(&dev.Ops[i]) {
					t.Errorf("device %d: the restore of %s does not wait for its store", d, key(&dev.Ops[i]))
				}
				taken[s] = true
			}
		}
	})
}

// key is what a store and the restore of the same data have in common.
func key(o *op.Op) string {
	return fmt.Sprintf("layer %d, micro-batch %d, expert %d, %d bytes", o.Layer, o.MicroBatch, o.Expert, o.Bytes)
}

// What is saved, by hand.
func TestSavedBytes(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		m := in.Model
		tokens := int64(in.Workload.Tokens())
		attention := int64(2*m.Hidden + m.Heads*m.ValueHeadDim()) // block input, FFN input, context
		for _, w := range m.AttentionMatrices()[:len(m.AttentionMatrices())-1] {
			attention += int64(w.Out)
		}
		moe, dense := int64(m.MoELayers()), int64(m.DenseLayers)
		root := tokens * (int64(m.Layers)*attention + dense*3*int64(m.DenseWidth) + moe*int64(m.Experts))
		leaves := tokens * moe * int64(m.TopK*3*m.ExpertWidth)
		shared := tokens * moe * int64(m.SharedExperts*3*m.SharedExpertWidth)
		if in.Policy.SharedExperts == "expert-chiplets" {
			leaves += shared
		} else {
			root += shared
		}
		if in.Policy.LMHead != "none" {
			root += tokens * int64(m.Vocabulary)
		}
		if !in.Policy.Recompute {
			root += int64(m.Layers) * scores(in)
		}
		for i := range p.Tables {
			for c := range in.Machine.Chiplets {
				leaves += p.Tables[i].Packets(c, p.Dispatch) * int64(m.Hidden)
			}
		}
		saved := func(d int) int64 {
			return sum(p, func(at int, o *op.Op) int64 {
				if o.Phase != op.ForwardSave || (d == 0) != (at == 0) {
					return 0
				}
				return o.Bytes
			})
		}
		if got := saved(0); got != m.Bytes(root) || p.StackNeed.Attention.Activations != got {
			t.Errorf("attention chiplet saves %d bytes and needs %d, want %d", got, p.StackNeed.Attention.Activations, m.Bytes(root))
		}
		need := int64(0)
		for _, g := range p.StackNeed.Groups {
			need += g.Activations
		}
		if got := saved(1); got != m.Bytes(leaves) || need != got {
			t.Errorf("expert chiplets save %d bytes and need %d, want %d", got, need, m.Bytes(leaves))
		}
	})
}

// Weights are read once per pass, and once more by a separate update, and written
// once; gradients that wait for it are written and read once.
func TestWeightTraffic(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		m := in.Model
		block, sliced, experts := int64(0), int64(0), int64(0)
		for l := range m.Layers {
			b := m.BlockParams(l)
			block += b.Attention + b.Norms + b.Router
			sliced += b.DenseFFN
			experts += b.RoutedExperts
			if in.Policy.SharedExperts == "expert-chiplets" {
				experts += b.SharedExperts
			} else {
				block += b.SharedExperts
			}
		}
		if in.Policy.LMHead != "none" {
			sliced += m.LMHeadMatrix().Params()
		}
		rows := int64(0)
		if in.Policy.Embedding != "none" {
			rows = int64(in.Workload.Tokens() * m.Hidden)
		}
		traffic := func(kind op.Kind, root bool) int64 {
			return sum(p, func(d int, o *op.Op) int64 {
				if o.Kind != kind || o.Class != op.Weights || (d == 0) != root {
					return 0
				}
				return o.Bytes
			})
		}
		touched := touchedExperts(in)
		read, written := 2*block+2*sliced+2*rows, block+sliced+rows
		leafRead, leafWritten := 2*experts, touched
		if in.Policy.Gradients == "dram" {
			read, written = read+2*block, written+block
			leafRead, leafWritten = leafRead+2*touched, leafWritten+touched
		}
		got := []int64{traffic(op.Load, true), traffic(op.Store, true), traffic(op.Load, false), traffic(op.Store, false)}
		want := []int64{m.Bytes(read), m.Bytes(written), m.Bytes(leafRead), m.Bytes(leafWritten)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("weights read and written at the root and below (-want +got):\n%s", diff)
		}
	})
}

// touchedExperts are the parameters of experts on expert chiplets that any token
// chose: the others have no gradient.
func touchedExperts(in schedule.Input) int64 {
	n := int64(0)
	for _, ids := range in.Choices {
		chosen := map[uint16]bool{}
		for _, e := range ids {
			chosen[e] = true
		}
		n += int64(len(chosen)) * in.Model.ExpertParams()
		if in.Policy.SharedExperts == "expert-chiplets" {
			n += int64(in.Model.SharedExperts) * in.Model.SharedExpertParams()
		}
	}
	return n
}

// SRAM that is allocated is released, and program order alone stays within need.
func TestSRAMIsReleased(t *testing.T) {
	forAll(t, func(t *rapid.T, _ schedule.Input, p *op.Program) {
		for d := range p.Devices {
			occupied := int64(0)
			for i := range p.Devices[d].Ops {
				o := &p.Devices[d].Ops[i]
				occupied += o.Allocate
				if occupied > p.SRAMNeed[d] {
					t.Errorf("device %d occupies %d bytes at op %d, needs %d", d, occupied, i, p.SRAMNeed[d])
				}
				occupied -= o.Release
				if occupied < 0 {
					t.Fatalf("device %d has released more than it allocated at op %d", d, i)
				}
			}
			if occupied != 0 {
				t.Errorf("device %d has not released %d bytes", d, occupied)
			}
		}
	})
}

// What lives in the stacks: every parameter of the model has one place.
func TestStacksHoldTheModelOnce(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		m := in.Model
		want := m.Params()
		if in.Policy.LMHead == "none" {
			want -= m.LMHeadParams() + m.FinalNormParams()
		}
		if in.Policy.Embedding == "none" && (in.Policy.LMHead == "none" || !m.TiedEmbeddings) {
			want -= m.EmbeddingParams()
		}
		got, gradients := p.StackNeed.Attention.Weights, p.StackNeed.Attention.Gradients
		for _, g := range p.StackNeed.Groups {
			got += g.Weights
			gradients += g.Gradients
		}
		if got != m.Bytes(want) {
			t.Errorf("stacks hold %d bytes of weights, want %d", got, m.Bytes(want))
		}
		blocks := int64(0)
		for l := range m.Layers {
			blocks += m.BlockParams(l).Total() - m.BlockParams(l).DenseFFN
		}
		if in.Policy.Gradients == "sram" {
			blocks = 0
		}
		if gradients != m.Bytes(blocks) {
			t.Errorf("stacks hold %d bytes of gradients, want %d", gradients, m.Bytes(blocks))
		}
	})
}

// A causal mask halves the work of attention, but for the diagonal; saving the
// probabilities saves a product and the softmax, and moves them to the stacks and back.
func TestMaskAndRecompute(t *testing.T) {
	in := schedule.Input{Model: model.DefaultSpec(), Policy: schedule.DefaultSpec(), Machine: schedule.Machine{Chiplets: 2, Groups: 1}}
	m := &in.Model
	m.Name, m.Hidden, m.Heads, m.KVHeads, m.HeadDim = "sample", 16, 2, 2, 8
	m.Layers, m.Experts, m.TopK, m.ExpertWidth, m.Vocabulary = 1, 4, 2, 8, 10
	in.Workload = schedule.Workload{Sequences: 2, SequenceLength: 64, MicroBatches: 1}
	route(&in, 1, false)
	type work struct{ scores, softmax, saved int64 }
	measure := func(mask string, tile int, recompute bool) (w work) {
		in.Policy.AttentionMask, in.Policy.AttentionTile, in.Policy.Recompute = mask, tile, recompute
		p := build(t, in)
		eachOp(p, func(_ int, o *op.Op) {
			switch name := p.Labels.Name(o.Label); {
			case name == "scores":
				w.scores += o.FLOPs()
			case name == "softmax":
				w.softmax += o.M
			case o.Phase == op.ForwardSave:
				w.saved += o.Bytes
			}
		})
		return w
	}
	const length, heads, qk, sequences = 64, 2, 8, 2
	const pairs = length * (length + 1) / 2 * heads * sequences
	half := measure("causal", 0, true)
	if want := (work{2 * 2 * pairs * qk, 2 * pairs, half.saved}); half != want {
		t.Errorf("causal: %+v, want %+v", half, want)
	}
	if whole, want := measure("none", 0, true), half.scores*2*length/(length+1); whole.scores != want || whole.softmax != want/2/qk {
		t.Errorf("without a mask %+v, want %d FLOPs", whole, want)
	}
	kept := measure("causal", 0, false)
	if want := (work{half.scores / 2, half.softmax / 2, half.saved + int64(m.ElementBytes)*pairs}); kept != want {
		t.Errorf("probabilities saved: %+v, want %+v", kept, want)
	}
	// 4 x 4 tiles of 16, 10 of which are not above the diagonal.
	if tiled, want := measure("causal", 16, true), int64(2*2*10*16*16*heads*sequences*qk); tiled.scores != want {
		t.Errorf("tiles of 16: %d FLOPs of scores, want %d", tiled.scores, want)
	}
}

// Operations per element are the policy's.
func TestVectorOpsAreTheKeys(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		want := map[string]int64{"norm": 4, "softmax": 5, "swiglu": 5, "swiglu-gradient": 10, "sgd": 2, "residual": 1}
		for name, ops := range want {
			v := &in.Policy.VectorOps
			key := map[string]*int{"norm": &v.Norm, "softmax": &v.Softmax, "swiglu": &v.SwiGLU, "swiglu-gradient": &v.SwiGLUGradient, "sgd": &v.Optimizer, "residual": &v.Residual}[name]
			if int64(*key) != ops {
				t.Errorf("%s takes %d operations by default, want %d", name, *key, ops)
			}
			*key += len(name)
		}
		before, after := map[string]int64{}, map[string]int64{}
		count := func(p *op.Program, into map[string]int64) {
			eachOp(p, func(_ int, o *op.Op) {
				if o.Kind == op.Vector {
					into[p.Labels.Name(o.Label)] = o.K
				}
			})
		}
		count(p, before)
		count(build(t, in), after)
		for name, ops := range before {
			if w, ok := want[name]; ok {
				ops = w + int64(len(name))
			}
			if after[name] != ops {
				t.Errorf("%s takes %d operations, want %d", name, after[name], ops)
			}
		}
	})
}
