package config

import (
	"mozart/components/chiplet"
	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/runner/energy"
	"mozart/runner/floorplan"
)

// PeakRates is what the package does in a second if every array, lane, SRAM port, wire
// and stack works in every cycle. No step can.
func (h Hardware) PeakRates(g *topology.Graph) energy.Rates {
	var r energy.Rates
	hertz := h.Clock.Hertz()
	experts := float64(len(g.OfKind(topology.KindExpert)))
	h.addChiplets(&r, h.AttentionChiplet, 1)
	h.addChiplets(&r, h.ExpertChiplet, experts)
	for _, e := range g.Edges() {
		bytes := float64(e.BitsPerCycle) / 8 * hertz // in one direction
		r[energy.LinkByte] += 2 * bytes
		for _, n := range [2]topology.Node{g.Node(e.A), g.Node(e.B)} {
			if n.Kind == topology.KindSwitch {
				r[energy.SwitchByte] += bytes
			}
		}
	}
	for _, n := range g.OfKind(topology.KindStack) {
		spec := h.GroupStack
		if n.Group == topology.NoGroup {
			spec = h.AttentionStack
		}
		bytes := spec.PeakBandwidth().BytesPerSecond()
		r[energy.StackByte] += bytes
		r[energy.Activation] += float64(bytes / float64(h.Energy.Row) * h.Energy.ActivationsPerRow)
	}
	if h.Topology.IsTree() {
		bytes := float64(h.Switch.Reduction.Adder.BytesPerSecond() * float64(len(g.OfKind(topology.KindSwitch))))
		r[energy.Add] = bytes / float64(max(1, h.AttentionChiplet.Tile.ElementBytes))
		r[energy.SRAMByte] += 2 * bytes
	}
	return r
}

// addChiplets adds the rates of so many chiplets.
func (h Hardware) addChiplets(r *energy.Rates, c chiplet.Spec, count float64) {
	hertz := h.Clock.Hertz()
	r[energy.MAC] += float64(count * float64(c.Tile.PeakFLOPsPerCycle()/2) * hertz)
	r[energy.VectorOp] += float64(count * c.Tile.VectorOpsPerCycle() * hertz)
	sram := float64(count * c.Tile.TotalSRAMBandwidth().BytesPerSecond())
	r[energy.SRAMByte] += sram
	r[energy.BondByte] += sram
}

// StaticPower is what dies and stacks draw whatever they do.
func (h Hardware) StaticPower(p floorplan.Plan) units.Power {
	watts := float64(p.Areas().Active * h.Energy.Static.WattsPerMM2())
	for _, d := range p.Dies {
		if d.Kind == floorplan.Stack {
			watts += h.Energy.StackStatic.Watts()
		}
	}
	return units.Power(watts * float64(units.Watt))
}
