package bank

// drainPolicy says when a controller sends writes instead of reads. Writes are
// posted: nobody waits for one, but each change of direction costs the data bus
// its turnaround.
type drainPolicy interface {
	// writing chooses the direction, given the requests that wait; idle says that
	// no command of an earlier choice is left.
	writing(reads, writes int, idle bool) bool
	// took is told that a write has left the write queue.
	took()
	// flush makes the writes waiting now go as if they were enough.
	flush(writes int)
}

// Drains lists the values of Spec.Drain.
func Drains() []string { return []string{"watermark", "batch"} }

func newDrainPolicy(s Spec) drainPolicy {
	if s.Drain == "batch" {
		return &batch{full: s.WriteQueue, least: s.DrainLow}
	}
	return &watermark{high: s.DrainHigh, low: s.DrainLow}
}
