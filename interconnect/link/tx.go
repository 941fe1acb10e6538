package link

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// tx is the sending side of one direction.
type tx struct {
	link *Link
	from *port.Port
	out  *rx
	// flights, on a link between two domains, takes what leaves.
	flights *departure
	// freeAt is the cycle from which the wire is free of all that it has been given,
	// ahead how long before that it may be given more.
	freeAt, ahead int64
	// servedAt is the last cycle in which the wire was given what had waited.
	servedAt int64
	// windowEnd is the end of the present window of what is sent over time.
	windowEnd int64
	// register is 1 when the port is a register, 0 on an on-chip wire.
	register int64
	serial   topology.Serializer
	next     int // the channel that goes first of those with equal tags
	fair     fair
	// stalled has a bit for every channel that lacks credit.
	stalled  uint64
	channels []channel
	// queues watch what waits in the channels; nil if the link does not record it.
	queues *stats.Queues
	// windows is what the channels have sent over time, nil on an on-chip wire.
	windows  *stats.Windows
	alarm    *port.Alarm
	capacity int64 // of a channel of the far port, in bytes
	farName  string
	far      sim.RemotePort
}

// channel is what the sending side knows of a virtual channel.
type channel struct {
	// readyAt is the first cycle that sees the oldest message, need the credit that
	// it takes.
	readyAt, need int64
	credit        credit
	// enoughAt is the cycle at which the oldest message had enough credit, if it ever
	// lacked any.
	enoughAt int64
	// stalledSince is the cycle since which a message has waited for credit with
	// the wire free, if the channel is stalled.
	stalledSince int64
	// sent is the number of messages that the owner queued in cycle sentAt.
	sentAt int64
	sent   int
	stats  ChannelStats
	// heldUntil is the end of the channel's last turn on the wire.
	heldUntil int64
}

func newTx(l *Link, clock port.Clock, from *port.Port, out *rx, far End) *tx {
	t := &tx{
		link: l, from: from, out: out, servedAt: -1,
		far: far.Port.AsRemote(), farName: far.Port.Name(),
		capacity: int64(far.Port.Spec().InBytes),
		channels: make([]channel, from.Spec().VCs),
		fair:     newFair(l.spec.Weights),
	}
	t.serial = topology.NewSerializer(l.spec.BitsPerCycle)
	t.windowEnd = math.MaxInt64
	if l.spec.BitsPerCycle > 0 {
		t.register = 1
		if l.spec.AheadBytes > 0 {
			t.ahead = t.serial.Cycles(l.spec.AheadBytes)
		}
		t.windows = stats.NewWindows(len(t.channels))
		t.windowEnd = t.windows.EndCycle()
	}
	t.alarm = port.NewAlarm(clock, t, 0)
	for vc := range t.channels {
		t.channels[vc].credit.bytes = t.capacity
	}
	return t
}

// queued is called when a message waits in a channel.
func (t *tx) queued(vc int, first bool) {
	now := t.alarm.Now()
	c := &t.channels[vc]
	if c.sentAt != now {
		c.sentAt, c.sent = now, 0
	}
	c.sent++
	if t.queues != nil {
		t.queues.Enter(vc, now+1)
	}
	if !first {
		return
	}
	c.readyAt = now + t.register
	c.need = t.oldest(vc)
	t.plan(vc, now)
}

// offer gives the wire a message without an event when nothing else waits, which is no
// choice: what is sent later in this cycle is later. The owner of the port sends in an
// order of its own. Once something that waited has been taken, the rest of the cycle's
// messages wait in any case, as those do that were sent before it was.
func (t *tx) offer(m port.Message, taken func()) bool {
	now := t.alarm.Now()
	if now+t.ahead < t.freeAt || t.servedAt == now {
		return false
	}
	vc := m.VC()
	c := &t.channels[vc]
	need := int64(port.BufferBytes(m.SizeBytes()))
	if now < t.freeAt && !t.short(need) {
		return false
	}
	// Credit that comes home with the start may become known in this very cycle.
	if c.credit.available(now) < need {
		return false
	}
	c.stats.MaxQueue = max(c.stats.MaxQueue, 1)
	if taken != nil {
		taken()
	}
	start := max(now+t.register, t.freeAt)
	if t.queues != nil && start > now+t.register {
		t.queues.Pass(vc, now+t.register, start, start-c.turnAt())
	}
	t.launch(m, t.hold(m, vc, start))
	return true
}

// creditComing is called when room has become free at the far side. Only a
// channel that lacks it needs to know when.
func (t *tx) creditComing(vc int) {
	if t.stalled>>vc&1 != 0 {
		t.plan(vc, t.alarm.Now())
	}
}

// Wake implements port.Sleeper: starts what can start.
func (t *tx) Wake(_ *port.Alarm, now int64) {
	if now >= t.freeAt {
		t.serve(now)
	}
	for m := t.from.OutBusy(); m != 0; m &= m - 1 {
		t.plan(bits.TrailingZeros64(m), now)
	}
}

// serve gives the wire what may start, as far ahead as it may be given. The owner is
// told of room once all is taken, since what it does then may depend on which
// channels have some.
func (t *tx) serve(now int64) {
	room := false
	for t.freeAt <= now+t.ahead {
		vc := t.choose(now)
		if vc < 0 || now < t.freeAt && !t.short(t.channels[vc].need) {
			break // a long message waits for the wire, and what is behind it in turn with it
		}
		t.servedAt = now
		room = t.start(vc, now) || room
	}
	if room {
		t.from.TellRoom()
	}
}

// short reports whether a message may be given ahead: a longer one would keep the wire
// from all that comes before it can start.
func (t *tx) short(bytes int64) bool { return bytes <= int64(t.link.spec.AheadBytes) }

