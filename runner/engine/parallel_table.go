package engine

import "mozart/interconnect/port"

// table is what domains have published. Whoever reads or writes it holds the
// lock.
type table struct {
	domains   []domainRow
	crossings []crossingRow // by number of the crossing
	// ways are the crossings as the table needs them, by sender.
	ways [][]way
	// distance is the least time between an event of one domain and what follows
	// from it in another, going by lookaheads.
	distance [][]int64
	// version counts what has been published.
	version uint64
}

// domainRow is what the others know of a domain.
type domainRow struct {
	// next is a cycle before which the domain does nothing that has any consequence,
	// unless something arrives that has not been published. While it runs, next is
	// what it was when it set off.
	next int64
	// arrived is the first effect of what has been published for the domain since it
	// set off.
	arrived int64
	state   domainState
	// home is the worker that ran it last and has its memory in its cache.
	home int
	// blocked is the version of the table at which the domain was found to have
	// nothing to do before its horizon, plus one.
	blocked uint64
}

type domainState uint8

const (
	domainIdle domainState = iota
	domainRuns
	domainFailed
)

// crossingRow is what a sender promises and how many items it has published, and
// from when the receiver heeds those to come.
type crossingRow struct {
	promise port.Promise
	sent    int64
	heeds   int64
}

// way is a crossing for the search of the horizon.
type way struct{ crossing, to int32 }

// peer is a domain that crossings of another one lead to.
type peer struct {
	domain int
	// next is a cycle before which the peer does nothing of its own, and answer how
	// soon something may come back from it if it does nothing before it is told to.
	next   int64
	answer port.Promise
}

// at is how soon something that takes effect at a peer may have an effect here.
// From the peer's own next cycle on it changes nothing: what the peer may do from
// then on bounds the horizon already.
func (p *peer) at(cycle int64) int64 {
	if cycle >= p.next {
		return never
	}
	return p.answer.At(cycle)
}

// reply is the answer to what goes over one crossing.
type reply struct {
	peer  *peer
	heeds int64
}

func (r *reply) at(cycle int64) int64 { return r.peer.at(max(cycle, r.heeds)) }

// after is cycle + delay, or never.
func after(cycle, delay int64) int64 {
	if cycle > never-delay {
		return never
	}
	return cycle + delay
}

func (t *table) init(domains []*domain, crossings []*crossing) {
	t.domains = make([]domainRow, len(domains))
	t.crossings = make([]crossingRow, len(crossings))
	t.ways = make([][]way, len(domains))
	t.distance = make([][]int64, len(domains))
	for i := range domains {
		t.domains[i].arrived = never
		t.distance[i] = make([]int64, len(domains))
		for j := range domains {
			if i != j {
				t.distance[i][j] = never
			}
		}
	}
	for i, c := range crossings {
		from, to := c.from.index, c.to.index
		t.ways[from] = append(t.ways[from], way{int32(i), int32(to)})
		t.distance[from][to] = min(t.distance[from][to], c.lookahead)
	}
	for k := range domains {
		for i := range domains {
			for j := range domains {
				if t.distance[i][k] != never {
					t.distance[i][j] = min(t.distance[i][j], after(t.distance[k][j], t.distance[i][k]))
				}
			}
		}
	}
}

// publish enters what a domain has prepared, and tells those it has handed
// something to.
func (t *table) publish(d *domain) {
	row := &t.domains[d.index]
	for _, c := range d.out {
		r := &t.crossings[c.index]
		r.promise.FloorCycle = max(r.promise.FloorCycle, c.promise.FloorCycle)
		r.promise.DelayCycles = c.promise.DelayCycles
		r.sent = c.pushed
		if c.first != never {
			t.arrive(c.to.index, max(c.first, r.heeds))
			c.first = never
		}
	}
	for _, c := range d.in {
		t.crossings[c.index].heeds = c.heeds
	}
	row.next = min(d.next, row.arrived)
	row.arrived = never
	row.state = domainIdle
	if d.failure != nil {
		row.state, row.next = domainFailed, never
	}
	t.version++
}

// arrive notes that something has an effect on a domain at a cycle.
func (t *table) arrive(domain int, cycle int64) {
	switch row := &t.domains[domain]; row.state {
	case domainIdle:
		row.next = min(row.next, cycle)
	case domainRuns:
		row.arrived = min(row.arrived, cycle)
	}
}

// search is a worker's memory for finding a horizon.
type search struct {
	next    []int64
	settled []bool
}

func newSearch(domains int) search {
	return search{next: make([]int64, domains), settled: make([]bool, domains)}
}

// horizon is the first cycle, up to most, at which something may have an effect on
// a domain that it has not been told of, but for the consequences of what it does
// itself from now on. For every other domain it leaves in s a cycle before which
// that does nothing, on the same condition, if the cycle lies before the horizon.
//
// The others are taken in order of their next cycles. That of the first cannot be
// brought forward by any of the rest, as everything takes time to cross.
func (t *table) horizon(domain int, most int64, s *search) int64 {
	for i := range t.domains {
		s.next[i], s.settled[i] = t.domains[i].next, false
	}
	s.settled[domain] = true
	for {
		first, at := most, -1
		for i, next := range s.next {
			if next < first && !s.settled[i] {
				first, at = next, i
			}
		}
		if at < 0 {
			break
		}
		s.settled[at] = true
		for _, w := range t.ways[at] {
			r := &t.crossings[w.crossing]
			effect := max(r.promise.At(first), r.heeds)
			if int(w.to) == domain {
				most = min(most, effect)
			} else {
				s.next[w.to] = min(s.next[w.to], effect)
			}
		}
	}
	return most
}

// answers works out, after horizon, how soon the peers of a domain may answer to
// what it hands over.
func (t *table) answers(d *domain, s *search) {
	for _, p := range d.peers {
		p.next, p.answer = s.next[p.domain], port.Promise{FloorCycle: never, DelayCycles: never}
		for _, w := range t.ways[p.domain] {
			r := &t.crossings[w.crossing]
			floor, delay := r.promise.FloorCycle, r.promise.DelayCycles
			if int(w.to) == d.index {
				floor = max(floor, r.heeds)
			} else {
				on := t.distance[w.to][d.index]
				floor, delay = after(floor, on), after(delay, on)
			}
			p.answer.FloorCycle = min(p.answer.FloorCycle, floor)
			p.answer.DelayCycles = min(p.answer.DelayCycles, delay)
		}
	}
}
