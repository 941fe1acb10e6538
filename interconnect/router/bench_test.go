package router_test

import (
	"testing"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// BenchmarkPacketHops streams packets from three children to the root. A packet makes
// two hops, each with a link and the first with the router.
func BenchmarkPacketHops(b *testing.B) {
	const children, warmup = 3, 20_000
	p := roomyPlan(24*64, 8*64)
	p.agent.Quiet = true
	s := wiretest.NewSystem()
	n := star(b, s, children, p)
	left := 0
	for _, child := range children2nodes(children) {
		n.agents[child].Feed = func(int64) port.Message {
			if left == 0 {
				return nil
			}
			left--
			return packet(s, child, root, wire.ClassToken, 4096)
		}
	}
	run := func(packets int) {
		left = packets
		for _, child := range children2nodes(children) {
			n.agents[child].Start()
		}
		if err := s.Engine.Run(); err != nil {
			b.Fatal(err)
		}
	}
	run(warmup) // rings, pools and the engine's heap grow to their size
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "packet-hops/s")
	s.CheckQuiet(b)
}

// BenchmarkReduction is the same with combine packets of three children, of which the
// router makes one sum.
func BenchmarkReduction(b *testing.B) {
	const children, warmup = 3, 20_000
	p := roomyPlan(8*64, 8*64)
	p.agent.Quiet = true
	p.router.Reducer.AddBytesPerCycle = 1024
	s := wiretest.NewSystem()
	n := star(b, s, children, p)
	limit := 0
	for i, child := range children2nodes(children) {
		sent := 0
		n.agents[child].Feed = func(int64) port.Message {
			if sent == limit {
				return nil
			}
			sent++
			return combine(s, child, int32(sent), children, uint16(i+1), 4096)
		}
	}
	run := func(packets int) {
		limit += packets / children
		for _, child := range children2nodes(children) {
			n.agents[child].Start()
		}
		if err := s.Engine.Run(); err != nil {
			b.Fatal(err)
		}
	}
	run(warmup)
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contributions/s")
	s.CheckQuiet(b)
}
