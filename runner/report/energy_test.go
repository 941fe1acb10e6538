package report_test

import (
	"math"
	"testing"

	"mozart/runner/report"
)

// nanojoules is an energy of a summary as the whole number that it is.
func nanojoules(t *testing.T, joules float64) int64 {
	t.Helper()
	n := math.Round(joules * 1e9)
	if n/1e9 != joules {
		t.Errorf("%v J is no whole number of nanojoules", joules)
	}
	return int64(n)
}

// addsUp checks that phases, parts, and the phases of every part give the energy of the
// step to the nanojoule.
func addsUp(t *testing.T, s *report.Summary) {
	t.Helper()
	total := nanojoules(t, s.Result.EnergyJ)
	phases := map[string]int64{}
	byPhase, byPart, static := int64(0), int64(0), int64(0)
	for _, p := range s.Breakdown {
		phases[p.Phase] = nanojoules(t, p.EnergyJ)
		byPhase += phases[p.Phase]
	}
	for _, p := range s.Energy.Parts {
		sum := int64(0)
		for _, ph := range p.Phases {
			sum += nanojoules(t, ph.EnergyJ)
			phases[ph.Phase] -= nanojoules(t, ph.EnergyJ)
		}
		if want := nanojoules(t, p.EnergyJ); sum != want {
			t.Errorf("the phases of %s, %s add up to %d nJ, want %d", p.Part, p.Cause, sum, want)
		}
		byPart += sum
		if p.Cause == "static" {
			static += sum
		}
	}
	if byPhase != total || byPart != total {
		t.Errorf("phases add up to %d nJ, parts to %d, want %d", byPhase, byPart, total)
	}
	for phase, left := range phases {
		if left != 0 {
			t.Errorf("phase %s has %d nJ more than the parts in it", phase, left)
		}
	}
	if got := nanojoules(t, s.Energy.DynamicJ) + nanojoules(t, s.Energy.StaticJ); got != total || nanojoules(t, s.Energy.StaticJ) != static {
		t.Errorf("dynamic %v J and static %v J, want %d nJ together and %d static", s.Energy.DynamicJ, s.Energy.StaticJ, total, static)
	}
}

func TestEnergyAddsUp(t *testing.T) {
	s := example()
	addsUp(t, s)
	// 4e9 x 1.244 pJ, 2.653 W for 2 ms, 45801 B x 8 x 0.85 pJ.
	if got, want := s.Result.EnergyJ, 0.004976+0.005306+0.000000311; math.Abs(got-want) > 1e-9 {
		t.Errorf("%v J, want %v", got, want)
	}
	if got, want := s.Result.AvgPowerW, s.Result.EnergyJ/0.002; got != want {
		t.Errorf("%v W, want %v", got, want)
	}
}

func TestAStepOfNoTimeHasNoPower(t *testing.T) {
	s := example()
	s.Result.StepSeconds = 0
	s.SetEnergy(exampleLedger())
	if s.Result.AvgPowerW != 0 || s.Energy.Parts[0].AvgPowerW != 0 {
		t.Errorf("%v W", s.Result.AvgPowerW)
	}
}
