package schedule

import (
	"mozart/workloads/op"
)

// leaf builds the program of one expert chiplet.
type leaf struct {
	device
	chiplet int

	// experts are those of the current block, in the order of their weights.
	experts []int
	loads   []int32 // their weight loads
	// slots are the places in SRAM that the blocks' experts take turns in; weights
	// is what they hold, gradients included.
	slots    []slot
	weights  int64
	early    []int32 // scratch memory of room
	lastUse  []int32 // last op of the block that used the j-th expert's weights
	graded   []bool  // the j-th expert has gradients
	lastSend int32
	// waiting holds the experts, by layer, whose gradients wait in the stacks for
	// the update pass.
	waiting map[[2]int]bool
	// largest is the most SRAM that the saved activations of one expert take,
	// and most the same of one micro-batch's tokens.
	largest, most int64
}

// slot is the place of the j-th expert of every block.
type slot struct {
	free int32 // op after which the weights before have left
	// bytes is the size of these, or 0 if the block before did not use the slot.
	bytes int64
	// most is the size of the largest that were ever there.
	most int64
}

func newLeaf(b *builder, chiplet int, labels *op.Labels) *leaf {
	return &leaf{device: newDevice(b, chiplet, labels), chiplet: chiplet, lastSend: none, waiting: map[[2]int]bool{}}
}

// enter begins a block: it finds the chiplet's experts.
func (e *leaf) enter(homes []int) {
	e.experts = e.experts[:0]
	for x, home := range homes {
		if home == e.chiplet {
			e.experts = append(e.experts, x)
		}
	}
	for len(e.slots) < len(e.experts) {
		e.slots = append(e.slots, slot{free: none})
	}
	for j, x := range e.experts {
		e.slots[j].most = max(e.slots[j].most, e.weightBytes(x))
	}
	e.loads = e.loads[:0]
	e.lastUse = e.lastUse[:0]
	e.graded = append(e.graded[:0], make([]bool, len(e.experts))...)
}

// The ops of a leaf per expert that it holds, per block and per micro-batch, and
// those of an expert that has tokens: forward and backward, and in the update
// pass if there is one. Few blocks have them all.
const (
	opsPerExpert     = 4 // two loads, update, store
	opsPerPass       = 4 // two loads, update, store
	opsPerBlock      = 5 // start and end of loading, twice, and the write-backs
	opsPerMicroBatch = 17
	opsPerActive     = 11 // gate-up, SwiGLU, down, save; restore and six gradients
	depsPerOp        = 2
)

// reserve makes room for the leaf's ops, which are most of a program.
func (e *leaf) reserve() {
	perExpert := opsPerExpert
	if e.b.deferred() {
		perExpert += opsPerPass
	}
	ops := 0
	for l, batches := range e.b.routing {
		ops += opsPerBlock + len(batches)*opsPerMicroBatch
		for x, home := range e.b.homes(l) {
			if home != e.chiplet {
				continue
			}
			ops += perExpert
			for _, route := range batches {
				if route.load[x] > 0 {
					ops += opsPerActive
				}
			}
		}
	}
	e.Reserve(ops, ops*depsPerOp)
}

// width is the intermediate width of expert x; shared experts follow the
// routed ones.
func (e *leaf) width(x int) int64 {
	if x >= e.b.in.Model.Experts {
		return int64(e.b.in.Model.SharedExpertWidth)
	}
	return int64(e.b.in.Model.ExpertWidth)
}

func (e *leaf) params(x int) int64 {
	if x >= e.b.in.Model.Experts {
		return e.b.in.Model.SharedExpertParams()
	}
	return e.b.in.Model.ExpertParams()
}

func (e *leaf) weightBytes(x int) int64 { return e.b.in.Model.Bytes(e.params(x)) }

// room returns the ops after which the j-th slot can take so many bytes: those
// that were there before have left, or, if they were fewer, all slots are free.
// The next call changes the result.
func (e *leaf) room(j int, bytes int64) []int32 {
	if bytes <= e.slots[j].bytes {
		e.early = append(e.early[:0], e.slots[j].free)
		return e.early
	}
	e.early = e.early[:0]
	for _, s := range e.slots {
		e.early = append(e.early, s.free)
	}
	return e.early
}

// hold notes a change of what the slots hold. Write-backs of one block run
// behind the next: each slot may hold weights and gradients at any time.
func (e *leaf) hold(bytes int64) {
	e.weights += bytes
	e.margin = -e.weights
	for _, s := range e.slots {
		e.margin += 2 * s.most
	}
}

