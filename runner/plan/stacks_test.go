package plan_test

import (
	"strings"
	"testing"
)

// The stacks hold together what the program needs, to the byte, in equal parts.
func TestStacksHoldWhatTheProgramNeeds(t *testing.T) {
	for name, assignments := range map[string][]string{
		"tiny":           {"hardware.topology.stacks_per_group=3", "schedule.gradients=dram"},
		"olmoe-mozart-c": append([]string{"schedule.gradients=dram", "allow_overflow=true"}, short...),
	} {
		p := makePlan(t, name, assignments...)
		h := p.Experiment.Hardware
		stacks := p.Stacks()
		if want := h.Topology.AttentionStacks + h.Topology.Groups*h.Topology.StacksPerGroup; len(stacks) != want {
			t.Fatalf("%s: %d stacks, want %d", name, len(stacks), want)
		}
		all := p.Program.StackNeed.Attention
		for _, g := range p.Program.StackNeed.Groups {
			all.Weights, all.Gradients, all.Activations = all.Weights+g.Weights, all.Gradients+g.Gradients, all.Activations+g.Activations
		}
		least, most := map[string]int64{}, map[string]int64{}
		for _, s := range stacks {
			all.Weights, all.Gradients, all.Activations = all.Weights-s.Weights, all.Gradients-s.Gradients, all.Activations-s.Activations
			if s.Weights == 0 || s.Gradients == 0 || s.Activations == 0 || s.Optimizer != 0 {
				t.Errorf("%s: %+v", name, s)
			}
			if v, ok := least[s.Of]; !ok || s.Weights < v {
				least[s.Of] = s.Weights
			}
			most[s.Of] = max(most[s.Of], s.Weights)
		}
		if all.Total() != 0 {
			t.Errorf("%s: %+v bytes are in no stack", name, all)
		}
		for of := range most {
			if most[of]-least[of] > 1 {
				t.Errorf("%s: stacks of %s hold %d to %d bytes of weights", name, of, least[of], most[of])
			}
		}
	}
}

// The table of a large package lists its fullest stacks.
func TestStackTableIsShort(t *testing.T) {
	p := makePlan(t, "tiny", "hardware.topology.groups=4", "hardware.topology.chiplets_per_group=1", "hardware.topology.stacks_per_group=8")
	lines := strings.Split(strings.TrimSpace(p.StackTable()), "\n")
	if len(lines) != 34 || !strings.Contains(lines[33], "and 1 more") {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}
