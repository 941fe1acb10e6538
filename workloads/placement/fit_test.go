package placement_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

func TestFitPlacesEveryExpertOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		profiles := drawProfiles(t, m.experts)
		seed := rapid.Uint64().Draw(t, "seed")
		shape := placement.Shape{}
		for _, profile := range profiles {
			shape.LayerExperts = append(shape.LayerExperts, profile.Experts())
		}
		for _, policy := range quickPolicies(t) {
			for _, allocation := range placement.Allocators() {
				p, r, err := placement.Fit(policy, allocation, profiles, m.chiplets, m.groups, seed)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Validate(shape); err != nil {
					t.Fatalf("%s, %s: %v", policy.Name(), allocation.Name(), err)
				}
				checkReport(t, p, r, profiles)
				again, _, err := placement.Fit(policy, allocation, profiles, m.chiplets, m.groups, seed)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(p, again); diff != "" {
					t.Fatalf("%s, %s: second fit differs:\n%s", policy.Name(), allocation.Name(), diff)
				}
			}
		}
	})
}

// quickPolicies are all policies, those that search with little time to do so.
func quickPolicies(t rapid.TB) (policies []placement.Policy) {
	for _, p := range placement.Policies() {
		policy, err := placement.NewPolicy(p.Name(), placement.Options{LoadWeight: 1, AnnealSteps: 5})
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, policy)
	}
	return policies
}

// checkReport derives what the report says of each layer from the placement.
func checkReport(t *rapid.T, p placement.Placement, r placement.Report, profiles []routing.Profile) {
	at := 0
	for l, profile := range profiles {
		if profile.Experts() == 0 {
			if p.ExpertToChiplet[l] != nil || p.ChipletExperts(l) != nil {
				t.Fatalf("dense layer %d has experts", l)
			}
			continue
		}
		layer := r.Layers[at]
		at++
		if layer.Layer != l {
			t.Fatalf("report %d is of layer %d, want %d", at, layer.Layer, l)
		}
		group := make([]float64, p.Groups)
		for e, c := range p.ExpertToChiplet[l] {
			group[p.ChipletToGroup()[c]] += profile.V[e]
			k := slices.Index(layer.ClusterToChiplet, c)
			if !slices.Contains(p.ChipletExperts(l)[c], e) || !slices.Contains(layer.Clusters[k], e) {
				t.Fatalf("layer %d: expert %d is on chiplet %d but not in its list or not in cluster %d", l, e, c, k)
			}
			if layer.Allocation.ClusterToGroup[k] != p.GroupOf(c) {
				t.Fatalf("layer %d: cluster %d of group %d is on chiplet %d", l, k, layer.Allocation.ClusterToGroup[k], c)
			}
		}
		var squares float64
		for _, x := range group {
			squares += (x - 1/float64(p.Groups)) * (x - 1/float64(p.Groups))
		}
		if got := layer.Allocation.Objective; math.Abs(got-math.Sqrt(squares)) > tolerance {
			t.Fatalf("layer %d: objective %g, is %g", l, got, math.Sqrt(squares))
		}
		want := slices.Max(group) * float64(p.Groups)
		if math.Abs(layer.GroupImbalance-want) > tolerance {
			t.Fatalf("layer %d: group imbalance %g, is %g", l, layer.GroupImbalance, want)
		}
		checkLoadOrder(t, p, l, profile.V, layer.LoadOrder)
	}
	if at != len(r.Layers) {
		t.Fatalf("%d layers reported, want %d", len(r.Layers), at)
	}
}

func checkLoadOrder(t *rapid.T, p placement.Placement, layer int, v []float64, order [][]int) {
	load, err := p.ChipletLoad(layer, v)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	for g, chiplets := range order {
		for i, c := range chiplets {
			if p.GroupOf(c) != g {
				t.Fatalf("layer %d: group %d loads chiplet %d of group %d", layer, g, c, p.GroupOf(c))
			}
			if i > 0 && (load[chiplets[i-1]] < load[c] || load[chiplets[i-1]] == load[c] && chiplets[i-1] > c) {
				t.Fatalf("layer %d: group %d loads chiplet %d before %d", layer, g, chiplets[i-1], c)
			}
		}
		seen = append(seen, chiplets...)
	}
	slices.Sort(seen)
	for c := range p.Chiplets {
		if len(seen) != p.Chiplets || seen[c] != c {
			t.Fatalf("layer %d: load order visits chiplets %v", layer, seen)
		}
	}
}

