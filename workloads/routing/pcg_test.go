package routing

import (
	"math/rand/v2"
	"testing"
)

// The numbers are those of math/rand/v2, draw after draw.
func TestNumbersAreThoseOfRand(t *testing.T) {
	for seed := range uint64(200) {
		reference, p := rand.NewPCG(seed, ^seed), pcg{seed, ^seed}
		for i := range 100 {
			p = p.step()
			if got, want := p.number(), reference.Uint64(); got != want {
				t.Fatalf("seed %d: number %d is %d, want %d", seed, i, got, want)
			}
		}
	}
}
