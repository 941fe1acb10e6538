package chiplet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// tokenTable has three tokens for three expert chiplets in one group: token 0 goes
// to chiplet 0 (two experts) and 2, token 1 to 1, token 2 to 0 and 1.
func tokenTable() op.Table {
	return op.Table{
		Tokens: 3, PerToken: 3,
		Copies: []op.Copy{
			{Token: 0, Chiplet: 0, Contributions: 2, FanIn: 2}, {Token: 0, Chiplet: 2, Contributions: 1, FanIn: 2},
			{Token: 1, Chiplet: 1, Contributions: 3, FanIn: 1},
			{Token: 2, Chiplet: 0, Contributions: 1, FanIn: 2}, {Token: 2, Chiplet: 1, Contributions: 2, FanIn: 2},
		},
		Assignments: []int32{3, 5, 1}, Copied: []int32{2, 2, 1},
	}
}

// rootProgram dispatches and combines tokenTable once; op 1 is the combine, and
// the ops of the expert chiplets are 10, 11 and 12.
func rootProgram(d op.Dispatch) *op.Program {
	p := solo(0, func(b *op.Builder) {
		send := b.Add(op.Op{Kind: op.Send, Tokens: 5}, "dispatch")
		b.Add(op.Op{Kind: op.Receive, Tokens: 3}, "combine", send)
		b.SetPeers(send, []op.Peer{{Device: 1, Op: 10}, {Device: 2, Op: 11}, {Device: 3, Op: 12}})
	})
	for i := 1; i < 3; i++ {
		p.Devices = append(p.Devices, op.Device{Chiplet: i})
	}
	p.Dispatch, p.Tables = d, []op.Table{tokenTable()}
	return p
}

// sent is what matters of a token packet.
type sent struct {
	token, dest, op, contributions, fanIn int
	children                              string
}

func (b *bench) tokensSent() (out []sent) {
	for _, a := range b.world.Arrivals {
		p := a.Packet
		if p.Class != wire.ClassToken {
			continue
		}
		s := sent{token: int(p.Token), dest: int(p.Dest), op: int(p.Op), contributions: int(p.Contributions), fanIn: int(p.FanIn)}
		if p.Multicast() {
			for _, branch := range p.Branches[:p.BranchCount] {
				s.children += fmt.Sprintf(" %d:op %d x%d", branch.Dest, branch.Op, branch.Contributions)
			}
		}
		out = append(out, s)
	}
	return out
}

// token is a packet of a dispatch or a combine.
func (b *bench) token(k wire.Kind, i, token, contributions, fanIn int) *wire.Packet {
	pk := b.Pool.Get()
	pk.Kind, pk.Class, pk.Bytes = k, wire.ClassToken, int32(b.program.TokenBytes)
	pk.Op, pk.Token, pk.Contributions, pk.FanIn = int32(i), int32(token), uint16(contributions), uint16(fanIn)
	return pk
}

