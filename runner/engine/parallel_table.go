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
	// reached is the first cycle at which an item that has been published for the
	// domain has a consequence.
	reached int64
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
	heeds   port.Promise
	// lookahead is the least time from an event to the effect of what it hands over.
	lookahead int64
}

// asked is how soon something may cross because something reaches the sender at a
// cycle. The sender may have acted from cycle next on, and be ready to answer.
func (r *crossingRow) asked(cycle, next int64) int64 {
	return max(r.promise.At(min(cycle, next)), after(cycle, r.lookahead))
}

// way is a crossing for the search of the horizon.
type way struct{ crossing, to int32 }

// peer is a domain that crossings of another one lead to.
type peer struct {
	domain int
	// next is a cycle before which nothing but this domain reaches the peer, and
	// answer how soon something may come back from it if this domain does.
	next   int64
	answer port.Promise
	// own is the peer's own next cycle, back the least time from an event there to an
	// effect here.
	own, back int64
	// told is the first cycle at which it may do something, because of itself or of
	// what it is told in this turn.
	told int64
}

// at is how soon something that takes effect at a peer may have an effect here.
// From when others may have reached the peer it changes nothing: what the peer may
// do from then on bounds the horizon already.
func (p *peer) at(cycle int64) int64 {
	if cycle >= p.next {
		return never
	}
	return max(p.answer.At(min(cycle, p.own)), after(cycle, p.back))
}

// reply is the answer to what goes over one crossing.
type reply struct {
	peer  *peer
	heeds port.Promise
}

// to is how soon there may be an answer to an item that takes effect at a cycle.
func (r *reply) to(cycle int64) int64 {
	p := r.peer
	cycle = max(cycle, r.heeds.FloorCycle)
	if r.heeds.DelayCycles > 0 {
		return p.at(max(cycle, after(p.told, r.heeds.DelayCycles)))
	}
	p.told = min(p.told, cycle)
	return p.at(cycle)
}

// heeded is the first cycle at which an item can matter to a domain that does
// nothing before cycle n.
func heeded(p port.Promise, n int64) int64 {
	if p.DelayCycles == 0 {
		return p.FloorCycle
	}
	return p.At(n)
}

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
		t.crossings[i].lookahead = c.lookahead
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
		r.promise.DelayCycles, r.promise.CalmCycle = c.promise.DelayCycles, c.promise.CalmCycle
		r.sent = c.pushed
		if c.first != never {
			t.arrive(c.to.index, max(c.first, heeded(r.heeds, t.domains[c.to.index].next)))
			c.first = never
		}
	}
	for _, c := range d.in {
		t.crossings[c.index].heeds = c.heeds
	}
	row.next, row.reached = min(d.next, row.arrived), min(d.reached, row.arrived)
	row.arrived = never
	row.state = domainIdle
	if d.failure != nil {
		row.state, row.next, row.reached = domainFailed, never, never
	}
	t.version++
}

// arrive notes that something has an effect on a domain at a cycle.
func (t *table) arrive(domain int, cycle int64) {
	switch row := &t.domains[domain]; row.state {
	case domainIdle:
		row.next, row.reached = min(row.next, cycle), min(row.reached, cycle)
	case domainRuns:
		row.arrived = min(row.arrived, cycle)
	}
}

// search is a worker's memory for finding a horizon: the first cycle at which
// something may reach each domain.
type search struct {
	reached []int64
	settled []bool
}

func newSearch(domains int) search {
	return search{reached: make([]int64, domains), settled: make([]bool, domains)}
}

// horizon is the first cycle, up to most, at which something may have an effect on
// a domain that it has not been told of, but for the consequences of what it does
// itself from now on. For every other domain it leaves in s a cycle before which
// nothing reaches that, on the same condition, if the cycle lies before the horizon.
//
// What domains do unasked is known. What they do because something has reached them
// is found in the order in which that happens: the first cannot be brought forward
// by any of the rest, as everything takes time to cross.
func (t *table) horizon(domain int, most int64, s *search) int64 {
	for i := range t.domains {
		r := &t.domains[i]
		s.reached[i], s.settled[i] = min(r.reached, r.arrived), i == domain
	}
	s.reached[domain] = most
	first := t.firstUnasked(domain, s)
	for i := range t.domains {
		if i == domain {
			continue
		}
		for _, w := range t.ways[i] {
			r := &t.crossings[w.crossing]
			t.reach(s, w, domain, r.promise.Unasked(t.domains[i].next), first)
		}
	}
	for {
		first, at := s.reached[domain], -1
		for i, cycle := range s.reached {
			if cycle < first && !s.settled[i] {
				first, at = cycle, i
			}
		}
		if at < 0 {
			return s.reached[domain]
		}
		s.settled[at] = true
		for _, w := range t.ways[at] {
			r := &t.crossings[w.crossing]
			t.reach(s, w, domain, r.asked(first, t.domains[at].next), first)
		}
	}
}

// firstUnasked is a cycle before which nothing reaches any domain.
func (t *table) firstUnasked(domain int, s *search) int64 {
	first := int64(never)
	for i := range t.domains {
		if i == domain {
			continue
		}
		first = min(first, s.reached[i])
		for _, w := range t.ways[i] {
			first = min(first, t.crossings[w.crossing].promise.Unasked(t.domains[i].next))
		}
	}
	return first
}

// reach notes that something may reach the end of a way at a cycle, if nothing has
// reached it before cycle first.
func (t *table) reach(s *search, w way, domain int, cycle, first int64) {
	next := t.domains[w.to].next
	if int(w.to) != domain {
		next = min(next, first)
	}
	cycle = max(cycle, heeded(t.crossings[w.crossing].heeds, next))
	s.reached[w.to] = min(s.reached[w.to], cycle)
}

// answers works out, after horizon, how soon the peers of a domain may answer to
// what it hands over.
func (t *table) answers(d *domain, s *search) {
	for _, p := range d.peers {
		p.next, p.answer = s.reached[p.domain], port.Promise{FloorCycle: never, DelayCycles: never}
		p.own, p.back = t.domains[p.domain].next, t.distance[p.domain][d.index]
		p.told = min(p.next, p.own)
		for _, w := range t.ways[p.domain] {
			r := &t.crossings[w.crossing]
			floor, delay := r.promise.FloorCycle, r.promise.DelayCycles
			if int(w.to) == d.index {
				floor = max(floor, heeded(r.heeds, t.domains[d.index].next))
			} else {
				on := t.distance[w.to][d.index]
				floor, delay = after(floor, on), after(delay, on)
			}
			p.answer.FloorCycle = min(p.answer.FloorCycle, floor)
			p.answer.DelayCycles = min(p.answer.DelayCycles, delay)
		}
	}
}
