package router_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/collective"
	"mozart/interconnect/link"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/interconnect/wiretest"
)

// deep is a tree of any depth with one link at the root, and what it is sent.
type deep struct {
	spec topology.TreeSpec
	*network
	experts []topology.Node
	// asked[token][i] is what the token wants of expert chiplet i, 0 for nothing.
	asked [][]uint16
}

func drawDeep(t *rapid.T, s *wiretest.System) deep {
	d := deep{spec: topology.TreeSpec{
		Groups: 1, Levels: rapid.SliceOfN(rapid.IntRange(1, 3), 0, wire.MaxTreeLevels-1).Draw(t, "levels"),
		ChipletsPerGroup: rapid.IntRange(1, 3).Draw(t, "chiplets"),
	}}
	g, err := topology.NoPTree(d.spec)
	if err != nil {
		t.Fatal(err)
	}
	p := roomyPlan(8, 8)
	p.link = func(i int) link.Spec {
		return link.Spec{BitsPerCycle: int64(8 + 101*i%97), LatencyCycles: int64(1 + i%7)}
	}
	p.router.InBytes = 64 * rapid.IntRange(1, 3).Draw(t, "room")
	p.router.OutMessages = rapid.IntRange(1, 3).Draw(t, "queue")
	p.router.Reducer = collective.Spec{
		Entries: rapid.SampledFrom([]int{1, 2, 3, 64}).Draw(t, "entries"), AddBytesPerCycle: rapid.IntRange(1, 64).Draw(t, "adder"),
		AddLatencyCycles: rapid.Int64Range(0, 8).Draw(t, "latency"), Full: collective.FullEvict,
	}
	d.network, d.experts = build(t, s, g, p), g.OfKind(topology.KindExpert)
	most := min(len(d.experts), wire.MaxBranches)
	for range rapid.IntRange(1, 12).Draw(t, "tokens") {
		row := make([]uint16, len(d.experts))
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(row)-1), 1, most, rapid.ID[int]).Draw(t, "destinations") {
			row[i] = uint16(rapid.IntRange(1, 8).Draw(t, "contributions"))
		}
		d.asked = append(d.asked, row)
	}
	return d
}

// dispatch sends every token down, one packet each.
func (d *deep) dispatch(s *wiretest.System) {
	for token, row := range d.asked {
		p := packet(s, root, d.experts[0].ID, wire.ClassToken, 64)
		p.Kind, p.Token = wire.KindDispatch, int32(token)
		s.Pool.Equip(p)
		for i, n := range row {
			if n > 0 {
				p.Branch(wire.Branch{Dest: d.experts[i].ID, Op: int32(100 + i), Contributions: n})
			}
		}
		d.agents[root].Queue(0, p)
	}
}

// fanIns counts, for a token's packet to expert chiplet i, the ports that the packet
// leaves each switch by, the lowest switch first.
func (d *deep) fanIns(token, i int) []int {
	var out []int
	path := d.graph.Path(d.experts[i].ID, root)
	for _, at := range path[1 : len(path)-1] {
		ports := map[int]bool{}
		for k, n := range d.asked[token] {
			if way := d.graph.NextPort(at, d.experts[k].ID); n > 0 && way != topology.UpPort {
				ports[way] = true
			}
		}
		out = append(out, len(ports))
	}
	return out
}

// Down a tree of any depth every destination of a token gets it once, with what it is
// asked for and the fan-in of every switch above it. Up again, each expert output is
// in one sum, and what comes out at the top is one packet if no switch ran out of
// entries.
func TestDeepTreesMulticastAndAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := wiretest.NewSystem()
		d := drawDeep(t, s)
		d.dispatch(s)
		s.Run(t)
		s.CheckQuiet(t)
		want := make([]int, len(d.asked))
		for i, expert := range d.experts {
			next := 0 // token
			for _, a := range d.agents[expert.ID].Arrivals {
				for d.asked[next][i] == 0 {
					next++
				}
				p := a.Packet
				if int(p.Token) != next || p.Contributions != d.asked[next][i] || p.Multicast() || p.Dest != expert.ID || int(p.Op) != 100+i {
					t.Fatalf("%s got %+v, want token %d", expert.Name, p, next)
				}
				got := []int{int(p.FanIn), int(p.UpperFanIn[0]), int(p.UpperFanIn[1]), int(p.UpperFanIn[2])}
				if diff := cmp.Diff(d.fanIns(next, i), got[:1+len(d.spec.Levels)]); diff != "" {
					t.Fatalf("fan-ins of token %d at %s (-want +got):\n%s", next, expert.Name, diff)
				}
				want[next] += int(p.Contributions)
				up := combine(s, expert.ID, p.Token, p.FanIn, p.Contributions, 64)
				up.UpperFanIn = p.UpperFanIn
				d.agents[expert.ID].Queue(1<<20+rapid.Int64Range(0, 400).Draw(t, "start"), up)
				next++
			}
		}
		for token, row := range d.asked {
			sum := 0
			for _, n := range row {
				sum += int(n)
			}
			if want[token] != sum {
				t.Fatalf("%d of %d expert outputs of token %d were asked for", want[token], sum, token)
			}
		}
		s.Run(t)
		s.CheckQuiet(t)
		d.checkSums(t, want)
	})
}

func (d *deep) checkSums(t *rapid.T, want []int) {
	got, packets := make([]int, len(want)), make([]int, len(want))
	for _, a := range d.agents[root].Arrivals {
		got[a.Packet.Token] += int(a.Packet.Contributions)
		packets[a.Packet.Token]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("expert outputs per token (-sent +got):\n%s", diff)
	}
	evictions := int64(0)
	for _, r := range d.routers {
		evictions += r.Stats().Reducer.Evictions
	}
	extra := 0
	for _, n := range packets {
		extra += n - 1
	}
	if int64(extra) != evictions {
		t.Fatalf("%d packets more than tokens came up after %d evictions", extra, evictions)
	}
}