func TestDispatch(t *testing.T) {
	for d, want := range map[op.Dispatch][]sent{
		op.DispatchPerExpert: {
			{0, 1, 10, 1, 2, ""}, {0, 1, 10, 1, 2, ""}, {0, 3, 12, 1, 2, ""},
			{1, 2, 11, 1, 1, ""}, {1, 2, 11, 1, 1, ""}, {1, 2, 11, 1, 1, ""},
			{2, 1, 10, 1, 2, ""}, {2, 2, 11, 1, 2, ""}, {2, 2, 11, 1, 2, ""},
		},
		op.DispatchPerChiplet: {
			{0, 1, 10, 2, 2, ""}, {0, 3, 12, 1, 2, ""}, {1, 2, 11, 3, 1, ""}, {2, 1, 10, 1, 2, ""}, {2, 2, 11, 2, 2, ""},
		},
		op.DispatchPerGroup: {
			{0, 1, 10, 3, 0, " 1:op 10 x2 3:op 12 x1"}, {1, 2, 11, 3, 0, " 2:op 11 x3"}, {2, 1, 10, 3, 0, " 1:op 10 x1 2:op 11 x2"},
		},
	} {
		for _, queue := range []int{1, 4} {
			t.Run(fmt.Sprintf("%d with %d queued", d, queue), func(t *testing.T) {
				spec := defaults()
				spec.chiplet.InjectionQueue = queue
				spec.world.ServiceCycles = 200 // slower than the link
				b := newBench(t, rootProgram(d), 0, spec)
				for i := range 6 {
					b.world.Queue(5000+int64(i/3)*1000, b.token(wire.KindCombine, 1, i%3, 2-i/3, 1))
				}
				b.run(t)
				if diff := cmp.Diff(want, b.tokensSent(), cmp.AllowUnexported(sent{})); diff != "" {
					t.Errorf("packets (-want +got):\n%s", diff)
				}
				st := b.chiplet.Stats()
				if st.TokensDispatched != 3 || st.TokensCombined != 3 || st.ContributionsAsked != 9 || st.ContributionsReturned != 9 || st.CopiesSent != int64(len(want)) {
					t.Errorf("counted %+v", st)
				}
				// The last output arrives with the last packet and is then in SRAM.
				_, end := b.chiplet.OpTimes()
				if last := 6000 + hop(64) + 2*8; end[1] < last || end[1] > last+access(6*64)+8 {
					t.Errorf("the combine ends at %d, its last packet is there at %d", end[1], last)
				}
			})
		}
	}
}

// The next dispatch starts when the one before has left, without a gap in which a
// free queue stays empty.
func TestDispatchesQueueUp(t *testing.T) {
	p := rootProgram(op.DispatchPerChiplet)
	b := op.NewBuilder(op.Attention, p.Labels)
	for range 4 {
		i := b.Add(op.Op{Kind: op.Send, Tokens: 5}, "dispatch")
		b.SetPeers(i, []op.Peer{{Device: 1, Op: 10}, {Device: 2, Op: 11}, {Device: 3, Op: 12}})
	}
	p.Devices[0] = b.Device()
	spec := defaults()
	spec.chiplet.InjectionQueue = 1
	bench := newBench(t, p, 0, spec)
	bench.run(t)
	if n := len(bench.world.Arrivals); n != 20 {
		t.Fatalf("%d packets, want 20", n)
	}
	for i, a := range bench.world.Arrivals {
		// 64 bytes take the link 8 cycles, back to back.
		if want := hop(64) + int64(i)*8; a.Cycle != want {
			t.Errorf("packet %d arrives at %d, want %d", i, a.Cycle, want)
		}
	}
}

// leafProgram receives packets and sends the results up; op 5 is the attention
// chiplet's combine.
func leafProgram(c op.Combine, packets int64) *op.Program {
	p := solo(1, func(b *op.Builder) {
		receive := b.Add(op.Op{Kind: op.Receive, Tokens: packets, Allocate: packets * 64}, "dispatch")
		send := b.Add(op.Op{Kind: op.Send, Tokens: packets, Release: packets * 64}, "combine", receive)
		b.SetPeers(send, []op.Peer{{Device: 0, Op: 5}})
	})
	p.Combine, p.Tables = c, make([]op.Table, 1)
	return p
}

