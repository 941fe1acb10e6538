package engine

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

// Parallel runs engine domains side by side on several threads. Each domain has a
// Serial of its own for its parts; domains meet at crossings alone. It implements
// sim.Engine for those who steer and watch a run as a whole.
type Parallel struct {
	freq      sim.Freq
	domains   []*domain
	crossings []*crossing
	threads   int
	hooks     sharedHooks
	guards    port.Guards
	// sealed is set by the first run.
	sealed  bool
	workers []worker
	// crowded is set if there are more workers than processors; looks, rounds and
	// lockSpins are how long a worker spins.
	crowded                  bool
	looks, rounds, lockSpins int

	_ padding
	// signal is set when a pause or a stop is wanted. Domains that run look at it
	// every cycle.
	signal atomic.Bool
	_      padding
	// hungry is set when a worker has nothing to do.
	hungry atomic.Bool
	_      padding
	// epoch is the version of the table, for those who wait without the lock.
	epoch atomic.Uint64
	_     padding

	mu     sync.Mutex // of what follows
	change sync.Cond
	table  table
	// limit is the last cycle to be handled; a failure lowers it.
	limit int64
	// running counts the domains that are in a turn, parked the workers asleep.
	running, parked int
	// least is after how many events a turn ends early because a worker is hungry.
	least uint64
	// stolen is when a worker last took over a domain of one that is awake.
	stolen time.Time
	// active is set during a run, over at its end.
	active, over, paused, stopping bool
	// failure is the first one in emulated time, at failedAt in domain failedIn.
	failure  error
	failedAt int64
	failedIn int
	waits    []time.Duration
}

var _ sim.Engine = (*Parallel)(nil)

// NewParallel makes an engine of so many domains that count in cycles of freq, to
// be run by at most threads threads. It is an error if either is below 1, or the
// frequency not positive and finite.
func NewParallel(freq sim.Freq, domains, threads int) (*Parallel, error) {
	if domains < 1 || threads < 1 {
		return nil, fmt.Errorf("engine: want at least 1 domain and 1 thread, got %d and %d", domains, threads)
	}
	p := &Parallel{freq: freq, threads: min(threads, domains), waits: make([]time.Duration, domains), least: fewestEvents}
	p.change.L = &p.mu
	for i := range domains {
		s, err := NewSerial(freq)
		if err != nil {
			return nil, err
		}
		s.guard = p.guards.New(fmt.Sprintf("domain %d", i))
		p.domains = append(p.domains, &domain{parallel: p, index: i, serial: s, due: never})
	}
	return p, nil
}

// Domain returns the engine of a domain, for its parts. Only Parallel runs it.
func (p *Parallel) Domain(i int) *Serial { return p.domains[i].serial }

// Domains is the number of domains.
func (p *Parallel) Domains() int { return len(p.domains) }

// Threads is the most threads that run them. There are never more than
// GOMAXPROCS.
func (p *Parallel) Threads() int { return p.threads }

// Freq is the frequency whose cycles the engine counts.
func (p *Parallel) Freq() sim.Freq { return p.freq }

// Foresee has a function called in a domain, between two cycles, each time before
// the ends of its crossings are asked for promises and for what they heed: to work
// out once what several of them need.
func (p *Parallel) Foresee(domain int, f func()) { p.domains[domain].foresee = f }

// Run implements sim.Engine. It is RunUntil without a limit.
func (p *Parallel) Run() error { return p.RunUntil(never) }

// RunUntil handles events up to and including cycle limit. It returns ErrLimit if
// events are left for later, ErrStopped after Stop, and ErrRunning when it is
// called while running. A failure ends the run for good: a *HandlerError when a
// handler returned an error, a *PanicError when a part panicked. Of several it is
// the first in emulated time, then of the lowest domain, and every later call
// returns it again.
func (p *Parallel) RunUntil(limit int64) error {
	p.mu.Lock()
	if p.active {
		p.mu.Unlock()
		return ErrRunning
	}
	p.active = true
	p.mu.Unlock()
	defer p.finish()

	p.begin(limit)
	p.guards.On()
	var group sync.WaitGroup
	for i := range p.workers[1:] {
		group.Go(func() { p.work(&p.workers[i+1]) })
	}
	p.work(&p.workers[0])
	group.Wait()
	p.guards.Off()
	p.settle()
	return p.result()
}

// begin brings the table up to date with what has happened between runs.
func (p *Parallel) begin(limit int64) {
	if !p.sealed {
		p.seal()
	}
	workers := min(p.threads, runtime.GOMAXPROCS(0))
	p.crowded = workers > runtime.NumCPU()
	p.looks, p.rounds, p.lockSpins = looks, patientRounds, lockSpins
	if p.crowded {
		p.looks, p.rounds, p.lockSpins = crowdedLooks, crowdedRounds, 0
	}
	p.workers = make([]worker, workers)
	for i := range p.workers {
		p.workers[i] = worker{index: i, search: newSearch(len(p.domains))}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit, p.over = min(limit, never-1), false
	if p.failure != nil {
		p.over = true
	}
	for i, d := range p.domains {
		p.table.domains[i].home %= workers
		p.collect(d)
		if d.failure == nil {
			d.prepareSafely()
		}
	}
	for _, d := range p.domains {
		p.table.publish(d)
		if d.failure != nil {
			p.note(d)
		}
	}
	p.news()
}

func (p *Parallel) seal() {
	p.sealed = true
	p.table.init(p.domains, p.crossings)
	for i := range p.domains {
		p.table.domains[i].home = i
	}
}

// collect lets a domain have all that has been handed to it.
func (p *Parallel) collect(d *domain) {
	for _, c := range d.in {
		c.published = c.pushed
	}
	d.accept()
}

// settle gives the far ends what is due up to the limit and has no consequence.
func (p *Parallel) settle() {
	p.mu.Lock()
	cut := p.stopping || p.failure != nil
	p.mu.Unlock()
	for _, d := range p.domains {
		p.collect(d)
		if d.due > p.limit || cut {
			continue
		}
		d.drain(p.limit)
		if d.failure != nil {
			p.note(d)
		}
	}
}

// result is what a run returns.
func (p *Parallel) result() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failure != nil:
		return p.failure
	case p.stopping:
		p.stopping = false
		p.signal.Store(p.paused)
		return ErrStopped
	case p.pending():
		return ErrLimit
	}
	return nil
}

