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

// trained is three times the model's forward FLOPs, and the scores, which the
// backward pass computes again.
func trained(in schedule.Input) int64 {
	m, length := in.Model, in.Workload.SequenceLength
	perToken := 3 * m.ForwardFLOPs(length)
	if in.Policy.LMHead == "none" {
		perToken -= 3 * m.LMHeadFLOPs()
	}
	// Queries times keys: 2 x heads x d_qk x (length+1)/2 per token.
	again := int64(m.Layers) * int64(m.Heads) * int64(m.QKHeadDim()) * int64(length+1)
	return int64(in.Workload.Tokens()) * (perToken + again)
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
