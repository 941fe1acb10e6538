package config

import (
	"fmt"

	"mozart/configs/units"
	"mozart/interconnect/flit"
	"mozart/interconnect/wire"
)

// Flit sizes the routers and network interfaces at flit fidelity; at packet fidelity
// it has no effect.
type Flit struct {
	Size            units.Bytes `yaml:"size" min:"1 B" max:"64 KiB" doc:"Payload of a flit." source:"[A] a flit takes a leaf link of 440 wires little more than a cycle"`
	VCs             int         `yaml:"vcs" min:"1" max:"16" doc:"Virtual channels of each traffic class, per lane of the routing and port. With more than one, packets of a class may overtake each other." source:"[A] as at packet fidelity, where a class is one channel"`
	VCBuffer        int         `yaml:"vc_buffer" min:"1" max:"1048576" doc:"Depth of the buffer of a virtual channel, in flits." source:"[A] covers the credit loop of a leaf link: 17 cycles, 15 flits"`
	RouteDelay      int64       `yaml:"route_delay" min:"0" max:"1024" doc:"Cycles of route computation; 0 is look-ahead." source:"[A] a four-stage router pipeline at 1 GHz"`
	VCAllocDelay    int64       `yaml:"vc_alloc_delay" min:"1" max:"1024" doc:"Cycles of VC allocation." source:"[A] a four-stage router pipeline at 1 GHz"`
	SwAllocDelay    int64       `yaml:"sw_alloc_delay" min:"1" max:"1024" doc:"Cycles of switch allocation." source:"[A] a four-stage router pipeline at 1 GHz"`
	TraversalDelay  int64       `yaml:"traversal_delay" min:"0" max:"1024" doc:"Cycles of switch traversal." source:"[A] a four-stage router pipeline at 1 GHz"`
	CreditDelay     int64       `yaml:"credit_delay" min:"0" max:"1024" doc:"Cycles from the arrival of a credit at a router to its use." source:"[A] as BookSim2's default"`
	VCAllocator     string      `yaml:"vc_allocator" doc:"Allocator of virtual channels: islip, islip:N (N iterations), separable-input-first or round-robin." source:"[A] as BookSim2's default"`
	SwitchAllocator string      `yaml:"switch_allocator" doc:"Allocator of the switch: islip, islip:N (N iterations), separable-input-first or round-robin." source:"[A] as BookSim2's default"`
	InputSpeedup    int         `yaml:"input_speedup" min:"1" max:"16" doc:"Flits that an input of the switch can send in a cycle." source:"[A] as BookSim2's default"`
}

func defaultFlit() Flit {
	return Flit{
		Size: 64, VCs: 1, VCBuffer: 32, RouteDelay: 1, VCAllocDelay: 1, SwAllocDelay: 1, TraversalDelay: 1, CreditDelay: 1,
		VCAllocator: "islip", SwitchAllocator: "islip", InputSpeedup: 1,
	}
}

// FlitRouter is the router of the network at flit fidelity: a class for each class of
// wire.
func (h Hardware) FlitRouter() flit.RouterSpec {
	f := h.Flit
	s := flit.RouterSpec{
		VCBufferFlits: f.VCBuffer,
		Delays:        flit.Delays{RC: f.RouteDelay, VA: f.VCAllocDelay, SA: f.SwAllocDelay, ST: f.TraversalDelay},
		CreditCycles:  f.CreditDelay, VCAllocator: f.VCAllocator, SwitchAllocator: f.SwitchAllocator, InputSpeedup: f.InputSpeedup,
	}
	for _, weight := range h.Links.ClassWeights.ByClass() {
		s.Classes = append(s.Classes, flit.ClassSpec{VCsPerLane: f.VCs, Weight: weight})
	}
	return s
}

const flitKey = "hardware.flit."

// validateFlit checks the names of allocators, and what must fit together.
func (x *Experiment) validateFlit(c *check) {
	f := x.Hardware.Flit
	const allocators = "islip, islip:N with N from 1 to 64, separable-input-first or round-robin"
	for _, a := range []struct{ key, name string }{{"vc_allocator", f.VCAllocator}, {"switch_allocator", f.SwitchAllocator}} {
		_, err := flit.ParseAllocator(a.name)
		c.rule(keys(flitKey+a.key), err == nil, fmt.Sprintf("%q", a.name), allocators)
	}
	if x.Fidelity.NoP != "flit" {
		return
	}
	lanes := 1
	if g, err := x.Hardware.Graph(); err == nil {
		lanes = g.Lanes()
	}
	most := flit.MaxVCs / (int(wire.NumClasses) * lanes)
	c.rule(keys(flitKey+"vcs", "fidelity.nop"), f.VCs <= most, f.VCs,
		"at most %d: a port has at most %d virtual channels, over %d traffic classes and %d lanes", most, flit.MaxVCs, wire.NumClasses, lanes)
	c.rule(keys(flitKey+"input_speedup", flitKey+"vcs"), f.InputSpeedup < 1 || f.VCs < 1 || f.VCs*int(wire.NumClasses)*lanes%f.InputSpeedup == 0, f.InputSpeedup,
		"a divisor of the %d virtual channels of a port", f.VCs*int(wire.NumClasses)*lanes)
	c.rule(keys(flitKey+"size", "hardware.buffer"), f.Size <= x.Hardware.Buffer, f.Size, "at most hardware.buffer (%v)", x.Hardware.Buffer)
}
