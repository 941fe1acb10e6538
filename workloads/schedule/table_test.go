package schedule_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/workloads/model"
	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

// Tables say what the routing and the placement say, counted token by token.
func TestTablesFollowTheRouting(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		m, w := in.Model, in.Workload
		if want := m.MoELayers() * w.MicroBatches; len(p.Tables) != want {
			t.Fatalf("%d tables, want %d", len(p.Tables), want)
		}
		for i := range p.Tables {
			table := &p.Tables[i]
			layer := int(table.Layer) - m.DenseLayers
			tokens := w.Tokens() / w.MicroBatches
			if table.Tokens != tokens || int(table.MicroBatch) != i%w.MicroBatches || layer != i/w.MicroBatches {
				t.Errorf("table %d is of layer %d, micro-batch %d with %d tokens", i, table.Layer, table.MicroBatch, table.Tokens)
			}
			var want []op.Copy
			for token := range tokens {
				at := (int(table.MicroBatch)*tokens + token) * m.TopK
				want = append(want, copies(in, layer, token, in.Choices[layer][at:at+m.TopK])...)
			}
			if diff := cmp.Diff(want, table.Copies); diff != "" {
				t.Errorf("table %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// copies are those of one token, from the definition.
func copies(in schedule.Input, layer, token int, chosen []uint16) (out []op.Copy) {
	count := make([]int, in.Machine.Chiplets)
	for _, e := range chosen {
		count[in.ExpertToChiplet[layer][e]]++
	}
	if in.Policy.SharedExperts == "expert-chiplets" {
		for s := range in.Model.SharedExperts {
			count[s*in.Machine.Chiplets/in.Model.SharedExperts]++
		}
	}
	perGroup := in.Machine.Chiplets / in.Machine.Groups
	for c, n := range count {
		if n == 0 {
			continue
		}
		fanIn := 0
		for _, other := range count[c/perGroup*perGroup : (c/perGroup+1)*perGroup] {
			if other > 0 {
				fanIn++
			}
		}
		out = append(out, op.Copy{Token: op.TokenID(token), Chiplet: uint16(c), Contributions: uint8(n), FanIn: uint8(fanIn)})
	}
	return out
}

// Four tokens on two groups of two chiplets, by hand: experts 0 and 1 are on
// chiplet 0, 2 on 1, 3 on 2, and nothing on chiplet 3.
func byHand(dispatch, combine string) schedule.Input {
	m := model.DefaultSpec()
	m.Name, m.Hidden, m.Heads, m.KVHeads, m.HeadDim = "by-hand", 8, 1, 1, 8
	m.Layers, m.Experts, m.TopK, m.ExpertWidth, m.Vocabulary = 1, 4, 2, 4, 10
	in := schedule.Input{
		Model: m, Policy: schedule.DefaultSpec(), Machine: schedule.Machine{Chiplets: 4, Groups: 2},
		Workload:        schedule.Workload{Sequences: 2, SequenceLength: 2, MicroBatches: 1},
		Choices:         [][]uint16{{0, 1, 0, 2, 2, 3, 1, 3}},
		ExpertToChiplet: [][]int{{0, 0, 1, 2}},
		LoadRank:        [][]int{{1, 0, 0, 1}},
	}
	in.Policy.Dispatch, in.Policy.Combine = dispatch, combine
	return in
}

func TestPacketsByHand(t *testing.T) {
	for _, c := range []struct {
		dispatch, combine string
		// Packets sent by the attention chiplet; received, and sent up, by each
		// expert chiplet.
		down         int64
		received, up []int64
	}{
		{"per-expert", "root", 8, []int64{4, 2, 2, 0}, []int64{4, 2, 2, 0}},
		{"per-chiplet", "chiplet", 7, []int64{3, 2, 2, 0}, []int64{3, 2, 2, 0}},
		{"per-group", "switch", 6, []int64{3, 2, 2, 0}, []int64{3, 2, 2, 0}},
		{"per-chiplet", "root", 7, []int64{3, 2, 2, 0}, []int64{4, 2, 2, 0}},
		{"per-expert", "switch", 8, []int64{4, 2, 2, 0}, []int64{3, 2, 2, 0}},
	} {
		t.Run(c.dispatch+" "+c.combine, func(t *testing.T) {
			in := byHand(c.dispatch, c.combine)
			p := build(t, in)
			for _, phase := range []op.Phase{op.ForwardDispatch, op.BackwardDispatch} {
				down, received := packets(p, phase)
				if down[0] != c.down {
					t.Errorf("%v: %d packets down, want %d", phase, down[0], c.down)
				}
				if diff := cmp.Diff(c.received, received[1:]); diff != "" {
					t.Errorf("%v: received (-want +got):\n%s", phase, diff)
				}
			}
			for _, phase := range []op.Phase{op.ForwardCombine, op.BackwardCombine} {
				up, received := packets(p, phase)
				if diff := cmp.Diff(c.up, up[1:]); diff != "" {
					t.Errorf("%v: sent up (-want +got):\n%s", phase, diff)
				}
				if received[0] != 4 {
					t.Errorf("%v: %d tokens come back, want 4", phase, received[0])
				}
			}
		})
	}
}

// packets adds up, by device, what the Sends and Receives of a phase are for.
func packets(p *op.Program, phase op.Phase) (sent, received []int64) {
	sent, received = make([]int64, len(p.Devices)), make([]int64, len(p.Devices))
	eachOp(p, func(d int, o *op.Op) {
		if o.Phase != phase {
			return
		}
		switch o.Kind {
		case op.Send:
			sent[d] += o.Tokens
		case op.Receive:
			received[d] += o.Tokens
		}
	})
	return sent, received
}

// The order of loads at a stack: blocks in the order of the step, then activations
// before weights, then the load order of the group.
func TestLoadPriorities(t *testing.T) {
	in := byHand("per-chiplet", "switch")
	weights := func() map[int]int32 {
		got := map[int]int32{}
		eachOp(build(t, in), func(d int, o *op.Op) {
			if d > 0 && o.Kind == op.Load && o.Phase == op.ForwardWeights {
				got[d-1] = o.Priority
			}
		})
		return got
	}
	heaviest := weights()
	if heaviest[0] <= heaviest[1] || heaviest[2] != heaviest[1] {
		t.Errorf("chiplets of ranks 1, 0, 0 have priorities %v", heaviest)
	}
	in.Policy.LoadOrder = "arrival"
	if arrival := weights(); arrival[0] != arrival[1] || arrival[1] != arrival[2] {
		t.Errorf("in order of arrival the priorities are %v", arrival)
	}
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		type block struct {
			layer    op.LayerID
			backward bool
		}
		last := map[block]int32{}
		eachOp(p, func(_ int, o *op.Op) {
			if o.Kind != op.Load || o.Layer < 0 || o.Phase == op.UpdateMemory {
				return
			}
			b := block{o.Layer, o.Phase != op.ForwardWeights}
			last[b] = max(last[b], o.Priority)
		})
		eachOp(p, func(_ int, o *op.Op) {
			later := block{o.Layer + 1, false}
			if o.Kind == op.Load && o.Phase == op.ForwardWeights && last[later] > 0 && o.Layer >= 0 && o.Priority >= last[later] {
				t.Errorf("a weight of layer %d has priority %d, layer %d has %d", o.Layer, o.Priority, later.layer, last[later])
			}
		})
	})
}

func TestBuildRefusesWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schedule.Input)
		want   string
	}{
		"micro-batches":   {func(in *schedule.Input) { in.Workload.MicroBatches = 3 }, "2 sequences do not divide into 3 micro-batches"},
		"groups":          {func(in *schedule.Input) { in.Machine.Groups = 3 }, "4 chiplets do not divide into 3 groups"},
		"layers":          {func(in *schedule.Input) { in.Model.Layers = 2 }, "the model has 2 MoE layers"},
		"choices":         {func(in *schedule.Input) { in.Choices[0] = in.Choices[0][:7] }, "MoE layer 0 has 7 choices, want 4 tokens x top-2"},
		"unknown expert":  {func(in *schedule.Input) { in.Choices[0][3] = 4 }, "token 1 of MoE layer 0 chooses expert 4 of 4"},
		"placement":       {func(in *schedule.Input) { in.ExpertToChiplet[0] = []int{0} }, "places 1 experts and orders 4 chiplets, want 4 and 4"},
		"unknown chiplet": {func(in *schedule.Input) { in.ExpertToChiplet[0][2] = 4 }, "places an expert on chiplet 4 of 4"},
	} {
		t.Run(name, func(t *testing.T) {
			in := byHand("per-chiplet", "switch")
			c.change(&in)
			_, err := schedule.Build(in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// Building twice gives the same program: nothing depends on the order of a map.
func TestBuildIsDeterministic(t *testing.T) {
	forAll(t, func(t *rapid.T, in schedule.Input, p *op.Program) {
		q := build(t, in)
		for d := range p.Devices {
			if !slices.Equal(p.Devices[d].Ops, q.Devices[d].Ops) {
				t.Fatalf("device %d differs", d)
			}
			for i := range p.Devices[d].Ops {
				if !slices.Equal(p.Devices[d].Deps(i), q.Devices[d].Deps(i)) {
					t.Fatalf("device %d: op %d waits for other ops", d, i)
				}
			}
		}
	})
}
