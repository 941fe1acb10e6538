package collective_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/interconnect/collective"
	"mozart/interconnect/wire"
)

func combine(pool *wire.Pool, op, token int32, fanIn, contributions uint16) *wire.Packet {
	p := pool.Get()
	p.Kind, p.Class, p.Reduce = wire.KindCombine, wire.ClassToken, true
	p.Op, p.Token, p.FanIn, p.Contributions, p.Bytes = op, token, fanIn, contributions, 4096
	p.UpperFanIn = [3]uint8{4, 5}
	return p
}

func newReducer(t *testing.T, s collective.Spec, pool *wire.Pool) *collective.Reducer {
	t.Helper()
	r, err := collective.New("Switch[0].Reducer", s, pool)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSumIsOnePacketWithTheTotal(t *testing.T) {
	pool := &wire.Pool{}
	r := newReducer(t, collective.Spec{Entries: 2, AddBytesPerCycle: 64, AddLatencyCycles: 5, Full: collective.FullStall}, pool)

	r.Add(combine(pool, 7, 3, 3, 1), 100) // adder 100..164
	r.Add(combine(pool, 7, 3, 3, 4), 110) // adder 164..228
	if p, _ := r.Peek(); p != nil {
		t.Fatal("a sum came out before its last contribution")
	}
	if r.FreeAt() != 228 {
		t.Errorf("the adder is free at %d, want 228", r.FreeAt())
	}
	r.Add(combine(pool, 7, 3, 3, 2), 300) // adder 300..364
	p, ready := r.Peek()
	if p == nil || ready != 364+5 {
		t.Fatalf("sum %v stands at %d, want 369", p, ready)
	}
	if p.Contributions != 7 || !p.Reduce || p.Bytes != 4096 {
		t.Errorf("sum of %d contributions, Reduce %v, %d bytes; want 7, true, 4096", p.Contributions, p.Reduce, p.Bytes)
	}
	if p = r.Take(369); p.FanIn != 4 || p.UpperFanIn != [3]uint8{5} || p.TailCycle != 369 {
		t.Errorf("FanIn %d, then %v, at cycle %d, want 4, then 5, at 369", p.FanIn, p.UpperFanIn, p.TailCycle)
	}
	if pool.Live() != 1 || !r.Idle() {
		t.Errorf("%d packets live and idle is %v, want the sum alone and true", pool.Live(), r.Idle())
	}
}

func TestFullStallKeepsWhatItHas(t *testing.T) {
	pool := &wire.Pool{}
	r := newReducer(t, collective.Spec{Entries: 1, AddBytesPerCycle: 4096, Full: collective.FullStall}, pool)
	r.Add(combine(pool, 1, 0, 2, 1), 0)
	other := combine(pool, 1, 1, 2, 1)
	if r.CanAdd(other, 10) {
		t.Error("a second sum found an entry")
	}
	if !r.CanAdd(combine(pool, 1, 0, 2, 1), 10) {
		t.Error("the open sum refuses its second contribution")
	}
	r.MakeRoom(10)
	if p, _ := r.Peek(); p != nil {
		t.Error("stall forwarded a partial sum")
	}
	if _, token, missing, ok := r.Oldest(); !ok || token != 0 || missing != 1 {
		t.Errorf("oldest is token %d with %d missing, %v; want token 0 with 1", token, missing, ok)
	}
}

func TestEvictForwardsTheOldest(t *testing.T) {
	pool := &wire.Pool{}
	r := newReducer(t, collective.Spec{Entries: 2, AddBytesPerCycle: 4096, Full: collective.FullEvict}, pool)
	r.Add(combine(pool, 1, 10, 2, 1), 0)
	r.Add(combine(pool, 1, 11, 2, 1), 1)
	third := combine(pool, 1, 12, 2, 1)
	r.MakeRoom(5)
	r.MakeRoom(5) // one is leaving already: no second eviction
	p, ready := r.Peek()
	if p == nil || p.Token != 10 || ready != 5 {
		t.Fatalf("%v leaves at %d, want token 10 at 5", p, ready)
	}
	if r.CanAdd(third, 5) {
		t.Error("the entry is free before its sum has left")
	}
	r.Take(6)
	r.MakeRoom(6) // one has left in this cycle: no second eviction either
	if p, _ := r.Peek(); p != nil || r.CanAdd(third, 6) {
		t.Error("the entry is used, or another one sought, in the cycle that frees it")
	}
	if !r.CanAdd(third, 7) {
		t.Error("no entry after the eviction")
	}
	r.Add(third, 6)
	r.Add(combine(pool, 1, 11, 2, 1), 7)
	r.Take(8)
	r.Add(combine(pool, 1, 10, 2, 1), 8) // the rest of the evicted sum
	if p, _ := r.Peek(); p == nil || p.Token != 10 || p.Contributions != 1 {
		t.Errorf("the rest of the evicted sum is %v", p)
	}
	if s := r.Stats(); s.Evictions != 1 || s.Sums != 2 {
		t.Errorf("%d evictions and %d sums, want 1 and 2", s.Evictions, s.Sums)
	}
}

func TestSpecReportsEveryField(t *testing.T) {
	err := collective.Spec{AddLatencyCycles: -1, Full: "drop"}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"Entries", "AddBytesPerCycle", "AddLatencyCycles", "Full"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not reported in %q", field, err)
		}
	}
	if _, err := collective.New("R", collective.Spec{}, &wire.Pool{}); err == nil {
		t.Error("a reducer without entries was made")
	}
}

