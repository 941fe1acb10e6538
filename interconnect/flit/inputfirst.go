package flit

// inputFirstVC is the separable input-first allocator for VCs: every input VC picks
// one output VC, every output VC picks one of those. Both arbiters are round-robin,
// and move past what they picked if it came to a match.
type inputFirstVC struct {
	inputs, outputs int32
	in, out         []int32 // whose turn it is
	best            []contender
	round           int64
}

func newInputFirstVC(inputs, outputs int) *inputFirstVC {
	return &inputFirstVC{
		inputs: int32(inputs), outputs: int32(outputs),
		in: make([]int32, inputs), out: make([]int32, outputs), best: make([]contender, outputs),
	}
}

// Allocate implements VCAllocator.
func (a *inputFirstVC) Allocate(reqs []VCRequest) {
	a.round++
	for i := range reqs {
		q := &reqs[i]
		out := q.First + nextBit(q.Free, a.in[q.In]-q.First)
		key := turn(q.In, a.out[out], a.inputs)
		if b := &a.best[out]; b.round != a.round || key < b.key {
			*b = contender{a.round, int32(i), key}
		}
	}
	for i := range reqs {
		q := &reqs[i]
		// The input's pointer has not moved, so it picks the same again.
		vc := nextBit(q.Free, a.in[q.In]-q.First)
		out := q.First + vc
		if a.best[out].request == int32(i) {
			q.Got = vc
			a.in[q.In], a.out[out] = after(out, a.outputs), after(q.In, a.inputs)
		}
	}
}

// inputFirstSwitch is the separable input-first allocator for the crossbar. An input
// that picks a multicast asks for all its copies.
type inputFirstSwitch struct {
	inputs, outputs int32
	in, out         []int32
	best            []contender
	round           int64
}

func newInputFirstSwitch(inputs, outputs int) *inputFirstSwitch {
	return &inputFirstSwitch{
		inputs: int32(inputs), outputs: int32(outputs),
		in: make([]int32, inputs), out: make([]int32, outputs), best: make([]contender, outputs),
	}
}

// Allocate implements SwitchAllocator.
func (a *inputFirstSwitch) Allocate(reqs []SwitchRequest) {
	a.round++
	for i := 0; i < len(reqs); {
		in, pick, nearest := reqs[i].In, i, a.outputs
		end := i
		for ; end < len(reqs) && reqs[end].In == in; end++ {
			if d := turn(reqs[end].Out, a.in[in], a.outputs); d < nearest {
				pick, nearest = end, d
			}
		}
		for j := i; j < end; j++ {
			if reqs[j].VC == reqs[pick].VC {
				a.compete(&reqs[j], int32(j))
			}
		}
		i = end
	}
	for i := range reqs {
		q := &reqs[i]
		if b := &a.best[q.Out]; b.round == a.round && b.request == int32(i) {
			q.Granted = true
			a.in[q.In], a.out[q.Out] = after(q.Out, a.outputs), after(q.In, a.inputs)
		}
	}
}

func (a *inputFirstSwitch) compete(q *SwitchRequest, number int32) {
	key := int32(q.Rank)*a.inputs + turn(q.In, a.out[q.Out], a.inputs)
	if b := &a.best[q.Out]; b.round != a.round || key < b.key {
		*b = contender{a.round, number, key}
	}
}
