package config

import (
	"mozart/components/chiplet"
	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/floorplan"
)

// Sites are the dies of a package, in the order of its nodes. tokenBytes is the size of
// what a switch adds up.
func (h Hardware) Sites(g *topology.Graph, tokenBytes int64) []floorplan.Site {
	wires := h.wiresAt(g)
	var sites []floorplan.Site
	for _, n := range g.Nodes() {
		site := floorplan.Site{Name: n.Name, Group: n.Group, Kind: floorplan.Stack}
		switch n.Kind {
		case topology.KindAttention:
			site.Kind, site.Die = floorplan.Attention, h.Area.Chiplet(compute(h.AttentionChiplet, wires[n.ID]))
		case topology.KindExpert:
			site.Kind, site.Die = floorplan.Expert, h.Area.Chiplet(compute(h.ExpertChiplet, wires[n.ID]))
		case topology.KindSwitch:
			site.Kind, site.Die = floorplan.Router, h.Area.Switch(h.switchOf(g, n, wires[n.ID], tokenBytes))
		default:
			site.Die = h.Area.StackDie()
		}
		sites = append(sites, site)
	}
	return sites
}

// wiresAt is the number of wires at each node, both directions together.
func (h Hardware) wiresAt(g *topology.Graph) []int64 {
	wires := make([]int64, len(g.Nodes()))
	for _, e := range g.Edges() {
		n := 2 * h.WiresOf(e)
		wires[e.A] += n
		wires[e.B] += n
	}
	return wires
}

// WiresOf is the number of wires per direction of an edge, whose width may be its own.
func (h Hardware) WiresOf(e topology.Edge) int64 {
	rate := units.Bandwidth(e.BitsPerCycle) * units.Bandwidth(h.Clock)
	return int64((rate + h.Links.WireRate - 1) / h.Links.WireRate)
}

func compute(c chiplet.Spec, wires int64) floorplan.Chiplet {
	t := c.Tile
	return floorplan.Chiplet{
		Tiles: t.Tiles, ArraysPerTile: t.ArraysPerTile, ArrayRows: t.ArrayRows, ArrayCols: t.ArrayCols,
		VectorLanes: t.VectorLanes, SRAMBytes: int64(t.SRAMCapacity()), Wires: wires,
	}
}

func (h Hardware) switchOf(g *topology.Graph, n topology.Node, wires, tokenBytes int64) floorplan.Switch {
	w := floorplan.Switch{BufferBytes: int64(g.Ports(n.ID)) * int64(wire.NumClasses) * int64(h.Buffer), Wires: wires}
	if h.Topology.IsTree() { // only these add on the way up
		w.EntryBytes = int64(h.Switch.Reduction.Entries) * tokenBytes
		element := max(1, int64(h.AttentionChiplet.Tile.ElementBytes))
		w.Adders = int64(h.Switch.Reduction.Adder.BytesPerCycle(h.Clock)) / element
	}
	return w
}
