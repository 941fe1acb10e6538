package schedule

import (
	"mozart/workloads/op"
	"mozart/workloads/routing"
)

// none is no dependency.
const none = int32(op.None)

// builder holds the program under construction.
type builder struct {
	in      Input
	program *op.Program
	tokens  int // per micro-batch
	// perGroup is the number of chiplets of a group.
	perGroup int
	// remoteShared is the number of shared experts that live on expert chiplets.
	remoteShared int
	shared       []uint64 // their chiplets as a bitmap
	root         *root
	leaves       []*leaf
	// step counts blocks in the order in which they are processed; it makes
	// loads of an earlier block come first at a stack.
	step int32
	// routing[l][m] is the routing of MoE layer l.
	routing [][]blockRouting
}

// Build makes the program of one training step. Errors are inconsistencies of
// the input; shapes are taken as valid.
func Build(in Input) (*op.Program, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	b := newBuilder(in)
	b.route()
	// At the same time: the first touch of memory takes longer than the ops do.
	routing.Parallel(len(b.leaves), func(c int) { b.leaves[c].reserve() })
	b.root.begin()
	for l := range in.Model.Layers {
		b.forward(l)
	}
	b.root.head()
	for l := in.Model.Layers - 1; l >= 0; l-- {
		b.backward(l)
	}
	b.root.embeddingGradient()
	b.deferredUpdates()
	b.root.finish()
	return b.close(), nil
}

func newBuilder(in Input) *builder {
	b := &builder{
		in: in, tokens: in.Workload.Tokens() / in.Workload.MicroBatches,
		perGroup: in.Machine.Chiplets / in.Machine.Groups,
	}
	if in.Policy.SharedExperts == "expert-chiplets" {
		b.remoteShared = in.Model.SharedExperts
	}
	labels := op.NewLabels()
	b.program = &op.Program{
		Model: in.Model.Name, Labels: labels,
		Dispatch: in.Policy.dispatch(), Combine: in.Policy.combine(),
		TokenBytes:    in.Model.Bytes(int64(in.Model.Hidden)),
		TokensPerStep: int64(in.Workload.Tokens()),
	}
	b.program.StackNeed.Groups = make([]op.Need, in.Machine.Groups)
	b.root = newRoot(b, labels)
	for c := range in.Machine.Chiplets {
		b.leaves = append(b.leaves, newLeaf(b, c, labels))
	}
	return b
}

func (b *builder) close() *op.Program {
	b.program.Devices = append(b.program.Devices, b.root.Device())
	b.program.SRAMNeed = append(b.program.SRAMNeed, b.root.need())
	for _, e := range b.leaves {
		b.program.Devices = append(b.program.Devices, e.Device())
		b.program.SRAMNeed = append(b.program.SRAMNeed, e.need())
	}
	b.stackNeed()
	return b.program
}

// moe is the index of layer l among the MoE layers.
func (b *builder) moe(l int) int { return l - b.in.Model.DenseLayers }

// forward adds one block of the forward pass on every device.
func (b *builder) forward(l int) {
	b.step++
	if b.in.Model.IsDense(l) {
		b.forwardDense(l)
		return
	}
	r := b.root
	begin := r.Len()
	r.loadBlock(op.ForwardWeights, l)
	homes := b.homes(b.moe(l))
	for _, e := range b.leaves {
		e.enter(homes)
	}
	loaded := none
	for m, route := range b.routing[b.moe(l)] {
		r.attend(l, m)
		if m == 0 {
			loaded = b.loadExperts(l, op.ForwardWeights)
		}
		b.exchange(l, m, route, loaded, forwardPhases)
	}
	r.unloadBlock()
	for _, e := range b.leaves {
		e.endForward()
	}
	if b.moe(l) == 0 {
		r.reserve(int(r.Len() - begin))
	}
}

// loadExperts adds the loads of one block's expert weights, and returns what
// the dispatch has to wait for if the policy makes it wait.
func (b *builder) loadExperts(l int, phase op.Phase) int32 {
	r := b.root
	overlap := b.in.Policy.Overlap
	if !overlap.WeightsWithAttention {
		r.start = r.add(op.Op{Kind: op.Signal, Phase: phase}, l, none, "start-load", r.chain)
		r.starts = r.starts[:0]
	}
	for _, e := range b.leaves {
		gate := none
		if !overlap.WeightsWithAttention {
			gate = e.add(op.Op{Kind: op.Await, Phase: phase, Signals: 1}, l, none, "start-load", e.lastSend)
			r.starts = append(r.starts, op.Peer{Device: int32(1 + e.chiplet), Op: gate})
		}
		e.load(l, phase, gate)
	}
	if !overlap.WeightsWithAttention {
		r.SetPeers(r.start, r.starts)
	}
	if overlap.WeightsWithExperts {
		return none
	}
	loaded := r.add(op.Op{Kind: op.Await, Phase: phase, Signals: int32(len(b.leaves))}, l, none, "loaded")
	for _, e := range b.leaves {
		s := e.add(op.Op{Kind: op.Signal, Phase: phase}, l, none, "loaded", e.loads...)
		e.SetPeers(s, []op.Peer{{Device: 0, Op: loaded}})
	}
	return loaded
}

// phases names the parts of an all-to-all round in one direction.
type phases struct {
	dispatch, expert, combine, post op.Phase
	backward                        bool
}

var (
	forwardPhases  = phases{op.ForwardDispatch, op.ForwardExpert, op.ForwardCombine, op.ForwardAttention, false}
	backwardPhases = phases{op.BackwardDispatch, op.BackwardExpert, op.BackwardCombine, op.BackwardAttention, true}
)

