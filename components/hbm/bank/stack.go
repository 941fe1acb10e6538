package bank

import (
	"fmt"

	"mozart/interconnect/stats"
)

// A Request asks for one burst: Spec.BurstBytes at Addr, rounded down to a multiple
// of that.
type Request struct {
	Addr  uint64 // bytes; wraps at the capacity
	Write bool
	ID    uint64 // comes back in the Completion
}

// A Stack is one memory stack: channels with their controllers. It does nothing by
// itself; cycles pass when Advance says so. It is not safe for concurrent use.
type Stack struct {
	spec     Spec
	mapping  Mapping
	shift    uint
	channels []*channel
	now      int64
	readData int64
	latency  stats.Latencies
}

// New makes a stack at cycle 0, all banks closed. The error is Validate's.
func New(spec Spec) (*Stack, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("memory stack: %w", err)
	}
	m, err := ParseMapping(spec)
	if err != nil {
		return nil, fmt.Errorf("memory stack: %w", err)
	}
	s := &Stack{spec: spec, mapping: m, shift: log2(spec.BurstBytes), readData: int64(spec.Timing.CL + spec.Timing.BL)}
	for i := range spec.Channels {
		s.channels = append(s.channels, newChannel(i, spec, &s.latency))
	}
	return s, nil
}

// Spec is what the stack was made from.
func (s *Stack) Spec() Spec { return s.spec }

// Now is the present cycle: all before it have passed.
func (s *Stack) Now() int64 { return s.now }

// Locate says where an address lies.
func (s *Stack) Locate(addr uint64) Location { return s.mapping.Locate(addr) }

// CanAccept says whether Submit would take a request now.
func (s *Stack) CanAccept(addr uint64, write bool) bool {
	return s.channels[s.mapping.Locate(addr).Channel].sched.room(write)
}

// Submit hands a request over at a cycle, and first lets the cycles before it pass
// in its channel; it must not be below Now. The controller sees the request in that
// cycle. A refused request, for want of room in the queue, leaves no trace.
//
// A write is posted: once accepted it is done for the requester, and there is no
// Completion. A read of a burst that waits to be written is answered without an
// access.
func (s *Stack) Submit(cycle int64, r Request) bool {
	l := s.mapping.Locate(r.Addr)
	c := s.channels[l.Channel]
	c.run(cycle)
	b := (int(l.PseudoChannel)*s.spec.BankGroups+int(l.BankGroup))*s.spec.Banks + int(l.Bank)
	return c.submit(cycle, r, l, b, r.Addr>>s.shift)
}

// Advance lets all cycles before to pass, and hands over every read that its
// requester can act on by then, in the order of cycles, then channels, then
// commands. Time does not go back: a cycle below Now does nothing.
func (s *Stack) Advance(to int64, done func(Completion)) {
	s.now = max(s.now, to)
	for _, c := range s.channels {
		if c.next < to {
			c.run(to)
		}
	}
	for {
		var from *channel
		at := to
		for _, c := range s.channels {
			if first := c.answers.first(); first < at || first == at && from == nil {
				from, at = c, first
			}
		}
		if from == nil {
			return
		}
		done(from.answers.pop())
	}
}

// NextEvent is the first cycle for which Advance may make a difference to the
// requester: room in a queue, or a completion. It never comes (math.MaxInt64) while
// nothing is inside but writes that wait for more of them.
func (s *Stack) NextEvent() int64 {
	at := int64(forever)
	for _, c := range s.channels {
		at = min(at, c.answers.first())
		if c.waitingReads+c.waitingWrites > 0 && c.work < forever {
			at = min(at, c.next+1)
		}
	}
	return at
}

// NextRoom is NextEvent for a requester that waits for CanAccept of one address
// alone.
func (s *Stack) NextRoom(addr uint64) int64 {
	if c := s.channels[s.mapping.Locate(addr).Channel]; c.work < forever {
		return c.next + 1
	}
	return forever
}

// NextCompletion is a cycle before which Advance hands nothing over, if nothing
// arrives: a requester that only waits for data need not look earlier. It is
// math.MaxInt64 if no read is inside.
func (s *Stack) NextCompletion() int64 {
	at := int64(forever)
	for _, c := range s.channels {
		if first := c.answers.first(); first < forever {
			at = min(at, first)
		} else if c.waitingReads > 0 {
			at = min(at, c.next+s.readData+1)
		}
	}
	return at
}

// Flush makes the writes inside go without waiting for more of them.
func (s *Stack) Flush() {
	for _, c := range s.channels {
		c.run(s.now)
		c.sched.flush()
		c.wake(s.now)
	}
}

// Idle says that no request is inside, and no answer on its way.
func (s *Stack) Idle() bool {
	for _, c := range s.channels {
		if c.waitingReads+c.waitingWrites+c.answers.n > 0 {
			return false
		}
	}
	return true
}

// OnCommand has every command from now on told to log, in order within a channel;
// nil ends it.
func (s *Stack) OnCommand(log func(Command)) {
	for _, c := range s.channels {
		c.log = log
	}
}

// Stats adds up what has happened.
func (s *Stack) Stats() Stats {
	out := Stats{Cycles: s.now, ReadLatency: s.latency.Clone()}
	for _, c := range s.channels {
		c.count(s.now)
		out.Total.Add(&c.stats)
		out.Channels = append(out.Channels, c.stats)
	}
	return out
}
