package routing

import "math/bits"

// pcg is the state of the generator PCG-DXSM (O'Neill, HMC-CS-2014-0905), with the
// constants of rand.PCG: the same two words as seed give the same numbers. It is a
// value, so that a loop keeps it in registers.
type pcg struct{ hi, lo uint64 }

// Multiplier and increment of the 128-bit congruential step, and the multiplier of
// the output function.
const (
	pcgMulHi, pcgMulLo = 0x2360ed051fc65da4, 0x4385df649fccf645
	pcgIncHi, pcgIncLo = 0x5851f42d4c957f2d, 0x14057b7ef767814f
	pcgOutput          = 0xda942042e4dd58b5
)

// step returns the next state. What does not depend on hi is added up first: the
// chain from state to state is then one multiplication and one addition.
func (p pcg) step() pcg {
	carried, lo := bits.Mul64(p.lo, pcgMulLo)
	lo, c := bits.Add64(lo, pcgIncLo, 0)
	rest, _ := bits.Add64(carried+p.lo*pcgMulHi, pcgIncHi, c)
	return pcg{p.hi*pcgMulLo + rest, lo}
}

// number is the random number of a state.
func (p pcg) number() uint64 {
	u := p.hi ^ p.hi>>32
	u *= pcgOutput
	u ^= u >> 48
	return u * (p.lo | 1)
}
