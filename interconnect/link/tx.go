package link

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
)

// tx is the sending side of one direction.
type tx struct {
	link    *Link
	alarm   *port.Alarm
	from    *port.Port
	credits credits
	out     *rx
	farName string
	far     sim.RemotePort
	// freeAt is the cycle from which the wire is free.
	freeAt int64
	// readyAt is, per channel, the first cycle that sees the oldest message.
	readyAt []int64
	// stalledSince is, per channel, the cycle since which a message has waited
	// for credit with the wire free, or -1.
	stalledSince []int64
	next         int // the channel whose turn it is
	stats        []ChannelStats
}

func newTx(l *Link, clock port.Clock, from *port.Port, out *rx, far End) *tx {
	vcs := from.Spec().VCs
	t := &tx{
		link: l, from: from, out: out,
		far: far.Port.AsRemote(), farName: far.Port.Name(),
		credits: newCredits(vcs, int64(far.Port.Spec().InBytes)),
		readyAt: make([]int64, vcs), stalledSince: make([]int64, vcs), stats: make([]ChannelStats, vcs),
	}
	t.alarm = port.NewAlarm(clock, t, 0)
	for vc := range t.stalledSince {
		t.stalledSince[vc] = -1
	}
	return t
}

// ready is called when a channel turns from empty to not empty.
func (t *tx) ready(vc int) {
	now := t.alarm.Now()
	if t.link.spec.BitsPerCycle > 0 {
		now++ // the port is a register
	}
	t.readyAt[vc] = now
	t.alarm.Set(max(now, t.freeAt))
}

// creditComing is called when room has become free at the far side. Only a
// stalled channel needs to know when.
func (t *tx) creditComing(vc int) {
	if t.stalledSince[vc] < 0 {
		return
	}
	need := int64(port.BufferBytes(t.from.PeekOut(vc).SizeBytes()))
	if cycle, enough := t.credits.homeAt(vc, need); enough {
		t.alarm.Set(max(cycle, t.alarm.Now()))
	}
}

// Wake implements port.Sleeper: starts what can start.
func (t *tx) Wake(_ *port.Alarm, now int64) {
	for now >= t.freeAt {
		vc := t.choose(now)
		if vc < 0 {
			return
		}
		t.start(vc, now)
	}
	if t.waiting() {
		t.alarm.Set(t.freeAt)
	}
}

// choose is the next channel in turn whose oldest message may start, or -1. It
// sets the alarm for those that will be able to.
func (t *tx) choose(now int64) int {
	vcs := len(t.readyAt)
	for i := range vcs {
		vc := t.next + i
		if vc >= vcs {
			vc -= vcs
		}
		if t.mayStart(vc, now) {
			return vc
		}
	}
	return -1
}

func (t *tx) mayStart(vc int, now int64) bool {
	m := t.from.PeekOut(vc)
	if m == nil {
		return false
	}
	if now < t.readyAt[vc] {
		t.alarm.Set(t.readyAt[vc])
		return false
	}
	need := int64(port.BufferBytes(m.SizeBytes()))
	if t.credits.available(vc, now) >= need {
		return true
	}
	if need > t.credits.capacity {
		panic(fmt.Sprintf("%s: a message of %d bytes never fits into the %d bytes of a channel of %s", t.link.name, need, t.credits.capacity, t.farName))
	}
	if t.stalledSince[vc] < 0 {
		t.stalledSince[vc] = now
	}
	if cycle, enough := t.credits.homeAt(vc, need); enough {
		t.alarm.Set(cycle)
	}
	return false
}

// start puts the oldest message of a channel on the wire.
func (t *tx) start(vc int, now int64) {
	t.endStalls(now)
	s := &t.stats[vc]
	s.MaxQueue = max(s.MaxQueue, t.from.OutLen(vc))
	m := t.from.TakeOut(vc)
	size := m.SizeBytes()
	t.credits.spend(vc, int64(port.BufferBytes(size)))
	t.next = (vc + 1) % len(t.readyAt)
	m.Meta().Dst = t.far

	head, end := t.times(m, now)
	s.Messages++
	s.Bytes += int64(size)
	s.BusyCycles += end - now
	t.freeAt = end
	if t.link.NumHooks() > 0 {
		t.link.InvokeHook(sim.HookCtx{Domain: t.link, Pos: sim.HookPosConnStartTrans, Item: m})
	}
	t.out.launch(m, head, end)
}

// times returns when the first bits of a message that starts now have left, and
// when the last ones have, and notes in a packet when both will be at the far side.
func (t *tx) times(m port.Message, now int64) (head, end int64) {
	end = now + topology.SerialCycles(m.SizeBytes(), t.link.spec.BitsPerCycle)
	p, isPacket := m.(*wire.Packet)
	if isPacket {
		end = max(end, p.TailCycle)
	}
	head = min(now+1, end) // an on-chip wire has no first bits
	if isPacket {
		p.HeadCycle = head + t.link.spec.LatencyCycles
		p.TailCycle = end + t.link.spec.LatencyCycles
	}
	return head, end
}

// endStalls books the cycles that every stalled channel has waited with the
// wire free.
func (t *tx) endStalls(now int64) {
	for vc, since := range t.stalledSince {
		if since >= 0 {
			t.stats[vc].CreditStallCycles += now - since
			t.stalledSince[vc] = -1
		}
	}
}

// waiting reports that some channel has something to send.
func (t *tx) waiting() bool {
	for vc := range t.readyAt {
		if t.from.OutLen(vc) > 0 {
			return true
		}
	}
	return false
}
