package routing

import (
	"math"
	"math/bits"
)

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

// ziggurat covers the density exp(-x) with 256 strips of equal area (Marsaglia and
// Tsang, J. Statistical Software 5(8), 2000). A draw takes a strip and 32 bits j,
// whose place in the strip is x = j*width; below sure, which is 97.8% of draws, x
// lies under the density for certain. The tables are those that rand.ExpFloat64
// has, and so are the numbers.
type ziggurat struct {
	strips [256]strip
	ends   [256]end
}

type strip struct {
	width  float64 // of 1/2^32 of the strip; a float32 in rand
	sure   uint32
	height float32 // exp(-x) at the strip's right end
}

// end is the part of a strip that the density cuts off a corner of. With g from 1
// to 0 over its width and f from 0 to 1 over its height, the density runs below
// the chord f = g and above its tangent f = g*tangent, close to both.
type end struct {
	inverse float64 // 1 over the width, in units of j
	tangent float64
}

// The right end of the last strip, and the area of each.
const (
	zigguratEnd  = 7.69711747013104972
	zigguratArea = 3.949659822581572e-3
)

// exponential never changes.
var exponential = newZiggurat()

// newZiggurat computes the strips, from the last one up; strip 0 is the base with
// the tail.
func newZiggurat() *ziggurat {
	const scale = 1 << 32
	z := &ziggurat{}
	set := func(i int, x float64) {
		z.strips[i].width, z.strips[i].height = float64(float32(x/scale)), float32(math.Exp(-x))
	}
	x := zigguratEnd
	base := zigguratArea / math.Exp(-x)
	set(0, base)
	z.strips[0].height, z.strips[0].sure = 1, uint32(x/base*scale)
	set(255, x)
	for i := 254; i >= 0; i-- {
		inner := 0.0
		if i > 0 {
			inner = -math.Log(zigguratArea/x + math.Exp(-x))
			set(i, inner)
		}
		sure := uint32(inner / x * scale)
		z.strips[i+1].sure = sure
		z.ends[i+1] = end{inverse: 1 / float64(scale-int64(sure)), tangent: (x - inner) / math.Expm1(x-inner)}
		x = inner
	}
	return z
}

// unsure finishes the draw of u, which was not under the density for certain, with
// further numbers after the state p.
func (z *ziggurat) unsure(p pcg, u uint64) (float64, pcg) {
	for {
		j, i := uint32(u), uint8(u>>32)
		x := float64(j) * z.strips[i].width
		if j < z.strips[i].sure {
			return x, p
		}
		p = p.step()
		f := float64(p.number()<<11>>11) / (1 << 53)
		if i == 0 {
			return zigguratEnd - math.Log(f), p
		}
		if z.under(i, j, f, x) {
			return x, p
		}
		p = p.step()
		u = p.number()
	}
}

// under decides whether the point at place j and share f of the height of strip
// i's end, which is at x, is under the density.
func (z *ziggurat) under(i uint8, j uint32, f, x float64) bool {
	// rand rounds to float32, which is 1e-7 of the density and less than 1e-4 of
	// the height of any strip: beyond this the exponential cannot matter.
	const rounding = 1e-3
	g := float64(1<<32-int64(j)) * z.ends[i].inverse
	if f > g+rounding {
		return false
	}
	if f < g*z.ends[i].tangent-rounding {
		return true
	}
	low, high := z.strips[i].height, z.strips[i-1].height
	return low+float32(f)*(high-low) < float32(math.Exp(-x))
}

// draw fills times with the bits of exponential times of the given means: one
// number each of rand.ExpFloat64 after the state p, times the mean.
func (z *ziggurat) draw(p pcg, means []float64, times []uint64) {
	times = times[:len(means)]
	for e, mean := range means {
		p = p.step()
		u := p.number()
		s := &z.strips[uint8(u>>32)]
		x := float64(int64(uint32(u))) * s.width // int64: one instruction to convert
		if uint32(u) >= s.sure {
			x, p = z.unsure(p, u)
		}
		times[e] = math.Float64bits(x * mean)
	}
}
