package reference_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/engine"
	"mozart/runner/micro"
)

// trip is a packet of a trace: created at source in one cycle, its head on the wire in
// another, its tail taken at the destination in a third.
type trip struct {
	Created                    int64
	Source, Destination        int
	Flits                      int32
	Injected, Ejected, Routers int64
}

// traced names a trace and how its network differs from the reference one: a router
// of 8 VCs of 8 flits, iSLIP, all delays 1.
type traced struct {
	file     string
	topology string
	change   func(*flit.NetworkSpec, *topology.Graph)
}

func traces() []traced {
	const tree, mesh = "nop-tree", "mesh:8x8"
	type change = func(*flit.NetworkSpec, *topology.Graph)
	router := func(set func(*flit.RouterSpec)) change {
		return func(s *flit.NetworkSpec, _ *topology.Graph) { set(&s.Router) }
	}
	same := router(func(*flit.RouterSpec) {})
	allocator := func(name string) change {
		return router(func(s *flit.RouterSpec) { s.VCAllocator, s.SwitchAllocator = name, name })
	}
	buffers := func(vcs, flits int) change {
		return router(func(s *flit.RouterSpec) { s.Classes[0].VCsPerLane, s.VCBufferFlits = vcs, flits })
	}
	return []traced{
		{"tree-uniform.csv", tree, same},
		{"tree-uniform-16flits.csv", tree, same},
		{"tree-overload-4flits.csv", tree, same},
		{"tree-hotspot.csv", tree, same},
		{"tree-lookahead.csv", tree, router(func(s *flit.RouterSpec) { s.Delays.RC = 0 })},
		{"tree-speedup2.csv", tree, router(func(s *flit.RouterSpec) { s.InputSpeedup = 2 })},
		{"tree-islip4.csv", tree, allocator("islip:4")},
		{"tree-input-first.csv", tree, allocator("separable-input-first")},
		{"tree-2vcs-1flit.csv", tree, buffers(2, 1)},
		{"tree-1vc-5flits.csv", tree, buffers(1, 5)},
		{"tree-long-links.csv", tree, longLinks},
		{"mesh-uniform-2flits.csv", mesh, same},
		{"mesh-overload-4flits.csv", mesh, same},
		{"mesh-transpose-2flits.csv", mesh, same},
	}
}

// longLinks has 3 cycles on the links between routers, credits that take as long to be
// used, and buffers that do not cover that loop.
func longLinks(s *flit.NetworkSpec, g *topology.Graph) {
	s.Router.CreditCycles, s.Router.VCBufferFlits = 3, 3
	for _, e := range g.Edges() {
		link := s.Link
		if g.IsRouter(e.A) && g.IsRouter(e.B) {
			link.LatencyCycles = 3
		}
		s.Links = append(s.Links, link)
	}
}

// Every packet of a trace takes the same cycles here.
func TestTraces(t *testing.T) {
	for _, tr := range traces() {
		t.Run(tr.file, func(t *testing.T) {
			want := readTrace(t, tr.file)
			got := tr.replay(t, want)
			wrong := 0
			for i := range want {
				if got[i] == want[i] {
					continue
				}
				if wrong++; wrong <= 3 {
					t.Errorf("packet in order of creation %d:\n got %+v\nwant %+v", i, got[i], want[i])
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d packets differ", wrong, len(want))
			}
		})
	}
}

// readTrace reads a trace, in the order of the source queues: by creation.
func readTrace(t *testing.T, file string) []trip {
	t.Helper()
	records := readCSV(t, filepath.Join(booksim, "traces", file))
	var list []trip
	for _, record := range records[1:] {
		var v [7]int64
		for i, s := range record {
			x, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			v[i] = x
		}
		list = append(list, trip{v[0], int(v[1]), int(v[2]), int32(v[3]), v[4], v[5], v[6]})
	}
	if len(list) == 0 {
		t.Fatalf("%s is empty", file)
	}
	slices.SortStableFunc(list, func(a, b trip) int { return cmp.Compare(a.Injected, b.Injected) })
	return list
}

// replay creates the packets of a trace in the cycles they were created in there, one
// cycle later on our clock, and returns them with what became of them.
func (tr traced) replay(t *testing.T, want []trip) []trip {
	t.Helper()
	g, err := micro.ParseTopology(tr.topology)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.NewSerial(1 * sim.GHz)
	if err != nil {
		t.Fatal(err)
	}
	spec := flit.DefaultNetworkSpec()
	tr.change(&spec, g)
	network, err := flit.NewNetwork(port.NewClock(e, 1*sim.GHz), g, spec)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(network, g, want)
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	if !network.Idle() || network.LivePackets() != 0 {
		t.Fatal("the network did not come to rest")
	}
	return p.trips
}

// player is the source and the sink of all endpoints.
type player struct {
	network *flit.Network
	nodes   []wire.NodeID
	number  map[wire.NodeID]int
	trips   []trip
	// waiting lists the numbers of each endpoint's packets that have not started.
	waiting [][]int
}

// offset is the first cycle of our clock in which a packet can be created.
const offset = 1

func newPlayer(n *flit.Network, g *topology.Graph, trips []trip) *player {
	p := &player{network: n, number: map[wire.NodeID]int{}, trips: slices.Clone(trips)}
	for i := range p.trips {
		tr := &p.trips[i]
		tr.Injected, tr.Ejected, tr.Routers = 0, 0, 0
	}
	for i, node := range g.Endpoints() {
		p.nodes = append(p.nodes, node.ID)
		p.number[node.ID] = i
	}
	p.waiting = make([][]int, len(p.nodes))
	for i, tr := range trips {
		p.waiting[tr.Source] = append(p.waiting[tr.Source], i)
	}
	for _, id := range p.nodes {
		e := n.Endpoint(id, 0)
		e.SetSource(p)
		e.SetClient(p)
	}
	return p
}

// Next implements flit.Source.
func (p *player) Next(e *flit.Endpoint, _ uint8) *flit.Packet {
	list := &p.waiting[p.number[e.Node()]]
	if len(*list) == 0 {
		return nil
	}
	i := (*list)[0]
	*list = (*list)[1:]
	packet, tr := p.network.NewPacket(), p.trips[i]
	packet.Source, packet.Dest, packet.Flits = e.Node(), p.nodes[tr.Destination], tr.Flits
	packet.CreatedCycle, packet.Tag = tr.Created+offset, int64(i)
	return packet
}

// Ejected implements flit.Client.
func (p *player) Ejected(_ *flit.Endpoint, packet *flit.Packet, cycle int64) {
	tr := &p.trips[packet.Tag]
	tr.Injected, tr.Ejected, tr.Routers = packet.InjectedCycle-offset, cycle-offset, int64(packet.Hops)
	p.network.FreePacket(packet)
}

// Injected implements flit.Client: nobody waits for it.
func (p *player) Injected(*flit.Endpoint, *flit.Packet, int64) {}
