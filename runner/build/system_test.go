package build_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
	"mozart/runner/build"
	"mozart/runner/config"
	"mozart/runner/engine"
	"mozart/workloads/op"
)

// mostCycles bounds a run of a drawn system; the largest take a few million.
const mostCycles = 1 << 32

// run runs a program to the end on Mozart's engine.
func run(t *rapid.T, hw config.Hardware, p *op.Program) *build.System {
	e, err := engine.NewSerial(sim.Freq(hw.Clock.Hertz()))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, e, hw, p)
	if err := e.RunUntil(mostCycles); err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t *rapid.T, e sim.Engine, hw config.Hardware, p *op.Program) *build.System {
	s, err := build.New(e, hw, p)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	return s
}

func metric(t *rapid.T, p port.Part, name string) int64 {
	for _, m := range p.Metrics() {
		if m.Name == name {
			return int64(m.Value)
		}
	}
	t.Fatalf("%s has no metric %q", p.Name(), name)
	return 0
}

// Whatever the model, the package, the policy and the sizes of buffers, a step
// ends, every part is idle, and nothing is lost.
func TestEverySystemDrains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := d.program(t)
		s := run(t, d.hw, p)
		checkDrained(t, s)
		checkConserved(t, s, d)
		checkSums(t, s, d)
		checkOrder(t, s)
		for i, c := range s.Chiplets {
			for _, part := range c.Parts() {
				if part.Name() != c.Name()+".SRAM" {
					continue
				}
				if peak := metric(t, part, "peak_bytes"); peak > p.SRAMNeed[i] {
					t.Errorf("%s held %d bytes, the program says %d", part.Name(), peak, p.SRAMNeed[i])
				}
				if left := metric(t, part, "occupied_bytes"); left != 0 {
					t.Errorf("%s still holds %d bytes", part.Name(), left)
				}
			}
		}
	})
}

func checkDrained(t *rapid.T, s *build.System) {
	for _, p := range s.Parts {
		if !p.Idle() {
			t.Errorf("%s is not idle: %v", p.Name(), p.Waits())
		}
		if w := p.Waits(); len(w) > 0 {
			t.Errorf("%s waits: %v", p.Name(), w)
		}
	}
	if n := s.LivePackets(); n != 0 {
		t.Errorf("%d packets are not back in the pool", n)
	}
	for _, c := range s.Chiplets {
		if done, total := c.Done(); done != total {
			t.Errorf("%s has done %d of %d ops", c.Name(), done, total)
		}
	}
}

// checkConserved compares the counters with what the routing says.
func checkConserved(t *rapid.T, s *build.System, d drawn) {
	st := s.Chiplets[0].Stats()
	tokens := int64(d.in.Workload.Tokens() * d.in.Model.MoELayers() * 2)
	if st.TokensDispatched != tokens || st.TokensCombined != tokens {
		t.Errorf("%d tokens dispatched, %d combined, want %d", st.TokensDispatched, st.TokensCombined, tokens)
	}
	experts := int64(d.in.Model.TopK)
	if d.in.Policy.SharedExperts == "expert-chiplets" {
		experts += int64(d.in.Model.SharedExperts)
	}
	if st.ContributionsAsked != tokens*experts || st.ContributionsReturned != tokens*experts {
		t.Errorf("%d expert outputs asked for, %d returned, want %d", st.ContributionsAsked, st.ContributionsReturned, tokens*experts)
	}
	received := int64(0)
	for _, c := range s.Chiplets[1:] {
		received += c.Stats().CopiesReceived
	}
	want := int64(0)
	for i := range s.Program.Tables {
		for c := range d.in.Machine.Chiplets {
			want += 2 * s.Program.Tables[i].Packets(c, s.Program.Dispatch)
		}
	}
	if received != want {
		t.Errorf("expert chiplets received %d packets, want %d", received, want)
	}
}

// checkSums checks that what comes up to the attention chiplet, when switches add and
// none runs out of entries, is one packet per token and link that leads to work for it.
func checkSums(t *rapid.T, s *build.System, d drawn) {
	if s.Program.Combine != op.CombineInSwitch {
		return
	}
	for _, r := range s.Routers {
		if r.Stats().Reducer.Evictions > 0 {
			return
		}
	}
	want, got := int64(0), int64(0)
	for i := range s.Program.Tables {
		type way struct {
			token op.TokenID
			trunk int
		}
		ways := map[way]bool{}
		for _, c := range s.Program.Tables[i].Copies {
			ways[way{c.Token, d.in.Machine.Trunks[c.Chiplet]}] = true
		}
		want += 2 * int64(len(ways)) // forward and backward
	}
	for i, e := range s.Graph.Edges() {
		if e.Level != topology.LevelRoot {
			continue
		}
		for _, row := range s.Links[i].Stats() {
			if row.Class == wire.ClassToken.String() && strings.HasPrefix(row.To, s.Chiplets[0].Name()) {
				got += row.Delivered.Messages
			}
		}
	}
	if got != want {
		t.Errorf("%d token packets came up, want %d", got, want)
	}
}

// checkOrder checks that no op starts before what it depends on has ended; a
// Receive starts with its first packet, which another chiplet may send early, but
// does not end before.
func checkOrder(t *rapid.T, s *build.System) {
	for i, c := range s.Chiplets {
		dev := &s.Program.Devices[i]
		begin, end := c.OpTimes()
		for k := range dev.Ops {
			if begin[k] < 0 || end[k] < begin[k] {
				t.Errorf("%s: op %d runs from %d to %d", c.Name(), k, begin[k], end[k])
			}
			for _, d := range dev.Deps(k) {
				first := begin[k]
				if dev.Ops[k].Kind == op.Receive {
					first = end[k]
				}
				if first < end[d] {
					t.Errorf("%s: op %d goes on at %d, op %d that it needs ends at %d", c.Name(), k, first, d, end[d])
				}
			}
		}
	}
}

// The outcome does not depend on the engine, nor on the order in which it handles
// the events of a cycle.
func TestOutcomeDoesNotDependOnTheEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := d.program(t)
		want := outcomeOf(run(t, d.hw, p))
		var e sim.Engine = sim.NewSerialEngine()
		if rapid.Bool().Draw(t, "shuffled") {
			e = wiretest.NewShuffledEngine(rapid.Uint64().Draw(t, "order"))
		}
		s := start(t, e, d.hw, p)
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		checkDrained(t, s)
		if diff := cmp.Diff(want, outcomeOf(s)); diff != "" {
			t.Errorf("outcome on Mozart's engine (-) and on %T (+):\n%s", e, diff)
		}
	})
}
