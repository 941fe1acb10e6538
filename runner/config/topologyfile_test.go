package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"

	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/runner/config"
	"mozart/runner/config/strict"
)

const exampleTopology = "../../configs/topologies/example.yaml"

func TestExampleTopology(t *testing.T) {
	g, err := config.LoadTopologyFile(exampleTopology)
	if err != nil {
		t.Fatal(err)
	}
	count := map[topology.Kind]int{}
	for _, n := range g.Nodes() {
		count[n.Kind]++
	}
	want := map[topology.Kind]int{topology.KindAttention: 1, topology.KindSwitch: 6, topology.KindExpert: 8, topology.KindStack: 4}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	var got []topology.Edge
	for _, i := range []int{0, 7, 10} {
		e := g.Edges()[i]
		e.PortA, e.PortB = 0, 0
		got = append(got, e)
	}
	edges := []topology.Edge{
		{A: 1, B: 2, Level: topology.LevelRouter, BitsPerCycle: 58, LatencyCycles: 5},
		{A: 1, B: 5, Level: topology.LevelRouter, BitsPerCycle: 32, LatencyCycles: 8},
		{A: 0, B: 17, Level: topology.LevelAttentionStack},
	}
	if diff := cmp.Diff(edges, got); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	if n := g.Node(15); n.Name != "Stack[0]" || n.Group != 0 || g.Node(17).Group != topology.NoGroup {
		t.Errorf("%+v and %+v, want a stack of group 0 and one of none", n, g.Node(17))
	}
}

// Wires and durations become bits and cycles of the clock given.
func TestTopologyOfAnotherClock(t *testing.T) {
	const text = "nodes: [{name: A, kind: router}, {name: B, kind: router}]\nedges: [{from: A, to: B, wires: 6, latency: 3 ns}]\n"
	g, err := config.ParseTopology("t.yaml", []byte(text), 500*units.MHz, 125*units.MBPerSecond)
	if err != nil {
		t.Fatal(err)
	}
	if e := g.Edges()[0]; e.BitsPerCycle != 12 || e.LatencyCycles != 2 {
		t.Errorf("%d bits per cycle and %d cycles, want 12 and 2", e.BitsPerCycle, e.LatencyCycles)
	}
	_, err = config.ParseTopology("t.yaml", []byte(text), 4*units.GHz, 125*units.MBPerSecond)
	want := "t.yaml:2:33: edges[0].wires: found 6, want a whole number of bits per cycle; at 4 GHz this is 1.5"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}

func TestBadTopologyFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/topologies/*.bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 9 {
		t.Fatalf("found %d bad files, want the whole table", len(files))
	}
	for _, file := range files {
		g, err := config.LoadTopologyFile(file)
		var errs strict.Errors
		if g != nil || !errors.As(err, &errs) {
			t.Errorf("%s: a graph %v with the error %T %v, want strict.Errors", file, g, err, err)
			continue
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
	}
	if _, err := config.LoadTopologyFile("testdata/none.yaml"); err == nil || err.Error() != "testdata/none.yaml: found no such file or directory, want a readable YAML file" {
		t.Errorf("a missing file gives %v", err)
	}
}

// Whatever the text: no panic, an error is a list of errors, and an accepted
// network has valid names, reaches everything and cannot deadlock.
func FuzzParseTopology(f *testing.F) {
	files, err := filepath.Glob("testdata/topologies/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, exampleTopology) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := config.ParseTopology("fuzz.yaml", data, units.GHz, 125*units.MBPerSecond)
		if err != nil {
			var errs strict.Errors
			if g != nil || !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("a graph %v with the error %T %v", g, err, err)
			}
			return
		}
		for _, n := range g.Nodes() {
			sim.NameMustBeValid(n.Name)
		}
		if ring := g.Cycle(); ring != nil {
			t.Fatalf("%v may wait for itself", ring)
		}
		if c := g.Bisection(); c.Links < 0 || c.Links > len(g.Edges()) {
			t.Fatalf("%+v of %d edges", c, len(g.Edges()))
		}
	})
}
