// Package floorplan says how large the dies of a package are, how many wires fit their
// edges, where they lie, and writes that for a thermal simulator. It is pure: it knows
// counts and areas, and no part.
//
// # Model
//
// A chiplet is a logic die, of processing elements, vector lanes and the bumps of its
// 2.5D wires, bonded face to face to a die of SRAM; its footprint is the larger of the
// two, and square. A switch is one die: its buffers, the entries and adder of its
// reduction, and bumps. A stack has a fixed area. An edge of s has s / pitch wires per
// layer.
//
// A Trace has the energy of every block over time; the files for 3D-ICE have a layer
// with all upper dies, and one with the SRAM dies.
//
// Dies lie in rows: the attention chiplet with its stacks in the middle one, every group
// of chiplets with its switch and stacks in a row above or below.
//
// # Not modelled
//
// Control, routing on a die and in the package beyond its pitch, decoupling, test
// structures, the scribe line, unusable area between cells, yield.
//
// # Laws the tests hold
//
//   - the area of a die is the sum of its blocks;
//   - dies do not overlap and are inside the package;
//   - power in the files for the thermal simulator adds up to the energy of the run.
package floorplan
