package routing

import "math/bits"

// An aliasCell is one of the cells of equal chance that an alias table divides a
// distribution into (Walker, ACM TOMS 3(3), 1977; Vose, IEEE TSE 17(9), 1991). The
// upper 48 bits are the share of the cell that belongs to the cell's own index, the
// lower 16 the index that the rest belongs to.
type aliasCell uint64

const (
	aliasBits  = 16 // of an index
	aliasShare = 1 << (64 - aliasBits)
)

func newAliasCell(share float64, other uint16) aliasCell {
	// Rounded down: a share of nothing stays nothing.
	own := min(uint64(share*aliasShare), aliasShare-1)
	return aliasCell(own<<aliasBits | uint64(other))
}

// aliasPick returns the index that the random number u falls on.
//
// The upper word of u*len(cells) is the cell and the lower one the place in it,
// whose upper 48 bits are the coin. Cells differ in their number of u by one in
// 2^64/len(cells), and each share is rounded by 2^-48 of a cell. So no chance is off
// by more than 2^-47 of all, and with at most 4,096 cells no more than 2^-35 of the
// mean chance, which no number of tokens that can be drawn shows.
func aliasPick(cells []aliasCell, u uint64) uint16 {
	hi, lo := bits.Mul64(u, uint64(len(cells)))
	cell := uint64(cells[hi])
	// Selected without a branch, which would be taken at random: own is 1 if the coin
	// is less than the cell's own share.
	_, own := bits.Sub64(lo>>aliasBits, cell>>aliasBits, 0)
	return uint16(cell ^ (cell^hi)&-own)
}

// aliasBuilder makes alias tables. It is the scratch memory of one goroutine.
type aliasBuilder struct {
	shares       []float64 // weights in units of the mean weight, less what was given away
	small, large []uint16  // indices of shares below and not below 1
}

// build sets cells to the alias table of the weights, as many as there are cells,
// not negative, with a sum that is positive and finite.
func (b *aliasBuilder) build(weights []float64, cells []aliasCell) {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	b.shares, b.small, b.large = b.shares[:0], b.small[:0], b.large[:0]
	for e, w := range weights {
		share := w / total * float64(len(weights))
		b.shares = append(b.shares, share)
		if share < 1 {
			b.small = append(b.small, uint16(e))
		} else {
			b.large = append(b.large, uint16(e))
		}
	}
	b.pair(cells)
	// The indices left over have shares of 1 but for rounding, and so none is of zero
	// weight: what is left of all shares adds up to their number.
	for _, e := range append(b.large, b.small...) {
		cells[e] = newAliasCell(1, e)
	}
}

// pair fills up the cells of small shares from large ones while there are both.
func (b *aliasBuilder) pair(cells []aliasCell) {
	for len(b.small) > 0 && len(b.large) > 0 {
		s, l := b.small[len(b.small)-1], b.large[len(b.large)-1]
		b.small = b.small[:len(b.small)-1]
		cells[s] = newAliasCell(b.shares[s], l)
		b.shares[l] -= 1 - b.shares[s]
		if b.shares[l] < 1 {
			b.large = b.large[:len(b.large)-1]
			b.small = append(b.small, l)
		}
	}
}
