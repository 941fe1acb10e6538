package engine_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/runner/engine"
)

// The model of the parallel tests: nodes, one per domain, that wake up, send each
// other words and answer them. It runs on one Serial too, where a wire takes the
// place of a crossing. What a node does in a cycle does not depend on the order of
// what reaches it in that cycle.

// word is what crosses.
type word struct {
	from, hops int
	value      uint64
}

// channel describes a way from one node to another.
type channel struct {
	from, to  int
	lookahead int64
	// credit is a channel whose words the receiver only counts, now and then.
	credit bool
	// jitter lets words overtake each other.
	jitter bool
}

// network describes a system.
type network struct {
	nodes    int
	channels []channel
	// starts are the first wake-ups, per node.
	starts [][]int64
	hops   int
	seed   uint64
}

// entry is a line of a node's log.
type entry struct {
	Cycle int64
	Value uint64
}

type node struct {
	index int
	clock port.Clock
	own   *port.Alarm
	late  *port.Alarm
	inbox []word
	outs  []*nearEnd
	state uint64
	// silentUntil is a cycle before which the node starts no word.
	silentUntil int64
	// think is for how long the node will be silent from the next words on.
	think int64
	// credits are those not counted yet, to be looked at from lookAt on.
	credits []int64
	lookAt  int64
	log     []entry
	todo    []int64
	onWord  func(n *node, cycle int64)
}

const never = math.MaxInt64

func mix(a, b uint64) uint64 {
	a ^= b + 0x9e3779b97f4a7c15 + a<<6 + a>>2
	a ^= a >> 31
	a *= 0xbf58476d1ce4e5b9
	return a ^ a>>29
}

// Wake implements port.Sleeper.
func (n *node) Wake(a *port.Alarm, now int64) {
	if a == n.own {
		n.inbox = append(n.inbox, word{from: -1, hops: 3, value: uint64(now)})
		n.late.Set(now)
		n.todo = n.todo[1:]
		if len(n.todo) > 0 {
			n.own.Set(n.todo[0])
		}
		return
	}
	n.act(now)
	if now >= n.lookAt {
		n.count(now)
	}
	if n.lookAt != never {
		n.late.Set(n.lookAt)
	}
}

// count looks at the credits that have come by now.
func (n *node) count(now int64) {
	left := n.credits[:0]
	sum := uint64(0)
	for _, c := range n.credits {
		if c <= now {
			sum += uint64(c)
		} else {
			left = append(left, c)
		}
	}
	n.credits = left
	n.log = append(n.log, entry{now, sum})
	n.lookAt = now + 1 + int64(mix(n.state, uint64(now))%500)
	if now >= 3_000 {
		n.lookAt = never
	}
}

// act handles the words of a cycle.
func (n *node) act(now int64) {
	slices.SortFunc(n.inbox, func(a, b word) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.value, b.value), cmp.Compare(a.hops, b.hops))
	})
	words := n.inbox
	n.inbox = n.inbox[:0:0]
	if len(words) > 0 && n.think > 0 {
		n.silentUntil, n.think = max(n.silentUntil, now+n.think), 0
	}
	for _, w := range words {
		if n.onWord != nil {
			n.onWord(n, now)
		}
		n.state = mix(n.state, w.value)
		n.log = append(n.log, entry{now, n.state})
		if w.hops > 0 {
			n.pass(w, now)
		}
		if n.state%7 == 0 {
			n.silentUntil = max(n.silentUntil, now+int64(n.state>>8%300))
		}
		if n.state%5 == 0 {
			n.think = int64(n.state >> 9 % 400)
		}
	}
}

// pass sends a word on over one or two channels.
func (n *node) pass(w word, now int64) {
	for i := range min(len(n.outs), 1+int(n.state>>3&1)) {
		out := n.outs[(int(n.state>>5%64)+i)%len(n.outs)]
		start := max(now, n.silentUntil, out.freeAt)
		if n.state>>17&1 == 0 {
			start += int64(n.state >> 11 % 40)
		}
		out.freeAt = start
		effect := start + out.lookahead
		if out.jitter {
			effect += int64(n.state >> 19 % 60)
		}
		*out.outlet.Hand(effect) = word{from: out.index, hops: w.hops - 1, value: mix(n.state, uint64(i))}
	}
}

// nearEnd and farEnd are the ends of a channel.
type nearEnd struct {
	node      *node
	index     int
	lookahead int64
	jitter    bool
	freeAt    int64
	outlet    port.Outlet[word]
}

