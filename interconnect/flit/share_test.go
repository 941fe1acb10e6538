package flit_test

import (
	"math"
	"testing"

	"mozart/interconnect/flit"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

type nodeID = wire.NodeID

// classes counts flits by class in a window.
type classes struct {
	client
	net         *flit.Network
	first, last int64
	flits       [3]int64
}

func (c *classes) Ejected(_ *flit.Endpoint, p *flit.Packet, cycle int64) {
	if cycle >= c.first && cycle < c.last {
		c.flits[p.Class] += int64(p.Flits)
	}
	c.net.FreePacket(p)
}

// endless makes packets of every class as fast as they go.
type endless struct {
	rig  *rig
	from int
	last int64
	skip uint8 // a class that is not sent
}

func (s *endless) Next(_ *flit.Endpoint, class uint8) *flit.Packet {
	if now := s.rig.clock(s.from).Now(); now >= s.last || class == s.skip {
		return nil
	}
	p := s.rig.packet(s.from, 0, 2, 0)
	p.Class = class
	return p
}

// Classes share an output by their weights, and a class that is silent leaves its share
// to the others, in proportion.
func TestClassesShareByWeight(t *testing.T) {
	for _, c := range []struct {
		skip uint8
		want [3]float64
	}{{9, [3]float64{1. / 7, 2. / 7, 4. / 7}}, {2, [3]float64{1. / 3, 2. / 3, 0}}, {0, [3]float64{0, 1. / 3, 2. / 3}}} {
		spec := flit.DefaultNetworkSpec()
		spec.Router.Classes = []flit.ClassSpec{{VCsPerLane: 2, Weight: 1}, {VCsPerLane: 2, Weight: 2}, {VCsPerLane: 2, Weight: 4}}
		r := newRig(t, must(topology.Crossbar(5)), spec)
		got := &classes{net: r.net, first: 1000, last: 8000}
		for i := range r.ends {
			r.gate(i).SetClient(got)
			if i > 0 {
				r.gate(i).SetSource(&endless{rig: r, from: i, last: 8000, skip: c.skip})
			}
		}
		r.run()
		for class, want := range c.want {
			if share := float64(got.flits[class]) / 7000; math.Abs(share-want) > 0.02 {
				t.Errorf("without class %d: class %d has %.3f of the output, want %.3f", c.skip, class, share, want)
			}
		}
	}
}