// leave notes after which ops the experts of a block leave their slots.
func (e *leaf) leave(free func(j, x int) int32) {
	for j := range e.slots {
		if j < len(e.experts) {
			x := e.experts[j]
			e.slots[j].free, e.slots[j].bytes = free(j, x), e.weightBytes(x)
		} else {
			e.slots[j].bytes = 0
		}
	}
}

// load adds the loads of the block's weights, each into the room that the
// expert in its place before has left, or, behind a gate, when told to.
func (e *leaf) load(l int, phase op.Phase, gate int32) {
	for j, x := range e.experts {
		o := e.transfer(op.Load, phase, op.Weights, e.weightBytes(x))
		o.Allocate = o.Bytes
		o.Priority += 1 + e.rank(l)
		e.expert = op.ExpertID(x)
		e.hold(o.Bytes)
		i := e.add(o, l, none, "expert-weights", e.room(j, o.Bytes)...)
		e.Depend(gate)
		e.loads = append(e.loads, i)
		e.lastUse = append(e.lastUse, i)
	}
	e.expert = op.None
}

// rank is the chiplet's place in the load order of its group.
func (e *leaf) rank(l int) int32 {
	if e.b.in.Policy.LoadOrder != "heaviest-first" {
		return 0
	}
	return int32(e.b.in.LoadRank[e.b.moe(l)][e.chiplet])
}

// work adds receive, expert computation and send of one micro-batch, and
// returns the send.
func (e *leaf) work(l, m int, route blockRouting, ph phases, trip *round) int32 {
	t := &e.b.program.Tables[route.table]
	packets := t.Packets(e.chiplet, e.b.program.Dispatch)
	received := packets * e.b.program.TokenBytes
	e.most = max(e.most, received)
	receive := e.add(op.Op{Kind: op.Receive, Phase: ph.dispatch, Table: route.table, Tokens: packets, Bytes: received, Allocate: received}, l, int32(m), "dispatch", e.lastSend)
	start := receive
	if trip.arrived != none {
		start = e.barrier(ph.dispatch, l, m, "arrived", trip.arrived, &trip.starts, receive)
	}
	results := int64(t.Assignments[e.chiplet]) * e.b.program.TokenBytes
	if ph.backward {
		e.backward(l, m, route, start, received)
	} else {
		e.forward(l, m, route, start, received)
	}
	if e.b.program.Combine != op.CombineAtRoot && results > 0 {
		e.compute(e.vector(ph.expert, costAggregate, int64(t.Assignments[e.chiplet])*int64(e.b.in.Model.Hidden)), l, m, costAggregate.name, start)
	}
	ready := start
	if trip.computed != none {
		ready = e.barrier(ph.combine, l, m, "computed", trip.computed, &trip.combines, e.chain, start)
	}
	up := t.Results(e.chiplet, e.b.program.Combine)
	send := e.add(op.Op{
		Kind: op.Send, Phase: ph.combine, Table: route.table, Tokens: up,
		Bytes: up * e.b.program.TokenBytes, Release: results + received,
	}, l, int32(m), "combine", e.chain, ready)
	e.lastSend = send
	return send
}

// intermediate is the size of gate, up and product of one expert's tokens.
func (e *leaf) intermediate(x int, tokens int64) int64 {
	return e.b.in.Model.Bytes(3 * tokens * e.width(x))
}

// forward adds the experts' FFNs, one expert after another.
func (e *leaf) forward(l, m int, route blockRouting, receive int32, received int64) {
	h := int64(e.b.in.Model.Hidden)
	const phase = op.ForwardExpert
	e.save(item{what: copiesSaved, layer: l, microBatch: m}, received, 0, receive)
	for j, x := range e.experts {
		n, f := route.load[x], e.width(x)
		if n == 0 {
			continue
		}
		e.expert = op.ExpertID(x)
		o := gemm(phase, n, h, 2*f, 1)
		o.Allocate = e.b.in.Model.Bytes(2 * n * f)
		e.compute(o, l, m, "gate-up", receive, e.loads[j], e.window[0])
		o = e.vector(phase, costSwiGLU, n*f)
		o.Allocate = e.b.in.Model.Bytes(n * f)
		e.compute(o, l, m, costSwiGLU.name)
		o = gemm(phase, n, f, h, 1)
		o.Allocate = e.b.in.Model.Bytes(n * h)
		down := e.compute(o, l, m, "down")
		e.lastUse[j] = down
		bytes := e.intermediate(x, n)
		e.largest = max(e.largest, bytes)
		e.save(item{what: expertSaved, layer: l, microBatch: m, part: x}, bytes, bytes, down)
	}
	e.expert = op.None
}

