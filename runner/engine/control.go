package engine

import (
	"sync"
	"sync/atomic"
)

// control is how other goroutines reach a running engine. The engine reads
// only attention between two events, and takes the lock when a signal is set.
type control struct {
	// attention is zero when events need nothing but to be handled.
	attention atomic.Uint32

	mu       sync.Mutex
	change   sync.Cond // of anything below
	running  bool
	waiting  bool // running, and held by a pause
	paused   bool
	stopping bool
}

// The bits of attention.
const (
	// signaled is set when paused or stopping is.
	signaled = 1 << iota
	// hooked is set when the engine has hooks.
	hooked
)

func (c *control) init() { c.change.L = &c.mu }

// Pause implements sim.Engine: no event is handled from its return until
// Continue. It waits for the event being handled, so a handler or a hook must
// not call it; Stop is for them. A pause of an engine that is not running holds
// the next Run.
func (c *control) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = true
	c.attention.Or(signaled)
	for c.paused && c.running && !c.waiting {
		c.change.Wait()
	}
}

// Continue implements sim.Engine: it ends a pause.
func (c *control) Continue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	c.settle()
	c.change.Broadcast()
}

// Stop makes Run return ErrStopped before the next event, or in place of nil
// after the last one, paused or not. It does not wait, and may be called from
// handlers, hooks and any goroutine. If the engine is not running, the next Run
// returns at once.
func (c *control) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	c.attention.Or(signaled)
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
	if c.attention.Load()&signaled == 0 {
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
		c.settle()
		return ErrStopped
	}
	c.settle()
	return nil
}

// settle takes the signal back once nothing is left to obey.
func (c *control) settle() {
	if !c.paused && !c.stopping {
		c.attention.And(^uint32(signaled))
	}
}
