package topology

import "slices"

// halving is a cut of some bunches in two.
type halving struct {
	*bunches
	members []int
	// in says which bunches are members, second on which side a member is.
	in, second []bool
	// weights are those of the two sides; slack, the weight of the heaviest member,
	// is what they may differ by.
	weights [2]int
	slack   int
	cut     cost
	// gain[b] is what the cut becomes cheaper by if b changes its side.
	gain []cost
}

// halve cuts members in two sides that differ in weight by no more than the
// heaviest member. It fills the first side in the order given and breadth-first
// from two corners, refines each as Fiduccia and Mattheyses do (1982), and keeps
// the cheapest. No cut that it finds need be the best there is.
func (b *bunches) halve(members []int) *halving {
	best := b.fill(members)
	best.refine()
	corner := members[0]
	for range 2 {
		order := b.breadthFirst(members, corner)
		corner = order[len(order)-1]
		h := b.fill(b.breadthFirst(members, corner))
		h.refine()
		if h.cut.less(best.cut) {
			best = h
		}
	}
	return best
}

// fill puts members on the first side, in the order given, until it has half of
// the weight.
func (b *bunches) fill(order []int) *halving {
	n := len(b.weight)
	h := &halving{bunches: b, members: order, in: make([]bool, n), second: make([]bool, n), slack: 1, gain: make([]cost, n)}
	total := 0
	for _, m := range order {
		h.in[m] = true
		h.slack = max(h.slack, b.weight[m])
		total += b.weight[m]
	}
	for _, m := range order {
		w := b.weight[m]
		if 2*h.weights[0]+w <= total { // no farther from half with it than without
			h.weights[0] += w
		} else {
			h.second[m] = true
			h.weights[1] += w
		}
	}
	for _, m := range order {
		h.measure(m)
	}
	return h
}

// measure finds the gain of a member, and counts its arcs to the second side.
func (h *halving) measure(m int) {
	for _, a := range h.arcs[m] {
		switch {
		case !h.in[a.to]:
		case h.second[a.to] == h.second[m]:
			h.gain[m] = h.gain[m].minus(a.cost)
		default:
			h.gain[m] = h.gain[m].plus(a.cost)
			if h.second[a.to] {
				h.cut = h.cut.plus(a.cost)
			}
		}
	}
}

// maxPasses bounds the refinement; it has come to rest before on graphs tried.
const maxPasses = 8

// refine makes passes until one gains nothing. A pass moves every member once, the
// most gainful first, and then undoes the moves after the best cut it came by.
func (h *halving) refine() {
	for range maxPasses {
		before := h.cut
		moves, best, keep := []int{}, h.cut, 0
		fixed := make([]bool, len(h.weight))
		for range h.members {
			m := h.pick(fixed)
			if m == nowhere {
				break
			}
			fixed[m] = true
			h.move(m)
			moves = append(moves, m)
			if h.cut.less(best) && h.unevenness() <= h.slack {
				best, keep = h.cut, len(moves)
			}
		}
		for _, m := range slices.Backward(moves[keep:]) {
			h.move(m)
		}
		if !h.cut.less(before) {
			return
		}
	}
}

func (h *halving) unevenness() int { return max(h.weights[0]-h.weights[1], h.weights[1]-h.weights[0]) }

// pick is the free member whose move gains most, of those that leave the sides as
// even as one move can unbalance them; of equal gains, one of the heavier side,
// then the first.
func (h *halving) pick(fixed []bool) int {
	heavier := h.weights[1] > h.weights[0]
	best := nowhere
	for _, m := range h.members {
		if fixed[m] || h.after(m) > 2*h.slack {
			continue
		}
		if best == nowhere || h.gain[best].less(h.gain[m]) ||
			h.gain[best] == h.gain[m] && h.second[m] == heavier && h.second[best] != heavier {
			best = m
		}
	}
	return best
}

// after is the unevenness after a move.
func (h *halving) after(m int) int {
	w := h.weight[m]
	if h.second[m] {
		w = -w
	}
	d := h.weights[0] - h.weights[1] - 2*w
	return max(d, -d)
}

// move changes the side of a member.
func (h *halving) move(m int) {
	from, to := 0, 1
	if h.second[m] {
		from, to = 1, 0
	}
	h.weights[from] -= h.weight[m]
	h.weights[to] += h.weight[m]
	h.cut = h.cut.minus(h.gain[m])
	h.second[m] = !h.second[m]
	h.gain[m] = cost{}.minus(h.gain[m])
	for _, a := range h.arcs[m] {
		if !h.in[a.to] {
			continue
		}
		twice := a.cost.plus(a.cost)
		if h.second[a.to] == h.second[m] {
			h.gain[a.to] = h.gain[a.to].minus(twice)
		} else {
			h.gain[a.to] = h.gain[a.to].plus(twice)
		}
	}
}

// sides lists the members of the two sides, each in ascending order.
func (h *halving) sides() (first, second []int) {
	for _, m := range slices.Sorted(slices.Values(h.members)) {
		if h.second[m] {
			second = append(second, m)
		} else {
			first = append(first, m)
		}
	}
	return first, second
}
