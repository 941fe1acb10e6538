package run_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/report"
	"mozart/runner/run"
)

func executed(t *testing.T, o run.Options, set ...string) *run.Result {
	t.Helper()
	r, err := run.Execute(t.Context(), made(t, set...), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole is an energy in nanojoules, of which it is a whole number.
func whole(joules float64) int64 { return int64(math.Round(joules * 1e9)) }

// Phases, parts and the rows of the resources all add up to the energy of the step, to
// the nanojoule, on any network and at any fidelity.
func TestEnergyOfARunAddsUp(t *testing.T) {
	for _, set := range [][]string{
		nil, {"policy=baseline"}, {"fidelity.nop=flit"}, {"hardware.topology.levels=[2]", "schedule.dispatch=per-group"},
		{"hardware.topology.kind=mesh", "schedule.combine=chiplet"},
	} {
		r := executed(t, run.Options{}, set...)
		want := whole(r.Summary.Result.EnergyJ)
		phases, parts, rows := int64(0), int64(0), int64(0)
		for _, p := range r.Summary.Breakdown {
			phases += whole(p.EnergyJ)
		}
		for _, p := range r.Summary.Energy.Parts {
			parts += whole(p.EnergyJ)
		}
		for _, row := range r.Resources {
			if row.Unit == "J" {
				rows += whole(row.Value)
			}
		}
		if want <= 0 || phases != want || parts != want || rows != want {
			t.Errorf("%v: phases %d nJ, parts %d, rows %d, want %d", set, phases, parts, rows, want)
		}
		if got, want := r.Summary.Result.AvgPowerW, r.Summary.Result.EnergyJ/r.Summary.Result.StepSeconds; got != want {
			t.Errorf("%v: %v W, want %v", set, got, want)
		}
	}
}

// part is the energy of a cause, in joules, summed over the parts that have it.
func part(s *report.Summary, cause string) float64 {
	sum := 0.0
	for _, p := range s.Energy.Parts {
		if p.Cause == cause {
			sum += p.EnergyJ
		}
	}
	return sum
}

// Energy is counts times prices: those of the conservation checks, which are counted
// elsewhere, and prices from the configuration.
func TestEnergyIsCountsTimesPrices(t *testing.T) {
	r := executed(t, run.Options{}, "hardware.energy.mac=3 pJ", "hardware.energy.link=2 pJ/bit", "hardware.energy.stack=5 pJ/bit",
		"hardware.energy.activate=1 nJ", "hardware.energy.row=2 KiB", "hardware.energy.activations_per_row=1", "hardware.energy.static=0 mW/mm2", "hardware.energy.stack_static=1 W")
	s := &r.Summary
	stacks := 3.0
	for _, c := range []struct {
		cause string
		want  float64
	}{
		{"mac", float64(s.Conservation.FLOPs) / 2 * 3e-12},
		{"link", float64(s.Conservation.BytesReceived) * 8 * 2e-12},
		{"access", float64(s.Conservation.StackBytes) * 8 * 5e-12},
		{"activate", float64(s.Conservation.StackBytes) / 2048 * 1e-9},
		{"static", stacks * s.Result.StepSeconds},
	} {
		// Every cell is rounded to a nanojoule.
		if got := part(s, c.cause); math.Abs(got-c.want) > 1e-9*500 || got == 0 {
			t.Errorf("%s: %v J, want %v", c.cause, got, c.want)
		}
	}
}

// A stack at bank level counts its activations.
func TestBanksCountTheirActivations(t *testing.T) {
	r := executed(t, run.Options{}, "fidelity.hbm=bank", "hardware.energy.activate=1 nJ", "hardware.energy.activations_per_row=1000")
	activations := 0.0
	for _, row := range r.Resources {
		if row.Metric == "activates" {
			activations += row.Value
		}
	}
	if got := part(&r.Summary, "activate"); activations == 0 || math.Abs(got-activations*1e-9) > 1e-9*100 {
		t.Errorf("%v J for %v activations of 1 nJ", got, activations)
	}
}

// Energy belongs where it is used: weights are read in the phases of weights, and an
// expert's arithmetic is in the phases of experts and the update.
func TestEnergyIsInItsPhase(t *testing.T) {
	s := executed(t, run.Options{}).Summary
	allowed := map[string][]string{
		"mac":    {"forward.expert", "backward.expert"},
		"access": {"forward.weights", "forward.save", "backward.weights", "backward.restore", "update.memory"},
		"switch": {"forward.weights", "forward.dispatch", "forward.combine", "forward.save", "backward.weights", "backward.restore", "backward.dispatch", "backward.combine", "update.memory"},
		"add":    {"forward.combine", "backward.combine"},
	}
	for _, p := range s.Energy.Parts {
		if p.Part != "expert chiplets" && p.Part != "group stacks" && p.Part != "switches" {
			continue
		}
		want, ok := allowed[p.Cause]
		if !ok {
			continue
		}
		var got []string
		for _, ph := range p.Phases {
			got = append(got, ph.Phase)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s, %s: -want +got\n%s", p.Part, p.Cause, d)
		}
	}
}

// The digest is of what happened, not of what it cost; and a parallel run costs the
// same.
func TestEnergyIsNoPartOfTheDigest(t *testing.T) {
	want := executed(t, run.Options{})
	dear := executed(t, run.Options{}, "hardware.energy.link=100 pJ/bit", "hardware.area.pe=1 mm2")
	if dear.Summary.Result.Digest != want.Summary.Result.Digest {
		t.Error("prices and areas change the digest")
	}
	if dear.Summary.Result.EnergyJ <= want.Summary.Result.EnergyJ {
		t.Errorf("%v J at higher prices, %v before", dear.Summary.Result.EnergyJ, want.Summary.Result.EnergyJ)
	}
	parallel := executed(t, run.Options{Parallel: true, Threads: 2})
	if d := cmp.Diff(want.Summary.Energy, parallel.Summary.Energy); d != "" {
		t.Errorf("in parallel: -want +got\n%s", d)
	}
}

// The blocks of the package get the energy of the step, slot by slot, whatever the
// network; without being asked for, there is no trace.
func TestPowerTraceHasTheEnergy(t *testing.T) {
	if r := executed(t, run.Options{}); r.Power != nil {
		t.Error("a trace that nobody asked for")
	}
	for _, set := range [][]string{nil, {"fidelity.nop=flit"}, {"hardware.topology.kind=mesh", "schedule.combine=chiplet"}} {
		for _, slots := range []int{1, 7, 100} {
			r := executed(t, run.Options{PowerSlots: slots}, set...)
			p := r.Power
			if p.Slots > slots || float64(p.Slots)*p.SlotS < p.TotalS || p.TotalS != r.Summary.Result.StepSeconds {
				t.Errorf("%v: %d slots of %v s for %v s, want at most %d", set, p.Slots, p.SlotS, p.TotalS, slots)
			}
			// Cells of another account are rounded to nanojoules one by one.
			if got, want := p.Joules(), r.Summary.Result.EnergyJ; math.Abs(got-want) > 1e-9*float64(100*p.Slots) {
				t.Errorf("%v, %d slots: %v J, want %v", set, slots, got, want)
			}
		}
	}
}
