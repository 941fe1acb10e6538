package routing

// urn draws indices one by one without replacement, each with a chance proportional
// to its weight among those left. Its weights are the leaves of a tree of sums, so
// that a draw takes time in the logarithm of their number. It is the scratch memory
// of one goroutine.
//
// Sums are added up anew on the way from a leaf to the root, never corrected by a
// difference: what is left after weights many orders larger are gone keeps its
// precision.
type urn struct {
	sums []float64 // sums[i] = sums[2i] + sums[2i+1]; weights from sums[leaves] on
}

// newUrn returns an urn for at most most weights.
func newUrn(most int) *urn {
	return &urn{sums: make([]float64, 0, 2*leavesFor(most))}
}

// leavesFor is the least power of two not below n.
func leavesFor(n int) int {
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	return leaves
}

// fill puts the weights in place of what the urn held. They are not negative.
func (u *urn) fill(weights []float64) {
	leaves := leavesFor(len(weights))
	u.sums = u.sums[:2*leaves]
	clear(u.sums[leaves+copy(u.sums[leaves:], weights):])
	for i := leaves - 1; i > 0; i-- {
		u.sums[i] = u.sums[2*i] + u.sums[2*i+1]
	}
}

// take removes the index e.
func (u *urn) take(e uint16) {
	i := len(u.sums)/2 + int(e)
	u.sums[i] = 0
	for i /= 2; i > 0; i /= 2 {
		u.sums[i] = u.sums[2*i] + u.sums[2*i+1]
	}
}

// draw removes the index that the random number falls on and returns it. Of the
// number 53 bits are used. An index of weight zero is never drawn; a positive
// weight must be left.
func (u *urn) draw(number uint64) uint16 {
	x := float64(number>>11) / (1 << 53) * u.sums[1]
	leaves, i := len(u.sums)/2, 1
	for i < leaves {
		i *= 2
		// The right side may be empty and yet lie beyond x, if that was rounded up.
		if left := u.sums[i]; x >= left && u.sums[i+1] > 0 {
			x -= left
			i++
		}
	}
	e := uint16(i - leaves)
	u.take(e)
	return e
}
