package routing

// chooser draws distinct experts from a topic's weights: one after the other, each
// with a chance proportional to its weight among the experts left (Plackett-Luce).
// That is the order of arrival after exponential times of these rates, and that of
// the largest log weight + Gumbel noise (Yellott, J. Math. Psychology 15, 1977).
//
// It draws with replacement and passes over experts it has: the next new one has
// the wanted chance. If a few experts have nearly all the weight that takes many
// tries; after a bounded number of them an urn without those chosen gives the rest,
// with the same chance, as it does not depend on how many tries failed before.
//
// It is the scratch memory of one goroutine.
type chooser struct {
	chosen []uint32 // chosen[e] is the last turn that chose expert e
	turn   uint32
	urn    *urn
}

// triesPerChoice bounds the tries of a token, in units of its experts. It decides
// which random numbers are used, and so is part of the results.
const triesPerChoice = 8

func newChooser(experts int) *chooser {
	return &chooser{chosen: make([]uint32, experts), urn: newUrn(experts)}
}

// choose fills winners with distinct experts, in the order drawn, with the numbers
// that follow the state p. cells is the alias table of the weights, of which at
// least len(winners) are positive.
func (c *chooser) choose(p pcg, cells []aliasCell, weights []float64, winners []uint16) {
	n, p := c.try(p, cells, winners)
	if n == len(winners) {
		return
	}
	c.urn.fill(weights)
	for _, e := range winners[:n] {
		c.urn.take(e)
	}
	for i := n; i < len(winners); i++ {
		p = p.step()
		winners[i] = c.urn.draw(p.number())
	}
}

// try draws with replacement, for a bounded number of times. It returns the number
// of winners it found and the state after the last number used.
func (c *chooser) try(p pcg, cells []aliasCell, winners []uint16) (int, pcg) {
	c.nextTurn()
	chosen, turn, n := c.chosen[:len(cells)], c.turn, 0
	for range triesPerChoice * len(winners) {
		p = p.step()
		e := aliasPick(cells, p.number())
		// Counted without a branch, which would be taken at random.
		winners[n] = e
		fresh := 0
		if chosen[e] != turn {
			fresh = 1
		}
		chosen[e] = turn
		if n += fresh; n == len(winners) {
			break
		}
	}
	return n, p
}

func (c *chooser) nextTurn() {
	c.turn++
	if c.turn == 0 { // after 2^32 tokens
		clear(c.chosen)
		c.turn = 1
	}
}
