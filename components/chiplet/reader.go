package chiplet

import (
	"fmt"
	"slices"

	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// reader turns Load ops into read requests and counts the data that answers.
type reader struct {
	comp        *Comp
	remaining   []int64 // bytes still to arrive, by op
	unwritten   []int64 // bytes arrived but not yet handed to SRAM, by op
	complete    []bool  // the last bytes have arrived, by op
	filled      []int32 // ops with a batch to hand to SRAM
	outstanding int
	queue       opHeap // loads that have not been requested
}

// writeBatchBytes is how much arriving data is handed to the SRAM as one
// access. It only bounds the number of events: the SRAM's bandwidth is shared
// in the same proportion whatever the batch.
const writeBatchBytes = 256 << 10

func (r *reader) init(c *Comp) {
	r.comp = c
	r.remaining = make([]int64, len(c.seq.dev.Ops))
	r.unwritten = make([]int64, len(c.seq.dev.Ops))
	r.complete = make([]bool, len(c.seq.dev.Ops))
}

func (r *reader) load(i int32) { r.queue.push(i) }

func (r *reader) unsettled() bool {
	return len(r.filled) > 0 || len(r.queue) > 0 && r.outstanding < r.comp.spec.OutstandingReads
}

// settle hands what has arrived to the SRAM and requests the loads that may be
// outstanding, in program order.
func (r *reader) settle() {
	slices.Sort(r.filled)
	for _, i := range r.filled {
		r.comp.local.move(i, r.unwritten[i], true, r.complete[i])
		r.unwritten[i] = 0
	}
	r.filled = r.filled[:0]
	for r.outstanding < r.comp.spec.OutstandingReads {
		i, ok := r.queue.pop()
		if !ok {
			return
		}
		r.request(i)
	}
}

// request asks every stack of the chiplet for its share of the load.
func (r *reader) request(i int32) {
	c := r.comp
	o := &c.seq.dev.Ops[i]
	c.seq.started(i)
	r.outstanding++
	r.remaining[i] = o.Bytes
	c.seq.legs[i] = 1
	for n, stack := range c.env.Stacks {
		amount := share(o.Bytes, n, len(c.env.Stacks))
		if amount == 0 {
			continue
		}
		pk := c.env.Pool.Get()
		pk.Kind, pk.Class, pk.Bytes = wire.KindReadReq, wire.ClassControl, ControlBytes
		pk.Source, pk.Dest, pk.Op = c.env.Node, stack, i
		c.env.Pool.Equip(pk)
		pk.Amount, pk.Chunk, pk.Priority = amount, int32(c.env.ChunkBytes), o.Priority
		pk.DataClass = dataClass(o)
		c.control(pk)
	}
}

func (r *reader) arrived(i int32, n int64) {
	r.remaining[i] -= n
	if r.remaining[i] < 0 {
		panic(fmt.Sprintf("%s: load %d got %d bytes too many", r.comp.Name(), i, -r.remaining[i]))
	}
	last := r.remaining[i] == 0
	r.fill(i, n, last)
	if !last {
		return
	}
	r.outstanding--
}

// fillsBatch reports whether so many bytes more fill a batch of op i.
func (r *reader) fillsBatch(i int32, bytes int64) bool {
	return r.unwritten[i]+bytes >= writeBatchBytes
}

// fill has data that has arrived for op i written into SRAM, in batches; the
// last batch ends a leg of the op.
func (r *reader) fill(i int32, bytes int64, last bool) {
	due := r.complete[i] || r.unwritten[i] >= writeBatchBytes // a batch is noted already
	r.unwritten[i] += bytes
	r.complete[i] = r.complete[i] || last
	if !due && (last || r.unwritten[i] >= writeBatchBytes) {
		r.filled = append(r.filled, i)
		r.comp.wakeLate()
	}
}

func (r *reader) idle() bool { return r.outstanding == 0 && len(r.queue) == 0 }

// share is what stack n of count holds of an object of so many bytes.
func share(bytes int64, n, count int) int64 {
	q, rest := bytes/int64(count), bytes%int64(count)
	if int64(n) < rest {
		q++
	}
	return q
}

func dataClass(o *op.Op) wire.Class {
	if o.Class == op.Activations {
		return wire.ClassActivation
	}
	return wire.ClassWeight
}

// opHeap is a priority queue of ops: the earliest in program order first.
type opHeap []int32

func (h *opHeap) push(i int32) {
	q := append(*h, i)
	for k := len(q) - 1; k > 0; {
		up := (k - 1) / 2
		if q[up] <= q[k] {
			break
		}
		q[up], q[k] = q[k], q[up]
		k = up
	}
	*h = q
}

func (h *opHeap) pop() (int32, bool) {
	q := *h
	if len(q) == 0 {
		return 0, false
	}
	top := q[0]
	last := len(q) - 1
	q[0] = q[last]
	q = q[:last]
	for k := 0; ; {
		small := k
		for child := 2*k + 1; child <= 2*k+2 && child < last; child++ {
			if q[child] < q[small] {
				small = child
			}
		}
		if small == k {
			break
		}
		q[k], q[small] = q[small], q[k]
		k = small
	}
	*h = q
	return top, true
}
