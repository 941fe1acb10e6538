package engine_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sarchlab/akita/v4/sim"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// drawNetwork draws a system of up to 6 nodes.
func drawNetwork(t *rapid.T) *network {
	m := &network{
		nodes: rapid.IntRange(1, 6).Draw(t, "nodes"),
		hops:  3, seed: rapid.Uint64().Draw(t, "seed"),
	}
	for i := range m.nodes {
		m.starts = append(m.starts, drawStarts(t))
		if m.nodes == 1 {
			continue
		}
		for range rapid.IntRange(0, 4).Draw(t, "ways") {
			to := (i + rapid.IntRange(1, m.nodes-1).Draw(t, "step")) % m.nodes
			m.channels = append(m.channels, channel{
				from: i, to: to, credit: rapid.IntRange(0, 2).Draw(t, "kind") == 0,
				jitter:    rapid.Bool().Draw(t, "jitter"),
				lookahead: rapid.SampledFrom([]int64{1, 2, 7, 60, 1000}).Draw(t, "lookahead"),
			})
		}
	}
	return m
}

// drawStarts draws the wake-ups of a node: a few, or one in every cycle for a
// while, which notices what comes a cycle late.
func drawStarts(t *rapid.T) []int64 {
	if rapid.IntRange(0, 3).Draw(t, "density") == 0 {
		first := rapid.Int64Range(0, 100).Draw(t, "first")
		s := make([]int64, 60)
		for i := range s {
			s[i] = first + int64(i)
		}
		return s
	}
	span := rapid.SampledFrom([]int64{10, 300, 50_000}).Draw(t, "span")
	s := rapid.SliceOfNDistinct(rapid.Int64Range(0, span), 0, 20, rapid.ID[int64]).Draw(t, "starts")
	slices.Sort(s)
	return s
}

// star is a center and leaves, both ways, with credit both ways.
func star(leaves int, lookahead int64, starts int) *network {
	m := &network{nodes: leaves + 1, hops: 3, seed: 5, starts: make([][]int64, leaves+1)}
	for i := range leaves {
		for _, credit := range []bool{false, true} {
			m.channels = append(m.channels,
				channel{from: 0, to: i + 1, lookahead: lookahead, credit: credit, jitter: credit},
				channel{from: i + 1, to: 0, lookahead: lookahead, credit: credit, jitter: credit})
		}
	}
	for i := range m.starts {
		for k := range starts {
			m.starts[i] = append(m.starts[i], int64(k*37+i))
		}
	}
	return m
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// serially runs a model on one engine.
func serially(t fataler, m *network) *system {
	t.Helper()
	e, err := engine.NewSerial(1e9)
	if err != nil {
		t.Fatal(err)
	}
	s := m.onSerial(e)
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// parallelly runs a model on domains.
func parallelly(t fataler, m *network, threads int) (*system, *engine.Parallel) {
	t.Helper()
	s, p, err := m.onParallel(threads)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if p.Pending() {
		t.Fatal("pending after Run")
	}
	return s, p
}

func TestParallelIsSerial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawNetwork(t)
		want := serially(t, m)
		for _, threads := range []int{1, rapid.IntRange(2, 8).Draw(t, "threads")} {
			got, _ := parallelly(t, m, threads)
			if d := cmp.Diff(want.logs(), got.logs()); d != "" {
				t.Fatalf("%d threads: -serial +parallel\n%s", threads, d)
			}
		}
	})
}

func TestParallelOnAnyMachine(t *testing.T) {
	m := star(5, 20, 40)
	want := serially(t, m).logs()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs := 1; procs <= 8; procs++ {
		runtime.GOMAXPROCS(procs)
		for _, threads := range []int{1, 2, 3, 8} {
			t.Run(fmt.Sprintf("procs=%d/threads=%d", procs, threads), func(t *testing.T) {
				got, _ := parallelly(t, m, threads)
				if d := cmp.Diff(want, got.logs()); d != "" {
					t.Fatal(d)
				}
			})
		}
	}
}

// until cuts logs after a cycle.
func until(logs [][]entry, limit int64) [][]entry {
	cut := make([][]entry, len(logs))
	for i, l := range logs {
		for _, e := range l {
			if e.Cycle <= limit {
				cut[i] = append(cut[i], e)
			}
		}
	}
	return cut
}

// After RunUntil every domain has handled exactly what is due by the limit.
func TestParallelLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawNetwork(t)
		want := serially(t, m).logs()
		s, p, err := m.onParallel(rapid.IntRange(1, 4).Draw(t, "threads"))
		if err != nil {
			t.Fatal(err)
		}
		limit := int64(0)
		for i := 0; ; i++ {
			limit += rapid.SampledFrom([]int64{0, 1, 30, 700, 9000}).Draw(t, "slice") + int64(i)
			err := p.RunUntil(limit)
			if err != nil && !errors.Is(err, engine.ErrLimit) {
				t.Fatal(err)
			}
			if d := cmp.Diff(until(want, limit), s.logs()); d != "" {
				t.Fatalf("limit %d: -serial +parallel\n%s", limit, d)
			}
			if p.CurrentCycle() > limit {
				t.Fatalf("at cycle %d after limit %d", p.CurrentCycle(), limit)
			}
			if (err == nil) == p.Pending() {
				t.Fatalf("limit %d: %v, pending %v", limit, err, p.Pending())
			}
			if err == nil {
				break
			}
		}
		if d := cmp.Diff(want, s.logs()); d != "" {
			t.Fatal(d)
		}
	})
}

