package link

import "mozart/interconnect/stats"

// Record sets what the link records. It is called before the first message. An on-chip
// wire has counters only.
func (l *Link) Record(d stats.Detail) {
	for _, t := range l.tx {
		t.queues = nil
		if d >= stats.DetailQueues && l.spec.BitsPerCycle > 0 {
			t.queues = stats.NewQueues(len(t.channels))
		}
	}
}

// turnAt is the cycle from which the oldest message of a channel waits for its turn: its
// own channel has left the wire and its credit is home.
func (c *channel) turnAt() int64 { return max(c.heldUntil, c.enoughAt) }

// turnWindow is called for a message, not yet counted, that holds the wire from start to
// end, which is after the present window. Its bytes are spread evenly over that time.
func (t *tx) turnWindow(vc int, size, start, end int64) {
	w := t.windows
	for cut := w.EndCycle(); end > cut; cut = w.EndCycle() {
		for i := range t.channels {
			total := t.channels[i].stats.Bytes
			if i == vc && cut > start {
				total += size * (cut - start) / (end - start)
			}
			w.Note(i, total)
		}
		w.Advance(max(cut, start))
	}
	t.windowEnd = w.EndCycle()
}
