package micro

import (
	"errors"
	"fmt"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// Fidelity says how the network is modelled.
type Fidelity string

// The fidelities.
const (
	// Flit is wormhole, virtual channels and a credit per flit (package flit).
	Flit Fidelity = "flit"
	// Packet is virtual cut-through of whole packets (packages link and router).
	Packet Fidelity = "packet"
)

// Fidelities lists the fidelities.
func Fidelities() []Fidelity { return []Fidelity{Flit, Packet} }

// Network sizes the routers and links, all alike but for what an edge of the
// topology states itself.
type Network struct {
	// VCs is the number of virtual channels of a port, over all lanes of the routing.
	VCs int
	// VCBufferFlits is the depth of the buffer of each of them, in flits.
	VCBufferFlits int
	// Allocator is the VC and the switch allocator: "islip", "islip:N",
	// "separable-input-first" or "round-robin".
	Allocator string
	// InputSpeedup is the number of flits that an input of a router sends per cycle.
	InputSpeedup int
	// Delays are the stages of a router in cycles.
	Delays flit.Delays
	// LinkDelay is the time of flight in cycles of the links, those of the endpoints
	// included, whose edge states no latency.
	LinkDelay int64
	// CreditDelay is the time in cycles from the arrival of a credit to its use.
	CreditDelay int64
	// FlitBytes is the size of a flit. A link whose edge states no rate, or more than
	// that, moves a flit per cycle.
	FlitBytes int
}

// Spec is one measurement.
type Spec struct {
	Topology *topology.Graph
	Fidelity Fidelity
	Network  Network
	Traffic  Traffic
	// Seed is that of every random draw.
	Seed uint64
	// WarmupCycles is how long the network runs before the measuring window; Auto asks
	// for detection (see the package's documentation).
	WarmupCycles int64
	// MeasureCycles is the length of the measuring window; Auto chooses it by the load.
	MeasureCycles int64
}

// Auto leaves a number of cycles to the package.
const Auto = -1

// DefaultSpec is the network of the reference curves on a topology: 8 virtual
// channels of 8 flits, iSLIP of one iteration, every stage, link and credit one
// cycle; and uniform traffic of single flits at 0.1.
func DefaultSpec(g *topology.Graph) Spec {
	return Spec{
		Topology: g,
		Fidelity: Flit,
		Network: Network{
			VCs: 8, VCBufferFlits: 8, Allocator: "islip", InputSpeedup: 1,
			Delays: flit.Delays{RC: 1, VA: 1, SA: 1, ST: 1}, LinkDelay: 1, CreditDelay: 1, FlitBytes: 16,
		},
		Traffic: Traffic{Pattern: Uniform, Dest: AnyDest, Rate: 0.1, PacketFlits: 1},
		Seed:    1, WarmupCycles: Auto, MeasureCycles: Auto,
	}
}

const (
	maxFlitBytes    = 4096
	maxBufferFlits  = 1 << 16
	maxWindowCycles = 1 << 40
	maxDelayCycles  = 1 << 20
)

// Validate reports every wrong field, one a line, by the name of its flag at the
// command line.
func (s Spec) Validate() error {
	if s.Topology == nil {
		return errors.New("topology: none is given")
	}
	var errs []error
	if s.Fidelity != Flit && s.Fidelity != Packet {
		errs = append(errs, fmt.Errorf("fidelity: found %q, want one of %v", s.Fidelity, Fidelities()))
	}
	within := func(name string, v, low, high int64) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s: found %d, want %d to %d", name, v, low, high))
		}
	}
	if s.WarmupCycles != Auto {
		within("warmup", s.WarmupCycles, 0, maxWindowCycles)
	}
	if s.MeasureCycles != Auto {
		within("cycles", s.MeasureCycles, 1, maxWindowCycles)
	}
	n := s.Network
	within("vcs", int64(n.VCs), 1, flit.MaxVCs)
	within("vc-buffer", int64(n.VCBufferFlits), 1, maxBufferFlits)
	within("input-speedup", int64(n.InputSpeedup), 1, flit.MaxVCs)
	within("router-delays: rc", n.Delays.RC, 0, maxDelayCycles)
	within("router-delays: va", n.Delays.VA, 1, maxDelayCycles)
	within("router-delays: sa", n.Delays.SA, 1, maxDelayCycles)
	within("router-delays: st", n.Delays.ST, 0, maxDelayCycles)
	within("link-delay", n.LinkDelay, 0, maxDelayCycles)
	within("credit-delay", n.CreditDelay, 0, maxDelayCycles)
	within("flit-bytes", int64(n.FlitBytes), 1, maxFlitBytes)
	if _, err := flit.ParseAllocator(n.Allocator); err != nil {
		errs = append(errs, fmt.Errorf("allocator: %w", err))
	}
	ends, err := endpoints(s.Topology)
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, s.Traffic.validate(len(ends)))
	}
	if s.Fidelity == Packet {
		errs = append(errs, n.validatePacket(s.Traffic.PacketFlits), packetPorts(s.Topology))
	}
	if n.VCs%s.Topology.Lanes() != 0 {
		errs = append(errs, fmt.Errorf("vcs: found %d, want a multiple of the %d lanes that the routing of the topology needs", n.VCs, s.Topology.Lanes()))
	}
	return errors.Join(errs...)
}

// endpoints lists the nodes that traffic comes from and goes to, by number.
func endpoints(g *topology.Graph) ([]wire.NodeID, error) {
	var list []wire.NodeID
	for _, n := range g.Endpoints() {
		if p := g.Ports(n.ID); p != 1 {
			return nil, fmt.Errorf("topology: endpoint %s has %d links, want 1", n.Name, p)
		}
		if at := g.Neighbor(n.ID, 0); !g.IsRouter(at) {
			return nil, fmt.Errorf("topology: endpoint %s is linked to %s, want a router", n.Name, g.Node(at).Name)
		}
		list = append(list, n.ID)
	}
	if len(list) == 0 {
		return nil, errors.New("topology: there is no endpoint")
	}
	return list, nil
}