// Promise implements port.Near.
func (e *nearEnd) Promise() port.Promise {
	return port.Promise{FloorCycle: max(e.freeAt, e.node.silentUntil) + e.lookahead, DelayCycles: e.lookahead + e.node.think}
}

type farEnd struct {
	node   *node
	credit bool
}

// Take implements port.Far.
func (e *farEnd) Take(w *word, cycle int64) {
	n := e.node
	if e.credit {
		n.credits = append(n.credits, cycle)
		return
	}
	if now := n.clock.Now(); now != cycle {
		panic(fmt.Sprintf("node %d: word of cycle %d at cycle %d", n.index, cycle, now))
	}
	n.inbox = append(n.inbox, *w)
	n.late.Set(cycle)
}

// Heeds implements port.Far.
func (e *farEnd) Heeds() port.Promise {
	if e.credit {
		return port.Promise{FloorCycle: e.node.lookAt}
	}
	return port.Promise{}
}

// wire is a crossing on one engine.
type wire struct {
	alarm *port.Alarm
	far   port.Far[word]
	queue []wired
}

type wired struct {
	cycle int64
	word  *word
}

// Hand implements port.Outlet.
func (w *wire) Hand(cycle int64) *word {
	x := wired{cycle, &word{}}
	at, _ := slices.BinarySearchFunc(w.queue, cycle+1, func(q wired, c int64) int { return cmp.Compare(q.cycle, c) })
	w.queue = slices.Insert(w.queue, at, x)
	w.alarm.Set(cycle)
	return x.word
}

// Wake implements port.Sleeper.
func (w *wire) Wake(_ *port.Alarm, now int64) {
	for len(w.queue) > 0 && w.queue[0].cycle <= now {
		x := w.queue[0]
		w.queue = w.queue[1:]
		w.far.Take(x.word, x.cycle)
	}
	if len(w.queue) > 0 {
		w.alarm.Set(w.queue[0].cycle)
	}
}

// system is a model made real.
type system struct {
	nodes []*node
}

// build makes the nodes on the engines of their domains, and the channels by
// connect.
func (m *network) build(engineOf func(i int) sim.Engine, connect func(c channel, near *nearEnd, far *farEnd) port.Outlet[word]) *system {
	s := &system{}
	for i := range m.nodes {
		n := &node{index: i, clock: port.NewClock(engineOf(i), sim.GHz), state: mix(m.seed, uint64(i)), todo: m.starts[i]}
		n.own = port.NewAlarm(n.clock, n, 0)
		n.late = port.NewLateAlarm(n.clock, n, 0)
		if len(n.todo) > 0 {
			n.own.Set(n.todo[0])
		}
		n.lookAt = 50 + int64(i)
		n.late.Set(n.lookAt)
		s.nodes = append(s.nodes, n)
	}
	for i, c := range m.channels {
		near := &nearEnd{node: s.nodes[c.from], index: i, lookahead: c.lookahead, jitter: c.jitter}
		near.outlet = connect(c, near, &farEnd{s.nodes[c.to], c.credit})
		s.nodes[c.from].outs = append(s.nodes[c.from].outs, near)
	}
	return s
}

// onSerial puts the model on one engine.
func (m *network) onSerial(e *engine.Serial) *system {
	clock := port.NewClock(e, sim.GHz)
	return m.build(func(int) sim.Engine { return e }, func(_ channel, _ *nearEnd, far *farEnd) port.Outlet[word] {
		w := &wire{far: far}
		w.alarm = port.NewAlarm(clock, w, 0)
		return w
	})
}

// onParallel puts the model on an engine of a domain per node.
func (m *network) onParallel(threads int) (*system, *engine.Parallel, error) {
	p, err := engine.NewParallel(sim.GHz, m.nodes, threads)
	if err != nil {
		return nil, nil, err
	}
	s := m.build(func(i int) sim.Engine { return p.Domain(i) }, func(c channel, near *nearEnd, far *farEnd) port.Outlet[word] {
		var o port.Outlet[word]
		if err == nil {
			o, err = engine.Cross(p, engine.Crossing{
				Name: fmt.Sprintf("Channel[%d]", near.index), From: c.from, To: c.to, LookaheadCycles: c.lookahead,
			}, near, port.Far[word](far))
		}
		return o
	})
	return s, p, err
}

// logs are those of all nodes.
func (s *system) logs() [][]entry {
	var all [][]entry
	for _, n := range s.nodes {
		all = append(all, n.log)
	}
	return all
}
