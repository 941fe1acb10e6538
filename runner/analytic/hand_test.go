package analytic

import (
	"math"
	"testing"

	"mozart/components/chiplet"
	"mozart/configs/units"
	"mozart/runner/config"
	"mozart/workloads/op"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Abs(want) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// Two tiles of one array of 2 x 4, one byte per element, 8 B of SRAM per cycle each.
func tiny(change func(*chiplet.Spec)) roof {
	s := chiplet.DefaultSpec()
	s.Tile.Tiles, s.Tile.ArraysPerTile, s.Tile.ArrayRows, s.Tile.ArrayCols = 2, 1, 2, 4
	s.Tile.ElementBytes, s.Tile.AccumulatorBytes = 1, 2
	s.Tile.SRAMBandwidth = 8 * units.GBPerSecond
	s.Tile.VectorLanes = 4
	s.Tile.Mapping = "mn"
	if change != nil {
		change(&s)
	}
	return newRoof(s, units.GHz)
}

func TestRooflineByHand(t *testing.T) {
	// 4 x 10 by 10 x 8: 2 x 2 folds, two rounds of 10 cycles and 2 + 4 to fill. Of a,
	// 40 B are read twice, of b, 80 B twice, and 32 B written: 272 B at 16 B a cycle.
	r := tiny(nil)
	near(t, "arrays", r.gemm(4, 10, 8, 1), 26)
	// At half the rate the SRAM is the limit: 272 B at 8 B a cycle.
	r = tiny(func(s *chiplet.Spec) { s.Tile.SRAMBandwidth = 4 * units.GBPerSecond })
	near(t, "SRAM", r.gemm(4, 10, 8, 1), 34)
	// Reuse of 2 reads every operand once: 152 B.
	r = tiny(func(s *chiplet.Spec) { s.Tile.OperandReuse, s.Tile.SRAMBandwidth = 2, 2*units.GBPerSecond })
	near(t, "SRAM with reuse", r.gemm(4, 10, 8, 1), 38)
	// Three jobs on two tiles take the SRAM of the fuller one: two of three thirds of
	// 6 x 10 by 10 x 4, which is 60 + 3 x 40 + 24 = 204 B.
	r = tiny(func(s *chiplet.Spec) { s.Tile.SRAMBandwidth = 2 * units.GBPerSecond })
	near(t, "fullest tile", r.gemm(6, 10, 4, 1), 204*2/3/2.0)
	// Weight stationary: k x n in space, 5 x 2 folds of which those over k follow each
	// other. 8 is what streams, and every result but the first sum comes and goes.
	r = tiny(func(s *chiplet.Spec) { s.Tile.Dataflow, s.Tile.SRAMBandwidth = "ws", 800*units.GBPerSecond })
	near(t, "weight stationary", r.gemm(8, 10, 8, 1), 5*8+6)
	vector := op.Op{Kind: op.Vector, M: 17, K: 3, Bytes: 34}
	near(t, "vector", tinyOp(&vector), 3*3+2+2*(2+4))
}

func tinyOp(o *op.Op) float64 {
	r := tiny(nil)
	return r.op(o)
}

// Two groups of one chiplet: root links of 16 wires (2 B per cycle), leaf links of 64.
func TestExchangeByHand(t *testing.T) {
	x, err := config.Load("tiny", []string{"hardware.topology.chiplets_per_group=1"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := x.Hardware.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n := newNetwork(x.Hardware, g)
	p := &op.Program{TokenBytes: 100}
	table := &op.Table{
		Tokens: 3, PerToken: 2,
		Copies: []op.Copy{
			{Token: 0, Chiplet: 0, Contributions: 2, FanIn: 1},
			{Token: 1, Chiplet: 0, Contributions: 1, FanIn: 1}, {Token: 1, Chiplet: 1, Contributions: 1, FanIn: 1},
			{Token: 2, Chiplet: 1, Contributions: 2, FanIn: 1},
		},
		Assignments: []int32{3, 3}, Copied: []int32{2, 2},
	}
	for _, c := range []struct {
		dispatch op.Dispatch
		combine  op.Combine
		packets  float64
	}{{op.DispatchPerExpert, op.CombineAtRoot, 3}, {op.DispatchPerChiplet, op.CombineInChiplet, 2}, {op.DispatchPerGroup, op.CombineInSwitch, 2}} {
		p.Dispatch, p.Combine = c.dispatch, c.combine
		down, _ := n.busiest(n.dispatch(p, table))
		up, name := n.busiest(n.combine(p, table))
		near(t, "down", down, c.packets*100/2)
		near(t, "up", up, c.packets*100/2)
		if name != "root link Switch[0] to Attention" {
			t.Errorf("the busiest link up is the %s", name)
		}
	}
	// A load of 8,000 B over leaf and stack links of 8 B per cycle.
	near(t, "load", n.moving(1, item{bytes: 8000, load: true}, 0), 1000)
	// Nothing is shared: each chiplet has its own stack.
	near(t, "load beside another", n.moving(1, item{bytes: 8000, load: true}, 1), 1000)
}

func TestSharedStacks(t *testing.T) {
	x, err := config.Load("tiny", nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := x.Hardware.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n := newNetwork(x.Hardware, g)
	near(t, "alone", n.moving(1, item{bytes: 8000}, 0), 1000)
	near(t, "beside one other", n.moving(1, item{bytes: 8000}, 1), 2000)
	if groups := n.groups(); len(groups) != 2 || len(groups[0]) != 2 || groups[1][0] != 3 {
		t.Errorf("groups %v", groups)
	}
}

// A chiplet that saves three items of 10 cycles' work, each in 15 cycles: the third
// waits until the first is stored.
func TestCourses(t *testing.T) {
	var k course
	k.work(10)
	k.work(10, 25)
	k.work(5, 20)
	near(t, "end", k.end, 40)
	near(t, "working", working([]course{k, {works: []interval{{5, 12}, {50, 60}}}}), 12+15+10)
}
