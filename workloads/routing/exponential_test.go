package routing

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The numbers are those of math/rand/v2, draw after draw.
func TestExponentialTimesAreThoseOfRand(t *testing.T) {
	means, times := make([]float64, 500), make([]uint64, 500)
	for i := range means {
		means[i] = 1 / float64(i+1)
	}
	for seed := range uint64(2000) {
		reference := rand.New(rand.NewPCG(seed, ^seed))
		exponential.draw(pcg{seed, ^seed}, means, times)
		for i, mean := range means {
			if want := reference.ExpFloat64() * mean; math.Float64frombits(times[i]) != want {
				t.Fatalf("seed %d: time %d is %v, want %v", seed, i, math.Float64frombits(times[i]), want)
			}
		}
	}
}

// list is a source of the numbers in it, then of zeros, which every strip accepts.
type list struct {
	numbers []uint64
	taken   int
}

func (l *list) Uint64() uint64 {
	l.taken++
	if l.taken <= len(l.numbers) {
		return l.numbers[l.taken-1]
	}
	return 0
}

// Where a strip ends being sure, and on which side of the density a point is, is
// decided as in math/rand/v2, close to the density too.
func TestStripsAreThoseOfRand(t *testing.T) {
	z := exponential
	for i := range z.strips {
		for _, j := range []int64{int64(z.strips[i].sure) - 1, int64(z.strips[i].sure)} {
			if j < 0 {
				continue
			}
			l := &list{numbers: []uint64{uint64(i)<<32 | uint64(j)}}
			rand.New(l).ExpFloat64()
			if sure := l.taken == 1; sure != (j < int64(z.strips[i].sure)) {
				t.Errorf("strip %d, place %d: sure is %v in rand", i, j, sure)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		i := uint8(1 + rng.IntN(255))
		s := z.strips[i]
		j := s.sure + uint32(rng.Uint64N(1<<32-uint64(s.sure)))
		x := float64(j) * s.width
		// The share of the height at which the density is, and a little off.
		low, high := float64(s.height), float64(z.strips[i-1].height)
		f := (math.Exp(-x)-low)/(high-low) + rng.NormFloat64()*math.Pow(10, -1-6*rng.Float64())
		bits := uint64(min(max(f, 0), 1-1e-9) * (1 << 53))
		l := &list{numbers: []uint64{uint64(i)<<32 | uint64(j), bits}}
		under := rand.New(l).ExpFloat64() == x && l.taken == 2
		if got := z.under(i, j, float64(bits)/(1<<53), x); got != under {
			t.Fatalf("strip %d, place %d, share %v: under the density is %v, in rand %v", i, j, float64(bits)/(1<<53), got, under)
		}
	}
}
