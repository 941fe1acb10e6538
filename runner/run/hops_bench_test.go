package run_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"mozart/configs/units"
	"mozart/runner/config"
	"mozart/workloads/op"
)

// The benchmarks of this file send one load through the same NoP-Tree built three
// times: of our links and routers on our engine (hops_mozart_bench_test.go), of
// stock Akita ports with an event-driven link (hops_stock_bench_test.go), and of
// Akita's noc/networking/switching (hops_switching_bench_test.go).

// share is a token's copy that goes down to one expert chiplet and whose result
// comes back up.
type share struct {
	token                int32
	child                int // of its group
	contributions, fanIn uint16
}

// load is the all-to-all of one layer and micro-batch, and the tree it crosses.
type load struct {
	groups      [][]share // by switch group, in the order of dispatch
	children    int       // expert chiplets per group
	packetBytes int32
	hardware    config.Hardware
}

// down is the number of packets from the attention chiplet to the expert chiplets,
// and the number of results if nothing adds them up on the way.
func (l *load) down() int64 {
	n := int64(0)
	for _, g := range l.groups {
		n += int64(len(g))
	}
	return n
}

// sums is the number of results that reach the attention chiplet when every switch
// adds up those of a token.
func (l *load) sums() int64 {
	n := int64(0)
	for _, g := range l.groups {
		last := int32(op.None)
		for _, s := range g {
			if s.token != last {
				last = s.token
				n++
			}
		}
	}
	return n
}

// child lists the shares of one expert chiplet.
func (l *load) child(group, child int) []share {
	var out []share
	for _, s := range l.groups[group] {
		if s.child == child {
			out = append(out, s)
		}
	}
	return out
}

// olmoeLoad is the dispatch of recorded layer 7 of OLMoE under Mozart-C: eight
// sequences of 256 tokens, 4 KiB each, on the paper's tree. A limit above 0 keeps
// only the first tokens.
func olmoeLoad(tb testing.TB, limit int32) *load {
	tb.Helper()
	p := planOf(tb, "olmoe-mozart-c", "workload.sequences=8", "workload.micro_batches=1")
	x := p.Experiment
	t := x.Hardware.Topology
	l := &load{
		groups: make([][]share, t.Groups), children: t.ChipletsPerGroup,
		packetBytes: int32(p.Program.TokenBytes), hardware: x.Hardware,
	}
	for _, table := range p.Program.Tables {
		if table.Layer != 7 {
			continue
		}
		for _, c := range table.Copies {
			if limit > 0 && int32(c.Token) >= limit {
				break
			}
			g := int(c.Chiplet) / l.children
			l.groups[g] = append(l.groups[g], share{
				token: int32(c.Token), child: int(c.Chiplet) % l.children,
				contributions: uint16(c.Contributions), fanIn: uint16(c.FanIn),
			})
		}
	}
	if l.down() == 0 || l.packetBytes != 4096 {
		tb.Fatalf("%d packets of %d bytes, want some of 4096", l.down(), l.packetBytes)
	}
	return l
}

// serialCycles is how long a packet of the load holds a link.
func (l *load) serialCycles(tb testing.TB, k config.Link) int64 {
	tb.Helper()
	bits, err := l.hardware.BitsPerCycle(k)
	if err != nil {
		tb.Fatal(err)
	}
	return (int64(l.packetBytes)*8 + bits - 1) / bits
}

func (l *load) cycles(d units.Duration) int64 { return max(1, d.Cycles(l.hardware.Clock)) }

// carrier is a NoP-Tree that carries its load again and again.
type carrier interface {
	// round sends every packet down and, when all have arrived, every result up, and
	// fails if one of them is missing at the end.
	round(tb testing.TB)
	// hops is the number of packets that links deliver in a round.
	hops() int64
}

// carriers are the trees to compare; the first is the reference of the ratios.
var carriers = []struct {
	name string
	// tokens limits the load of a tree that is too slow for all of it; 0 is no limit.
	tokens int32
	make   func(tb testing.TB, l *load) carrier
}{
	{"mozart", 0, func(tb testing.TB, l *load) carrier { return newMozartTree(tb, l, false) }},
	{"mozart-with-reduction", 0, func(tb testing.TB, l *load) carrier { return newMozartTree(tb, l, true) }},
	{"akita-event-driven-link", 0, func(tb testing.TB, l *load) carrier { return newStockTree(tb, l) }},
	// A flit that holds a packet and the endpoint's 25% of encoding overhead is the
	// coarsest that Akita's network can do; its connector's default is 64 bytes.
	{"akita-switching-packet-flits", 0, func(tb testing.TB, l *load) carrier {
		return newSwitchingTree(tb, l, int(l.packetBytes)*5/4)
	}},
	{"akita-switching-64B-flits", 64, func(tb testing.TB, l *load) carrier { return newSwitchingTree(tb, l, 64) }},
}

// BenchmarkPacketHop is the cost of one packet on one link. An operation is a
// round: OLMoE's dispatch of one layer and micro-batch, down and up.
func BenchmarkPacketHop(b *testing.B) {
	for _, c := range carriers {
		b.Run(c.name, func(b *testing.B) {
			l := olmoeLoad(b, c.tokens)
			tree := c.make(b, l)
			tree.round(b) // rings, pools and the engine's queues grow to their size
			before := mallocs()
			for b.Loop() {
				tree.round(b)
			}
			allocations := mallocs() - before
			packets := 2 * l.down() * int64(b.N)
			hops := tree.hops() * int64(b.N)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(hops), "ns/hop")
			b.ReportMetric(float64(hops)/b.Elapsed().Seconds(), "hops/s")
			b.ReportMetric(float64(allocations)/float64(packets), "allocs/packet")
		})
	}
}

// BenchmarkPacketHopRatio gives the trees that carry the whole load a fifth of a second
// each, in turns, so that what else the machine does falls on all of them. It reports
// the least cost of a packet-hop on each, and how many times the cost of ours that is.
// An operation is five turns.
func BenchmarkPacketHopRatio(b *testing.B) {
	const turns, turn = 5, 200 * time.Millisecond
	l := olmoeLoad(b, 0)
	var names []string
	var trees []carrier
	for _, c := range carriers {
		if c.tokens == 0 {
			names, trees = append(names, c.name), append(trees, c.make(b, l))
			trees[len(trees)-1].round(b)
		}
	}
	least := make([]float64, len(trees))
	for b.Loop() {
		for range turns {
			for i, tree := range trees {
				cost := leastCost(b, tree, turn)
				if least[i] == 0 || cost < least[i] {
					least[i] = cost
				}
			}
		}
	}
	for i, name := range names {
		b.ReportMetric(least[i], name+"-ns/hop")
		if i > 0 {
			b.ReportMetric(least[i]/least[0], name+"/"+names[0])
		}
	}
}

// leastCost runs rounds for some time, at least one, and returns the nanoseconds per
// packet-hop of the fastest.
func leastCost(tb testing.TB, tree carrier, atLeast time.Duration) float64 {
	fastest := time.Duration(math.MaxInt64)
	for start := time.Now(); ; {
		began := time.Now()
		tree.round(tb)
		fastest = min(fastest, time.Since(began))
		if time.Since(start) >= atLeast {
			return float64(fastest.Nanoseconds()) / float64(tree.hops())
		}
	}
}

// mallocs is the number of allocations of the program so far.
func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// every fails unless all of what was expected has arrived.
func every(tb testing.TB, what string, got, want int64) {
	tb.Helper()
	if got != want {
		tb.Fatal(fmt.Errorf("%s: %d arrived, want %d", what, got, want))
	}
}
