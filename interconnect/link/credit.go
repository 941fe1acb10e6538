package link

// credits counts, per virtual channel, the bytes that the far port has room
// for as the sender knows it. Returning credits lie in a queue with the cycle
// at which they are home and are counted when somebody looks: no event is spent
// on a credit that nobody waits for.
type credits struct {
	capacity int64
	channels []channelCredit
}

type channelCredit struct {
	bytes   int64
	pending int64
	ring    []credit
	head    int
	len     int
}

type credit struct{ cycle, bytes int64 }

func newCredits(vcs int, capacity int64) credits {
	c := credits{capacity: capacity, channels: make([]channelCredit, vcs)}
	for i := range c.channels {
		c.channels[i].bytes = capacity
	}
	return c
}

// giveBack lets bytes come home at cycle.
func (c *credits) giveBack(vc, bytes int, cycle int64) {
	q := &c.channels[vc]
	if q.len > 0 {
		// A channel's room frees in order, but an owner may state an early cycle
		// after a late one: what is behind in the queue is not home earlier.
		cycle = max(cycle, q.ring[(q.head+q.len-1)&(len(q.ring)-1)].cycle)
	}
	if q.len == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.len)&(len(q.ring)-1)] = credit{cycle, int64(bytes)}
	q.len++
	q.pending += int64(bytes)
}

// available is the credit of a channel that is home at now.
func (c *credits) available(vc int, now int64) int64 {
	q := &c.channels[vc]
	for q.len > 0 && q.ring[q.head].cycle <= now {
		q.bytes += q.ring[q.head].bytes
		q.pending -= q.ring[q.head].bytes
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.len--
	}
	return q.bytes
}

// spend takes bytes out of a channel's credit that is home.
func (c *credits) spend(vc int, bytes int64) { c.channels[vc].bytes -= bytes }

// homeAt is the earliest cycle at which the channel has bytes of credit, going
// by the credits on their way; false if those are not enough.
func (c *credits) homeAt(vc int, bytes int64) (int64, bool) {
	q := &c.channels[vc]
	sum := q.bytes
	for i := range q.len {
		next := q.ring[(q.head+i)&(len(q.ring)-1)]
		if sum += next.bytes; sum >= bytes {
			return next.cycle, true
		}
	}
	return 0, false
}

func (c *credits) allHome() bool {
	for i := range c.channels {
		if c.channels[i].bytes+c.channels[i].pending != c.capacity {
			return false
		}
	}
	return true
}

func (q *channelCredit) grow() {
	next := make([]credit, max(4, 2*len(q.ring)))
	for i := range q.len {
		next[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = next, 0
}