// Eight experts on four chiplets in two groups, followed by hand.
func TestFitByHand(t *testing.T) {
	profile := routing.Profile{V: []float64{.30, .10, .05, .05, .20, .10, .10, .10}}
	// Clusters {0,1} .40, {2,3} .10, {4,5} .30, {6,7} .20: balanced pairs .40
	// with .10, so clusters 0 and 1 fill group 0 and 2 and 3 fill group 1.
	profiles := []routing.Profile{{}, profile}
	p, r, err := placement.Fit(placement.Contiguous{}, balanced(), profiles, 4, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]int{nil, {0, 0, 1, 1, 2, 2, 3, 3}}, p.ExpertToChiplet); diff != "" {
		t.Errorf("placement (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 0, 1, 1}, p.ChipletToGroup()); diff != "" {
		t.Errorf("wiring (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{{0, 1}, {2, 3}}, r.Layers[0].LoadOrder); diff != "" {
		t.Errorf("load order (-want +got):\n%s", diff)
	}

	// With clusters 1 and 2 exchanged, .40 + .30 would share a group; balanced
	// puts cluster 2 on chiplet 1 instead, in order it stays on chiplet 2.
	profile.V = []float64{.30, .10, .20, .10, .05, .05, .10, .10}
	profiles[1] = profile
	for _, tc := range []struct {
		allocation placement.Allocator
		want       []int
		imbalance  float64
		order      [][]int
	}{
		{balanced(), []int{0, 0, 2, 2, 1, 1, 3, 3}, 1, [][]int{{0, 1}, {2, 3}}},
		{placement.InOrder{}, []int{0, 0, 1, 1, 2, 2, 3, 3}, 1.4, [][]int{{0, 1}, {3, 2}}},
	} {
		p, r, err := placement.Fit(placement.Contiguous{}, tc.allocation, profiles, 4, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, p.ExpertToChiplet[1]); diff != "" {
			t.Errorf("%s: placement (-want +got):\n%s", tc.allocation.Name(), diff)
		}
		if got := r.Layers[0].GroupImbalance; math.Abs(got-tc.imbalance) > tolerance {
			t.Errorf("%s: group imbalance %g, want %g", tc.allocation.Name(), got, tc.imbalance)
		}
		if diff := cmp.Diff(tc.order, r.Layers[0].LoadOrder); diff != "" {
			t.Errorf("%s: load order (-want +got):\n%s", tc.allocation.Name(), diff)
		}
	}
}

func TestRandomDependsOnSeedAndLayerOnly(t *testing.T) {
	cluster := func(seed uint64, layer int, profile routing.Profile) [][]int {
		clusters, err := placement.Random{}.Cluster(placement.LayerInput{Layer: layer, Profile: profile, Clusters: 16, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return clusters
	}
	a, b := drawnProfile(1, 20, 64, 8), drawnProfile(2, 20, 64, 8)
	if diff := cmp.Diff(cluster(1, 3, a), cluster(1, 3, b)); diff != "" {
		t.Errorf("another profile gives another layout:\n%s", diff)
	}
	if cmp.Equal(cluster(1, 3, a), cluster(2, 3, a)) {
		t.Error("seeds 1 and 2 give the same layout")
	}
	if cmp.Equal(cluster(1, 3, a), cluster(1, 4, a)) {
		t.Error("layers 3 and 4 have the same layout")
	}
}

func TestFitNamesWhatIsWrong(t *testing.T) {
	good := drawnProfile(1, 50, 64, 8)
	empty := routing.Profile{V: make([]float64, 64)}
	odd := routing.Profile{V: make([]float64, 65)}
	odd.V[0] = 1
	for _, tc := range []struct {
		name             string
		policy           placement.Policy
		profiles         []routing.Profile
		chiplets, groups int
		want             []string
	}{
		{"experts", placement.Contiguous{}, []routing.Profile{odd, {}, odd}, 16, 4,
			[]string{"layer 0: 65 experts do not divide evenly over 16 chiplets", "layer 2: 65 experts"}},
		{"groups", placement.Contiguous{}, []routing.Profile{good}, 16, 3,
			[]string{"16 chiplets do not divide evenly into 3 groups"}},
		{"no machine", placement.Contiguous{}, []routing.Profile{good}, 0, -1,
			[]string{"number of chiplets must be positive, got 0", "number of groups must be positive, got -1"}},
		{"empty profile", placement.Contiguous{}, []routing.Profile{good, empty}, 16, 4,
			[]string{"layer 1: shares of the experts sum to 0, want 1"}},
		{"no matrix", placement.Algorithm1{}, []routing.Profile{{V: good.V}}, 16, 4,
			[]string{"layer 0: policy algorithm1: co-activation matrix has 0 rows for 64 experts"}},
		{"broken policy", twice{}, []routing.Profile{good}, 16, 4,
			[]string{"layer 0: policy twice: expert 0 is placed twice"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := placement.Fit(tc.policy, balanced(), tc.profiles, tc.chiplets, tc.groups, 1)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

// twice is a policy with a defect: expert 0 takes the place of expert 63.
type twice struct{ placement.Contiguous }

func (twice) Name() string { return "twice" }

func (p twice) Cluster(in placement.LayerInput) ([][]int, error) {
	clusters, err := p.Contiguous.Cluster(in)
	clusters[15][3] = 0
	return clusters, err
}

func TestNamesFindWhatTheyName(t *testing.T) {
	for _, want := range placement.Policies() {
		got, err := placement.NewPolicy(want.Name(), placement.DefaultOptions())
		if err != nil || got != want {
			t.Errorf("policy %s: got %v, %v", want.Name(), got, err)
		}
	}
	for _, want := range placement.Allocators() {
		got, err := placement.AllocatorByName(want.Name())
		if err != nil || got != want {
			t.Errorf("allocator %s: got %v, %v", want.Name(), got, err)
		}
	}
	const want = `unknown placement policy "algoritm1", want one of contiguous, round-robin, random, algorithm1, algorithm1-swaps, greedy-balanced, annealed`
	if _, err := placement.NewPolicy("algoritm1", placement.DefaultOptions()); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
