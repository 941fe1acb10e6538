package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/configs/units"
	"mozart/interconnect/topology"
)

func TestDescribeNetwork(t *testing.T) {
	widths := func(e topology.Edge) (int64, int64) {
		return map[topology.Level]int64{topology.LevelRouter: 64, topology.LevelRoot: 29, topology.LevelMid: int64(100 * e.Depth)}[e.Level] + 8, 1 + int64(e.Depth)
	}
	mesh, err := topology.Package(topology.Net{Kind: topology.NetworkTorus, Width: 4, Height: 2}, topology.DefaultTreeSpec())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := topology.NoPTree(topology.TreeSpec{Groups: 4, Levels: []int{4, 4}, ChipletsPerGroup: 16, StacksPerGroup: 1, AttentionStacks: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		g    *topology.Graph
		want string
	}{
		{mesh, `# Network: torus, dimension-order routing, 2 lanes of virtual channels
#   nodes      1 attention, 8 switch, 16 expert, 6 stack; switches of up to 7 ports
#   links      12 router          72 bits per cycle  4.5 GB/s  1 cycle
#              1 attention        8 bits per cycle   500 MB/s  1 cycle
#              16 leaf            8 bits per cycle   500 MB/s  1 cycle
#              4 stack            8 bits per cycle   500 MB/s  1 cycle
#              2 attention-stack  8 bits per cycle   500 MB/s  1 cycle
#   distances  up to 6 links between endpoints, 3.65 on average
#   domains    5
#   bisection  8 links, 4 GB/s per direction (best found)
`},
		{tree, `# Network: nop-tree, shortest routing, 1 lane of virtual channels
#   nodes      1 attention, 84 switch, 1024 expert, 66 stack; switches of up to 18 ports
#   links      4 root             37 bits per cycle   2.3125 GB/s  1 cycle
#              16 mid 1           108 bits per cycle  6.75 GB/s    2 cycles
#              64 mid 2           208 bits per cycle  13 GB/s      3 cycles
#              1024 leaf          8 bits per cycle    500 MB/s     4 cycles
#              64 stack           8 bits per cycle    500 MB/s     4 cycles
#              2 attention-stack  8 bits per cycle    500 MB/s     1 cycle
#   distances  up to 8 links between endpoints, 7.33 on average
#   domains    5
#   bisection  2 links, 4.625 GB/s per direction (exact)
`},
	} {
		if diff := cmp.Diff(tc.want, describeNetwork(tc.g.WithLinks(widths), 500*units.MHz)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
