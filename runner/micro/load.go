package micro

import "mozart/interconnect/stats"

// load is the driver: it creates the packets and counts what arrives. It implements
// supplier.
type load struct {
	aim     aim
	flits   int64
	sources []source
	// window is the measuring window; packets created in it are measured.
	window window
	// batch is the length of a batch of the window in cycles.
	batch int64
	// stopped ends all streams.
	stopped bool

	// period counts what arrives in the present period of the warm-up.
	period tally
	// taken counts the measured packets that the network has asked for, measured those
	// that have arrived.
	taken    int64
	measured measured
	// arrivals are the packets that arrive in the window, whenever they were created.
	arrivals measured
	// whole counts everything since the beginning.
	whole totals
}

// window is the cycles from from up to, but not including, to.
type window struct{ from, to int64 }

func (w window) has(cycle int64) bool { return cycle >= w.from && cycle < w.to }

// tally counts packets and their latency.
type tally struct{ packets, latency int64 }

func (t tally) mean() float64 {
	if t.packets == 0 {
		return 0
	}
	return float64(t.latency) / float64(t.packets)
}

// totals are those of a run.
type totals struct {
	packets, hops int64
	// last is the cycle of the last arrival.
	last int64
}

// measured is what is known of some packets.
type measured struct {
	latency stats.Latencies
	// network is the sum of the latencies without the time in the source queue.
	network, hops int64
	// batches holds the packets by when in the window they were created, or arrived.
	batches [batchCount]tally
}

// batchCount is the number of batches of a window (Law, Simulation Modeling and
// Analysis, recommends 10 to 30 for batch means).
const batchCount = 20

func newLoad(s Spec, endpoints int) *load {
	l := &load{
		aim: s.Traffic.aim(endpoints), flits: int64(s.Traffic.PacketFlits), sources: make([]source, endpoints),
		window: window{from: never, to: never}, batch: 1,
	}
	for i := range l.sources {
		l.sources[i].stopped = true
	}
	p := s.Traffic.Rate / float64(s.Traffic.PacketFlits)
	for _, i := range s.Traffic.injectors(endpoints) {
		l.sources[i].start(s.Seed, i, p, firstCycle)
	}
	return l
}

const (
	// never is a cycle that does not come.
	never = 1 << 62
	// firstCycle is the first in which packets are created: what is on the wire in a
	// cycle may have to be given to a port in the one before.
	firstCycle = 1
)

// open sets the measuring window, which lies ahead.
func (l *load) open(w window) {
	l.window = w
	l.batch = max(1, (w.to-w.from)/batchCount)
	l.takeGiven(w)
}

// extend makes the window twice as long, at the latest when it ends. Its batches are
// merged in pairs.
func (l *load) extend(w window) {
	more := window{from: l.window.to, to: w.to}
	l.window = w
	l.batch *= 2
	l.measured.merge()
	l.arrivals.merge()
	l.takeGiven(more)
}

// takeGiven counts packets of a part of the window that the network has asked for
// before that was known to be measured: a source is at most one packet ahead of time.
func (l *load) takeGiven(w window) {
	for i := range l.sources {
		if s := &l.sources[i]; !s.stopped && w.has(s.given) {
			l.taken++
		}
	}
}

// next implements supplier.
func (l *load) next(endpoint int) (dest int, created int64, ok bool) {
	s := &l.sources[endpoint]
	if s.stopped || l.stopped {
		return 0, 0, false
	}
	dest, created = l.aim.destination(s, endpoint), s.created
	s.advance()
	if l.window.has(created) {
		l.taken++
	}
	return dest, created, true
}

// arrived implements supplier.
func (l *load) arrived(t trip) {
	latency := t.ejected - t.created
	l.period.packets++
	l.period.latency += latency
	l.whole.packets++
	l.whole.hops += int64(t.hops)
	l.whole.last = max(l.whole.last, t.ejected)
	if l.window.has(t.ejected) {
		l.arrivals.add(t, latency, l.batchAt(t.ejected))
	}
	if !l.stopped && l.window.has(t.created) {
		l.measured.add(t, latency, l.batchAt(t.created))
	}
}

// batchAt is the batch of the window that a cycle belongs to. The last one takes what
// the others leave.
func (l *load) batchAt(cycle int64) int64 {
	return min(batchCount-1, (cycle-l.window.from)/l.batch)
}

func (m *measured) add(t trip, latency, batch int64) {
	m.latency.Add(latency)
	m.network += t.ejected - t.injected
	m.hops += int64(t.hops)
	m.batches[batch].packets++
	m.batches[batch].latency += latency
}

// merge makes one batch of every two.
func (m *measured) merge() {
	for i := range batchCount / 2 {
		sum := m.batches[2*i]
		sum.add(m.batches[2*i+1])
		m.batches[i] = sum
	}
	clear(m.batches[batchCount/2:])
}

// drained reports that every packet created in the window has arrived.
func (l *load) drained() bool {
	if l.measured.latency.N < l.taken {
		return false
	}
	for i := range l.sources {
		if s := &l.sources[i]; !s.stopped && s.created < l.window.to {
			return false
		}
	}
	return true
}

// waiting is the number of packets that have been created before a cycle and not
// been asked for.
func (l *load) waiting(cycle int64) int64 {
	n := int64(0)
	for i := range l.sources {
		if !l.sources[i].stopped {
			n += l.sources[i].createdBefore(cycle)
		}
	}
	return n
}
