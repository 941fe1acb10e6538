package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mozart/runner/config"
	"mozart/workloads/model"
	"mozart/workloads/schedule"
)

// sameValues compares experiments whatever files they were read from.
var sameValues = cmpopts.IgnoreFields(config.Experiment{}, "Origins")

func load(t *testing.T, name string, assignments ...string) *config.Experiment {
	t.Helper()
	x, err := config.Load(name, assignments)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The contract names these, and a family of four policies per model of the paper.
func TestNames(t *testing.T) {
	names := strings.Join(config.Names(), " ")
	for _, want := range []string{"tiny", "olmoe-baseline", "qwen3-mozart-a", "deepseek-moe-mozart-b", "olmoe-mozart-c"} {
		if !strings.Contains(names, want) {
			t.Errorf("no experiment %s among %s", want, names)
		}
	}
	if n := len(config.Names()); n < 13 {
		t.Errorf("%d experiments, want 13 or more", n)
	}
}

// Every built-in is valid, and its resolved form is the same experiment.
func TestBuiltInsResolve(t *testing.T) {
	for _, name := range config.Names() {
		t.Run(name, func(t *testing.T) {
			x := load(t, name)
			if x.Name != name {
				t.Errorf("file %s names itself %s", name, x.Name)
			}
			readsBack(t, x)
		})
	}
}

// readsBack checks that the resolved form of an experiment is the experiment.
func readsBack(t *testing.T, x *config.Experiment) {
	t.Helper()
	text, err := x.Dump()
	if err != nil {
		t.Fatal(err)
	}
	again, err := config.Parse("elsewhere/resolved.yaml", text, nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	if diff := cmp.Diff(x, again, sameValues); diff != "" {
		t.Errorf("resolved config reads back differently (-want +got):\n%s", diff)
	}
}

// policy is what a policy's file decides.
type policy struct {
	Placement config.Placement
	Schedule  schedule.Spec
}

func policyOf(t *testing.T, experiment string) policy {
	x := load(t, experiment)
	return policy{x.Placement, x.Schedule}
}

// The policies differ from each other exactly as sections 4.2, 4.3 and 5 of the
// paper say, whatever the model.
func TestPoliciesDifferAsThePaperSays(t *testing.T) {
	for _, m := range []string{"olmoe", "qwen3", "deepseek-moe"} {
		want := policyOf(t, m+"-baseline")
		for _, step := range []struct {
			name   string
			change func(*policy)
		}{
			{"baseline", func(p *policy) {
				p.Schedule.Overlap = schedule.Overlap{}
				p.Schedule.Dispatch, p.Schedule.Combine = "per-expert", "root"
				p.Schedule.LoadOrder = "arrival"
				p.Placement.Policy, p.Placement.Allocation = "random", "contiguous"
			}},
			{"mozart-a", func(p *policy) { // streaming experts
				p.Schedule.Overlap = schedule.Overlap{WeightsWithAttention: true, WeightsWithExperts: true, Activations: true, WriteBack: true}
				p.Schedule.LoadOrder = "heaviest-first"
			}},
			{"mozart-b", func(p *policy) { // one copy per chiplet, aggregation on the way up
				p.Schedule.Dispatch, p.Schedule.Combine = "per-chiplet", "switch"
			}},
			{"mozart-c", func(p *policy) { // specialized layout
				p.Placement.Policy, p.Placement.Allocation = "algorithm1", "balanced"
			}},
		} {
			step.change(&want)
			if diff := cmp.Diff(want, policyOf(t, m+"-"+step.name)); diff != "" {
				t.Errorf("%s-%s (-want +got):\n%s", m, step.name, diff)
			}
		}
	}
}

// Experiments of one model differ in name and policy alone.
func TestExperimentsOfAModelDifferInThePolicyAlone(t *testing.T) {
	for _, m := range []string{"olmoe", "qwen3", "deepseek-moe"} {
		want := load(t, m+"-baseline")
		for _, p := range []string{"mozart-a", "mozart-b", "mozart-c"} {
			got := load(t, m+"-"+p)
			got.Name, got.Policy, got.Placement, got.Schedule = want.Name, want.Policy, want.Placement, want.Schedule
			if diff := cmp.Diff(want, got, sameValues); diff != "" {
				t.Errorf("%s-%s (-want +got):\n%s", m, p, diff)
			}
		}
	}
}

// An assignment changes its key and nothing else, also where the file gives only
// the name of a section.
func TestAssignmentsLieOnTop(t *testing.T) {
	for _, tc := range []struct {
		assignments []string
		change      func(*config.Experiment)
	}{
		{[]string{"seed=7"}, func(x *config.Experiment) { x.Seed = 7 }},
		{[]string{"model.top_k=4"}, func(x *config.Experiment) { x.Model.TopK = 4 }},
		{[]string{"hardware.links.root.wires=64"}, func(x *config.Experiment) { x.Hardware.Links.Root.Wires = 64 }},
		{[]string{"hardware.group_stack.channels=4"}, func(x *config.Experiment) { x.Hardware.GroupStack.Channels = 4 }},
		{[]string{"hardware.expert_chiplet.tile.tiles=36"}, func(x *config.Experiment) { x.Hardware.ExpertChiplet.Tile.Tiles = 36 }},
		{[]string{"routing.synthetic.topics=5"}, func(x *config.Experiment) { x.Routing.Synthetic.Topics = 5 }},
		{[]string{"placement.policy=contiguous", "schedule.overlap.write_back=false"}, func(x *config.Experiment) {
			x.Placement.Policy, x.Schedule.Overlap.WriteBack = "contiguous", false
		}},
		{[]string{"model=tiny"}, func(x *config.Experiment) { x.Model = tinyModel(t) }},
		{[]string{"model=tiny", "model.top_k=1"}, func(x *config.Experiment) { x.Model = tinyModel(t); x.Model.TopK = 1 }},
		{[]string{"model.top_k=1", "model=tiny"}, func(x *config.Experiment) { x.Model = tinyModel(t) }},
		{[]string{"model.base=tiny"}, func(x *config.Experiment) { x.Model = tinyModel(t) }},
		{[]string{"policy=baseline"}, func(x *config.Experiment) {
			base := load(t, "qwen3-baseline")
			x.Policy, x.Placement, x.Schedule = base.Policy, base.Placement, base.Schedule
		}},
		{[]string{"hardware.group_stack=ssd", "hardware.group_stack.channels=2"}, func(x *config.Experiment) {
			x.Hardware.GroupStack = load(t, "tiny", "hardware.group_stack=ssd").Hardware.GroupStack
			x.Hardware.GroupStack.Channels = 2
		}},
	} {
		// 16 experts per chiplet divide whatever the model.
		fit := []string{"hardware.topology.groups=2", "hardware.topology.chiplets_per_group=2"}
		want := load(t, "qwen3-mozart-c", fit...)
		tc.change(want)
		got := load(t, "qwen3-mozart-c", append(fit, tc.assignments...)...)
		if diff := cmp.Diff(want, got, sameValues); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.assignments, diff)
		}
	}
}

