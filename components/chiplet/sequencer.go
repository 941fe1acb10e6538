package chiplet

import (
	"fmt"
	"slices"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// sequencer walks the op graph of one device: it issues an op when everything
// it depends on is done.
type sequencer struct {
	comp *Comp
	dev  *op.Device

	missing    []int32 // dependencies not yet done
	userOffset []int32 // users[userOffset[i]:userOffset[i+1]] depend on op i
	users      []int32
	legs       []int32 // parts of an issued op that are not yet done
	signals    []int32 // signals that have arrived
	start, end []int64
	done       int

	ready []int32 // ops to issue
	ended []int32 // ops whose last leg is done
}

func (s *sequencer) init(c *Comp, dev *op.Device) {
	n := len(dev.Ops)
	s.comp, s.dev = c, dev
	s.missing = make([]int32, n)
	s.legs = make([]int32, n)
	s.signals = make([]int32, n)
	s.start, s.end = make([]int64, n), make([]int64, n)
	s.userOffset = make([]int32, n+1)
	for i := range n {
		s.start[i], s.end[i] = -1, -1
		deps := dev.Deps(i)
		s.missing[i] = int32(len(deps))
		for _, d := range deps {
			s.userOffset[d+1]++
		}
	}
	for i := range n {
		s.userOffset[i+1] += s.userOffset[i]
	}
	s.users = make([]int32, s.userOffset[n])
	fill := append([]int32(nil), s.userOffset[:n]...)
	for i := range n {
		for _, d := range dev.Deps(i) {
			s.users[fill[d]] = int32(i)
			fill[d]++
		}
	}
}

// begin makes every op ready that depends on nothing.
func (s *sequencer) begin() {
	for i := range s.dev.Ops {
		if s.missing[i] == 0 {
			s.ready = append(s.ready, int32(i))
		}
	}
	s.comp.wakeLate()
}

func (s *sequencer) unsettled() bool { return len(s.ended) > 0 || len(s.ready) > 0 }

// settle ends what is done and issues what has become ready, including what that
// completes at once, in program order.
func (s *sequencer) settle() {
	for s.unsettled() {
		slices.Sort(s.ended)
		for _, i := range s.ended {
			s.finish(i)
		}
		s.ended = s.ended[:0]
		slices.Sort(s.ready)
		for _, i := range s.ready {
			s.issue(i)
		}
		s.ready = s.ready[:0]
	}
}

func (s *sequencer) issue(i int32) {
	c := s.comp
	c.outlook.issued(i)
	o := &s.dev.Ops[i]
	if o.Kind == op.Gemm || o.Kind == op.Vector {
		c.local.compute(i)
		return
	}
	if o.Kind == op.Load {
		c.reader.load(i)
		return
	}
	if o.Kind == op.Receive {
		s.allocate(i)
		c.tokens.arm(i)
		return
	}
	s.started(i)
	switch o.Kind {
	case op.Store:
		c.writer.store(i)
	case op.Send:
		c.tokens.send(i)
	case op.Signal:
		s.signal(i)
	case op.Await:
		if s.signals[i] == o.Signals {
			s.over(i)
		}
	}
}

// started notes that op i occupies its resource from now on.
func (s *sequencer) started(i int32) {
	s.start[i] = s.comp.clock.Now()
	s.allocate(i)
}

func (s *sequencer) allocate(i int32) {
	if n := s.dev.Ops[i].Allocate; n > 0 {
		s.comp.local.occupy(n, 0)
	}
}

// first notes the arrival of a token that was sent at a cycle: Receive i starts
// when the first of its tokens sets out.
func (s *sequencer) first(i int32, sent int64) {
	if s.start[i] < 0 || sent < s.start[i] {
		s.start[i] = sent
	}
}

// leg notes that one part of op i is done; with the last one the op is.
func (s *sequencer) leg(i int32) {
	s.legs[i]--
	if s.legs[i] == 0 {
		s.over(i)
	}
}

// over notes that op i is done.
func (s *sequencer) over(i int32) {
	s.ended = append(s.ended, i)
	s.comp.wakeLate()
}

// finish ends op i and makes its users ready.
func (s *sequencer) finish(i int32) {
	if s.end[i] >= 0 {
		panic(fmt.Sprintf("%s: op %d done twice", s.comp.Name(), i))
	}
	s.end[i] = s.comp.clock.Now()
	s.done++
	s.comp.outlook.done(i)
	if n := s.dev.Ops[i].Release; n > 0 {
		s.comp.local.occupy(0, n)
	}
	for _, u := range s.users[s.userOffset[i]:s.userOffset[i+1]] {
		s.missing[u]--
		if s.missing[u] == 0 {
			s.ready = append(s.ready, u)
		}
	}
}

func (s *sequencer) signal(i int32) {
	c := s.comp
	for _, peer := range s.dev.Peers(int(i)) {
		pk := c.env.Pool.Get()
		pk.Kind, pk.Class, pk.Bytes = wire.KindSignal, wire.ClassControl, ControlBytes
		pk.Source, pk.Dest, pk.Op = c.env.Node, c.env.Devices[peer.Device], peer.Op
		c.control(pk)
	}
	s.over(i)
}

func (s *sequencer) signalled(i int32) {
	s.signals[i]++
	o := &s.dev.Ops[i]
	if s.signals[i] > o.Signals {
		panic(fmt.Sprintf("%s: op %d got more signals than %d", s.comp.Name(), i, o.Signals))
	}
	if s.signals[i] == o.Signals && s.start[i] >= 0 {
		s.over(i)
	}
}

// waits names the first ops that are issued but not done.
func (s *sequencer) waits() []port.Wait {
	const most = 4
	var waits []port.Wait
	for i := range s.dev.Ops {
		if len(waits) == most {
			break
		}
		if s.start[i] < 0 || s.end[i] >= 0 {
			continue
		}
		o := &s.dev.Ops[i]
		w := port.Wait{From: s.comp.Name(), Why: fmt.Sprintf("op %d (%v, %v, layer %d, micro-batch %d) is not done", i, o.Kind, o.Phase, o.Layer, o.MicroBatch)}
		if o.Kind == op.Await {
			w.Why += fmt.Sprintf(": %d of %d signals", s.signals[i], o.Signals)
		}
		waits = append(waits, w)
	}
	return waits
}
