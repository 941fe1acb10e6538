package engine

import (
	"sync"
	"sync/atomic"
)

// control is how other goroutines reach a running engine. The engine reads
// only signal between two events, and takes the lock when that is set.
type control struct {
	// signal is set when paused or stopping is.
	signal atomic.Bool

	mu       sync.Mutex
	change   sync.Cond // of anything below
	running  bool
	waiting  bool // running, and held by a pause
	paused   bool
	stopping bool
}

func (c *control) init() { c.change.L = &c.mu }

// Pause implements sim.Engine: no event is handled from its return until
// Continue. It waits for the event being handled, so a handler or a hook must
// not call it; Stop is for them. A pause of an engine that is not running holds
// the next Run.
func (c *control) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = true
	c.signal.Store(true)
	for c.paused && c.running && !c.waiting {
		c.change.Wait()
	}
}

// Continue implements sim.Engine: it ends a pause.
func (c *control) Continue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	c.signal.Store(c.stopping)
	c.change.Broadcast()
}

// Stop makes Run return ErrStopped before the next event, or in place of nil
// after the last one, paused or not. It
// does not wait, and may be called from handlers, hooks and any goroutine. If
// the engine is not running, the next Run returns at once.
func (c *control) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	c.signal.Store(true)
	c.change.Broadcast()
}

func (c *control) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return ErrRunning
	}
	c.running = true
	return nil
}

func (c *control) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	c.change.Broadcast()
}

// check obeys what other goroutines have asked for.
func (c *control) check() error {
	if !c.signal.Load() {
		return nil
	}
	return c.obey()
}

// obey waits out a pause and reports a stop.
func (c *control) obey() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.paused && !c.stopping {
		c.waiting = true
		c.change.Broadcast()
		c.change.Wait()
	}
	c.waiting = false
	if c.stopping {
		c.stopping = false
		c.signal.Store(c.paused)
		return ErrStopped
	}
	c.signal.Store(false)
	return nil
}
