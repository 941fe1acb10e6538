package link_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/link"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

func TestContract(t *testing.T) {
	size := func(i int) int32 { return int32(1 + i*37%512) }
	wiretest.RunContract(t, wiretest.Contract{
		MaxBytes: 512,
		Build: func(tb wiretest.TB, s *wiretest.System, st wiretest.Stress) []*wiretest.Agent {
			spec := wiretest.Spec{
				Port:          port.Spec{VCs: vcs, InBytes: st.InBytes, OutMessages: st.OutMessages},
				ServiceCycles: st.ServiceCycles,
			}
			a, b := s.Agent(tb, "A", spec), s.Agent(tb, "B", spec)
			join(tb, s, link.Spec{BitsPerCycle: 29, LatencyCycles: 3}, a, b)
			return []*wiretest.Agent{a, b}
		},
		Load: func(s *wiretest.System, i int) (int, port.Message) {
			return i % 2, packet(s, wire.Class(i%vcs), size(i), int32(i))
		},
		Answers: func(i int) (int64, int64) { return 1, int64(size(i)) },
	})
}

// TestAnyTrafficArrivesInOrder: whatever the rate, the room and the pace of the sink,
// every channel hands over what it was given in order, within the bounds that the wire
// sets.
func TestAnyTrafficArrivesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxBytes := rapid.IntRange(1, 2000).Draw(t, "largest packet")
		ports := port.Spec{
			VCs:         vcs,
			InBytes:     maxBytes * rapid.IntRange(1, 4).Draw(t, "room"),
			OutMessages: rapid.IntRange(1, 4).Draw(t, "queue"),
		}
		spec := link.Spec{
			BitsPerCycle:  rapid.Int64Range(1, 4000).Draw(t, "bits"),
			LatencyCycles: rapid.Int64Range(1, 40).Draw(t, "latency"),
		}
		s := wiretest.NewSystem()
		a := s.Source(t, "A", ports)
		b := s.Sink(t, "B", ports, rapid.Int64Range(0, 300).Draw(t, "service"))
		l := join(t, s, spec, a, b)

		sent := make([][]int32, vcs)
		var serial int64
		for i := range rapid.IntRange(1, 40).Draw(t, "packets") {
			class := rapid.IntRange(0, vcs-1).Draw(t, "class")
			bytes := rapid.IntRange(0, maxBytes).Draw(t, "bytes")
			a.Queue(rapid.Int64Range(0, 3000).Draw(t, "start"), packet(s, wire.Class(class), int32(bytes), int32(i)))
			sent[class] = append(sent[class], int32(i))
			serial += topology.SerialCycles(bytes, spec.BitsPerCycle)
		}
		s.Run(t)
		s.CheckQuiet(t)

		got := make([][]int32, vcs)
		for _, arrival := range b.Arrivals {
			got[arrival.Packet.Class] = append(got[arrival.Packet.Class], arrival.Packet.Op)
		}
		if diff := cmp.Diff(sent, got); diff != "" {
			t.Fatalf("per class (-sent +got):\n%s", diff)
		}
		var busy int64
		for _, row := range l.Stats()[:vcs] {
			busy += row.BusyCycles
		}
		if busy != serial {
			t.Fatalf("the wire was held %d cycles, want %d", busy, serial)
		}
		if last := b.Arrivals[len(b.Arrivals)-1].Cycle; last < serial+spec.LatencyCycles {
			t.Fatalf("all here at %d, before the %d cycles that the wire takes", last, serial)
		}
	})
}
