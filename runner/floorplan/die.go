package floorplan

import "math"

// Chiplet is what the area of a compute chiplet follows from.
type Chiplet struct {
	Tiles, ArraysPerTile, ArrayRows, ArrayCols, VectorLanes int
	// SRAMBytes is what all tiles have together.
	SRAMBytes int64
	// Wires is the number of wires of its 2.5D links, both directions together.
	Wires int64
}

// PEs is the number of processing elements.
func (c Chiplet) PEs() int64 {
	return int64(c.Tiles) * int64(c.ArraysPerTile) * int64(c.ArrayRows) * int64(c.ArrayCols)
}

// Switch is what the area of a switch follows from.
type Switch struct {
	// BufferBytes is what its ports hold, EntryBytes what its reduction does.
	BufferBytes, EntryBytes int64
	// Adders add one element each per cycle.
	Adders int64
	Wires  int64
}

// Block is a part of a die.
type Block struct {
	Name string
	MM2  float64
}

// Layer is a die of a stack of dies: its blocks share the footprint.
type Layer struct{ Blocks []Block }

// MM2 is the area of the blocks.
func (l Layer) MM2() float64 {
	sum := 0.0
	for _, b := range l.Blocks {
		sum += b.MM2
	}
	return sum
}

// Die is one place of the package: a chiplet, a switch or a stack.
type Die struct {
	// Logic has the arithmetic, Memory the SRAM bonded to it; a switch has no Memory,
	// and a stack is one block of Logic.
	Logic, Memory Layer
	// Wires is the number of 2.5D wires, both directions together; 0 of a stack.
	Wires int64
}

// FootprintMM2 is the area that the die takes on the interposer.
func (d Die) FootprintMM2() float64 { return max(d.Logic.MM2(), d.Memory.MM2()) }

// EdgeMM is the edge of the square footprint.
func (d Die) EdgeMM() float64 { return math.Sqrt(d.FootprintMM2()) }

// ActiveMM2 is the area of transistors: of both dies of a chiplet.
func (d Die) ActiveMM2() float64 { return d.Logic.MM2() + d.Memory.MM2() }

// The names of blocks.
const (
	Arrays  = "arrays"
	Vector  = "vector"
	SRAM    = "sram"
	Links   = "links"
	Entries = "entries"
	Buffers = "buffers"
	Adders  = "adders"
	DRAM    = "dram"
)

// Chiplet is the die of a compute chiplet.
func (s Spec) Chiplet(c Chiplet) Die {
	return Die{
		Logic: Layer{[]Block{
			{Arrays, float64(c.PEs()) * s.PE.MM2()},
			{Vector, float64(c.Tiles) * float64(c.VectorLanes) * s.VectorLane.MM2()},
			{Links, s.bumps(c.Wires)},
		}},
		Memory: Layer{[]Block{{SRAM, s.sram(c.SRAMBytes)}}},
		Wires:  c.Wires,
	}
}

// Switch is the die of a switch.
func (s Spec) Switch(w Switch) Die {
	return Die{
		Logic: Layer{[]Block{
			{Buffers, s.sram(w.BufferBytes)},
			{Entries, s.sram(w.EntryBytes)},
			{Adders, float64(w.Adders) * s.Adder.MM2()},
			{Links, s.bumps(w.Wires)},
		}},
		Wires: w.Wires,
	}
}

// StackDie is the die of a stack, or what is seen of it from above.
func (s Spec) StackDie() Die {
	return Die{Logic: Layer{[]Block{{DRAM, s.Stack.MM2()}}}}
}

// sram is the area of an SRAM in mm2.
func (s Spec) sram(bytes int64) float64 {
	return 8 * float64(bytes) * s.SRAMCell.MM2() / s.SRAMEfficiency
}

// bumps is the area of the bumps of so many wires in mm2.
func (s Spec) bumps(wires int64) float64 {
	p := s.Pitch.Millimeters()
	return float64(wires) * p * p
}

// EdgeWires is the number of 2.5D wires that fit an edge of so many millimeters.
func (s Spec) EdgeWires(mm float64) int64 {
	return int64(mm/s.Pitch.Millimeters()) * int64(s.Layers)
}

// BondWires is the number of wires that fit between two bonded dies of a footprint.
func (s Spec) BondWires(mm2 float64) int64 {
	side := int64(math.Sqrt(mm2) / s.BondPitch.Millimeters())
	return side * side
}
