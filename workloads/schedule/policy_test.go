package schedule_test

import (
	"testing"

	"pgregory.net/rapid"

	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

// opSet is a set of ops of a device, one bit each.
type opSet []uint64

func (s opSet) has(i int) bool { return s[i/64]>>(i%64)&1 > 0 }

// ancestors returns, for every op of a device, the ops that it waits for, directly
// or not.
func ancestors(d *op.Device) []opSet {
	sets := make([]opSet, len(d.Ops))
	for i := range d.Ops {
		sets[i] = make(opSet, (len(d.Ops)+63)/64)
		for _, dep := range d.Deps(i) {
			for w, bits := range sets[dep] {
				sets[i][w] |= bits
			}
			sets[i][dep/64] |= 1 << (dep % 64)
		}
	}
	return sets
}

// overlapping counts the ops of one kind and class that some matrix or vector op
// of the device neither waits for nor is waited for by.
func overlapping(d *op.Device, match func(*op.Op) bool) int {
	all := ancestors(d)
	n := 0
	for i := range d.Ops {
		if !match(&d.Ops[i]) {
			continue
		}
		for k := range d.Ops {
			if o := &d.Ops[k]; (o.Kind == op.Gemm || o.Kind == op.Vector) && !all[i].has(k) && !all[k].has(i) {
				n++
				break
			}
		}
	}
	return n
}

func transfers(kind op.Kind, class op.DataClass) func(*op.Op) bool {
	return func(o *op.Op) bool { return o.Kind == kind && o.Class == class }
}

// Without an overlap, what it is about is in strict order with the computation of
// its chiplet; with it, some of it is not.
func TestOverlapsAreWhatThePolicySays(t *testing.T) {
	in := overlapInput()
	on := in.Policy.Overlap
	root, leaf := 0, 1
	for _, c := range []struct {
		name   string
		device int
		off    func(*schedule.Overlap)
		match  func(*op.Op) bool
	}{
		{"attention weights", root, func(o *schedule.Overlap) { o.WeightsWithAttention = false }, transfers(op.Load, op.Weights)},
		{"saved at the root", root, func(o *schedule.Overlap) { o.Activations = false }, transfers(op.Store, op.Activations)},
		{"restored at the root", root, func(o *schedule.Overlap) { o.Activations = false }, transfers(op.Load, op.Activations)},
		{"saved below", leaf, func(o *schedule.Overlap) { o.Activations = false }, transfers(op.Store, op.Activations)},
		{"restored below", leaf, func(o *schedule.Overlap) { o.Activations = false }, transfers(op.Load, op.Activations)},
		{"written by the root", root, func(o *schedule.Overlap) { o.WriteBack = false }, transfers(op.Store, op.Weights)},
		{"written below", leaf, func(o *schedule.Overlap) { o.WriteBack = false }, transfers(op.Store, op.Weights)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in.Policy.Overlap = on
			if p := build(t, in); overlapping(&p.Devices[c.device], c.match) == 0 {
				t.Error("nothing overlaps with the policy on")
			}
			c.off(&in.Policy.Overlap)
			p := build(t, in)
			if n := overlapping(&p.Devices[c.device], c.match); n > 0 {
				t.Errorf("%d transfers overlap with the policy off", n)
			}
		})
	}
}

// overlapInput has two MoE layers, two experts per chiplet, and two micro-batches
// of several pieces.
func overlapInput() schedule.Input {
	in := byHand("per-chiplet", "switch")
	in.Model.Layers, in.Model.Experts, in.Model.TopK = 2, 8, 4
	in.Workload = schedule.Workload{Sequences: 4, SequenceLength: 2, MicroBatches: 2}
	in.Choices, in.ExpertToChiplet, in.LoadRank = nil, nil, nil
	route(&in, 5, false)
	return in
}

// Without weights_with_attention no expert chiplet loads before the attention
// chiplet says so, after the attention of the first micro-batch; without
// weights_with_experts no token leaves before all chiplets have said that they
// have their weights.
func TestWeightsWaitForSignals(t *testing.T) {
	in := overlapInput()
	in.Policy.AllToAll = "free" // its barriers are signals too
	in.Policy.Overlap.WeightsWithAttention, in.Policy.Overlap.WeightsWithExperts = false, false
	p := build(t, in)
	for d := range p.Devices[1:] {
		dev := &p.Devices[1+d]
		for i := range dev.Ops {
			if o := &dev.Ops[i]; o.Kind == op.Load && o.Class == op.Weights && !waitsForSignal(dev, i) {
				t.Errorf("device %d: load %d waits for no signal", 1+d, i)
			}
		}
	}
	root := &p.Devices[0]
	for i := range root.Ops {
		if root.Ops[i].Kind == op.Send && !waitsForSignal(root, i) {
			t.Errorf("dispatch %d waits for no signal", i)
		}
	}
	in.Policy.Overlap = schedule.DefaultSpec().Overlap
	eachOp(build(t, in), func(d int, o *op.Op) {
		if o.Kind == op.Signal || o.Signals > 0 {
			t.Errorf("device %d: a signal (%v) although everything overlaps", d, o.Phase)
		}
	})
}

// In a synchronous all-to-all no expert chiplet computes, and none sends, before
// the attention chiplet says so.
func TestSynchronousAllToAllWaitsForSignals(t *testing.T) {
	in := overlapInput()
	p := build(t, in)
	for d := range p.Devices[1:] {
		dev := &p.Devices[1+d]
		for i := range dev.Ops {
			o := &dev.Ops[i]
			expert := o.Phase == op.ForwardExpert || o.Phase == op.BackwardExpert
			if (o.Kind == op.Send || o.Kind == op.Gemm && expert) && !waitsForSignal(dev, i) {
				t.Errorf("device %d: op %d (%v, %v) waits for no signal", 1+d, i, o.Kind, o.Phase)
			}
		}
	}
}

