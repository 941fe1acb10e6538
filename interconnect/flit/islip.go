package flit

import "math/bits"

// islipVC is iSLIP (McKeown 1999) for VCs. Every output VC grants the request that is
// next in its turn, every input VC accepts the grant that is next in its own. The two
// pointers move past each other's partner if a grant of the first iteration is
// accepted, and only then.
type islipVC struct {
	iterations      int
	inputs, outputs int32
	grant, accept   []int32 // whose turn it is, by output and by input
	best            []contender
	taken           []int64 // the round in which an output was matched
	round           int64   // of an iteration
}

func newIslipVC(inputs, outputs, iterations int) *islipVC {
	return &islipVC{
		iterations: iterations, inputs: int32(inputs), outputs: int32(outputs),
		grant: make([]int32, outputs), accept: make([]int32, inputs),
		best: make([]contender, outputs), taken: make([]int64, outputs),
	}
}

// Allocate implements VCAllocator.
func (a *islipVC) Allocate(reqs []VCRequest) {
	if len(reqs) == 1 {
		q := &reqs[0]
		a.match(q, nextBit(q.Free, a.accept[q.In]-q.First), true)
		return
	}
	first := a.round + 1
	for i := range a.iterations {
		a.round++
		a.offer(reqs, first)
		if !a.take(reqs, i == 0) {
			break
		}
	}
}

// offer is the grant phase: outputs that have been matched since round first are left
// out.
func (a *islipVC) offer(reqs []VCRequest, first int64) {
	for i := range reqs {
		q := &reqs[i]
		if q.Got >= 0 {
			continue
		}
		for free := q.Free; free != 0; free &= free - 1 {
			out := q.First + int32(bits.TrailingZeros64(free))
			if a.taken[out] >= first {
				continue
			}
			key := turn(q.In, a.grant[out], a.inputs)
			if b := &a.best[out]; b.round != a.round || key < b.key {
				*b = contender{a.round, int32(i), key}
			}
		}
	}
}

// take is the accept phase. It reports whether anything was matched.
func (a *islipVC) take(reqs []VCRequest, move bool) bool {
	matched := false
	for i := range reqs {
		q := &reqs[i]
		if q.Got >= 0 {
			continue
		}
		var grants uint64
		for free := q.Free; free != 0; free &= free - 1 {
			vc := bits.TrailingZeros64(free)
			if b := &a.best[q.First+int32(vc)]; b.round == a.round && b.request == int32(i) {
				grants |= 1 << vc
			}
		}
		if grants != 0 {
			a.match(q, nextBit(grants, a.accept[q.In]-q.First), move)
			matched = true
		}
	}
	return matched
}

func (a *islipVC) match(q *VCRequest, vc int32, move bool) {
	out := q.First + vc
	q.Got = vc
	a.taken[out] = a.round
	if move {
		a.grant[out] = after(q.In, a.inputs)
		a.accept[q.In] = after(out, a.outputs)
	}
}

// nextBit is the lowest bit of a set that is not empty from bit at on, or else the
// lowest of all. at may lie outside.
func nextBit(set uint64, at int32) int32 {
	if at > 0 && at < 64 {
		if upper := set >> at << at; upper != 0 {
			set = upper
		}
	}
	return int32(bits.TrailingZeros64(set))
}

// islipSwitch is iSLIP for the crossbar, with copies of a multicast accepted together.
type islipSwitch struct {
	iterations      int
	inputs, outputs int32
	grant, accept   []int32
	best            []contender
	inTaken         []int64 // the round in which an input, or an output, was matched
	outTaken        []int64
	round           int64
}

func newIslipSwitch(inputs, outputs, iterations int) *islipSwitch {
	return &islipSwitch{
		iterations: iterations, inputs: int32(inputs), outputs: int32(outputs),
		grant: make([]int32, outputs), accept: make([]int32, inputs),
		best: make([]contender, outputs), inTaken: make([]int64, inputs), outTaken: make([]int64, outputs),
	}
}

// Allocate implements SwitchAllocator.
func (a *islipSwitch) Allocate(reqs []SwitchRequest) {
	if len(reqs) == 1 {
		q := &reqs[0]
		q.Granted = true
		a.grant[q.Out], a.accept[q.In] = after(q.In, a.inputs), after(q.Out, a.outputs)
		return
	}
	first := a.round + 1
	for i := range a.iterations {
		a.round++
		a.offer(reqs, first)
		if !a.take(reqs, i == 0) {
			break
		}
	}
}

func (a *islipSwitch) offer(reqs []SwitchRequest, first int64) {
	for i := range reqs {
		q := &reqs[i]
		if a.outTaken[q.Out] >= first || a.inTaken[q.In] >= first {
			continue
		}
		key := int32(q.Rank)*a.inputs + turn(q.In, a.grant[q.Out], a.inputs)
		if b := &a.best[q.Out]; b.round != a.round || key < b.key {
			*b = contender{a.round, int32(i), key}
		}
	}
}

// take lets every input accept one grant, and the grants to the same VC with it.
func (a *islipSwitch) take(reqs []SwitchRequest, move bool) bool {
	matched := false
	for i := 0; i < len(reqs); {
		in, chosen, nearest := reqs[i].In, -1, a.outputs
		end := i
		for ; end < len(reqs) && reqs[end].In == in; end++ {
			if b := &a.best[reqs[end].Out]; b.round == a.round && int(b.request) == end {
				if d := turn(reqs[end].Out, a.accept[in], a.outputs); d < nearest {
					chosen, nearest = end, d
				}
			}
		}
		if chosen >= 0 {
			a.match(reqs[i:end], chosen-i, int32(i), move)
			matched = true
		}
		i = end
	}
	return matched
}

// match grants the chosen one of an input's requests, which start at number base.
func (a *islipSwitch) match(reqs []SwitchRequest, chosen int, base int32, move bool) {
	q := &reqs[chosen]
	if move {
		a.accept[q.In] = after(q.Out, a.outputs)
	}
	a.inTaken[q.In] = a.round
	for i := range reqs {
		c := &reqs[i]
		if b := &a.best[c.Out]; c.VC != q.VC || b.round != a.round || b.request != base+int32(i) {
			continue
		}
		c.Granted = true
		a.outTaken[c.Out] = a.round
		if move {
			a.grant[c.Out] = after(c.In, a.inputs)
		}
	}
}
