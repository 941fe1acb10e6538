package flit

import (
	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

var (
	_ sim.Component = (*Endpoint)(nil)
	_ port.Part     = (*Endpoint)(nil)
	_ port.Sleeper  = (*Endpoint)(nil)
)

// Client is told what an endpoint does. Its methods run within the endpoint's event:
// they may call the endpoint's and the network's methods and set alarms.
type Client interface {
	// Ejected is called in the cycle in which the tail of a packet is taken at its
	// destination. The client owns the packet from then on.
	Ejected(e *Endpoint, p *Packet, cycle int64)
	// Injected is called in the cycle in which the tail of a packet leaves the queue of
	// its source.
	Injected(e *Endpoint, p *Packet, cycle int64)
}

// Source makes packets when an endpoint can send more.
type Source interface {
	// Next is the next packet of a class, nil if there is none any more. It is asked
	// for when the class's queue is empty, before the packet's CreatedCycle or after it:
	// a packet created in the past has waited, as in a queue without bound. CreatedCycle
	// must not decrease.
	Next(e *Endpoint, class uint8) *Packet
}

// Endpoint is where a node, or a local port of a router, meets the network: queues of
// packets to be sent, and a sink. It implements sim.Component and port.Part.
type Endpoint struct {
	*sim.ComponentBase

	net     *Network
	packets *packetPool
	node    wire.NodeID
	port    int
	alarm   port.Alarm
	// local says that the endpoint is inside a router.
	local  bool
	client Client
	source Source
	out    tx
	queues []queue // by class
	share  share
	in     sink
	stats  EndpointStats
}

// EndpointStats counts what an endpoint did.
type EndpointStats struct {
	// SentPackets and SentFlits have left the queues.
	SentPackets, SentFlits int64
	// TakenPackets and TakenFlits have been taken by the sink. An unbounded sink takes a
	// flit that is not the last of its packet when it is on its way.
	TakenPackets, TakenFlits int64
}

// queue is the packets of a class that wait to be sent, a list without bound.
type queue struct {
	first, last *Packet
	// sent is how many flits of the first packet are gone, vc the VC that they took.
	sent  int32
	vc    int32
	lane  uint8
	ready int64 // the first cycle in which the first packet may start
	// turn is the VC after which the search for a free one begins.
	turn int32
	// dry says that the source has no more.
	dry bool
	// blocked says that the first packet waits for credit.
	blocked bool
	// able is the first cycle in which the next flit could go to an idle wire, going by
	// the class alone; later than that by what it lacked of credit. stalledSince is since
	// when it has waited for credit, never if it has not.
	able, stalledSince int64
}

// Node is the node that the endpoint belongs to.
func (e *Endpoint) Node() wire.NodeID { return e.node }

// Port is the port of the node.
func (e *Endpoint) Port() int { return e.port }

// Handle implements sim.Handler. An endpoint is woken by its alarm.
func (e *Endpoint) Handle(sim.Event) error { return nil }

// NotifyRecv implements sim.Component. An endpoint has no ports of Akita's.
func (e *Endpoint) NotifyRecv(sim.Port) {}

// NotifyPortFree implements sim.Component. An endpoint has no ports of Akita's.
func (e *Endpoint) NotifyPortFree(sim.Port) {}

// SetClient says who is told of packets. Without one, packets that arrive are freed.
func (e *Endpoint) SetClient(c Client) { e.client = c }

// SetSource says who makes packets, and has the endpoint ask it from the present cycle
// on.
func (e *Endpoint) SetSource(s Source) {
	e.source = s
	for c := range e.queues {
		e.queues[c].dry = false
	}
	e.alarm.Set(e.alarm.Now())
}

// Stats returns the counters.
func (e *Endpoint) Stats() EndpointStats { return e.stats }

// NewPacket takes a zeroed packet out of the pool of the endpoint's engine domain.
func (e *Endpoint) NewPacket() *Packet { return e.packets.get() }

// FreePacket takes a packet of the endpoint's engine domain back. The caller must not
// use it afterwards.
func (e *Endpoint) FreePacket(p *Packet) { e.packets.put(p) }

// Inject queues a packet, which starts in its CreatedCycle and in the next cycle at
// the earliest, after those of its class that were queued before.
func (e *Endpoint) Inject(p *Packet) {
	now := e.alarm.Now()
	p.readyCycle = max(p.CreatedCycle, now+1)
	e.enqueue(p)
	e.alarm.Set(p.readyCycle)
}

func (e *Endpoint) enqueue(p *Packet) {
	q := &e.queues[p.Class]
	p.next = nil
	if q.first == nil {
		q.first, q.last = p, p
		e.front(q)
		return
	}
	q.last.next = p
	q.last = p
}

// front prepares for sending the first packet of a queue.
func (e *Endpoint) front(q *queue) {
	p := q.first
	q.sent, q.vc, q.lane, q.ready = 0, -1, 0, p.readyCycle
	q.able = max(q.able, q.ready)
	if e.net.sets.lanes > 1 && !p.Steered && !e.local {
		_, q.lane = e.net.graph.Hop(e.node, -1, 0, p.Dest)
	}
}

// Wake implements port.Sleeper: one cycle of the endpoint.
func (e *Endpoint) Wake(_ *port.Alarm, now int64) {
	e.takeArrivals(now)
	e.pull(now)
	e.send(now)
	e.pull(now + 1)
	e.sleep(now)
}

// pull asks the source for packets of the classes that have none; they can start in a
// cycle at the earliest.
func (e *Endpoint) pull(cycle int64) {
	if e.source == nil {
		return
	}
	for c := range e.queues {
		q := &e.queues[c]
		if q.first != nil || q.dry {
			continue
		}
		p := e.source.Next(e, uint8(c))
		if p == nil {
			q.dry = true
			continue
		}
		p.readyCycle = max(p.CreatedCycle, cycle)
		e.enqueue(p)
	}
}

// send puts one flit on the wire, of the class next in turn that can. Nothing is decided
// while the wire is taken, so that it does not matter what else wakes the endpoint then.
func (e *Endpoint) send(now int64) {
	e.out.collect(now)
	if e.out.freeFrom > now {
		return
	}
	best, bestRank := -1, uint8(0)
	for c := range e.queues {
		q := &e.queues[c]
		if q.first == nil || q.ready > now {
			continue
		}
		if !e.canSend(q, uint8(c)) {
			q.stalledSince = min(q.stalledSince, q.able)
			continue
		}
		if q.stalledSince != never {
			e.endStall(q, now)
		}
		if rank := e.share.rank(uint8(c)); best < 0 || rank < bestRank {
			best, bestRank = c, rank
		}
	}
	if best >= 0 {
		e.launch(&e.queues[best], uint8(best), now)
	}
}

// endStall counts the time that a flit that can go now has waited for credit.
func (e *Endpoint) endStall(q *queue, now int64) {
	e.out.vcs[q.vc].stats.CreditStallCycles += max(0, now-q.stalledSince)
	q.able, q.stalledSince = max(q.able, now), never
}

// canSend finds a VC for the first flit of a queue, if it has none, and reports
// whether it has credit.
func (e *Endpoint) canSend(q *queue, class uint8) bool {
	q.blocked = false
	if q.vc < 0 {
		q.vc = e.freeVC(q, class)
	} else if e.out.vcs[q.vc].credits == 0 {
		q.blocked = true
		return false
	}
	q.blocked = q.vc < 0
	return q.vc >= 0
}

// freeVC is the next VC in turn that no packet holds and that has credit, or -1.
func (e *Endpoint) freeVC(q *queue, class uint8) int32 {
	for set := e.out.free & e.net.sets.of(class, q.lane); set != 0; {
		vc := nextBit(set, q.turn)
		if e.out.vcs[vc].credits > 0 {
			return vc
		}
		set &^= 1 << vc
	}
	return -1
}

// launch sends a flit.
func (e *Endpoint) launch(q *queue, class uint8, now int64) {
	p := q.first
	f := flit{p: p}
	if q.sent == 0 {
		f.kind |= headFlit
		p.InjectedCycle = now
		e.out.free &^= 1 << q.vc
		e.out.vcs[q.vc].holder = int32(class)
		q.turn = q.vc + 1
	}
	q.sent++
	e.stats.SentFlits++
	e.share.sent(class)
	vc := q.vc
	e.out.vcs[vc].stats.ArbitrationStallCycles += now - q.able
	last := q.sent == p.Flits
	if last {
		f.kind |= tailFlit
		e.out.free |= 1 << vc
		e.out.vcs[vc].holder = -1
		q.first = p.next
		p.next = nil
		if q.first != nil {
			e.front(q)
			q.ready = max(q.ready, now+1)
		}
	}
	if last {
		e.stats.SentPackets++
		if e.client != nil {
			e.client.Injected(e, p, now) // the packet may change its engine domain below
		}
	}
	e.out.put(f, int(vc), now)
	q.able = max(q.ready, now+1, e.out.freeFrom)
}

// sleep sets the alarm for the next cycle in which there is something to do.
func (e *Endpoint) sleep(now int64) {
	next := e.in.next(now)
	e.out.blocked = 0
	for c := range e.queues {
		q := &e.queues[c]
		switch {
		case q.first == nil:
		case q.blocked && q.ready <= now && e.out.freeFrom <= now:
			// Which VC gets credit first is not known, nor does it matter.
			e.out.blocked |= e.net.sets.of(uint8(c), q.lane)
		default:
			next = min(next, max(q.ready, now+1, e.out.freeFrom))
		}
	}
	next = min(next, e.out.creditCycle())
	if next != never {
		e.alarm.Set(next)
	}
}
