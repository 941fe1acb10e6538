package flit_test

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/flit"
)

var allocatorNames = []string{"islip", "islip:3", "separable-input-first", "round-robin"}

func parse(t tb, name string) flit.Allocator {
	a, err := flit.ParseAllocator(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAllocatorNames(t *testing.T) {
	for _, name := range []string{"", "isl", "islip:0", "islip:x", "islip:65", "round-robin:2", "islip:"} {
		if _, err := flit.ParseAllocator(name); err == nil {
			t.Errorf("%q is an allocator", name)
		}
	}
}

// Whatever is asked for, every input VC gets one output VC at most that it asked for,
// every output VC goes to one at most, and the order of the requests does not matter.
func TestVCAllocatorsMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const inputs, ports, vcs = 10, 3, 4
		name := rapid.SampledFrom(allocatorNames).Draw(t, "allocator")
		a, b := parse(t, name).VC(inputs, ports*vcs), parse(t, name).VC(inputs, ports*vcs)
		for range 10 {
			var reqs []flit.VCRequest
			for _, in := range rapid.SliceOfNDistinct(rapid.Int32Range(0, inputs-1), 1, inputs, rapid.ID).Draw(t, "inputs") {
				reqs = append(reqs, flit.VCRequest{
					In: in, First: vcs * rapid.Int32Range(0, ports-1).Draw(t, "port"), Free: rapid.Uint64Range(1, 1<<vcs-1).Draw(t, "free"), Got: -1,
				})
			}
			other := slices.Clone(reqs)
			slices.Reverse(other)
			a.Allocate(reqs)
			b.Allocate(other)
			slices.Reverse(other)
			if !slices.Equal(reqs, other) {
				t.Fatalf("%v, but in another order %v", reqs, other)
			}
			checkVCs(t, reqs, name == "round-robin")
		}
	})
}

func checkVCs(t *rapid.T, reqs []flit.VCRequest, maximal bool) {
	taken := map[int32]bool{}
	for _, q := range reqs {
		if q.Got < 0 {
			continue
		}
		if q.Free>>q.Got&1 == 0 || taken[q.First+q.Got] {
			t.Fatalf("%v", reqs)
		}
		taken[q.First+q.Got] = true
	}
	if len(taken) == 0 {
		t.Fatalf("nothing for %v", reqs)
	}
	for _, q := range reqs {
		for m := q.Free; maximal && q.Got < 0 && m != 0; m &= m - 1 {
			if !taken[q.First+int32(bits.TrailingZeros64(m))] {
				t.Fatalf("%+v got nothing of %v", q, reqs)
			}
		}
	}
}

// The same of switch allocators. Requests of an input for one VC are a multicast.
func TestSwitchAllocatorsMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const inputs, outputs = 6, 5
		a := parse(t, rapid.SampledFrom(allocatorNames).Draw(t, "allocator")).Switch(inputs, outputs)
		for range 10 {
			var reqs []flit.SwitchRequest
			for in := range int32(inputs) {
				for _, out := range rapid.SliceOfNDistinct(rapid.Int32Range(0, outputs-1), 0, outputs, rapid.ID).Draw(t, "outputs") {
					reqs = append(reqs, flit.SwitchRequest{In: in, Out: out, VC: 10*in + rapid.Int32Range(0, 2).Draw(t, "vc"), Rank: rapid.Uint8Range(0, 2).Draw(t, "rank")})
				}
			}
			if len(reqs) == 0 {
				continue
			}
			a.Allocate(reqs)
			in, out := map[int32]int32{}, map[int32]bool{}
			for _, q := range reqs {
				if !q.Granted {
					continue
				}
				if vc, ok := in[q.In]; out[q.Out] || ok && vc != q.VC {
					t.Fatalf("%+v", reqs)
				}
				in[q.In], out[q.Out] = q.VC, true
			}
			if len(out) == 0 {
				t.Fatalf("nothing for %+v", reqs)
			}
		}
	})
}

// When everybody always wants everything, everybody gets the same.
func TestAllocatorsAreFair(t *testing.T) {
	const n, cycles = 4, 400
	for _, name := range allocatorNames {
		a := parse(t, name).Switch(n, n)
		var served [n][n]int
		for range cycles {
			var reqs []flit.SwitchRequest
			for i := range int32(n * n) {
				reqs = append(reqs, flit.SwitchRequest{In: i / n, Out: i % n, VC: i})
			}
			a.Allocate(reqs)
			for _, q := range reqs {
				if q.Granted {
					served[q.In][q.Out]++
				}
			}
		}
		for in := range served {
			sum := 0
			for _, k := range served[in] {
				sum += k
			}
			if sum < cycles/n-4 {
				t.Errorf("%s: input %d was served %v times", name, in, served[in])
			}
		}
	}
}

// iSLIP's pointers come apart when all inputs want all outputs: from then on, every
// output is busy in every cycle with one iteration.
func TestISLIPDesynchronizes(t *testing.T) {
	const n = 8
	a := parse(t, "islip").Switch(n, n)
	for cycle := range 3 * n {
		var reqs []flit.SwitchRequest
		for i := range int32(n * n) {
			reqs = append(reqs, flit.SwitchRequest{In: i / n, Out: i % n, VC: i})
		}
		a.Allocate(reqs)
		granted := 0
		for _, q := range reqs {
			if q.Granted {
				granted++
			}
		}
		if want := min(cycle+1, n); granted != want {
			t.Errorf("cycle %d: %d grants, want %d", cycle, granted, want)
		}
	}
}

// A lower rank goes first, wherever the pointers are. Round-robin knows ranks within an
// input only.
func TestRanksGoFirst(t *testing.T) {
	for _, name := range []string{"islip", "islip:3", "separable-input-first"} {
		a := parse(t, name).Switch(3, 1)
		for range 7 {
			reqs := []flit.SwitchRequest{{In: 0, VC: 1, Rank: 1}, {In: 1, VC: 2}, {In: 2, VC: 3, Rank: 2}}
			a.Allocate(reqs)
			if !reqs[1].Granted {
				t.Errorf("%s: %+v", name, reqs)
			}
		}
	}
}