// choose is the channel whose oldest message is to start next, or -1: of those that
// may start the one with the lowest tag, and of equals the next one in turn.
func (t *tx) choose(now int64) int {
	best, lowest := -1, int64(0)
	busy := t.from.OutBusy()
	turn := busy >> t.next << t.next
	for _, set := range [2]uint64{turn, busy &^ turn} {
		for ; set != 0; set &= set - 1 {
			vc := bits.TrailingZeros64(set)
			c := &t.channels[vc]
			if now < c.readyAt || c.credit.available(now) < c.need {
				continue
			}
			if tag := t.fair.tag(vc); best < 0 || tag < lowest {
				best, lowest = vc, tag
			}
		}
	}
	return best
}

// oldest is the credit that the oldest message of a channel takes.
func (t *tx) oldest(vc int) int64 { return int64(port.BufferBytes(t.from.PeekOut(vc).SizeBytes())) }

// plan sets the alarm for the cycle at which the oldest message of a channel may
// start, as far as is known. Without enough credit on its way there is none: the
// channel is stalled from when it could have started, and creditComing plans anew.
func (t *tx) plan(vc int, now int64) {
	c := &t.channels[vc]
	earliest := max(c.readyAt, t.freeAt)
	cycle, enough := c.credit.homeAt(c.need)
	if cycle > earliest || !enough {
		t.stall(vc, earliest)
	}
	if enough {
		c.enoughAt = max(c.enoughAt, cycle)
		t.alarm.Set(max(cycle, earliest, now))
	}
}

// stall notes since when the oldest message of a channel lacks credit.
func (t *tx) stall(vc int, cycle int64) {
	c := &t.channels[vc]
	if c.need > t.capacity {
		panic(fmt.Sprintf("%s: a message of %d bytes never fits into the %d bytes of a channel of %s", t.link.name, c.need, t.capacity, t.farName))
	}
	if t.stalled>>vc&1 == 0 {
		t.stalled |= 1 << vc
		c.stalledSince = cycle
	}
}

// start puts the oldest message of a channel on the wire and reports whether its
// channel was full.
func (t *tx) start(vc int, now int64) (room bool) {
	t.endStalls(now)
	t.noteQueue(vc, now)
	start := max(now, t.freeAt)
	if t.queues != nil {
		t.queues.Leave(vc, start, start-t.channels[vc].turnAt())
	}
	m := t.from.PeekOut(vc)
	head := t.hold(m, vc, start)
	_, room = t.from.RemoveOut(vc)
	c := &t.channels[vc]
	if n := t.from.OutLen(vc); n > 0 {
		c.need = t.oldest(vc)
		if c.sentAt == now && n <= c.sent {
			c.readyAt = now + t.register
		}
	}
	t.launch(m, head)
	return room
}

// launch sends off a message whose first bits leave at head.
func (t *tx) launch(m port.Message, head int64) {
	arrives := t.out.arrivesAt(head, t.freeAt)
	if t.flights != nil {
		t.flights.take(t.link, m, arrives)
		return
	}
	t.out.launch(m, arrives)
}

// noteQueue counts what waits in a channel, but for what has been sent in this
// very cycle: that may come before or after.
func (t *tx) noteQueue(vc int, now int64) {
	c := &t.channels[vc]
	n := t.from.OutLen(vc)
	if c.sentAt == now {
		n -= c.sent
	}
	c.stats.MaxQueue = max(c.stats.MaxQueue, n, 1)
}

// hold books the wire for a message from cycle start on and returns when its first
// bits have left; the last ones leave at freeAt.
func (t *tx) hold(m port.Message, vc int, start int64) (head int64) {
	size := m.SizeBytes()
	c := &t.channels[vc]
	room := int64(port.BufferBytes(size))
	c.credit.bytes -= room
	t.fair.charge(vc, room)
	t.next = vc + 1
	if t.next == len(t.channels) {
		t.next = 0
	}
	head, end := t.times(m, size, start)
	if end > t.windowEnd {
		t.turnWindow(vc, int64(size), start, end)
	}
	c.heldUntil = end
	s := &c.stats
	s.Messages++
	s.Bytes += int64(size)
	s.BusyCycles += end - start
	t.freeAt = end
	if t.link.NumHooks() > 0 {
		meta := m.Meta()
		meta.Src, meta.Dst = t.from.AsRemote(), t.far
		t.link.InvokeHook(sim.HookCtx{Domain: t.link, Pos: sim.HookPosConnStartTrans, Item: m})
	}
	return head
}

// times returns when the first bits of a message that starts at a cycle have left, and
// when the last ones have, and notes in a packet when both will be at the far side.
func (t *tx) times(m port.Message, size int, start int64) (head, end int64) {
	end = start + t.serial.Cycles(size)
	p, isPacket := m.(*wire.Packet)
	if isPacket {
		end = max(end, p.TailCycle)
	}
	head = min(start+1, end) // an on-chip wire has no first bits
	if isPacket {
		p.HeadCycle = head + t.link.spec.LatencyCycles
		p.TailCycle = end + t.link.spec.LatencyCycles
	}
	return head, end
}

// endStalls books the cycles that every stalled channel has waited with the
// wire free.
func (t *tx) endStalls(now int64) {
	for m := t.stalled; m != 0; m &= m - 1 {
		c := &t.channels[bits.TrailingZeros64(m)]
		c.stats.CreditStallCycles += max(0, now-c.stalledSince)
	}
	t.stalled = 0
}

// creditsHome reports that no credit is away.
func (t *tx) creditsHome() bool {
	for vc := range t.channels {
		if c := &t.channels[vc].credit; c.bytes+c.pending != t.capacity {
			return false
		}
	}
	return true
}