func (p *Parallel) finish() {
	for _, d := range p.domains {
		d.serial.publish()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active = false
	p.change.Broadcast()
}

// note records a failure. The other domains come to its cycle and no further, so
// that the first one is found whatever the threads did.
func (p *Parallel) note(d *domain) {
	cycle := d.serial.cycle
	if p.failure == nil || cycle < p.failedAt || cycle == p.failedAt && d.index < p.failedIn {
		p.failure, p.failedAt, p.failedIn = d.failure, cycle, d.index
		p.limit = min(p.limit, cycle)
	}
}

// Pause implements sim.Engine: no event is handled from its return until Continue.
// It waits for the events being handled, so a handler or a hook must not call it;
// Stop is for them. A pause of an engine that is not running holds the next Run.
func (p *Parallel) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
	p.signal.Store(true)
	for p.paused && p.active && p.running > 0 {
		p.change.Wait()
	}
}

// Continue implements sim.Engine: it ends a pause.
func (p *Parallel) Continue() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	p.signal.Store(p.stopping)
	p.change.Broadcast()
}

// Stop makes Run return ErrStopped, paused or not, with every domain between two
// cycles. It does not wait, and may be called from handlers, hooks and any
// goroutine. If the engine is not running, the next Run returns at once.
func (p *Parallel) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopping = true
	p.signal.Store(true)
	p.change.Broadcast()
}

// Pending reports whether any event or item is left. The engine must not be
// running.
func (p *Parallel) Pending() bool { return p.pending() }

func (p *Parallel) pending() bool {
	for _, d := range p.domains {
		if d.serial.Pending() || d.due != never {
			return true
		}
	}
	for _, c := range p.crossings {
		if c.pushed != c.taken {
			return true
		}
	}
	return false
}

// CurrentCycle is the cycle of the latest event of any domain. The engine must not
// be running.
func (p *Parallel) CurrentCycle() int64 {
	cycle := int64(0)
	for _, d := range p.domains {
		cycle = max(cycle, d.last)
	}
	return cycle
}

// CurrentTime implements sim.TimeTeller: that of the latest event of any domain,
// as Progress tells it while the engine runs.
func (p *Parallel) CurrentTime() sim.VTimeInSec {
	cycle, _ := p.Progress()
	return sim.VTimeInSec(float64(cycle) / float64(p.freq))
}

// Schedule implements sim.EventScheduler: it gives an event to domain 0. Parts
// schedule on the engine of their own domain.
func (p *Parallel) Schedule(e sim.Event) { p.domains[0].serial.Schedule(e) }

// Events is the number of events handled so far. The engine must not be running.
func (p *Parallel) Events() uint64 {
	n := uint64(0)
	for _, d := range p.domains {
		n += d.serial.events
	}
	return n
}

// Progress is the latest cycle of any domain and the number of events handled, for
// display. It may be called from any goroutine and lags behind while the engine
// runs.
func (p *Parallel) Progress() (cycle int64, events uint64) {
	for _, d := range p.domains {
		c, n := d.serial.Progress()
		cycle, events = max(cycle, c), events+n
	}
	return cycle, events
}

// Stats returns a row per domain. The engine must not be running.
func (p *Parallel) Stats() []DomainStats {
	rows := make([]DomainStats, len(p.domains))
	for i, d := range p.domains {
		rows[i] = DomainStats{Events: d.serial.events, Items: d.items, Syncs: d.rounds, Waited: p.waits[i]}
	}
	return rows
}

// sharedHooks are the hooks of all domains. They are called by one thread at a
// time.
type sharedHooks struct {
	mu   sync.Mutex
	list []sim.Hook
}

// AcceptHook implements sim.Hookable: the hook sees the events of every domain,
// with the domain's engine as the context's Domain. Calls never overlap. Those of
// one domain come in order; the order between domains is not defined. Hooks are
// registered before a run.
func (p *Parallel) AcceptHook(h sim.Hook) {
	p.hooks.list = append(p.hooks.list, h)
	for _, d := range p.domains {
		d.serial.AcceptHook(&lockedHook{&p.hooks.mu, h})
	}
}

// NumHooks implements sim.Hookable.
func (p *Parallel) NumHooks() int { return len(p.hooks.list) }

// Hooks implements sim.Hookable.
func (p *Parallel) Hooks() []sim.Hook { return p.hooks.list }

// lockedHook lets one thread at a time call a hook.
type lockedHook struct {
	mu   *sync.Mutex
	hook sim.Hook
}

// Func implements sim.Hook.
func (h *lockedHook) Func(ctx sim.HookCtx) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook.Func(ctx)
}
