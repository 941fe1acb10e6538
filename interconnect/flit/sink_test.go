package flit_test

import (
	"strings"
	"testing"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
)

// A bounded sink takes packets as there is room, and holds up the network behind it.
func TestABoundedSinkHoldsPacketsBack(t *testing.T) {
	g := must(topology.Crossbar(2))
	r := newRig(t, g, router(buffers(1, 4)))
	l := r.listen()
	r.gate(1).BoundEjection(0, 10)
	for range 3 {
		r.gate(0).Inject(r.packet(0, 1, 10, 1))
	}
	if err := r.engine.Run(); err != nil {
		t.Fatal(err)
	}
	if len(l.got) != 1 || r.net.Idle() {
		t.Fatalf("%d packets came out, idle %v, want 1 and more waiting", len(l.got), r.net.Idle())
	}
	if n := r.gate(0).Stats().SentFlits; n != 10+8 { // 4 flits in each of two buffers
		t.Errorf("%d flits left the source, want 18", n)
	}
	r.gate(1).AddRoom(0, 9)
	if err := r.engine.Run(); err != nil {
		t.Fatal(err)
	}
	if len(l.got) != 1 {
		t.Fatalf("%d packets came out with room for 9 flits", len(l.got))
	}
	r.gate(1).AddRoom(0, 11)
	r.run()
	if len(l.got) != 3 {
		t.Errorf("%d packets came out, want 3", len(l.got))
	}
	if s := r.gate(1).Stats(); s.TakenFlits != 30 || s.TakenPackets != 3 {
		t.Errorf("%+v", s)
	}
}

// Room given in a cycle counts from the next one on.
func TestRoomCountsFromTheNextCycle(t *testing.T) {
	g := must(topology.Crossbar(2))
	r := newRig(t, g, flit.DefaultNetworkSpec())
	l := r.listen()
	r.gate(1).BoundEjection(0, 0)
	giver := &giver{end: r.gate(1)}
	giver.alarm.Init(r.clock(0), giver, 0)
	r.gate(0).Inject(r.packet(0, 1, 1, 1))
	giver.alarm.Set(40)
	r.run()
	if l.got[0].Ejected != 41 {
		t.Errorf("taken in %d, want 41", l.got[0].Ejected)
	}
}

type giver struct {
	end   *flit.Endpoint
	alarm port.Alarm
}

func (g *giver) Wake(*port.Alarm, int64) { g.end.AddRoom(0, 1) }

// A stuck network says who waits for whom, from the sources to the sink that gives no
// room.
func TestWaitsLeadToTheCause(t *testing.T) {
	r := newRig(t, must(topology.Mesh(3, 1)), router(buffers(1, 1)))
	r.listen()
	r.gate(2).BoundEjection(0, 0)
	for range 9 {
		r.gate(0).Inject(r.packet(0, 2, 2, 1))
		r.gate(1).Inject(r.packet(1, 2, 2, 1))
	}
	if err := r.engine.Run(); err != nil {
		t.Fatal(err)
	}
	next := map[string]port.Wait{}
	for _, p := range r.net.Parts() {
		for _, w := range p.Waits() {
			next[w.From] = w
		}
		if p.Idle() != (len(p.Waits()) == 0) && !strings.HasPrefix(p.Name(), "Endpoint") {
			t.Errorf("%s: idle %v but waits for %v", p.Name(), p.Idle(), p.Waits())
		}
	}
	for _, from := range []string{"Endpoint[0].Gate[0].Queue[0]", "Endpoint[1].Gate[0].Queue[0]"} {
		at := from
		for range len(next) + 1 {
			w, ok := next[at]
			if !ok {
				break
			}
			at = w.To
		}
		if at != "Endpoint[2].Gate[0].Client" {
			t.Errorf("from %s the waits end at %s", from, at)
		}
	}
}

// local sends packets that are steered to local port 0 of the router that they meet.
type local struct{ spread }

func (s *local) Branches(_ nodeID, in int, _ *flit.Packet) flit.Branches {
	return flit.Branches{Ports: 1 << s.graph.Ports(s.router())}
}

// A local port is an endpoint in a router: here it sends back what it gets.
func TestLocalPorts(t *testing.T) {
	g := must(topology.Crossbar(3))
	spec := flit.DefaultNetworkSpec()
	spec.LocalPorts = func(topology.Node) int { return 1 }
	spec.Steering = &local{spread{graph: g, ends: g.Endpoints()}}
	r := newRig(t, g, spec)
	l := r.listen()
	router := g.OfKind(topology.KindSwitch)[0].ID
	echo := &echo{rig: r, to: 2}
	r.net.Locals(router)[0].SetClient(echo)
	p := r.packet(0, 1, 4, 1)
	p.Steered = true
	r.gate(0).Inject(p)
	r.run()
	// In at 1, at the router in 3, at the local port, without flight, 3+3+1 and 3 flits
	// later; out again a cycle later, at the router 1 after that, at the sink 5 later.
	if a := l.got[0]; a.At != r.ends[2].ID || a.Injected != 11 || a.Ejected != 11+1+5+3 {
		t.Errorf("%+v", a)
	}
}

func (s *local) router() nodeID { return s.graph.OfKind(topology.KindSwitch)[0].ID }

// echo sends a packet of the same length to another endpoint.
type echo struct {
	client
	rig *rig
	to  int
}

func (c *echo) Ejected(e *flit.Endpoint, p *flit.Packet, cycle int64) {
	k := c.rig.packet(0, c.to, p.Flits, cycle)
	c.rig.net.FreePacket(p)
	e.Inject(k)
}
