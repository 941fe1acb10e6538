package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/config"
	"mozart/runner/floorplan"
)

// The paper's hardware writes out where its prices and areas come from; they are the
// defaults, so that any other package has them too.
func TestPaperWritesTheDefaultPricesAndAreas(t *testing.T) {
	want, got := config.Default().Hardware, load(t, "qwen3-baseline")
	if d := cmp.Diff(want.Energy, got.Hardware.Energy); d != "" {
		t.Errorf("energy: -default +paper\n%s", d)
	}
	if d := cmp.Diff(want.Area, got.Hardware.Area); d != "" {
		t.Errorf("area: -default +paper\n%s", d)
	}
	for _, key := range []string{"hardware.energy.mac", "hardware.energy.static", "hardware.area.pe", "hardware.area.spacing"} {
		if got.Origins.At(key).Default {
			t.Errorf("%s is not written in the paper's hardware", key)
		}
	}
}

func sitesOf(t *testing.T, x *config.Experiment) []floorplan.Site {
	t.Helper()
	g, err := x.Hardware.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return x.Hardware.Sites(g, 4096)
}

// Every node of the network is a die, with the wires of its links.
func TestSitesAreTheNodes(t *testing.T) {
	count := map[floorplan.Kind]int{}
	for _, s := range sitesOf(t, load(t, "olmoe-mozart-c")) {
		count[s.Kind]++
		want := map[floorplan.Kind]int64{
			floorplan.Attention: 2 * (4*29 + 2*440), floorplan.Router: 2 * (29 + 5*440), floorplan.Expert: 2 * 440, floorplan.Stack: 0,
		}[s.Kind]
		if s.Die.Wires != want {
			t.Errorf("%s has %d wires, want %d", s.Name, s.Die.Wires, want)
		}
		if s.Die.FootprintMM2() <= 0 {
			t.Errorf("%s has no area", s.Name)
		}
	}
	if d := cmp.Diff(map[floorplan.Kind]int{floorplan.Attention: 1, floorplan.Router: 4, floorplan.Expert: 16, floorplan.Stack: 6}, count); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// Routers that add nothing have no entries; the bytes of those that do grow with the
// keys of the reduction.
func TestSwitchesHaveTheEntriesOfTheirReduction(t *testing.T) {
	entries := func(set ...string) float64 {
		for _, s := range sitesOf(t, load(t, "tiny", set...)) {
			for _, b := range s.Die.Logic.Blocks {
				if b.Name == floorplan.Entries {
					return b.MM2
				}
			}
		}
		t.Fatal("no switch")
		return 0
	}
	tree := entries()
	if double := entries("hardware.switch.reduction.entries=4096"); double != 2*tree || tree == 0 {
		t.Errorf("%v mm2 of entries, twice as many take %v", tree, double)
	}
	if mesh := entries("hardware.topology.kind=mesh", "schedule.combine=chiplet"); mesh != 0 {
		t.Errorf("routers of a mesh have %v mm2 of entries", mesh)
	}
}
