package floorplan_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/configs/units"
	"mozart/runner/floorplan"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1, math.Abs(want)) }

// The chiplet of the paper's default: 100 tiles of 16 arrays of 16 x 16.
func paperChiplet() floorplan.Chiplet {
	return floorplan.Chiplet{Tiles: 100, ArraysPerTile: 16, ArrayRows: 16, ArrayCols: 16, VectorLanes: 64, SRAMBytes: 226_500_000, Wires: 880}
}

func TestChipletArea(t *testing.T) {
	s := floorplan.DefaultSpec()
	d := s.Chiplet(paperChiplet())
	for i, want := range []float64{
		409_600 * 2255e-6, // processing elements
		6400 * 1161e-6,    // lanes
		880 * 0.0025,      // bumps of 50 um
	} {
		if got := d.Logic.Blocks[i].MM2; !near(got, want) {
			t.Errorf("%s: %v mm2, want %v", d.Logic.Blocks[i].Name, got, want)
		}
	}
	if got, want := d.Memory.MM2(), 226_500_000*8*0.127e-6/0.5; !near(got, want) {
		t.Errorf("SRAM: %v mm2, want %v", got, want)
	}
	if d.FootprintMM2() != d.Logic.MM2() || !near(d.ActiveMM2(), d.Logic.MM2()+d.Memory.MM2()) || !near(d.EdgeMM()*d.EdgeMM(), d.FootprintMM2()) {
		t.Errorf("footprint %v mm2, edge %v mm, active %v mm2", d.FootprintMM2(), d.EdgeMM(), d.ActiveMM2())
	}
}

// With few processing elements the SRAM is what takes the room.
func TestTheLargerDieIsTheFootprint(t *testing.T) {
	c := paperChiplet()
	c.ArraysPerTile = 1
	d := floorplan.DefaultSpec().Chiplet(c)
	if d.FootprintMM2() != d.Memory.MM2() || d.Memory.MM2() <= d.Logic.MM2() {
		t.Errorf("footprint %v mm2, logic %v, SRAM %v", d.FootprintMM2(), d.Logic.MM2(), d.Memory.MM2())
	}
}

func TestSwitchArea(t *testing.T) {
	s := floorplan.DefaultSpec()
	d := s.Switch(floorplan.Switch{BufferBytes: 6 << 20, EntryBytes: 8 << 20, Adders: 64, Wires: 4458})
	want := float64(14<<20)*8*0.254e-6 + 64*527e-6 + 4458*0.0025
	if got := d.FootprintMM2(); !near(got, want) {
		t.Errorf("%v mm2, want %v", got, want)
	}
	if got := s.StackDie().FootprintMM2(); got != 92 {
		t.Errorf("a stack takes %v mm2, want 92", got)
	}
}

// The paper: 20 wires per mm of edge and layer.
func TestWires(t *testing.T) {
	s := floorplan.DefaultSpec()
	if got := s.EdgeWires(22); got != 440 {
		t.Errorf("22 mm have %d wires, want 440", got)
	}
	if got := s.BondWires(1); got != 400 {
		t.Errorf("1 mm2 has %d bonds, want 400", got)
	}
	s.Layers = 3
	if got := s.EdgeWires(1.01); got != 60 {
		t.Errorf("1.01 mm in three layers have %d wires, want 60", got)
	}
}

func overlap(a, b floorplan.Placed) bool {
	const slack = 1e-9
	edgeA, edgeB := a.Die.EdgeMM(), b.Die.EdgeMM()
	return a.XMM+edgeA > b.XMM+slack && b.XMM+edgeB > a.XMM+slack && a.YMM+edgeA > b.YMM+slack && b.YMM+edgeB > a.YMM+slack
}

func TestPlacesKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := floorplan.DefaultSpec()
		s.Spacing = units.Length(rapid.IntRange(0, 5).Draw(t, "mm")) * units.Millimeter
		var sites []floorplan.Site
		area := 0.0
		for i := range rapid.IntRange(1, 25).Draw(t, "sites") {
			die := s.StackDie()
			kind := floorplan.Stack
			if rapid.Bool().Draw(t, "chiplet") {
				c := paperChiplet()
				c.Tiles = rapid.IntRange(1, 100).Draw(t, "tiles")
				die, kind = s.Chiplet(c), floorplan.Expert
			}
			sites = append(sites, floorplan.Site{Name: fmt.Sprint(i), Kind: kind, Group: rapid.IntRange(-1, 4).Draw(t, "group"), Die: die})
			area += die.FootprintMM2()
		}
		p := s.Place(sites)
		if len(p.Dies) != len(sites) {
			t.Fatalf("%d dies placed of %d", len(p.Dies), len(sites))
		}
		if got := p.Areas(); !near(got.Silicon(), area) || got.Interposer+1e-6 < area {
			t.Fatalf("areas %+v, dies take %v", got, area)
		}
		gap := s.Spacing.Millimeters()
		for i, d := range p.Dies {
			edge := d.Die.EdgeMM()
			if d.XMM < gap-1e-9 || d.YMM < gap-1e-9 || d.XMM+edge > p.WidthMM-gap+1e-9 || d.YMM+edge > p.HeightMM-gap+1e-9 {
				t.Fatalf("die %s at %v, %v with edge %v is outside %v x %v", d.Name, d.XMM, d.YMM, edge, p.WidthMM, p.HeightMM)
			}
			for _, other := range p.Dies[:i] {
				if overlap(d, other) {
					t.Fatalf("dies %s and %s overlap", d.Name, other.Name)
				}
			}
		}
	})
}

func TestTheAttentionChipletIsInTheMiddle(t *testing.T) {
	s := floorplan.DefaultSpec()
	var sites []floorplan.Site
	for i, group := range []int{floorplan.NoGroup, 0, 1, 2, 3} {
		sites = append(sites, floorplan.Site{Name: fmt.Sprint(i), Kind: floorplan.Expert, Group: group, Die: s.Chiplet(paperChiplet())})
	}
	var order []string
	for _, d := range s.Place(sites).Dies {
		order = append(order, d.Name)
	}
	if got := strings.Join(order, " "); got != "1 2 0 3 4" {
		t.Errorf("from the bottom: %s, want 1 2 0 3 4", got)
	}
}

func TestValidateNamesEveryKey(t *testing.T) {
	if err := floorplan.DefaultSpec().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	err := floorplan.Spec{SRAMEfficiency: math.NaN(), Spacing: -1}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"pe", "vector_lane", "adder", "sram_cell", "sram_efficiency", "stack", "pitch", "bond_pitch", "layers", "spacing"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+" must be ") {
			t.Errorf("no word of %s in\n%v", key, err)
		}
	}
}
