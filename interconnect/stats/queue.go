package stats

// Line is what was seen of a first-in-first-out queue.
type Line struct {
	// Level is the time in cycles for which so many messages were in it, of all that
	// have left. The time in which it was empty is left out.
	Level Histogram
	// Stay counts the messages that have left by the cycles that they stayed. Those that
	// did not stay are left out.
	Stay Histogram
}

// Queues watches the first-in-first-out queues of the channels of a port. What has
// left is kept in a log and accounted for when that is full: what a message changes is
// spread over memory that others have pushed out of the caches since the last one, and
// many are cheaper at once.
type Queues struct {
	n        int
	log      [logLength]departed
	waiting  []waiting
	channels []queue
}

// logLength is a power of two.
const logLength = 64

// departed is a message that waited from a cycle to another. The word is for how many
// cycles it lacked nothing but its turn, and its channel.
type departed struct{ from, to, word int64 }

const vcBits = 6

// NewQueues watches the queues of so many channels, at most 64, which are empty.
func NewQueues(channels int) *Queues {
	return &Queues{waiting: make([]waiting, channels), channels: make([]queue, channels)}
}

// waiting is a ring of the cycles from which messages wait, from head up to tail.
type waiting struct {
	ring       []int64
	head, tail int
}

// Enter adds a message that waits from a cycle on, which is not before that of an
// earlier one of the channel.
func (q *Queues) Enter(vc int, cycle int64) {
	w := &q.waiting[vc]
	if w.tail-w.head == len(w.ring) {
		w.grow()
	}
	w.ring[w.tail&(len(w.ring)-1)] = cycle
	w.tail++
}

func (w *waiting) grow() {
	w.ring, w.head, w.tail = grown(w.ring, w.head), 0, len(w.ring)
}

// Leave takes the oldest message of a channel out. It leaves at a cycle, now or later,
// that is not before the one from which it waits or the one at which another has left.
// For the last able cycles, or as long as it has waited if that is less, it lacked
// nothing but its turn.
func (q *Queues) Leave(vc int, cycle, able int64) {
	w := &q.waiting[vc]
	from := w.ring[w.head&(len(w.ring)-1)]
	w.head++
	q.Pass(vc, from, cycle, able)
}

// Pass is Enter and Leave of a message of a channel in which no other waits.
func (q *Queues) Pass(vc int, from, to, able int64) {
	q.log[q.n&(logLength-1)] = departed{from, to, able<<vcBits | int64(vc)}
	q.n++
	if q.n == logLength {
		q.settle()
	}
}

// settle accounts for what is in the log.
func (q *Queues) settle() {
	for i := range q.log[:q.n] {
		d := &q.log[i]
		if d.to > d.from {
			q.channels[d.word&(1<<vcBits-1)].pass(d.from, d.to, d.word>>vcBits)
		}
	}
	q.n = 0
}

// Line is what has been seen of the messages of a channel that have left, as a copy.
func (q *Queues) Line(vc int) Line {
	q.settle()
	c := &q.channels[vc]
	return Line{Level: c.level(), Stay: c.stays.Clone()}
}

// TurnCycles is for how long the oldest message of a channel lacked nothing but its
// turn.
func (q *Queues) TurnCycles(vc int) int64 {
	q.settle()
	return q.channels[vc].turn
}

// queue is what has left one of them.
type queue struct {
	// ring holds when the messages leave that were still there when the last one that
	// has left came, and that one: there are len.
	ring      []int64
	head, len int
	// since is up to when the length of the queue has been accounted for.
	since int64
	turn  int64
	// short is the time with so many messages, as long as they are few, long that with
	// more.
	short [shortQueue]int64
	stays Histogram
	long  Histogram
}

const shortQueue = 8

// pass counts a message that was there from a cycle to a later one.
func (c *queue) pass(from, to, able int64) {
	c.stays.Count(to - from)
	c.turn += min(to-from, able)
	n := c.len
	if n == len(c.ring) {
		c.grow()
	}
	ring, mask := c.ring, len(c.ring)-1
	head, since := c.head, c.since
	for n > 0 {
		gone := ring[head&mask]
		if gone > from {
			c.hold(n, from-since)
			break
		}
		c.hold(n, gone-since)
		since = gone
		head++
		n--
	}
	ring[(head+n)&mask] = to
	c.head, c.len, c.since = head, n+1, from
}

func (c *queue) grow() { c.ring, c.head = grown(c.ring, c.head), 0 }

// hold counts some cycles with n messages.
func (c *queue) hold(n int, cycles int64) {
	if uint(n) < shortQueue {
		c.short[n] += cycles
	} else {
		c.long.Add(int64(n), cycles)
	}
}

// level is the time with so many messages, of all that have left.
func (c *queue) level() Histogram {
	rest := *c
	rest.long = c.long.Clone()
	for i := range c.len {
		gone := c.ring[(c.head+i)&(len(c.ring)-1)]
		rest.hold(c.len-i, gone-rest.since)
		rest.since = gone
	}
	for n, cycles := range rest.short {
		if cycles > 0 {
			rest.long.Add(int64(n), cycles)
		}
	}
	return rest.long.Clone()
}

// grown is a ring whose size is a power of two with twice the room, its oldest entry
// first.
func grown[T any](ring []T, head int) []T {
	const least = 4
	next := make([]T, max(least, 2*len(ring)))
	for i := range ring {
		next[i] = ring[(head+i)&(len(ring)-1)]
	}
	return next
}
