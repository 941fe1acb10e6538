package flit

// roundRobinVC serves one input VC after the other, from the one whose turn it is:
// each takes the lowest output VC that is left. The turn goes to the one after the
// first that was served. The match is maximal: no request is left whose VCs are.
type roundRobinVC struct {
	inputs int32
	next   int32
	taken  []int64 // the round in which an output was matched
	round  int64
	order  []int32 // the requests, in turn
}

func newRoundRobinVC(inputs, outputs int) *roundRobinVC {
	return &roundRobinVC{inputs: int32(inputs), taken: make([]int64, outputs), order: make([]int32, 0, inputs)}
}

// Allocate implements VCAllocator.
func (a *roundRobinVC) Allocate(reqs []VCRequest) {
	a.round++
	a.sort(reqs)
	for i, n := range a.order {
		q := &reqs[n]
		for free := q.Free; free != 0; free &= free - 1 {
			vc := nextBit(free, 0)
			if a.taken[q.First+vc] != a.round {
				q.Got = vc
				a.taken[q.First+vc] = a.round
				break
			}
		}
		if i == 0 { // the first one always gets something
			a.next = after(q.In, a.inputs)
		}
	}
}

// sort puts the requests in turn, by insertion: there are few.
func (a *roundRobinVC) sort(reqs []VCRequest) {
	a.order = a.order[:0]
	for n := range reqs {
		key := turn(reqs[n].In, a.next, a.inputs)
		a.order = append(a.order, int32(n))
		i := len(a.order) - 1
		for ; i > 0 && turn(reqs[a.order[i-1]].In, a.next, a.inputs) > key; i-- {
			a.order[i] = a.order[i-1]
		}
		a.order[i] = int32(n)
	}
}

// roundRobinSwitch serves one input after the other, from the one whose turn it is:
// each takes the request of the lowest rank whose output is left, the first of equal
// ones. The turn goes to the one after the first that was served.
type roundRobinSwitch struct {
	inputs int32
	next   int32
	taken  []int64
	round  int64
}

func newRoundRobinSwitch(inputs, outputs int) *roundRobinSwitch {
	return &roundRobinSwitch{inputs: int32(inputs), taken: make([]int64, outputs)}
}

// Allocate implements SwitchAllocator.
func (a *roundRobinSwitch) Allocate(reqs []SwitchRequest) {
	a.round++
	start := 0
	for start < len(reqs) && reqs[start].In < a.next {
		start++
	}
	served := int32(-1)
	for _, part := range [2][]SwitchRequest{reqs[start:], reqs[:start]} {
		for len(part) > 0 {
			end := 1
			for end < len(part) && part[end].In == part[0].In {
				end++
			}
			if a.serve(part[:end]) && served < 0 {
				served = part[0].In
			}
			part = part[end:]
		}
	}
	if served >= 0 {
		a.next = after(served, a.inputs)
	}
}

// serve lets one input take an output, and with it those of the copies.
func (a *roundRobinSwitch) serve(reqs []SwitchRequest) bool {
	pick := -1
	for i := range reqs {
		if a.taken[reqs[i].Out] != a.round && (pick < 0 || reqs[i].Rank < reqs[pick].Rank) {
			pick = i
		}
	}
	if pick < 0 {
		return false
	}
	vc := reqs[pick].VC
	for i := range reqs {
		if q := &reqs[i]; q.VC == vc && a.taken[q.Out] != a.round {
			q.Granted = true
			a.taken[q.Out] = a.round
		}
	}
	return true
}
