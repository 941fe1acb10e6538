package link

import "mozart/interconnect/stats"

// Record sets what the link records. It is called before the first message. An on-chip
// wire has counters only.
func (l *Link) Record(d stats.Detail) {
	for _, t := range l.tx {
		t.queues = nil
		if d >= stats.DetailQueues && l.spec.BitsPerCycle > 0 {
			t.queues = make([]stats.Queue, len(t.channels))
		}
	}
}

// noteWait counts the wait of the oldest message of a channel, which starts at a cycle.
// It waits for its turn from when its own channel has left the wire and its credit is
// home.
func (t *tx) noteWait(vc int, start int64) {
	c := &t.channels[vc]
	waited := t.queues[vc].Leave(start)
	c.stats.ArbitrationStallCycles += min(waited, start-max(c.heldUntil, c.enoughAt))
}

// sending is a message on the wire.
type sending struct {
	vc, size int32
	start    int64
}

// turnWindow makes the window of a cycle the present one. The last message has left
// the wire by then; its bytes are spread evenly over the time that it held it.
func (t *tx) turnWindow(cycle int64) {
	w := t.windows
	for w.EndCycle() < t.freeAt {
		end := w.EndCycle()
		for vc := range t.channels {
			w.Note(vc, t.channels[vc].stats.Bytes-t.unsent(vc, end))
		}
		w.Advance(end)
	}
	for vc := range t.channels {
		w.Note(vc, t.channels[vc].stats.Bytes)
	}
	t.last.size = 0
	t.windowEnd = w.Advance(max(cycle, w.EndCycle()-1))
}

// unsent is how much of a channel's bytes are on the wire after a cycle.
func (t *tx) unsent(vc int, cycle int64) int64 {
	last := &t.last
	if int(last.vc) != vc || last.size == 0 {
		return 0
	}
	size, start := int64(last.size), max(cycle, last.start)
	return size - size*(start-last.start)/(t.freeAt-last.start)
}
