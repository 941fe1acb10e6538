package flit

import (
	"math"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
)

const never = math.MaxInt64

// Kinds of flits, as a set: a packet of one flit has one that is both.
const (
	headFlit = 1
	tailFlit = 2
)

// flit is a flit on its way. Which VC it uses is said beside it.
type flit struct {
	p *Packet
	// at is the cycle in which it arrived at the buffer that it lies in.
	at   int64
	kind uint8
	vc   uint8
	port int16 // at the receiving node
}

// tx is the sending side of one direction of a link: what a router knows of one of
// its outputs, or an endpoint of its way into the network. It speaks to the receiving
// side by two calls only, the arrival of a flit and the return of a credit, both with
// a cycle that is still to come.
type tx struct {
	// bits of a flit and rate per cycle; rate is 0 for a flit per cycle.
	bits, rate int64
	latency    int64
	// busy is when the wire becomes free, in cycles times rate; freeFrom is the cycle
	// in which that is.
	busy, freeFrom int64
	// Where flits go: a router or an endpoint, and the port there.
	router   *Router
	endpoint *Endpoint
	farPort  int16
	// away, if set, takes the flits to another engine domain.
	away *departures
	// owner is woken when a credit comes for a VC that waits for one.
	owner *port.Alarm
	// creditCycles is from the departure of a flit at the far side to the use of its
	// credit here.
	creditCycles int64
	// free is the set of VCs that no packet holds, blocked of those for which a flit
	// waits that lacks credit.
	free, blocked uint64
	vcs           []outVC
	line          creditLine
	// windows is what the VCs have sent over time, in flits, and windowEnd the end of the
	// present window; within a router there are none.
	windows   *stats.Windows
	windowEnd int64
}

// outVC is what the sending side knows of a VC.
type outVC struct {
	credits int32
	// holder is the input VC that the VC belongs to, -1 if to none.
	holder int32
	// stalledSince is since when a flit has waited for credit, if the VC is blocked.
	stalledSince int64
	// ownUntil is the first cycle in which the wire is free of the VC's last flit.
	ownUntil int64
	stats    vcCounters
}

func newTx(link LinkSpec, flitBits int64, vcs, depth int, creditCycles int64) tx {
	t := tx{
		bits: flitBits, latency: link.LatencyCycles,
		creditCycles: 1 + link.LatencyCycles + creditCycles,
		free:         ^uint64(0) >> (64 - vcs),
		vcs:          make([]outVC, vcs),
		windowEnd:    never,
	}
	if link.BitsPerCycle > 0 && link.BitsPerCycle < flitBits {
		t.rate = link.BitsPerCycle
	}
	for i := range t.vcs {
		t.vcs[i].credits, t.vcs[i].holder = int32(depth), -1
	}
	return t
}

// aheadCycles is how far ahead of the cycle in which a flit is put on the wire its
// arrival can be.
func (t *tx) aheadCycles() int64 {
	if t.rate == 0 {
		return 1 + t.latency
	}
	return 1 + (t.bits+t.rate-1)/t.rate + t.latency
}

// put sends a flit that reaches the wire in a cycle. The owner has seen to it that the
// wire becomes free in that cycle and that there is credit.
func (t *tx) put(f flit, vc int, cycle int64) {
	if cycle >= t.windowEnd {
		t.turnWindow(cycle)
	}
	v := &t.vcs[vc]
	v.credits--
	v.stats.Flits++
	v.stats.Packets += int64(f.kind >> 1) // a tail
	arrives := cycle + 1 + t.latency
	if t.rate > 0 {
		arrives = t.serialize(cycle)
		v.ownUntil = t.freeFrom
	}
	f.vc, f.port = uint8(vc), t.farPort
	if t.away != nil {
		t.away.take(f, arrives)
		return
	}
	if t.router != nil {
		t.router.receive(f, arrives)
		return
	}
	t.endpoint.receive(f, arrives)
}

// serialize books the wire for a flit and returns when it arrives.
func (t *tx) serialize(cycle int64) int64 {
	end := max(cycle*t.rate, t.busy) + t.bits
	t.busy, t.freeFrom = end, end/t.rate
	return (end+t.rate-1)/t.rate + t.latency
}

// credit is called by the receiving side when a flit leaves its buffer in a cycle that
// is now or still to come.
func (t *tx) credit(vc uint8, cycle int64) { t.creditHome(vc, cycle+t.creditCycles) }

// creditHome notes a credit that can be used from a cycle on.
func (t *tx) creditHome(vc uint8, cycle int64) {
	t.line.push(cycle, vc)
	if t.blocked != 0 {
		t.owner.Set(cycle)
	}
}

// upstream is where an input or a sink gives credits back to: the sending side, or the
// border to the engine domain where that is.
type upstream struct {
	tx   *tx
	away *arrivals
}

// credit is described with that of tx.
func (u *upstream) credit(vc uint8, cycle int64) {
	if u.away != nil {
		u.away.credit(vc, cycle)
		return
	}
	u.tx.credit(vc, cycle)
}

// collect takes the credits that are home.
func (t *tx) collect(now int64) {
	for t.line.len > 0 {
		at, vc := t.line.oldest()
		if at > now {
			return
		}
		t.line.pop()
		t.vcs[vc].credits++
	}
}

// hasCredit collects what is home if it has to.
func (t *tx) hasCredit(vc int, now int64) bool {
	if t.vcs[vc].credits == 0 {
		t.collect(now)
	}
	return t.vcs[vc].credits > 0
}

// block notes that a VC waits for credit since a cycle.
func (t *tx) block(vc int, since int64) {
	t.blocked |= 1 << vc
	t.vcs[vc].stalledSince = since
}

// creditCycle is when the next credit comes that a blocked VC may be waiting for, as
// far as is known: never if none is on its way.
func (t *tx) creditCycle() int64 {
	if t.blocked == 0 || t.line.len == 0 {
		return never
	}
	at, _ := t.line.oldest()
	return at
}

// unblock takes a VC that has credit again off those that wait. While its own last
// flit, which won the switch st cycles before the wire, is on the wire it lacked that
// too.
func (t *tx) unblock(vc int, now, st int64) {
	t.blocked &^= 1 << vc
	v := &t.vcs[vc]
	v.stats.CreditStallCycles += max(0, now-max(v.stalledSince, v.ownUntil-st))
}

// atRest reports that every credit is home or on its way and that no VC is held.
func (t *tx) atRest(depth int) bool {
	away := len(t.vcs)*depth - t.line.len
	for i := range t.vcs {
		away -= int(t.vcs[i].credits)
	}
	return away == 0 && t.free == ^uint64(0)>>(64-len(t.vcs))
}

// creditLine is the credits on their way home, oldest first, in a buffer whose size is
// a power of two and which grows to its working size once. An entry is a cycle times
// 64 plus a VC.
type creditLine struct {
	buf       []int64
	head, len int
}

func (l *creditLine) push(cycle int64, vc uint8) {
	if l.len == len(l.buf) {
		next := make([]int64, max(8, 2*len(l.buf)))
		for i := range l.len {
			next[i] = l.buf[(l.head+i)&(len(l.buf)-1)]
		}
		l.buf, l.head = next, 0
	}
	l.buf[(l.head+l.len)&(len(l.buf)-1)] = cycle<<6 | int64(vc)
	l.len++
}

func (l *creditLine) oldest() (cycle int64, vc int) {
	e := l.buf[l.head]
	return e >> 6, int(e & 63)
}

func (l *creditLine) pop() {
	l.head = (l.head + 1) & (len(l.buf) - 1)
	l.len--
}
