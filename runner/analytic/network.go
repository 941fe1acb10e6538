package analytic

import (
	"fmt"
	"math"

	"mozart/configs/units"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config"
	"mozart/workloads/op"
)

// network knows the ways of tokens and of data between chiplets and stacks.
// Resources are the directions of links, two for each edge, and behind them the data
// buses of the stacks, for loads and for stores.
type network struct {
	graph *topology.Graph
	hw    config.Hardware
	// rate is that of each resource, bytes per cycle; name says which it is.
	rate []float64
	// down[c] are the link directions from the attention chiplet to expert chiplet c,
	// up[c] those back, in the order in which a token crosses them.
	down, up [][]int
	// stacks[d] are the stacks of device d.
	stacks [][]stack
	// loads and stores are the rates of each device's.
	loads, stores []pace
}

func newNetwork(hw config.Hardware, g *topology.Graph) *network {
	n := &network{graph: g, hw: hw}
	for _, e := range g.Edges() {
		bytes := float64(e.BitsPerCycle) / 8
		n.rate = append(n.rate, bytes, bytes)
	}
	bus := map[wire.NodeID]int{}
	for _, s := range g.OfKind(topology.KindStack) {
		bus[s.ID] = len(n.rate)
		spec := n.stackSpec(s)
		n.rate = append(n.rate, busRate(spec, units.Bytes(math.MaxInt64), hw.Clock), busRate(spec, hw.Chunk, hw.Clock))
	}
	attention := g.OfKind(topology.KindAttention)[0]
	devices := append([]topology.Node{attention}, g.OfKind(topology.KindExpert)...)
	for d, at := range devices {
		if d > 0 {
			n.down = append(n.down, n.way(attention.ID, at.ID))
			n.up = append(n.up, n.way(at.ID, attention.ID))
		}
		var own []stack
		for _, s := range g.OfKind(topology.KindStack) {
			if s.Group != at.Group {
				continue
			}
			to := n.way(at.ID, s.ID)
			own = append(own, stack{
				read: append(n.way(s.ID, at.ID), bus[s.ID]), write: append(to, bus[s.ID]+1),
				flight: 2 * n.latency(to), first: float64(n.stackSpec(s).ReadLatency.Cycles(hw.Clock)),
			})
		}
		n.stacks = append(n.stacks, own)
	}
	n.findCommon()
	return n
}

// way lists the link directions from a to b.
func (n *network) way(a, b wire.NodeID) []int {
	var way []int
	for at := a; at != b; {
		port := n.graph.NextPort(at, b)
		edge := n.graph.EdgeAt(at, port)
		direction := 2 * edge
		if n.graph.Edges()[edge].A != at {
			direction++
		}
		way = append(way, direction)
		at = n.graph.Neighbor(at, port)
	}
	return way
}

// latency is the time of flight along a way: the links and the switches between.
func (n *network) latency(way []int) float64 {
	cycles := int64(len(way)-1) * n.hw.Switch.Latency.Cycles(n.hw.Clock)
	for _, direction := range way {
		cycles += 1 + n.graph.Edges()[direction/2].LatencyCycles
	}
	return float64(cycles)
}

// flight is the longest latency of some ways.
func (n *network) flight(ways [][]int) float64 {
	longest := 0.0
	for _, way := range ways {
		longest = max(longest, n.latency(way))
	}
	return longest
}

// name is a resource in words.
func (n *network) name(resource int) string {
	edges := n.graph.Edges()
	if resource >= 2*len(edges) {
		return "bus of " + n.graph.OfKind(topology.KindStack)[(resource-2*len(edges))/2].Name
	}
	e := edges[resource/2]
	from, to := e.A, e.B
	if resource%2 == 1 {
		from, to = to, from
	}
	return fmt.Sprintf("%v link %s to %s", e.Level, n.graph.Node(from).Name, n.graph.Node(to).Name)
}

// traffic is how many bytes cross each resource.
type traffic []float64

func (n *network) traffic() traffic { return make(traffic, len(n.rate)) }

// busiest is the time that the busiest resource needs, and which that is.
func (n *network) busiest(t traffic) (cycles float64, resource string) {
	at := -1
	for i, bytes := range t {
		if c := bytes / n.rate[i]; c > cycles {
			cycles, at = c, i
		}
	}
	if at >= 0 {
		resource = n.name(at)
	}
	return cycles, resource
}

// dispatch is the bytes of a table's tokens on their way down.
func (n *network) dispatch(p *op.Program, t *op.Table) traffic {
	out := n.traffic()
	if p.Dispatch == op.DispatchPerGroup {
		n.shared(out, t, n.down, 0, float64(p.TokenBytes))
		return out
	}
	for c, way := range n.down {
		bytes := float64(t.Packets(c, p.Dispatch) * p.TokenBytes)
		for _, r := range way {
			out[r] += bytes
		}
	}
	return out
}

// combine is the bytes of a table's results on their way up. Switches that add send
// one packet per token on.
func (n *network) combine(p *op.Program, t *op.Table) traffic {
	out := n.traffic()
	inSwitch := p.Combine == op.CombineInSwitch
	for c, way := range n.up {
		bytes := float64(t.Results(c, p.Combine) * p.TokenBytes)
		for i, r := range way {
			if i == 0 || !inSwitch {
				out[r] += bytes
			}
		}
	}
	if inSwitch {
		n.shared(out, t, n.up, 1, float64(p.TokenBytes))
	}
	return out
}

// shared counts each token of a table once on every link direction that it needs,
// from the i-th of each way on.
func (n *network) shared(out traffic, t *op.Table, ways [][]int, i int, bytes float64) {
	last := make([]op.TokenID, len(n.rate))
	for r := range last {
		last[r] = op.None
	}
	for k := range t.Copies {
		e := &t.Copies[k]
		for _, r := range ways[e.Chiplet][i:] {
			if last[r] != e.Token {
				last[r] = e.Token
				out[r] += bytes
			}
		}
	}
}
