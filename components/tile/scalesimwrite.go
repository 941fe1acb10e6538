package tile

// outlet is the buffer of the results. They are written in bursts; when more than
// half a buffer of them is there, half a buffer of bursts is sent away, and the
// array waits when the buffer is full before that is done.
type outlet struct {
	// keep is the room below which half is sent away, burst the elements of a burst.
	keep, half, burst int64
	free              int64
	busy              int64 // cycle in which what is sent away has left
	begun             int64 // elements of the burst that is being filled
	bursts            int64 // complete ones, since the start
	sent              int64 // of them
	short             []shortBurst
	written           int64 // elements sent away
}

// shortBurst is a burst that was sent away before it was full.
type shortBurst struct{ index, missing int64 }

func newOutlet(b Buffers) outlet {
	return outlet{keep: (b.Elements + 1) / 2, half: b.Elements / 2, burst: b.ElementsPerCycle, free: b.Elements}
}

// wait takes what the array makes in a cycle and returns how long the array waits
// for room.
func (o *outlet) wait(results, now int64) int64 {
	at := now
	for results > 0 {
		// The store that fills the buffer, or more than half of it, has a consequence;
		// those before it have none.
		store := o.free - o.keep + 1
		if at < o.busy {
			store = o.free
		}
		store = max(1, store)
		if results < store {
			o.store(results)
			break
		}
		o.store(store)
		results -= store
		if at < o.busy {
			at = o.busy
		} else {
			o.send(at)
		}
	}
	return at - now
}

// store puts results into the buffer.
func (o *outlet) store(results int64) {
	o.free -= results
	o.begun += results
	o.bursts += o.begun / o.burst
	o.begun %= o.burst
}

// send sends half a buffer away from a cycle on, a burst a cycle. As in SCALE-Sim, of
// bursts that are not full only the last one makes less room.
func (o *outlet) send(at int64) {
	o.flush()
	end := min(o.bursts, o.sent+ceilDiv(o.half, o.burst))
	o.busy = at + end - o.sent - 1
	elements := (end - o.sent) * o.burst
	for len(o.short) > 0 && o.short[0].index < end {
		if o.short[0].index == end-1 {
			elements -= o.short[0].missing
		}
		o.short = o.short[1:]
	}
	o.free += elements
	o.written += elements
	o.sent = end
}

// flush closes the burst that is being filled.
func (o *outlet) flush() {
	if o.begun == 0 {
		return
	}
	o.short = append(o.short, shortBurst{o.bursts, o.burst - o.begun})
	o.bursts++
	o.begun = 0
}

// empty sends all that is left away from a cycle on and returns when everything has
// left.
func (o *outlet) empty(at int64) int64 {
	o.flush()
	done := max(at, o.busy)
	for o.sent < o.bursts {
		o.send(at)
		at = o.busy + 1
	}
	return max(done, o.busy)
}
