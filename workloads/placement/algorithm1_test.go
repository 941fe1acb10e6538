package placement_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"pgregory.net/rapid"
)

// six is the matrix of the golden cases, small enough to follow by hand.
func six() routing.Profile {
	return routing.Profile{
		V: []float64{.1, .2, .2, .2, .1, .2},
		C: [][]float64{
			{0, 1, 7, 2, 3, 0},
			{1, 0, 4, 9, 1, 5},
			{7, 4, 0, 6, 2, 3},
			{2, 9, 6, 0, 2, 8},
			{3, 1, 2, 2, 0, 4},
			{0, 5, 3, 8, 4, 0},
		},
	}
}

func TestAlgorithm1ByHand(t *testing.T) {
	for _, tc := range []struct {
		name string
		want [][]int
	}{
		{
			// The most co-activated pair is (1,3) with 9. With {1,3} the others
			// sum to 0:3, 2:10, 4:3, 5:13, so 5 joins. With {1,3,5}: 0:3, 2:13,
			// 4:7, so 0 starts the second. With {0}: 2:7, 4:3, so 2 joins, then 4.
			name: "two of three",
			want: [][]int{{1, 3, 5}, {0, 2, 4}},
		},
		{
			// After {1,3} the experts 0 and 4 tie at 3: the lower one starts.
			// With {0}: 2:7, 4:3, 5:0, so 2 joins. With all of {1,3,0,2}: 4:8,
			// 5:16, so 4 starts the third. With the last cluster {0,2} alone it
			// would be 4:5, 5:3, and 5 would.
			name: "three of two",
			want: [][]int{{1, 3}, {0, 2}, {4, 5}},
		},
		{
			// The pair is cut to its lower expert. With {1}: 0:1, 4:1, so 0; with
			// {1,0}: 2:11, 3:11, 4:4, 5:5, so 4; then 2:13, 3:13, 5:9, so 5; then
			// 2:16, 3:21.
			name: "six of one",
			want: [][]int{{1}, {0}, {4}, {5}, {2}, {3}},
		},
		{
			// With {1,3}: 5 at 13; with {1,3,5}: 2 at 13; with {1,3,5,2}: 0:10, 4:9.
			name: "one of six",
			want: [][]int{{1, 3, 5, 2, 0, 4}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := placement.Algorithm1{}.Cluster(placement.LayerInput{Profile: six(), Clusters: len(tc.want)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("clusters (-want +got):\n%s", diff)
			}
		})
	}
}

// Two blocks of experts that never meet must each end up in clusters of their
// own, wherever their numbers lie.
func TestAlgorithm1NeverMixesSeparateBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 5).Draw(t, "cluster size")
		blocks := rapid.IntRange(2, 4).Draw(t, "blocks")
		n := size * blocks
		ids := make([]int, n)
		for i := range ids {
			ids[i] = i
		}
		perm := rapid.Permutation(ids).Draw(t, "experts")
		p := routing.Profile{V: make([]float64, n), C: make([][]float64, n)}
		block := make([]int, n)
		for i, e := range perm {
			block[e] = i / size
		}
		for i := range p.C {
			p.C[i] = make([]float64, n)
		}
		for i := range n {
			for j := range i {
				if block[i] == block[j] {
					x := float64(rapid.IntRange(1, 9).Draw(t, "tokens"))
					p.C[i][j], p.C[j][i] = x, x
				}
			}
		}
		clusters, err := placement.Algorithm1{}.Cluster(placement.LayerInput{Profile: p, Clusters: blocks})
		if err != nil {
			t.Fatal(err)
		}
		for k, cluster := range clusters {
			for _, e := range cluster {
				if block[e] != block[cluster[0]] {
					t.Fatalf("cluster %d mixes blocks: %v", k, cluster)
				}
			}
		}
	})
}

func TestAlgorithm1RefusesWrongMatrices(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(p *routing.Profile)
		want  string
	}{
		{"missing", func(p *routing.Profile) { p.C = nil }, "co-activation matrix has 0 rows for 6 experts"},
		{"ragged", func(p *routing.Profile) { p.C[2] = p.C[2][:5] }, "co-activation row 2 has 5 entries for 6 experts"},
		{"asymmetric", func(p *routing.Profile) { p.C[0][1] = 2 }, "co-activation of experts 0 and 1 is 2 one way and 1 the other"},
		{"negative", func(p *routing.Profile) { p.C[0][1] = -1 }, "co-activation of experts 0 and 1 is -1"},
		{"not a number", func(p *routing.Profile) { p.C[3][3] = math.NaN() }, "co-activation of experts 3 and 3 is NaN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := six()
			tc.spoil(&p)
			_, err := placement.Algorithm1{}.Cluster(placement.LayerInput{Profile: p, Clusters: 3})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
		})
	}
}