func waitsForSignal(d *op.Device, i int) bool {
	before := ancestors(d)[i]
	for dep := range d.Ops {
		if before.has(dep) && d.Ops[dep].Kind == op.Await && d.Ops[dep].Signals > 0 {
			return true
		}
	}
	return false
}

// Work that needs weights or tokens waits for them, directly or not.
func TestWorkWaitsForWhatItNeeds(t *testing.T) {
	forAll(t, func(t *rapid.T, _ schedule.Input, p *op.Program) {
		for d := range p.Devices {
			dev := &p.Devices[d]
			all := ancestors(dev)
			for i := range dev.Ops {
				o := &dev.Ops[i]
				if o.Kind != op.Gemm {
					continue
				}
				before := all[i]
				if !loaded(dev, before, o) {
					t.Errorf("device %d: op %d (%v, layer %d, expert %d) does not wait for its weights", d, i, o.Phase, o.Layer, o.Expert)
				}
				if d > 0 && !received(dev, before, o) {
					t.Errorf("device %d: op %d (%v, layer %d, micro-batch %d) does not wait for its tokens", d, i, o.Phase, o.Layer, o.MicroBatch)
				}
			}
		}
	})
}

// loaded tells whether an op's weights, those of its layer, expert and pass, are
// loaded by an op before it.
func loaded(dev *op.Device, before opSet, o *op.Op) bool {
	phase := op.ForwardWeights
	if o.Phase == op.BackwardAttention || o.Phase == op.BackwardExpert || o.Phase == op.BackwardHead {
		phase = op.BackwardWeights
	}
	for i := range dev.Ops {
		w := &dev.Ops[i]
		if before.has(i) && w.Kind == op.Load && w.Phase == phase && w.Layer == o.Layer && w.Expert == o.Expert {
			return true
		}
	}
	return false
}

func received(dev *op.Device, before opSet, o *op.Op) bool {
	phase := op.ForwardDispatch
	if o.Phase == op.BackwardExpert {
		phase = op.BackwardDispatch
	}
	for i := range dev.Ops {
		r := &dev.Ops[i]
		if before.has(i) && r.Kind == op.Receive && r.Phase == phase && r.Layer == o.Layer && r.MicroBatch == o.MicroBatch {
			return true
		}
	}
	return false
}

// What is left out of the step leaves no op behind.
func TestEmbeddingAndHeadCanBeLeftOut(t *testing.T) {
	of := func(p *op.Program, phases ...op.Phase) int64 {
		return sum(p, func(_ int, o *op.Op) int64 {
			for _, phase := range phases {
				if o.Phase == phase {
					return 1
				}
			}
			return 0
		})
	}
	in := overlapInput()
	p := build(t, in)
	if of(p, op.ForwardHead, op.BackwardHead) == 0 || of(p, op.BackwardEmbedding) == 0 {
		t.Error("head or embedding have no ops")
	}
	in.Policy.LMHead, in.Policy.Embedding = "none", "none"
	p = build(t, in)
	if n := of(p, op.ForwardHead, op.BackwardHead, op.BackwardEmbedding); n > 0 {
		t.Errorf("%d ops of what was left out", n)
	}
	if n := of(p, op.ForwardEmbedding); n != 1 {
		t.Errorf("%d ops before the first layer, want the one that makes room", n)
	}
}

// Weights that are swept through never exceed a slice, of at least one column.
func TestSlicesAreBounded(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		m := in.Model
		eachOp(p, func(d int, o *op.Op) {
			if d > 0 || o.Kind != op.Load || o.Class != op.Weights {
				return
			}
			column := int64(0)
			switch p.Labels.Name(o.Label) {
			case "ffn-weights":
				column = m.Bytes(3 * int64(m.Hidden))
			case "lm-head-weights":
				column = m.Bytes(int64(m.Hidden))
			default:
				return
			}
			if o.Bytes > max(column, int64(in.Policy.WeightSlice)) || o.Bytes%column != 0 {
				t.Errorf("a slice of %d bytes in columns of %d, at most %d", o.Bytes, column, in.Policy.WeightSlice)
			}
		})
	})
}

// A micro-batch is cut into pieces of whole sequences that differ by at most one.
func TestPieces(t *testing.T) {
	in := byHand("per-chiplet", "switch")
	in.Workload = schedule.Workload{Sequences: 7, SequenceLength: 3, MicroBatches: 1}
	in.Policy.AttentionPiece = 3
	in.Choices, in.ExpertToChiplet, in.LoadRank = nil, nil, nil
	route(&in, 1, false)
	var got []int64
	p := build(t, in)
	eachOp(p, func(_ int, o *op.Op) {
		if o.Kind == op.Gemm && o.Phase == op.ForwardAttention && p.Labels.Name(o.Label) == "q" {
			got = append(got, o.M)
		}
	})
	if len(got) != 3 || got[0] != 6 || got[1] != 6 || got[2] != 9 {
		t.Errorf("pieces of %v tokens, want 2, 2 and 3 sequences of 3", got)
	}
}

// An expert that no token chose computes nothing and is not written.
func TestIdleExpertsDoNothing(t *testing.T) {
	in := byHand("per-chiplet", "switch")
	in.Choices = [][]uint16{{0, 1, 0, 1, 0, 1, 0, 1}}
	eachOp(build(t, in), func(d int, o *op.Op) {
		if d > 0 && o.Expert > 1 && (o.Kind != op.Load || o.Phase == op.UpdateMemory) {
			t.Errorf("device %d: %v for expert %d, which no token chose", d, o.Kind, o.Expert)
		}
	})
}
