package plan_test

import (
	"fmt"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/topology"
	"mozart/runner/build"
	"mozart/runner/engine"
	"mozart/runner/plan"
)

// valid tells whether Akita takes a name.
func valid(name string) (ok bool) {
	defer func() { ok = recover() == nil }()
	sim.NameMustBeValid(name)
	return
}

// No name that a user can choose becomes the name of a component: those are
// generated, and Akita takes them for every topology.
func TestGeneratedNamesAreAkitaNames(t *testing.T) {
	for _, wrong := range []string{"a_b", "Switch-1", "expert[0]", ""} {
		if valid(wrong) {
			t.Fatalf("Akita takes %q: this test sees nothing", wrong)
		}
	}
	for groups := 1; groups <= 62; groups++ {
		g, err := topology.NoPTree(topology.TreeSpec{Groups: groups, ChipletsPerGroup: 1 + groups%5, StacksPerGroup: 1 + groups%8, AttentionStacks: 1 + groups%7})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range g.Nodes() {
			if !valid(n.Name) {
				t.Errorf("%d groups: a node is named %q", groups, n.Name)
			}
		}
	}
	for _, groups := range []int{1, 3, 11, 62} {
		testSystemNames(t, groups, 1+groups%3)
	}
}

// testSystemNames looks at all parts and ports of a system whose experiment and
// model have names that Akita refuses.
func testSystemNames(t *testing.T, groups, chiplets int) {
	t.Helper()
	x := load(t, "tiny", "name=an_experiment-1", "model.name=a_model-1",
		fmt.Sprintf("model.experts=%d", 2*groups*chiplets), "workload.sequences=2", "workload.sequence_length=2",
		fmt.Sprintf("hardware.topology={groups: %d, chiplets_per_group: %d, stacks_per_group: 2, attention_stacks: 3}", groups, chiplets))
	p, err := plan.Make(x)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.NewSerial(sim.Freq(x.Hardware.Clock.Hertz()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := build.New(e, x.Hardware, p.Program)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, part := range s.Parts {
		names := []string{part.Name()}
		if c, ok := part.(interface{ Ports() []sim.Port }); ok {
			for _, port := range c.Ports() {
				names = append(names, port.Name())
			}
		}
		for _, name := range names {
			if !valid(name) || seen[name] {
				t.Errorf("%d groups: a part or port is named %q, valid %v, taken %v", groups, name, valid(name), seen[name])
			}
			seen[name] = true
		}
	}
	if len(seen) < 6*groups*chiplets {
		t.Errorf("%d groups of %d chiplets have %d names only", groups, chiplets, len(seen))
	}
}
