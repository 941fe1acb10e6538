package placement_test

import (
	"math"
	"testing"

	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// drawTrace returns a few layers of the named synthetic routing.
func drawTrace(t *testing.T, preset string, experts, topK int, stream uint64) *routing.Trace {
	t.Helper()
	spec, err := routing.SyntheticPreset(preset)
	if err != nil {
		t.Fatal(err)
	}
	src, err := routing.NewSynthetic(spec, experts, topK, routing.Draw{
		Model: preset, Layers: 4, Sequences: []int{1024, 1024}, Seed: 1, Stream: stream,
	})
	if err != nil {
		t.Fatal(err)
	}
	trace, err := routing.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// copies fits on one trace and returns the mean C_T of another.
func copies(t *testing.T, policy placement.Policy, allocation placement.Allocator, fitted, run *routing.Trace) float64 {
	t.Helper()
	profiles, err := routing.ProfileTrace(fitted, fitted.All())
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := placement.Fit(policy, allocation, profiles, 16, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for l := range run.Layers {
		ct, err := run.CopiesPerToken(l, p.ExpertToChiplet[l], run.All())
		if err != nil {
			t.Fatal(err)
		}
		sum += ct
	}
	return sum / float64(len(run.Layers))
}

// Fitted on some tokens and judged on others, Algorithm 1 must save at least a
// tenth of the copies that a random layout sends, wherever experts are chosen
// together, and must gain nothing where there is nothing to find. A random
// layout gives the uniform C_T, and the allocation to groups changes neither.
func TestAlgorithm1SavesCopiesOnOtherTokens(t *testing.T) {
	for _, tc := range []struct {
		preset        string
		experts, topK int
		structured    bool
	}{
		{"qwen3", 128, 8, true},
		{"olmoe", 64, 8, true},
		{"deepseek-moe", 64, 6, true},
		{routing.UniformPreset, 64, 8, false},
	} {
		t.Run(tc.preset, func(t *testing.T) {
			fitted := drawTrace(t, tc.preset, tc.experts, tc.topK, routing.ProfileStream)
			run := drawTrace(t, tc.preset, tc.experts, tc.topK, routing.RunStream)
			uniform := routing.UniformCT(tc.experts, 16, tc.topK)
			random := copies(t, placement.Random{}, balanced(), fitted, run)
			clustered := copies(t, placement.Algorithm1{}, balanced(), fitted, run)
			swapped := copies(t, placement.Algorithm1Swaps{}, balanced(), fitted, run)
			t.Logf("C_T: uniform %.3f, random %.3f, algorithm1 %.3f, with swaps %.3f", uniform, random, clustered, swapped)
			if tc.structured && swapped > 0.98*clustered {
				t.Errorf("swaps lower C_T from %.3f to %.3f, want 2%% or more", clustered, swapped)
			}
			if math.Abs(random/uniform-1) > 0.02 {
				t.Errorf("random layout has C_T %.3f, more than 2%% from the uniform %.3f", random, uniform)
			}
			if tc.structured && clustered > 0.9*random {
				t.Errorf("algorithm1 has C_T %.3f, random %.3f", clustered, random)
			}
			if !tc.structured && math.Abs(clustered/uniform-1) > 0.01 {
				t.Errorf("algorithm1 has C_T %.3f without structure, uniform is %.3f", clustered, uniform)
			}
			if inOrder := copies(t, placement.Algorithm1{}, placement.InOrder{}, fitted, run); inOrder != clustered {
				t.Errorf("C_T %.6f without allocation, %.6f with", inOrder, clustered)
			}
		})
	}
}

// The presets named after models reach the C_T of the paper's Table A within 3%: under
// a random layout (Mozart-B) and under Algorithm 1 (Mozart-C). DeepSeek-MoE's B lies
// above what a random layout of any routing has in the mean, and is not asked for.
func TestPresetsReachTheCopiesOfThePaper(t *testing.T) {
	for _, tc := range []struct {
		preset        string
		experts, topK int
		random, fit   float64
	}{
		{"qwen3", 128, 8, 6.58, 5.77},
		{"olmoe", 64, 8, 6.84, 5.63},
		{"olmoe-skewed", 64, 8, 6.84, 5.63},
		{"deepseek-moe", 64, 6, routing.UniformCT(64, 16, 6), 4.32},
		{"deepseek-moe-skewed", 64, 6, routing.UniformCT(64, 16, 6), 4.32},
	} {
		fitted := drawTrace(t, tc.preset, tc.experts, tc.topK, routing.ProfileStream)
		run := drawTrace(t, tc.preset, tc.experts, tc.topK, routing.RunStream)
		for _, x := range []struct {
			policy placement.Policy
			want   float64
		}{{placement.Random{}, tc.random}, {placement.Algorithm1{}, tc.fit}} {
			if got := copies(t, x.policy, balanced(), fitted, run); math.Abs(got/x.want-1) > .03 {
				t.Errorf("%s under %s: C_T %.3f, want %.2f", tc.preset, x.policy.Name(), got, x.want)
			}
		}
	}
}
