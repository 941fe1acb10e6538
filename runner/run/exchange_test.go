package run_test

import (
	"cmp"
	"context"
	"math"
	"testing"

	"mozart/runner/plan"
	"mozart/runner/run"
	"mozart/workloads/op"
)

// exchange is the program of nothing but the network: the dispatch and the combine of
// one micro-batch of a layer of p, while some bytes of weights come to every chiplet.
func exchange(p *plan.Plan, layer op.LayerID, weights int64) *op.Program {
	whole := p.Program
	labels := op.NewLabels()
	x := &op.Program{
		Model: whole.Model, Policy: whole.Policy, Labels: labels, Dispatch: whole.Dispatch, Combine: whole.Combine,
		TokenBytes: whole.TokenBytes, TokensPerStep: whole.TokensPerStep,
		SRAMNeed: make([]int64, len(whole.Devices)), StackNeed: op.StackNeed{Groups: make([]op.Need, len(whole.StackNeed.Groups))},
	}
	for _, t := range whole.Tables {
		if t.Layer == layer && t.MicroBatch == 0 {
			x.Tables = append(x.Tables, t)
		}
	}
	t := &x.Tables[0]
	add := func(b *op.Builder, o op.Op, deps ...int32) int32 {
		o.Layer, o.Expert = layer, op.None
		return b.Add(o, o.Phase.String(), deps...)
	}
	root := op.NewBuilder(op.Attention, labels)
	copies := int64(0)
	for c := range t.Copied {
		copies += t.Packets(c, x.Dispatch)
	}
	down := add(root, op.Op{Kind: op.Send, Phase: op.ForwardDispatch, Tokens: copies})
	sums := add(root, op.Op{Kind: op.Receive, Phase: op.ForwardCombine, Tokens: int64(t.Tokens)})
	var peers []op.Peer
	var leaves []op.Device
	for c := range t.Copied {
		leaf := op.NewBuilder(c, labels)
		if weights > 0 {
			add(leaf, op.Op{Kind: op.Load, Phase: op.ForwardWeights, Bytes: weights})
		}
		in := add(leaf, op.Op{Kind: op.Receive, Phase: op.ForwardDispatch, Tokens: t.Packets(c, x.Dispatch)})
		up := add(leaf, op.Op{Kind: op.Send, Phase: op.ForwardCombine, Tokens: t.Results(c, x.Combine)}, in)
		leaf.SetPeers(up, []op.Peer{{Device: 0, Op: sums}})
		peers = append(peers, op.Peer{Device: int32(1 + c), Op: in})
		leaves = append(leaves, leaf.Device())
	}
	root.SetPeers(down, peers)
	x.Devices = append([]op.Device{root.Device()}, leaves...)
	return x
}

// TestExchangeAtBothLevels sends the traffic of a layer through the network alone. The
// end-to-end time of the levels agrees within 5%, but where a row says why not.
func TestExchangeAtBothLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("millions of flits, which take long under the race detector")
	}
	const wide = "hardware.links.root.wires=440" // no wire makes all others wait
	for _, tc := range []struct {
		name string
		set  []string
		// alone leaves out the weights.
		alone bool
		// within is the largest difference, 0 for 5%.
		within float64
	}{
		{name: "olmoe-mozart-c"},
		{name: "qwen3-mozart-c"},
		{name: "olmoe-mozart-c", set: []string{wide}},
		// The adders and the root links get as much as they take. An input of a flit router
		// sends a flit per cycle, hardly more than a leaf link brings: one that has waited
		// for the root link does not catch up, while at packet fidelity what waits in an
		// input goes on in no time. A crossbar of twice the width has it catch up.
		{name: "olmoe-mozart-c", set: []string{wide}, alone: true, within: 0.08},
		{name: "olmoe-mozart-c", set: []string{wide, "hardware.flit.size=128 B"}, alone: true},
		// Chunks as long as a token and sixteen times as long: classes share links by bytes.
		{name: "olmoe-baseline", set: []string{wide, "hardware.chunk=4 KiB"}},
		{name: "olmoe-baseline", set: []string{wide}},
	} {
		name := tc.name
		p := planOf(t, name, append(tc.set, "workload.sequences=8", "workload.micro_batches=1")...)
		m := p.Experiment.Model
		weights := m.Bytes(3 * int64(m.Hidden) * int64(m.ExpertWidth))
		if tc.alone {
			weights = 0
		}
		p.Program = exchange(p, 7, weights)
		if err := p.Program.Check(); err != nil {
			t.Fatal(err)
		}
		cycles := map[string]int64{}
		for _, fidelity := range []string{"packet", "flit"} {
			p.Experiment.Fidelity.NoP = fidelity
			result, err := run.Execute(context.Background(), p, run.Options{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, fidelity, err)
			}
			cycles[fidelity] = result.Summary.Result.StepCycles
			for _, o := range result.Ops {
				if o.Component == "Attention" || o.Component == "Expert[0]" {
					t.Logf("%s %-6s %-10s %-17s ends at %d", name, fidelity, o.Component, o.Phase, o.EndCycle)
				}
			}
		}
		off := float64(cycles["flit"])/float64(cycles["packet"]) - 1
		t.Logf("%s %v: packet %d cycles, flit %d, %+.3f%%", name, tc.set, cycles["packet"], cycles["flit"], 100*off)
		if within := cmp.Or(tc.within, 0.05); math.Abs(off) > within {
			t.Errorf("%s %v: off by %+.2f%%, want at most %.0f%%", name, tc.set, 100*off, 100*within)
		}
	}
}