// microBatchBytes is the size of one vector per token of a micro-batch.
func (b *builder) microBatchBytes() int64 { return int64(b.tokens) * b.program.TokenBytes }

// round is one all-to-all round trip under construction: where the expert
// chiplets report that their tokens are in and that their results are ready, and
// who waits for the go-ahead. Without a barrier its fields are None and empty.
type round struct {
	arrived, computed int32
	starts, combines  []op.Peer
}

// exchange adds dispatch, expert work and combine of one micro-batch. What is
// dispatched is in SRAM until the outputs are back; these are added as they
// arrive. A synchronous all-to-all has two barriers: no chiplet computes before
// every token is where it belongs, and none sends before every result is there.
// Shared experts at the root work while the routed ones do.
func (b *builder) exchange(l, m int, route blockRouting, loaded int32, ph phases) {
	r := b.root
	t := &b.program.Tables[route.table]
	send := r.add(op.Op{
		Kind: op.Send, Phase: ph.dispatch, Table: route.table, Tokens: b.packetsDown(t),
		Bytes: b.packetsDown(t) * b.program.TokenBytes, Allocate: b.microBatchBytes(),
	}, l, int32(m), "dispatch", r.chain, loaded)
	r.chain = send
	trip := round{arrived: none, computed: none}
	start, combine := none, none
	if b.in.Policy.AllToAll == "synchronous" {
		trip.arrived, start = r.gather(ph.dispatch, l, m, "arrived")
		r.shared(l, m, ph)
		trip.computed, combine = r.gather(ph.combine, l, m, "computed")
	} else {
		r.shared(l, m, ph)
	}
	receive := r.add(op.Op{
		Kind: op.Receive, Phase: ph.combine, Table: route.table, Tokens: int64(t.Tokens), Allocate: b.microBatchBytes(),
	}, l, int32(m), "combine", send)
	peers := make([]op.Peer, len(b.leaves))
	for c, e := range b.leaves {
		peers[c] = op.Peer{Device: int32(1 + c), Op: e.Len()}
		up := e.work(l, m, route, ph, &trip)
		e.SetPeers(up, []op.Peer{{Device: 0, Op: receive}})
	}
	r.SetPeers(send, peers)
	if start != none {
		r.SetPeers(start, trip.starts)
		r.SetPeers(combine, trip.combines)
	}
	r.received(l, m, receive, ph)
}

// gather adds the root's half of a barrier to the serial chain: it waits for a
// signal of every expert chiplet and then signals all of them.
func (r *root) gather(phase op.Phase, l, m int, label string) (wait, release int32) {
	wait = r.add(op.Op{Kind: op.Await, Phase: phase, Signals: int32(len(r.b.leaves))}, l, int32(m), label, r.chain)
	release = r.add(op.Op{Kind: op.Signal, Phase: phase}, l, int32(m), label, wait)
	r.chain = release
	return wait, release
}

// barrier adds an expert chiplet's half: it reports to the root and waits for
// the release, which it returns. at is the root's op that gathers the reports.
func (e *leaf) barrier(phase op.Phase, l, m int, label string, at int32, released *[]op.Peer, deps ...int32) int32 {
	report := e.add(op.Op{Kind: op.Signal, Phase: phase}, l, int32(m), label, deps...)
	e.SetPeers(report, []op.Peer{{Device: 0, Op: at}})
	wait := e.add(op.Op{Kind: op.Await, Phase: phase, Signals: 1}, l, int32(m), label, report)
	*released = append(*released, op.Peer{Device: int32(1 + e.chiplet), Op: wait})
	return wait
}

// backward adds one block of the backward pass on every device.
func (b *builder) backward(l int) {
	b.step++
	if b.in.Model.IsDense(l) {
		b.backwardDense(l)
		return
	}
	r := b.root
	last := b.in.Workload.MicroBatches - 1
	homes := b.homes(b.moe(l))
	for _, e := range b.leaves {
		e.enter(homes)
	}
	r.loadBlock(op.BackwardWeights, l)
	loaded := b.loadExperts(l, op.BackwardWeights)
	for m, route := range b.routing[b.moe(l)] {
		b.exchange(l, m, route, loaded, backwardPhases)
		if m == last {
			b.updateExperts(l)
		}
		r.attendBackward(l, m)
	}
	r.updateBlock(l)
}

// updateExperts adds the experts' update of one block after its last micro-batch.
func (b *builder) updateExperts(l int) {
	r := b.root
	var written []int32
	for _, e := range b.leaves {
		written = append(written, e.update(l))
	}
	if b.in.Policy.Overlap.WriteBack {
		return
	}
	wait := r.add(op.Op{Kind: op.Await, Phase: op.UpdateMemory, Signals: int32(len(b.leaves))}, l, none, "written", r.chain)
	for c, e := range b.leaves {
		s := e.add(op.Op{Kind: op.Signal, Phase: op.UpdateMemory}, l, none, "written", written[c])
		e.SetPeers(s, []op.Peer{{Device: 0, Op: wait}})
	}
	r.chain = wait
}

// deferred reports that weight gradients wait in the stacks for the update.
func (b *builder) deferred() bool { return b.in.Policy.Gradients == "dram" }

// deferredUpdates adds the update pass at the end of the step when gradients
// wait in the stacks.
func (b *builder) deferredUpdates() {
	if !b.deferred() {
		return
	}
	b.step++
	for l := range b.in.Model.Layers {
		b.root.deferredUpdate(l)
		if b.in.Model.IsDense(l) {
			continue
		}
		homes := b.homes(b.moe(l))
		for _, e := range b.leaves {
			e.enter(homes)
			e.deferredUpdate(l)
		}
	}
}