// sumID and total are what a sum is, by name and by value.
type sumID struct{ op, token int32 }

type total struct{ in, out, packetsOut int }

// drain takes every sum that has left and books it.
func drain(r *collective.Reducer, pool *wire.Pool, sums map[sumID]*total, now int64) (progress bool) {
	for p, _ := r.Peek(); p != nil; p, _ = r.Peek() {
		r.Take(now)
		t := sums[sumID{p.Op, p.Token}]
		t.out += int(p.Contributions)
		t.packetsOut++
		pool.Put(p)
		progress = true
	}
	return progress
}

// TestEveryContributionOnce feeds contributions in any order to reducers of any
// size; the router's part, to look at another input when one cannot go on, is
// played by trying all that are left.
func TestEveryContributionOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := &wire.Pool{}
		policy := rapid.SampledFrom([]string{collective.FullStall, collective.FullEvict}).Draw(t, "policy")
		tokens := rapid.IntRange(1, 40).Draw(t, "tokens")
		entries := rapid.IntRange(1, tokens+2).Draw(t, "entries")
		r, err := collective.New("Reducer", collective.Spec{
			Entries: entries, AddBytesPerCycle: rapid.IntRange(1, 8192).Draw(t, "width"),
			AddLatencyCycles: rapid.Int64Range(0, 9).Draw(t, "latency"), Full: policy,
		}, pool)
		if err != nil {
			t.Fatal(err)
		}
		var arrivals []*wire.Packet
		sums := map[sumID]*total{}
		for token := range tokens {
			id := sumID{int32(rapid.IntRange(0, 3).Draw(t, "op")), int32(token)}
			sums[id] = &total{}
			fanIn := rapid.IntRange(2, 6).Draw(t, "fan-in")
			for range fanIn {
				n := rapid.IntRange(1, 8).Draw(t, "contributions")
				sums[id].in += n
				arrivals = append(arrivals, combine(pool, id.op, id.token, uint16(fanIn), uint16(n)))
			}
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rng.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })

		feed(t, r, pool, arrivals, sums)
		check(t, r, pool, sums, policy, entries >= tokens)
	})
}

// feed gives the reducer whatever it can take, oldest first, until nothing moves.
func feed(t *rapid.T, r *collective.Reducer, pool *wire.Pool, arrivals []*wire.Packet, sums map[sumID]*total) {
	now := int64(0)
	for progress := true; progress; {
		progress = drain(r, pool, sums, now)
		for i := 0; i < len(arrivals); i++ {
			now = max(now+1, r.FreeAt())
			if !r.CanAdd(arrivals[i], now) {
				r.MakeRoom(now)
				continue
			}
			r.Add(arrivals[i], now)
			arrivals = append(arrivals[:i], arrivals[i+1:]...)
			progress = true
			break
		}
		progress = drain(r, pool, sums, now) || progress
	}
	if len(arrivals) > 0 {
		t.Fatalf("%d contributions cannot go in", len(arrivals))
	}
}

func check(t *rapid.T, r *collective.Reducer, pool *wire.Pool, sums map[sumID]*total, policy string, roomForAll bool) {
	for id, s := range sums {
		if s.in != s.out {
			t.Errorf("op %d token %d: %d contributions in, %d out", id.op, id.token, s.in, s.out)
		}
		if (policy == collective.FullStall || roomForAll) && s.packetsOut != 1 {
			t.Errorf("op %d token %d came out as %d packets", id.op, id.token, s.packetsOut)
		}
	}
	if !r.Idle() || pool.Live() != 0 {
		t.Errorf("idle is %v with %d packets live at the end", r.Idle(), pool.Live())
	}
	if st := r.Stats(); st.Sums != int64(len(sums)) {
		t.Errorf("%d sums, want %d", st.Sums, len(sums))
	}
}

// BenchmarkAdd measures one contribution of a sum of four.
func BenchmarkAdd(b *testing.B) {
	pool := &wire.Pool{}
	r, err := collective.New("Reducer", collective.Spec{Entries: 256, AddBytesPerCycle: 64, Full: collective.FullStall}, pool)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	token := int32(0)
	for i := 0; b.Loop(); i++ {
		// 64 sums are open at any time.
		r.Add(combine(pool, 1, token+int32(i%64), 4, 1), int64(i))
		if i%256 == 255 {
			token += 64
			for p, _ := r.Peek(); p != nil; p, _ = r.Peek() {
				pool.Put(r.Take(int64(i)))
			}
		}
	}
}
