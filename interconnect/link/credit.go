package link

// credit counts the bytes that one channel of the far port has room for as the
// sender knows it. Returning credits lie in a queue with the cycle at which they
// are home and are counted when somebody looks: no event is spent on a credit that
// nobody waits for.
type credit struct {
	bytes   int64
	pending int64
	ring    []returning
	head    int
	len     int
}

type returning struct{ cycle, bytes int64 }

// giveBack lets bytes come home at cycle.
func (c *credit) giveBack(bytes, cycle int64) {
	if c.len > 0 {
		// A channel's room frees in order, but an owner may state an early cycle
		// after a late one: what is behind in the queue is not home earlier.
		cycle = max(cycle, c.ring[(c.head+c.len-1)&(len(c.ring)-1)].cycle)
	}
	if c.len == len(c.ring) {
		c.grow()
	}
	c.ring[(c.head+c.len)&(len(c.ring)-1)] = returning{cycle, bytes}
	c.len++
	c.pending += bytes
}

// available is the credit that is home at now.
func (c *credit) available(now int64) int64 {
	for c.len > 0 && c.ring[c.head].cycle <= now {
		c.bytes += c.ring[c.head].bytes
		c.pending -= c.ring[c.head].bytes
		c.head = (c.head + 1) & (len(c.ring) - 1)
		c.len--
	}
	return c.bytes
}

// homeAt is the earliest cycle at which there are so many bytes of credit, going
// by the credits on their way, 0 if there are; false if those are not enough.
func (c *credit) homeAt(bytes int64) (int64, bool) {
	sum := c.bytes
	if sum >= bytes {
		return 0, true
	}
	for i := range c.len {
		next := c.ring[(c.head+i)&(len(c.ring)-1)]
		if sum += next.bytes; sum >= bytes {
			return next.cycle, true
		}
	}
	return 0, false
}

func (c *credit) grow() {
	next := make([]returning, max(4, 2*len(c.ring)))
	for i := range c.len {
		next[i] = c.ring[(c.head+i)&(len(c.ring)-1)]
	}
	c.ring, c.head = next, 0
}
