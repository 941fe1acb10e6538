package plan_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/workloads/routing"
)

// short cuts a built-in down to a step that is planned in milliseconds.
var short = []string{"workload.sequences=4", "workload.sequence_length=8", "routing.profile_tokens=256"}

func load(t *testing.T, name string, assignments ...string) *config.Experiment {
	t.Helper()
	x, err := config.Load(name, assignments)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func makePlan(t *testing.T, name string, assignments ...string) *plan.Plan {
	t.Helper()
	p, err := plan.Make(load(t, name, assignments...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// All built-ins can be planned; the program is for their machine and step.
func TestBuiltInsPlan(t *testing.T) {
	for _, name := range config.Names() {
		t.Run(name, func(t *testing.T) {
			p := makePlan(t, name, short...)
			x := p.Experiment
			if want := 1 + x.Hardware.Topology.Chiplets(); len(p.Program.Devices) != want {
				t.Errorf("a program for %d chiplets, want %d", len(p.Program.Devices), want)
			}
			if want := int64(x.Workload.Tokens()); p.Program.TokensPerStep != want {
				t.Errorf("a program for %d tokens, want %d", p.Program.TokensPerStep, want)
			}
			for i, d := range p.Program.Devices {
				// Less room than ops would have doubled it.
				if room := float64(cap(d.Ops)) / float64(len(d.Ops)); room > 1.5 {
					t.Errorf("device %d has room for %.2f times its %d ops", i, room, len(d.Ops))
				}
			}
			if p.Program.Policy != x.Policy || p.Program.Model != x.Model.Name {
				t.Errorf("the program is of %s under %s", p.Program.Model, p.Program.Policy)
			}
			if k := float64(x.Model.TopK); p.CopiesPerToken < 1 || p.CopiesPerToken > k {
				t.Errorf("%g copies per token of top-%g", p.CopiesPerToken, k)
			}
			for what, imbalance := range map[string]float64{"chiplet": p.ChipletImbalance, "group": p.GroupImbalance} {
				if imbalance < 1 || imbalance > float64(x.Hardware.Topology.Chiplets()) {
					t.Errorf("%s imbalance %g", what, imbalance)
				}
			}
		})
	}
}

// The same experiment gives the same plan, another seed another one.
func TestDeterminism(t *testing.T) {
	for _, name := range []string{"tiny", "olmoe-mozart-c"} {
		first, again := makePlan(t, name, short...), makePlan(t, name, short...)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s differs the second time", name)
		}
		other := makePlan(t, name, append(short, "seed=2")...)
		if reflect.DeepEqual(first.Program.Tables, other.Program.Tables) {
			t.Errorf("%s has the same routing under another seed", name)
		}
	}
}

// The mean C_T over random layouts is the closed form whatever the routing, and
// that of any layout is the closed form under uniform routing (paper 4.2).
func TestCopiesPerTokenOfUnspecializedLayouts(t *testing.T) {
	for _, tc := range []struct {
		assignments []string
		tolerance   float64
	}{
		{[]string{"placement.policy=contiguous", "routing.source=synthetic", "routing.synthetic=uniform"}, 0.01},
		{[]string{"placement.policy=random", "routing.source=synthetic", "routing.synthetic=uniform"}, 0.01},
		{[]string{"placement.policy=random"}, 0.02}, // 16 layers of real tables
	} {
		p := makePlan(t, "olmoe-mozart-b", append([]string{"workload.sequence_length=64", "routing.profile_tokens=256"}, tc.assignments...)...)
		if want := routing.UniformCT(64, 16, 8); p.Uniform != want || math.Abs(want-6.751) > 0.001 {
			t.Errorf("closed form %g, want %g, which is 6.751", p.Uniform, want)
		}
		if off := math.Abs(p.CopiesPerToken/p.Uniform - 1); off > tc.tolerance {
			t.Errorf("%q: %.4f copies per token, closed form %.4f: off by %.2f%%", tc.assignments, p.CopiesPerToken, p.Uniform, 100*off)
		}
	}
}

// Algorithm 1 on OLMoE's tables lowers C_T by more than 10% on tokens that it
// has not seen, towards the paper's 5.63.
func TestCopiesPerTokenOfAlgorithm1(t *testing.T) {
	p := makePlan(t, "olmoe-mozart-c", "workload.sequence_length=64")
	if p.CopiesPerToken > 0.9*p.Uniform || p.CopiesPerToken < 4 {
		t.Errorf("%.3f copies per token, random %.3f", p.CopiesPerToken, p.Uniform)
	}
	if allocated := makePlan(t, "olmoe-mozart-c", "workload.sequence_length=64", "placement.allocation=contiguous"); allocated.CopiesPerToken != p.CopiesPerToken {
		t.Errorf("group allocation changes C_T: %g and %g", p.CopiesPerToken, allocated.CopiesPerToken)
	}
}

// The placement does not know the tokens of the run: it stays as it is when the
// step changes, and changes when the profile does.
func TestPlacementIsFittedOnTheProfile(t *testing.T) {
	placed := func(assignments ...string) [][]int {
		return makePlan(t, "tiny", assignments...).Placement.ExpertToChiplet
	}
	one := placed()
	if other := placed("workload.sequence_length=16", "workload.sequences=4"); !cmp.Equal(one, other) {
		t.Errorf("other tokens in the step move experts from %v to %v", one, other)
	}
	if other := placed("routing.profile_tokens=3"); cmp.Equal(one, other) {
		t.Error("a profile of three tokens places experts as one of 512 does")
	}
}

// tinyTrace is a trace of the tiny model (2 layers, 8 experts, top-2) in a file.
// Token t chooses pair(t), the same in both layers.
func tinyTrace(t *testing.T, tokens int, pair func(token int) (uint16, uint16)) (string, *routing.Trace) {
	t.Helper()
	trace := &routing.Trace{Model: "tiny", Experts: 8, TopK: 2, Tokens: tokens, Sequences: []int{tokens}, Layers: make([]routing.Layer, 2)}
	for token := range tokens {
		a, b := pair(token)
		for l := range trace.Layers {
			trace.Layers[l].IDs = append(trace.Layers[l].IDs, a, b)
		}
	}
	path := filepath.Join(t.TempDir(), "tiny.mzr")
	if err := routing.WriteFile(path, trace.Source()); err != nil {
		t.Fatal(err)
	}
	return path, trace
}

func fromTrace(path string) []string {
	return []string{"routing.source=trace", "routing.trace=" + path, "workload.sequences=2", "workload.sequence_length=8"}
}

// A trace is split: its first tokens are the step, those after them the profile.
// In this one pairs of the step are never together in the profile.
func TestTraceIsSplit(t *testing.T) {
	path, trace := tinyTrace(t, 80, func(token int) (uint16, uint16) {
		e := uint16(token % 4)
		if token < 16 {
			return e, e + 4
		}
		return 2 * e, 2*e + 1
	})
	p := makePlan(t, "tiny", append(fromTrace(path), "routing.profile_tokens=40")...)
	if p.CopiesPerToken != 2 {
		t.Errorf("%g copies per token: pairs of the profile share a chiplet, those of the step never", p.CopiesPerToken)
	}
	for l, homes := range p.Placement.ExpertToChiplet {
		for e := 0; e < 8; e += 2 {
			if homes[e] != homes[e+1] {
				t.Errorf("layer %d: experts %d and %d are on chiplets %d and %d", l, e, e+1, homes[e], homes[e+1])
			}
		}
	}
	want := fmt.Sprintf("recorded trace %s of %s: the step takes its first 16 tokens, the placement is profiled on the next 40", path, trace.Model)
	if p.RoutingOrigin != want {
		t.Errorf("origin is\n%s\nwant\n%s", p.RoutingOrigin, want)
	}
	rest := makePlan(t, "tiny", append(fromTrace(path), "routing.profile_tokens=4000")...)
	if !strings.HasSuffix(rest.RoutingOrigin, "on the next 64") {
		t.Errorf("a profile longer than the trace: %s", rest.RoutingOrigin)
	}
}

// Of a long trace no more is read than the step and the profile take: this file
// promises a billion tokens and holds its first block, of 65,536.
func TestLongTraceIsNotReadToItsEnd(t *testing.T) {
	whole, trace := tinyTrace(t, 1<<16, func(token int) (uint16, uint16) {
		e := uint16(token*token) % 7
		return e, e + 1
	})
	h := trace.Header()
	h.Tokens, h.Sequences = 1<<30, []int{1 << 30}
	path := filepath.Join(t.TempDir(), "long.mzr")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := routing.NewWriter(file, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(routing.Block{Tokens: trace.Tokens, Layers: trace.Layers}); err != nil {
		t.Fatal(err)
	}
	want, got := makePlan(t, "tiny", fromTrace(whole)...), makePlan(t, "tiny", fromTrace(path)...)
	if !reflect.DeepEqual(want.Program, got.Program) || !reflect.DeepEqual(want.Fit, got.Fit) {
		t.Error("the plan is not that of the tokens at the start")
	}
}

// Within a group the heaviest cluster loads first: the ranks are a permutation,
// and a chiplet of lower rank has at least the load of the next.
func TestLoadRanks(t *testing.T) {
	// Expert e is chosen more often than expert e+1.
	path, trace := tinyTrace(t, 400, func(token int) (uint16, uint16) {
		e := uint16(math.Sqrt(float64(token % 49)))
		return 6 - e, 7 - e
	})
	p := makePlan(t, "tiny", append(fromTrace(path), "routing.profile_tokens=384", "placement.policy=contiguous", "placement.allocation=contiguous")...)
	profile, err := routing.ProfileLayer(trace, 0, routing.Range{From: 16, To: 400})
	if err != nil {
		t.Fatal(err)
	}
	for l, homes := range p.Placement.ExpertToChiplet {
		load := make([]float64, 4)
		for e, c := range homes {
			load[c] += profile.V[e]
		}
		order := p.Fit.Layers[l].LoadOrder
		for g, group := range order {
			if sorted := slices.Sorted(slices.Values(group)); !slices.Equal(sorted, []int{2 * g, 2*g + 1}) {
				t.Errorf("layer %d: group %d loads chiplets %v", l, g, group)
			}
			if load[group[0]] < load[group[1]] {
				t.Errorf("layer %d: chiplet %d of load %g loads before %d of load %g", l, group[0], load[group[0]], group[1], load[group[1]])
			}
		}
		want := make([]int, 4)
		for _, group := range order {
			want[group[1]] = 1
		}
		if got := plan.LoadRanks(p)[l]; !slices.Equal(got, want) {
			t.Errorf("layer %d: ranks %v, want %v for the order %v", l, got, want, order)
		}
	}
}

// The reader of a result learns where its routing is from, how experts were
// placed, and that the memory is too small.
func TestNotes(t *testing.T) {
	for _, tc := range []struct {
		name        string
		assignments []string
		want        []string
	}{
		{"tiny", nil, []string{
			"routing: synthetic: 4 topics, topic strength 2, bias sigma 0, seed 1; placement profiled on 512 other tokens of the same generator",
			"placement: algorithm1, allocation balanced",
		}},
		{"olmoe-baseline", append(short, "seed=9"), []string{
			"routing: recorded tables of OLMoE-1B-7B-0924 (wikipedia), layers 0, 7, 15; other layers use the nearest recorded one under their own permutation of expert ids, seed 9; placement profiled on 256 other tokens of the same tables",
			"placement: random, allocation contiguous",
		}},
		{"qwen3-baseline", short, []string{
			"routing: synthetic: 64 topics, topic strength 3, bias sigma 0, seed 1; placement profiled on 256 other tokens of the same generator",
			"placement: random, allocation contiguous",
			"memory: Stack[0] of group 0 needs 14.5 GB and has 8.6 GB (allowed by allow_overflow)",
		}},
	} {
		if diff := cmp.Diff(tc.want, makePlan(t, tc.name, tc.assignments...).Notes()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
