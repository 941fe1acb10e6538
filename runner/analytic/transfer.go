package analytic

import (
	"math"
	"slices"

	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/interconnect/topology"
)

// stack is a stack as one device sees it: the resources that a load and a store
// occupy, and in cycles the time of flight there and back, and the time to the first
// byte of a load.
type stack struct {
	read, write   []int
	flight, first float64
}

// answer is what a load or store of a device takes beside its bytes.
func (n *network) answer(d int, load bool) float64 {
	s := n.stacks[d][0]
	if load {
		return s.flight + s.first
	}
	return s.flight
}

func (n *network) stackSpec(s topology.Node) hbm.Spec {
	if s.Group == topology.NoGroup {
		return n.hw.AttentionStack
	}
	return n.hw.GroupStack
}

// busRate is a stack's rate for accesses of a length, bytes per cycle: the share of
// its peak that the longest listed access up to that length reaches. A load is one
// access, a store one for each chunk.
func busRate(s hbm.Spec, length units.Bytes, clock units.Frequency) float64 {
	efficiency := s.Efficiency[0].Efficiency
	for _, p := range s.Efficiency {
		if p.Bytes <= length {
			efficiency = p.Efficiency
		}
	}
	return efficiency * s.PeakBandwidth().BytesPerCycle(clock)
}

// findCommon finds the resources on the ways of several devices' data, and the rates
// of each device.
func (n *network) findCommon() {
	users := make([]int, len(n.rate))
	for _, stacks := range n.stacks {
		var all []int
		for _, s := range stacks {
			all = append(append(all, s.read...), s.write...)
		}
		slices.Sort(all)
		for _, r := range slices.Compact(all) {
			users[r]++
		}
	}
	for d := range n.stacks {
		n.loads = append(n.loads, n.pace(d, users, func(s stack) []int { return s.read }))
		n.stores = append(n.stores, n.pace(d, users, func(s stack) []int { return s.write }))
	}
}

// pace is the rate of a device's loads or stores over all of its stacks, bytes per
// cycle: on links of its own, and on what it shares with other devices.
type pace struct{ own, common float64 }

func (n *network) pace(d int, users []int, way func(stack) []int) pace {
	p := pace{math.Inf(1), math.Inf(1)}
	var all []int
	for _, s := range n.stacks[d] {
		all = append(all, way(s)...)
	}
	stacks := float64(len(n.stacks[d]))
	for _, r := range all {
		times := 0.0
		for _, other := range all {
			if other == r {
				times++
			}
		}
		to := &p.own
		if users[r] > 1 {
			to = &p.common
		}
		*to = min(*to, n.rate[r]*stacks/times)
	}
	return p
}

// transfer is the time of an item's load or store, in cycles, beside so many others
// on average.
func (n *network) transfer(d int, it item, others float64) float64 {
	if it.bytes == 0 {
		return 0
	}
	return n.moving(d, it, others) + n.answer(d, it.load)
}

// moving is transfer without its latency.
func (n *network) moving(d int, it item, others float64) float64 {
	p := n.stores[d]
	if it.load {
		p = n.loads[d]
	}
	bytes := float64(it.bytes)
	return max(bytes/p.own, bytes*(1+others)/p.common)
}

// neighbors tells whether two devices have the same stacks.
func (n *network) neighbors(a, b int) bool {
	x, y := n.stacks[a][0].write, n.stacks[b][0].write
	return x[len(x)-1] == y[len(y)-1]
}

// groups lists the expert chiplets' devices that share stacks, which follow each
// other.
func (n *network) groups() [][]int {
	var out [][]int
	for d := 1; d < len(n.stacks); d++ {
		if d > 1 && n.neighbors(d-1, d) {
			out[len(out)-1] = append(out[len(out)-1], d)
		} else {
			out = append(out, []int{d})
		}
	}
	return out
}

// move adds what a device loads and stores, spread over its stacks, to the traffic.
func (n *network) move(t traffic, device int, load, store int64) {
	share := 1 / float64(len(n.stacks[device]))
	for _, s := range n.stacks[device] {
		for _, r := range s.read {
			t[r] += float64(load) * share
		}
		for _, r := range s.write {
			t[r] += float64(store) * share
		}
	}
}
