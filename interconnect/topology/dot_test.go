package topology_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/interconnect/topology"
)

var update = flag.Bool("update", false, "write the expected texts of testdata")

func TestDOTOfThePapersTree(t *testing.T) {
	const file = "testdata/paper.dot"
	var b strings.Builder
	if err := paperTree(t).WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestWithLinksFillsACopy(t *testing.T) {
	g := must(t)(topology.Ring(2))
	wide := g.WithLinks(func(e topology.Edge) (int64, int64) { return 8, int64(e.B) })
	if diff := cmp.Diff(topology.Edge{A: 0, B: 1, Level: topology.LevelRouter, BitsPerCycle: 8, LatencyCycles: 1}, wide.Edges()[0]); diff != "" {
		t.Errorf("filled (-want +got):\n%s", diff)
	}
	if e := g.Edges()[0]; e.BitsPerCycle != 0 || e.LatencyCycles != 0 {
		t.Errorf("the original has an edge %+v now", e)
	}
	var b strings.Builder
	if err := wide.WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	if want := `n0 -- n1 [label="router 8 b 1 cycles"]`; !strings.Contains(b.String(), want) {
		t.Errorf("%q is not in\n%s", want, b.String())
	}
}

func TestDistances(t *testing.T) {
	// Three routers in a row: 6 ways, of which 4 take 3 links and 2 take 4.
	diameter, mean := must(t)(topology.Mesh(3, 1)).Distances()
	if diameter != 4 || mean != 20.0/6 {
		t.Errorf("diameter %d and mean %g, want 4 and %g", diameter, mean, 20.0/6)
	}
	if diameter, mean := must(t)(topology.Mesh(1, 1)).Distances(); diameter != 0 || mean != 0 {
		t.Errorf("diameter %d and mean %g of one endpoint", diameter, mean)
	}
}
