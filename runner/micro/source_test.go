package micro

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Gaps are geometric: mean 1/p, variance (1-p)/p^2, and at least one cycle.
func TestGapsAreGeometric(t *testing.T) {
	for _, p := range []float64{0.001, 0.05, 0.5, 0.9, 1} {
		var s source
		s.start(1, 3, p, 1)
		const n = 200_000
		sum, squares, last := 0.0, 0.0, int64(0)
		for range n {
			gap := float64(s.created - last)
			if gap < 1 {
				t.Fatalf("p = %v: two packets within a cycle", p)
			}
			sum, squares, last = sum+gap, squares+gap*gap, s.created
			s.advance()
		}
		mean, variance := sum/n, squares/n-sum/n*sum/n
		if want := 1 / p; math.Abs(mean-want) > 4*math.Sqrt((1-p)/n)/p {
			t.Errorf("p = %v: mean gap %v, want %v", p, mean, want)
		}
		if want := (1 - p) / p / p; math.Abs(variance-want) > 0.05*want {
			t.Errorf("p = %v: variance of gaps %v, want %v", p, variance, want)
		}
	}
}

// createdBefore counts what advancing comes to, and does not move the stream.
func TestCountingAheadLeavesTheStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.001, 1).Draw(t, "p")
		var s source
		s.start(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 5000).Draw(t, "endpoint"), p, 1)
		for range rapid.IntRange(0, 20).Draw(t, "taken") {
			s.advance()
		}
		until := s.created + rapid.Int64Range(-5, 2000).Draw(t, "ahead")
		before, counted, n := s, s.createdBefore(until), int64(0)
		if s != before {
			t.Fatal("counting moved the stream")
		}
		for ; s.created < until; n++ {
			s.advance()
		}
		if n != counted {
			t.Errorf("counted %d packets before cycle %d, there are %d", counted, until, n)
		}
	})
}

// Destinations of an endpoint do not depend on the rate, and streams of endpoints and
// seeds differ.
func TestStreamsAreApart(t *testing.T) {
	draws := func(seed uint64, endpoint int, p float64) [8]int {
		var s source
		s.start(seed, endpoint, p, 1)
		var list [8]int
		for i := range list {
			list[i] = s.draw(1 << 20)
			s.advance()
		}
		return list
	}
	one := draws(1, 0, 0.1)
	if one != draws(1, 0, 0.7) {
		t.Error("the rate changes the destinations")
	}
	if one == draws(2, 0, 0.1) || one == draws(1, 1, 0.1) {
		t.Error("two streams are one")
	}
}

func TestDrawsAreUniform(t *testing.T) {
	var s source
	s.start(7, 0, 0.5, 1)
	const bins, n = 17, 170_000
	var counts [bins]float64
	for range n {
		counts[s.draw(bins)]++
	}
	chi := 0.0
	for _, c := range counts {
		chi += (c - n/bins) * (c - n/bins) / (n / bins)
	}
	if chi > 39.3 { // the 99.9% quantile for 16 degrees of freedom
		t.Errorf("chi-square of %d bins is %v", bins, chi)
	}
}