func TestCombine(t *testing.T) {
	for c, want := range map[op.Combine][]sent{
		op.CombineAtRoot:    {{3, 0, 5, 1, 1, ""}, {3, 0, 5, 1, 1, ""}, {3, 0, 5, 1, 1, ""}, {7, 0, 5, 1, 1, ""}, {7, 0, 5, 1, 1, ""}},
		op.CombineInChiplet: {{3, 0, 5, 3, 1, ""}, {7, 0, 5, 2, 1, ""}},
		op.CombineInSwitch:  {{3, 0, 5, 3, 2, ""}, {7, 0, 5, 2, 4, ""}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			spec := defaults()
			spec.chiplet.InjectionQueue = 1
			b := newBench(t, leafProgram(c, 4), 1, spec)
			// Two packets of token 3 and two of token 7, with several experts.
			for i, pk := range [][3]int{{3, 1, 2}, {3, 2, 2}, {7, 1, 4}, {7, 1, 4}} {
				b.world.Queue(int64(i)*100, b.token(wire.KindDispatch, 0, pk[0], pk[1], pk[2]))
			}
			b.run(t)
			if diff := cmp.Diff(want, b.tokensSent(), cmp.AllowUnexported(sent{})); diff != "" {
				t.Errorf("packets (-want +got):\n%s", diff)
			}
			for _, a := range b.world.Arrivals {
				if a.Packet.Reduce != (c == op.CombineInSwitch) {
					t.Errorf("token %d asks for reduction: %v", a.Packet.Token, a.Packet.Reduce)
				}
			}
			start, end := b.chiplet.OpTimes()
			arrived := 300 + hop(64)
			if start[0] != 0 || end[0] != arrived+access(4*64) || start[1] != end[0] {
				t.Errorf("receive from %d to %d, then send from %d", start[0], end[0], start[1])
			}
			if n := b.metric(t, "Chiplet.SRAM", "written_bytes"); n != 4*64 {
				t.Errorf("%d bytes written, want 4 tokens of 64", n)
			}
		})
	}
}

// Tokens that overtook each other on the way are answered in order.
func TestTokensOutOfOrder(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 1, 0, 2}, {3, 2, 1, 0}} {
		b := newBench(t, leafProgram(op.CombineInChiplet, 4), 1, defaults())
		for i, token := range order {
			b.world.Queue(int64(i)*100, b.token(wire.KindDispatch, 0, token, 1, 1))
		}
		b.run(t)
		var got []int
		for _, s := range b.tokensSent() {
			got = append(got, s.token)
		}
		if diff := cmp.Diff([]int{0, 1, 2, 3}, got); diff != "" {
			t.Errorf("from %v (-want +got):\n%s", order, diff)
		}
	}
}

// A chiplet that gets no token goes through the same ops.
func TestNoTokens(t *testing.T) {
	b := newBench(t, leafProgram(op.CombineInSwitch, 0), 1, defaults())
	b.run(t)
	if len(b.world.Arrivals) > 0 {
		t.Errorf("%d packets sent for no token", len(b.world.Arrivals))
	}
}

// Whatever the table, the queue and the order in which outputs come back: each
// token asks for its outputs once, and is combined when all are there.
func TestEveryTokenIsCombined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := op.Table{Tokens: rapid.IntRange(1, 20).Draw(t, "tokens"), PerToken: 4, Assignments: make([]int32, 3), Copied: make([]int32, 3)}
		for token := range table.Tokens {
			left := table.PerToken
			for c := range 3 {
				n := rapid.IntRange(0, left).Draw(t, "outputs")
				if c == 2 {
					n = left
				}
				if n == 0 {
					continue
				}
				left -= n
				table.Copies = append(table.Copies, op.Copy{Token: op.TokenID(token), Chiplet: uint16(c), Contributions: uint8(n), FanIn: 1})
				table.Assignments[c] += int32(n)
				table.Copied[c]++
			}
		}
		p := rootProgram(op.Dispatch(rapid.IntRange(0, 2).Draw(t, "dispatch")))
		p.Tables[0] = table
		spec := defaults()
		spec.chiplet.InjectionQueue = rapid.IntRange(1, 3).Draw(t, "queue")
		spec.world.ServiceCycles = rapid.Int64Range(0, 50).Draw(t, "service")
		b := newBench(t, p, 0, spec)
		var back [][2]int
		for _, e := range table.Copies {
			for left := int(e.Contributions); left > 0; {
				n := rapid.IntRange(1, left).Draw(t, "summed")
				left -= n
				back = append(back, [2]int{int(e.Token), n})
			}
		}
		for i, at := range rapid.Permutation(back).Draw(t, "order") {
			b.world.Queue(2000+int64(i), b.token(wire.KindCombine, 1, at[0], at[1], 1))
		}
		b.run(t)
		asked := make([]int, table.Tokens)
		last := -1
		for _, s := range b.tokensSent() {
			asked[s.token] += s.contributions
			if s.token < last {
				t.Errorf("token %d after token %d", s.token, last)
			}
			last = s.token
		}
		for token, n := range asked {
			if n != table.PerToken {
				t.Errorf("token %d asks for %d outputs, want %d", token, n, table.PerToken)
			}
		}
		st := b.chiplet.Stats()
		if st.TokensCombined != int64(table.Tokens) || st.ContributionsReturned != st.ContributionsAsked {
			t.Errorf("counted %+v", st)
		}
	})
}

