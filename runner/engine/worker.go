package engine

import (
	"runtime"
	"time"
)

const (
	// looks is how often a worker looks for news, at about a nanosecond each, before it
	// gives way to another thread; it does so for patientRounds before it sleeps.
	looks         = 500
	patientRounds = 40
	// crowdedLooks and crowdedRounds take their place if there are more workers than
	// processors.
	crowdedLooks, crowdedRounds = 1, 20
	// stealAfter is how long a worker waits before it takes over a domain of another
	// one, whose memory it then has to fetch, and stealEvery the least time between
	// two such moves. Less makes things worse.
	stealAfter = 10 * time.Microsecond
	stealEvery = 50 * time.Microsecond

	// lockSpins is how often a worker tries to take the lock before it waits asleep.
	lockSpins = 5_000

	// fewestEvents and manyEvents bound after how many events a turn ends early
	// because another worker has nothing to do.
	fewestEvents = 16
	manyEvents   = 1024
)

// worker is a thread of a run.
type worker struct {
	index  int
	search search
	// resting is set while the worker waits for a version of the table after seen,
	// parked while it sleeps.
	resting, parked bool
	seen            uint64
	// rested is set by a rest since the last turn, idle is how long the worker was
	// awake in rests, and now the end of the last of them.
	rested bool
	idle   time.Duration
	now    time.Time
}

// work runs domains until the run is over.
func (p *Parallel) work(w *worker) {
	p.lock()
	defer p.mu.Unlock()
	for {
		d := p.find(w)
		if d == nil {
			return
		}
		least := p.least
		p.mu.Unlock()
		d.turn(least)
		p.lock()
		p.publish(d)
	}
}

// lock takes the lock of the table, which nobody holds for long.
func (p *Parallel) lock() {
	for range p.lockSpins {
		if p.mu.TryLock() {
			return
		}
	}
	p.mu.Lock()
}

// publish lets the others see what a domain has done. The lock is held, as it is
// in what follows.
func (p *Parallel) publish(d *domain) {
	p.table.publish(d)
	p.running--
	if d.failure != nil {
		p.note(d)
	}
	p.news()
	if p.paused && p.running == 0 {
		p.change.Broadcast()
	}
}

// news makes workers look again that have nothing to do.
func (p *Parallel) news() {
	p.epoch.Store(p.table.version)
	if p.hungry.Load() {
		p.hungry.Store(false)
	}
}

// find returns a domain for a worker to run, or nil when the run is over.
func (p *Parallel) find(w *worker) *domain {
	w.idle, w.rested = 0, false
	for {
		switch {
		case p.over:
			return nil
		case p.stopping:
			p.end()
			return nil
		case p.paused:
			p.change.Wait()
			continue
		}
		any := p.maySteal(w)
		if d, horizon := p.pick(w, any); d != nil {
			if w.rested {
				p.least = max(fewestEvents, p.least/2)
			}
			if any && p.table.domains[d.index].home != w.index {
				p.stolen = w.now
			}
			p.setOff(d, w, horizon)
			p.rouse(w)
			return d
		}
		if any && p.running == 0 {
			p.end()
			return nil
		}
		if w.rested {
			p.least = min(manyEvents, 2*p.least)
		}
		p.rest(w)
	}
}

// maySteal reports whether a worker may take over a domain: because it has waited
// for long, or because nobody else would run any.
func (p *Parallel) maySteal(w *worker) bool {
	return w.idle >= stealAfter && w.now.Sub(p.stolen) >= stealEvery || p.running == 0 && p.alone(w)
}

// alone reports whether every other worker is asleep or waits for news that are
// still to come.
func (p *Parallel) alone(w *worker) bool {
	for i := range p.workers {
		if o := &p.workers[i]; o != w && !o.parked && !(o.resting && o.seen == p.table.version) {
			return false
		}
	}
	return true
}

// end makes every worker return.
func (p *Parallel) end() {
	p.over = true
	p.table.version++
	p.news()
	p.change.Broadcast()
}

// pick returns the domain that is furthest behind of those that can go on, and its
// horizon, or nil. A worker keeps to the domains that it has run before, whose memory
// is near it; it takes over others' after a rest, or when the worker that has them
// sleeps.
func (p *Parallel) pick(w *worker, any bool) (*domain, int64) {
	t := &p.table
	for {
		first, at := p.limit, -1
		for i := range t.domains {
			r := &t.domains[i]
			if r.state != domainIdle || r.blocked == t.version || r.next > first || r.next == first && at >= 0 {
				continue
			}
			if r.home == w.index || any || p.workers[r.home].parked {
				first, at = r.next, i
			}
		}
		if at < 0 {
			return nil, 0
		}
		horizon := t.horizon(at, after(p.limit, 1), &w.search)
		if first < horizon {
			return p.domains[at], horizon
		}
		t.domains[at].blocked = t.version
	}
}

// rouse wakes who sleeps if there is something to do.
func (p *Parallel) rouse(w *worker) {
	if p.parked == 0 {
		return
	}
	if d, _ := p.pick(w, true); d != nil {
		p.change.Broadcast()
	}
}

// setOff prepares a domain for a turn up to its horizon.
func (p *Parallel) setOff(d *domain, w *worker, horizon int64) {
	t := &p.table
	r := &t.domains[d.index]
	r.state, r.home = domainRuns, w.index
	p.running++
	d.limit = horizon - 1
	t.answers(d, &w.search)
	for _, c := range d.in {
		c.published = t.crossings[c.index].sent
	}
	for _, c := range d.out {
		row := &t.crossings[c.index]
		c.promised = row.promise.At(r.next)
		c.reply.heeds = row.heeds
	}
}

// rest waits for news without the lock, first awake and then asleep.
func (p *Parallel) rest(w *worker) {
	seen := p.table.version
	w.resting, w.rested, w.seen = true, true, seen
	p.hungry.Store(true)
	p.mu.Unlock()
	began := time.Time{}
	news := p.watch(seen, 1)
	if !news {
		began = time.Now()
		news = p.watch(seen, p.rounds)
	}
	p.lock()
	if !began.IsZero() {
		w.now = time.Now()
		w.idle += w.now.Sub(began)
	}
	if !news && p.table.version == seen && !p.over {
		w.parked = true
		p.parked++
		p.change.Wait()
		p.parked--
		w.parked = false
		w.idle = 0
	}
	w.resting = false
	if !began.IsZero() {
		p.waited(w, time.Since(began))
	}
}

// watch looks for news some rounds long, and reports whether there are any.
func (p *Parallel) watch(seen uint64, rounds int) bool {
	for range rounds {
		for range p.looks {
			if p.epoch.Load() != seen {
				return true
			}
		}
		if p.crowded {
			runtime.Gosched()
		} else {
			giveWay()
		}
	}
	return p.epoch.Load() != seen
}

// waited books a rest to the domains of a worker that had something to do later.
func (p *Parallel) waited(w *worker, t time.Duration) {
	for i := range p.table.domains {
		if r := &p.table.domains[i]; r.home == w.index && r.state == domainIdle && r.next <= p.limit {
			p.waits[i] += t
		}
	}
}