// A stop at any moment loses nothing: the next run goes on.
func TestParallelStop(t *testing.T) {
	m := star(3, 20, 60)
	want := serially(t, m).logs()
	for threads := 1; threads <= 3; threads++ {
		s, p, err := m.onParallel(threads)
		if err != nil {
			t.Fatal(err)
		}
		words := 0
		s.nodes[1].onWord = func(*node, int64) {
			if words++; words%50 == 0 {
				p.Stop()
			}
		}
		stops := 0
		for {
			err := p.Run()
			if err == nil {
				break
			}
			if !errors.Is(err, engine.ErrStopped) {
				t.Fatal(err)
			}
			stops++
		}
		if stops == 0 || stops > words/50 {
			t.Errorf("%d threads: %d stops after %d words", threads, stops, words)
		}
		if d := cmp.Diff(want, s.logs()); d != "" {
			t.Errorf("%d threads: %s", threads, d)
		}
	}
}

func TestParallelStopBeforeRun(t *testing.T) {
	s, p, err := star(2, 20, 5).onParallel(2)
	if err != nil {
		t.Fatal(err)
	}
	p.Stop()
	if err := p.Run(); !errors.Is(err, engine.ErrStopped) {
		t.Errorf("found %v", err)
	}
	for i, n := range s.nodes {
		if len(n.log) != 0 {
			t.Errorf("node %d has run", i)
		}
	}
}

// No event is handled during a pause.
func TestParallelPause(t *testing.T) {
	m := star(4, 20, 200)
	want := serially(t, m).logs()
	s, p, err := m.onParallel(2)
	if err != nil {
		t.Fatal(err)
	}
	p.Pause()
	done := make(chan error)
	go func() { done <- p.Run() }()
	for range 20 {
		p.Continue()
		time.Sleep(50 * time.Microsecond)
		p.Pause()
		before := p.Events()
		time.Sleep(100 * time.Microsecond)
		if after := p.Events(); after != before {
			t.Fatalf("%d events during a pause", after-before)
		}
	}
	p.Continue()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, s.logs()); d != "" {
		t.Error(d)
	}
}

func TestParallelStopEndsPause(t *testing.T) {
	_, p, err := star(2, 20, 5).onParallel(2)
	if err != nil {
		t.Fatal(err)
	}
	p.Pause()
	done := make(chan error)
	go func() { done <- p.Run() }()
	p.Stop()
	if err := <-done; !errors.Is(err, engine.ErrStopped) {
		t.Errorf("found %v", err)
	}
}

// The first failure in emulated time is the one reported, whatever the threads
// did, and all later runs report it again.
func TestParallelPanic(t *testing.T) {
	m := star(4, 20, 60)
	// Every node fails at its 30th word.
	failed, cycle := -1, int64(never)
	for i, cycles := range wordCycles(t, m) {
		if len(cycles) >= 30 && cycles[29] < cycle {
			failed, cycle = i, cycles[29]
		}
	}
	for try := range 20 {
		s, p, err := m.onParallel(1 + try%4)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range s.nodes {
			words := 0
			n.onWord = func(*node, int64) {
				if words++; words == 30 {
					panic(fmt.Sprintf("node %d broke", i))
				}
			}
		}
		var broken *engine.PanicError
		if err := p.Run(); !errors.As(err, &broken) {
			t.Fatalf("found %v, want a PanicError", err)
		}
		if broken.Domain != failed || broken.Cycle != cycle || broken.Value != fmt.Sprintf("node %d broke", failed) {
			t.Errorf("domain %d at cycle %d: %v; want domain %d at cycle %d", broken.Domain, broken.Cycle, broken.Value, failed, cycle)
		}
		if !strings.Contains(string(broken.Stack), "onWord") && !strings.Contains(string(broken.Stack), "act") {
			t.Errorf("stack %s", broken.Stack)
		}
		if err := p.Run(); !errors.As(err, &broken) || broken.Domain != failed {
			t.Errorf("second run: %v", err)
		}
	}
}

// wordCycles are the cycles of the words of each node in a serial run.
func wordCycles(t *testing.T, m *network) [][]int64 {
	cycles := make([][]int64, m.nodes)
	e := newSerial(t, sim.GHz)
	s := m.onSerial(e)
	for i, n := range s.nodes {
		n.onWord = func(_ *node, cycle int64) { cycles[i] = append(cycles[i], cycle) }
	}
	if err := e.Run(); err != nil {
		t.Fatal(err)
	}
	return cycles
}

