package schedule

import (
	"mozart/workloads/op"
)

// sweep passes weights that are too large for the SRAM through the attention
// chiplet, one slice of columns after another.
type sweep struct {
	layer int // or None
	phase op.Phase
	label string
	// perColumn is the number of weights of one column.
	columns, perColumn int64
	// work adds what is done with slice i; update says that it leaves gradients.
	work   func(i int, columns int64)
	update bool
}

// slices cuts the columns into slices of at most weight_slice, or of one column
// if that is more.
func (b *builder) slices(columns, perColumn int64) []int64 {
	most := max(1, int64(b.in.Policy.WeightSlice)/b.in.Model.Bytes(perColumn)) // columns
	return cut(columns, (columns+most-1)/most)
}

// sweep adds a sweep. When weights load during computation, the next slice
// loads while one is worked on, into the place of the one before.
func (r *root) sweep(s sweep) {
	slices := r.b.slices(s.columns, s.perColumn)
	loaded := make([]held, 0, len(slices))
	before := append(make([]int32, 0, 2+len(slices)), r.weightsFree[:]...)
	load := func() {
		i := len(loaded)
		if i == len(slices) {
			return
		}
		r.b.step++
		free := before[i : i+1 : i+1]
		if i == 0 || !r.b.in.Policy.Overlap.WeightsWithAttention {
			free = before[i : i+2 : i+2]
		}
		loaded = append(loaded, r.load(s.phase, s.layer, slices[i]*s.perColumn, s.label, free...))
	}
	load()
	var leaving [2]int64 // what the last two slices may still hold
	for i, columns := range slices {
		if r.b.in.Policy.Overlap.WeightsWithAttention {
			load()
		}
		if i == 0 {
			r.written()
		}
		r.held = loaded[i]
		s.work(i, columns)
		r.margin = 0
		if s.update {
			// LM head and dense FFN never wait for an update pass.
			before = append(before, r.writing(r.writeBack(s.layer, r.params, s.label, false)))
		} else {
			before = append(before, r.unload())
		}
		leaving[0], leaving[1] = leaving[1], r.margin
		if !r.b.in.Policy.Overlap.WeightsWithAttention {
			load()
		}
	}
	r.margin = leaving[0] + leaving[1]
	r.weightsFree = [2]int32(before[len(before)-2:])
}

// eachPiece calls f for every piece of every micro-batch.
func (r *root) eachPiece(f func(m, p int, tokens int64)) {
	for m := range r.b.in.Workload.MicroBatches {
		for p, sequences := range r.b.pieces() {
			f(m, p, sequences*int64(r.b.in.Workload.SequenceLength))
		}
	}
}