func tinyModel(t *testing.T) model.Spec { return load(t, "tiny").Model }

// A base of a file replaces the section of the layer below; its keys add to it.
func TestBasesReplaceAndKeysAdd(t *testing.T) {
	const head = "name: x\nmodel: tiny\npolicy: mozart-c\n"
	parse := func(hardware string) config.Hardware {
		t.Helper()
		x, err := config.Parse("testdata/x.yaml", []byte(head+hardware), nil)
		if err != nil {
			t.Fatal(err)
		}
		return x.Hardware
	}
	slow := parse("hardware: bases/slow.yaml\n")
	if slow.GroupStack.Channels != 2 || slow.GroupStack.Capacity != load(t, "tiny", "hardware.group_stack=ssd").Hardware.GroupStack.Capacity {
		t.Errorf("the file's own base and keys give %+v", slow.GroupStack)
	}
	want := slow
	want.GroupStack.QueueDepth = 3
	got := parse("hardware: {base: bases/slow.yaml, group_stack: {queue_depth: 3}}\n")
	if diff := cmp.Diff(want, got, sameValues); diff != "" {
		t.Errorf("a key over a base (-want +got):\n%s", diff)
	}
	want.GroupStack = load(t, "tiny").Hardware.GroupStack
	for _, text := range []string{"hbm2", "{base: hbm2}"} {
		got := parse("hardware: {base: bases/slow.yaml, group_stack: " + text + "}\n")
		if diff := cmp.Diff(want, got, sameValues); diff != "" {
			t.Errorf("group_stack: %s over a base (-want +got):\n%s", text, diff)
		}
	}
}

// A policy from a file is resolved into the keys, and does not have to be there
// when the resolved config is read again.
func TestPolicyFromAFile(t *testing.T) {
	x, err := config.Parse("testdata/x.yaml", []byte("name: x\nmodel: tiny\nhardware: tiny\npolicy: bases/contiguous.yaml\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if x.Policy != "custom" || x.Placement.Policy != "contiguous" {
		t.Errorf("policy %s places by %s", x.Policy, x.Placement.Policy)
	}
	readsBack(t, x)
}