func TestParallelHandlerError(t *testing.T) {
	p, err := engine.NewParallel(sim.GHz, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	p.Domain(1).Schedule(&call{time: 7e-9, do: func() error { return wrong }})
	p.Domain(0).Schedule(&call{time: 9e-9, do: func() error { return errors.New("later") }})
	var h *engine.HandlerError
	if err := p.Run(); !errors.As(err, &h) || h.Cycle != 7 || !errors.Is(err, wrong) {
		t.Errorf("found %v", err)
	}
}

// Promises are checked when they are relied on.
func TestParallelBrokenPromise(t *testing.T) {
	m := &network{nodes: 2, seed: 1, starts: [][]int64{{100}, nil}, channels: []channel{{from: 0, to: 1, lookahead: 10}}}
	s, p, err := m.onParallel(2)
	if err != nil {
		t.Fatal(err)
	}
	s.nodes[0].onWord = func(n *node, cycle int64) { n.outs[0].outlet.Hand(cycle + 9) }
	var broken *engine.PanicError
	if err := p.Run(); !errors.As(err, &broken) || !strings.Contains(err.Error(), "Channel[0]") || broken.Cycle != 100 {
		t.Errorf("found %v", err)
	}
}

func TestCrossingErrors(t *testing.T) {
	p, err := engine.NewParallel(sim.GHz, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	near, far := &nearEnd{}, port.Far[word](&farEnd{})
	for want, c := range map[string]engine.Crossing{
		"engine: crossing X: lookahead must be at least 1 cycle, got 0": {Name: "X", From: 0, To: 1},
		"engine: crossing X: no way from domain 0 to 2 of 2":            {Name: "X", From: 0, To: 2, LookaheadCycles: 1},
		"engine: crossing X: no way from domain -1 to 1 of 2":           {Name: "X", From: -1, To: 1, LookaheadCycles: 1},
		"engine: crossing X: no way from domain 1 to 1 of 2":            {Name: "X", From: 1, To: 1, LookaheadCycles: 1},
	} {
		if _, err := engine.Cross(p, c, near, far); err == nil || err.Error() != want {
			t.Errorf("found %v, want %s", err, want)
		}
	}
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	c := engine.Crossing{Name: "X", From: 0, To: 1, LookaheadCycles: 1}
	if _, err := engine.Cross(p, c, near, far); err == nil || !strings.Contains(err.Error(), "after the first run") {
		t.Errorf("found %v", err)
	}
	for _, n := range [][2]int{{0, 1}, {1, 0}} {
		if _, err := engine.NewParallel(sim.GHz, n[0], n[1]); err == nil {
			t.Errorf("%v: no error", n)
		}
	}
	if _, err := engine.NewParallel(0, 1, 1); err == nil {
		t.Error("no error without a frequency")
	}
}

// countHook counts without a lock of its own.
type countHook struct{ before, after uint64 }

// Func implements sim.Hook.
func (h *countHook) Func(ctx sim.HookCtx) {
	if ctx.Pos == sim.HookPosBeforeEvent {
		h.before++
	} else {
		h.after++
	}
}

func TestParallelHooksAndStats(t *testing.T) {
	m := star(4, 20, 40)
	_, p, err := m.onParallel(3)
	if err != nil {
		t.Fatal(err)
	}
	h := &countHook{}
	p.AcceptHook(h)
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if n := p.Events(); h.before != n || h.after != n || p.NumHooks() != 1 {
		t.Errorf("%d events, hook saw %d and %d", n, h.before, h.after)
	}
	events := uint64(0)
	for i, s := range p.Stats() {
		if s.Syncs == 0 || s.Items == 0 || s.EventsPerSync() != float64(s.Events)/float64(s.Syncs) {
			t.Errorf("domain %d: %+v", i, s)
		}
		events += s.Events
	}
	if cycle, n := p.Progress(); events != p.Events() || n != events || cycle < p.CurrentCycle() {
		t.Errorf("domains have %d events, engine %d, progress %d at %d", events, p.Events(), n, cycle)
	}
}

// Domains that have nothing to say to each other for long stretches skip them.
func TestParallelSkipsEmptyTime(t *testing.T) {
	m := &network{nodes: 3, seed: 3, starts: [][]int64{{10, 5_000_000}, {20, 9_000_000}, nil}}
	for i := range 3 {
		for _, to := range []int{(i + 1) % 3, (i + 2) % 3} {
			m.channels = append(m.channels, channel{from: i, to: to, lookahead: 1})
		}
	}
	for threads := 1; threads <= 2; threads++ {
		_, p := parallelly(t, m, threads)
		syncs := uint64(0)
		for _, s := range p.Stats() {
			syncs += s.Syncs
		}
		if n := p.Events(); syncs > 2*n {
			t.Errorf("%d threads: %d synchronisations for %d events", threads, syncs, n)
		}
	}
}