// endForward frees each weight after its last use.
func (e *leaf) endForward() { e.leave(e.unload) }

func (e *leaf) unload(j, x int) int32 {
	e.release(e.lastUse[j], e.weightBytes(x))
	e.hold(-e.weightBytes(x))
	return e.lastUse[j]
}

// backward adds dgrad and wgrad of the experts, one expert after another.
func (e *leaf) backward(l, m int, route blockRouting, receive int32, received int64) {
	if !e.b.in.Policy.Overlap.Activations {
		e.join(op.BackwardRestore, l, "arrived", 0, receive)
	}
	inputs := e.restore(item{what: copiesSaved, layer: l, microBatch: m}, received, e.chain, e.lastSend)
	last := none
	for j, x := range e.experts {
		n := route.load[x]
		if n == 0 {
			continue
		}
		bytes := e.intermediate(x, n)
		e.largest = max(e.largest, bytes)
		e.expert = op.ExpertID(x)
		acts := e.restore(item{what: expertSaved, layer: l, microBatch: m, part: x}, bytes, e.window[0])
		last = e.expertGradients(l, m, j, n, receive, inputs, acts, e.loads[j])
		e.release(last, bytes)
		e.freed(last)
	}
	e.expert = op.None
	if last != none {
		e.release(last, received)
	}
}

// expertGradients adds the backward pass of one expert and returns its last op.
func (e *leaf) expertGradients(l, m, j int, n int64, deps ...int32) int32 {
	x := e.experts[j]
	h, f := int64(e.b.in.Model.Hidden), e.width(x)
	step := func(o op.Op, label string, allocate int64, deps ...int32) int32 {
		o.Allocate = allocate
		return e.compute(o, l, m, label, deps...)
	}
	const phase = op.BackwardExpert
	gradients := int64(0)
	if !e.graded[j] {
		e.graded[j] = true
		gradients = e.weightBytes(x)
		e.hold(gradients)
	}
	step(e.vector(phase, costScale, n*h), costScale.name, gradients, deps...)
	step(gemm(phase, n, h, f, 1), "down-dgrad", e.b.in.Model.Bytes(n*f))
	step(gemm(phase, f, n, h, 1), "down-wgrad", 0)
	step(e.vector(phase, costSwiGLUGradient, n*f), costSwiGLUGradient.name, e.b.in.Model.Bytes(2*n*f))
	step(gemm(phase, n, 2*f, h, 1), "gate-up-dgrad", e.b.in.Model.Bytes(n*h))
	last := step(gemm(phase, h, n, 2*f, 1), "gate-up-wgrad", 0)
	e.release(last, e.b.in.Model.Bytes(3*n*f))
	e.lastUse[j] = last
	return last
}

// update adds the update of the block's weights, or the store of their
// gradients, and returns the last op. An expert without tokens has neither.
func (e *leaf) update(l int) int32 {
	last := e.chain
	e.leave(func(j, x int) int32 {
		if !e.graded[j] {
			return e.unload(j, x)
		}
		e.expert = op.ExpertID(x)
		last = e.writeBack(l, e.params(x), "expert-weights", e.b.deferred())
		e.hold(-2 * e.weightBytes(x))
		if e.b.deferred() {
			e.waiting[[2]int{l, x}] = true
		}
		return last
	})
	e.expert = op.None
	return last
}

// deferredUpdate adds the update pass of one block, for the experts that have
// gradients.
func (e *leaf) deferredUpdate(l int) {
	for j, x := range e.experts {
		if !e.waiting[[2]int{l, x}] {
			continue
		}
		e.expert = op.ExpertID(x)
		bytes := e.weightBytes(x)
		e.hold(2 * bytes)
		e.slots[j].free = e.updatePass(l, e.params(x), e.rank(l), append(e.room(j, bytes), e.lastSend)...)
		e.slots[j].bytes = bytes
		e.hold(-2 * bytes)
	}
	e.expert = op.None
}

// need is the most SRAM that the chiplet's data occupies at once: what program
// order gives, and what overlap adds to it, two experts' saved or restored
// activations and two micro-batches' tokens.
func (e *leaf) need() int64 { return e.peak + 2*(e.largest+e.most) }