// A broken invariant panics with the component's name.
func TestBrokenInvariantsPanic(t *testing.T) {
	root := func() *bench { return newBench(t, rootProgram(op.DispatchPerChiplet), 0, defaults()) }
	// The receive is op 1 and waits for a load, so that packets come before it is reached.
	leaf := func() *bench {
		p := leafProgram(op.CombineInChiplet, 1)
		b := op.NewBuilder(0, p.Labels)
		load := b.Add(op.Op{Kind: op.Load, Bytes: 5000}, "weights")
		b.Add(op.Op{Kind: op.Receive, Tokens: 1}, "dispatch", load)
		p.Devices[1] = b.Device()
		return newBench(t, p, 1, defaults())
	}
	for name, c := range map[string]struct {
		bench *bench
		pk    func(b *bench) *wire.Packet
		times int
		want  string
	}{
		"an output too many":   {root(), func(b *bench) *wire.Packet { return b.token(wire.KindCombine, 1, 0, 4, 1) }, 3, "token 0 got 4 expert outputs, 3 were missing"},
		"a packet too many":    {leaf(), func(b *bench) *wire.Packet { return b.token(wire.KindDispatch, 1, 1, 1, 1) }, 2, "op 1 got more than its 1 packets"},
		"a signal nobody asks": {leaf(), func(b *bench) *wire.Packet { return b.signal(1) }, 1, "op 1 got more signals than 0"},
		"a write":              {leaf(), func(b *bench) *wire.Packet { p := b.signal(0); p.Kind = wire.KindWriteData; return p }, 1, "a write-data packet is not for a chiplet"},
		"data unasked":         {leaf(), func(b *bench) *wire.Packet { p := b.signal(1); p.Kind = wire.KindReadData; return p }, 1, "load 1 got 16 bytes too many"},
		"an answer unasked":    {leaf(), func(b *bench) *wire.Packet { p := b.signal(0); p.Kind = wire.KindWriteAck; return p }, 1, "an acknowledgement too many"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if !strings.HasPrefix(got, "Chiplet") || !strings.Contains(got, c.want) {
					t.Errorf("panic %q, want %q", got, c.want)
				}
			}()
			for range c.times {
				c.bench.world.Queue(1, c.pk(c.bench))
			}
			c.bench.chiplet.Start()
			c.bench.Run(t)
			t.Error("no panic")
		})
	}
}

// A chiplet that waits in vain is not idle and says for what.
func TestWaitsNameWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		program *op.Program
		device  int
		want    []port.Wait
	}{
		"outputs": {rootProgram(op.DispatchPerChiplet), 0, []port.Wait{{From: "Chiplet", Why: "op 1: 9 expert outputs have not returned"}}},
		"tokens":  {leafProgram(op.CombineInChiplet, 3), 1, []port.Wait{{From: "Chiplet", Why: "op 0: 0 of 3 token packets have arrived"}}},
		"signals": {solo(0, func(b *op.Builder) { b.Add(op.Op{Kind: op.Await, Signals: 2, Phase: op.ForwardWeights}, "loaded") }), 0,
			[]port.Wait{{From: "Chiplet", Why: "op 0 (await, forward.weights, layer 0, micro-batch 0) is not done: 0 of 2 signals"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.program, c.device, defaults())
			b.chiplet.Start()
			b.Run(t)
			if b.chiplet.Idle() {
				t.Error("a stuck chiplet calls itself idle")
			}
			if diff := cmp.Diff(c.want, b.chiplet.Waits()); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}
