package micro

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
)

// clockRate is that of every network here; no result depends on it.
const clockRate = 1 * sim.GHz

// flitNet is the network at flit fidelity. It implements fabric, flit.Source and
// flit.Client.
type flitNet struct {
	site
	network *flit.Network
	ends    []*flit.Endpoint
	// number is that of the endpoint at a node, -1 for a router.
	number []int
	flits  int32
}

func newFlitNet(s site, n Network, packetFlits int) (*flitNet, error) {
	f := &flitNet{site: s, number: s.numbers(), flits: int32(packetFlits)}
	spec := flitSpec(s.graph, n)
	network, err := flit.NewNetwork(port.NewClock(s.engine, clockRate), s.graph, spec)
	if err != nil {
		return nil, err
	}
	f.network = network
	for _, id := range s.nodes {
		e := network.Endpoint(id, 0)
		e.SetClient(f)
		f.ends = append(f.ends, e)
	}
	return f, nil
}

// flitSpec is the network of package flit.
func flitSpec(g *topology.Graph, n Network) flit.NetworkSpec {
	spec := flit.DefaultNetworkSpec()
	spec.Router = flit.RouterSpec{
		Classes:         []flit.ClassSpec{{VCsPerLane: n.VCs / g.Lanes(), Weight: 1}},
		VCBufferFlits:   n.VCBufferFlits,
		Delays:          n.Delays,
		CreditCycles:    n.CreditDelay,
		VCAllocator:     n.Allocator,
		SwitchAllocator: n.Allocator,
		InputSpeedup:    n.InputSpeedup,
	}
	spec.FlitBits = int64(n.FlitBytes) * 8
	for _, e := range g.Edges() {
		spec.Links = append(spec.Links, flit.LinkSpec{BitsPerCycle: e.BitsPerCycle, LatencyCycles: latency(e, n)})
	}
	return spec
}

// latency is the time of flight of an edge.
func latency(e topology.Edge, n Network) int64 {
	if e.LatencyCycles > 0 {
		return e.LatencyCycles
	}
	return n.LinkDelay
}

func (f *flitNet) start(injectors []int) {
	for _, i := range injectors {
		f.ends[i].SetSource(f)
	}
}

// Next implements flit.Source.
func (f *flitNet) Next(e *flit.Endpoint, _ uint8) *flit.Packet {
	from := e.Node()
	dest, created, ok := f.driver.next(f.number[from])
	if !ok {
		return nil
	}
	p := f.network.NewPacket()
	p.Source, p.Dest, p.Flits, p.CreatedCycle = from, f.nodes[dest], f.flits, created
	return p
}

// Ejected implements flit.Client.
func (f *flitNet) Ejected(_ *flit.Endpoint, p *flit.Packet, cycle int64) {
	f.driver.arrived(trip{created: p.CreatedCycle, injected: p.InjectedCycle, ejected: cycle, hops: p.Hops})
	f.network.FreePacket(p)
}

// Injected implements flit.Client: nobody waits for it.
func (f *flitNet) Injected(*flit.Endpoint, *flit.Packet, int64) {}

func (f *flitNet) foresight() int64 { return 0 }

func (f *flitNet) inside() int64 { return f.network.LivePackets() }

func (f *flitNet) check() error {
	if n := f.network.LivePackets(); n != 0 {
		return fmt.Errorf("%d packets are still in the network: %v", n, waits(f.network.Parts()))
	}
	if !f.network.Idle() {
		return fmt.Errorf("the network is empty and not at rest: %v", waits(f.network.Parts()))
	}
	return nil
}

// waits lists what keeps parts waiting, at most a handful.
func waits(parts []port.Part) []port.Wait {
	const most = 8
	var list []port.Wait
	for _, p := range parts {
		if list = append(list, p.Waits()...); len(list) >= most {
			return list[:most]
		}
	}
	return list
}
