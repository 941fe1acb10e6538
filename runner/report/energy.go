package report

import (
	"mozart/runner/energy"
)

// Energy is where the energy of a step goes.
type Energy struct {
	// DynamicJ is what events cost, StaticJ what dies and stacks draw all the time.
	DynamicJ float64 `json:"dynamic_j"`
	StaticJ  float64 `json:"static_j"`
	// Parts add up to the energy of the step.
	Parts []PartEnergy `json:"parts"`
}

// PartEnergy is one cause of energy in one kind of part.
type PartEnergy struct {
	// Part is the kind of part, such as "expert chiplets", Cause what costs there: mac,
	// vector, sram, bond, link, switch, add, access, activate or static.
	Part      string  `json:"part"`
	Cause     string  `json:"cause"`
	EnergyJ   float64 `json:"energy_j"`
	AvgPowerW float64 `json:"avg_power_w"`
	// Phases are those in which there is any; they add up to EnergyJ.
	Phases []PhaseEnergy `json:"phases"`
}

// PhaseEnergy is the energy of a phase.
type PhaseEnergy struct {
	Phase   string  `json:"phase"`
	EnergyJ float64 `json:"energy_j"`
}

// SetEnergy fills in the energy of the step, of its parts and of its phases from a
// ledger with a column for each phase of the breakdown. All are whole nanojoules.
func (s *Summary) SetEnergy(l *energy.Ledger) {
	for i, n := range l.ByColumn() {
		s.Breakdown[i].EnergyJ = n.Joules()
	}
	power := func(n energy.Nanojoules) float64 {
		if s.Result.StepSeconds <= 0 {
			return 0
		}
		return n.Joules() / s.Result.StepSeconds
	}
	total, static := l.Total(), energy.Nanojoules(0)
	s.Energy.Parts = []PartEnergy{}
	for _, e := range l.ByPlace() {
		sum := e.Total()
		if e.Cause == energy.Static {
			static += sum
		}
		p := PartEnergy{Part: e.Place, Cause: e.Cause, EnergyJ: sum.Joules(), AvgPowerW: power(sum), Phases: []PhaseEnergy{}}
		for i, n := range e.Columns {
			if n > 0 {
				p.Phases = append(p.Phases, PhaseEnergy{s.Breakdown[i].Phase, n.Joules()})
			}
		}
		s.Energy.Parts = append(s.Energy.Parts, p)
	}
	s.Energy.DynamicJ, s.Energy.StaticJ = (total - static).Joules(), static.Joules()
	s.Result.EnergyJ, s.Result.AvgPowerW = total.Joules(), power(total)
}

// energyTable has a row per kind of part and cause.
func energyTable(s *Summary) Table {
	t := Table{Title: "Where the energy goes", Header: []string{"part", "cause", "energy", "power", "share", ""}, Align: "llrrrl"}
	part := ""
	for _, p := range s.Energy.Parts {
		if p.EnergyJ == 0 {
			continue
		}
		share := p.EnergyJ / s.Result.EnergyJ
		name := p.Part
		if name == part {
			name = ""
		}
		part = p.Part
		t.Rows = append(t.Rows, []string{name, causes[p.Cause], joules(p.EnergyJ), watts(p.AvgPowerW), percent(share), bar(share)})
	}
	return t
}

// causes are the names of causes as people read them.
var causes = map[string]string{
	energy.MAC.String(): "matrix products", energy.VectorOp.String(): "vector operations", energy.Add.String(): "additions",
	energy.SRAMByte.String(): "SRAM", energy.BondByte.String(): "3D bond", energy.LinkByte.String(): "2.5D wires",
	energy.SwitchByte.String(): "routers", energy.StackByte.String(): "access", energy.Activation.String(): "activations",
	energy.Static: "static",
}
