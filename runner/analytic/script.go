package analytic

import (
	"fmt"

	"mozart/runner/config"
	"mozart/workloads/op"
)

// segment is what one device does between two points of its program.
type segment struct {
	// work is arithmetic, cycles.
	work [op.NumPhases]float64
	// load and store are bytes, ops how many loads and stores they are.
	load, store [op.NumPhases]int64
	ops         [op.NumPhases]int
	// weights are the loads of weights, in order.
	weights []load
	// items are the pieces of work with activations to save or restore, rest is the
	// work behind the last one, cycles.
	items []item
	rest  float64
}

// load is the load of an expert's weights, or of a block's.
type load struct {
	expert   op.ExpertID
	priority int32
	bytes    int64
}

// item is a piece of work and the transfer that belongs to it: a store behind it, or
// a load before it.
type item struct {
	work  float64 // cycles
	bytes int64
	load  bool
	// expert is whose work it is, if anyone's.
	expert op.ExpertID
}

// loaded begins an item.
func (s *segment) loaded(o *op.Op) {
	if n := len(s.items); n > 0 {
		s.items[n-1].work, s.rest = s.rest, 0
	}
	s.items = append(s.items, item{bytes: o.Bytes, load: true, expert: o.Expert})
}

// stored ends an item.
func (s *segment) stored(o *op.Op) {
	s.items = append(s.items, item{work: s.rest, bytes: o.Bytes, expert: o.Expert})
	s.rest = 0
}

// exchange is one round trip of a micro-batch's tokens.
type exchange struct {
	table             int32
	dispatch, combine op.Phase
	// Of every device: what comes before the tokens leave the attention chiplet, or
	// reach an expert chiplet, and what comes until results return.
	before, during []segment
}

func (e *exchange) backward() bool { return e.dispatch == op.BackwardDispatch }

// weights is the phase of the weights that an exchange needs.
func (e *exchange) weights() op.Phase {
	if e.backward() {
		return op.BackwardWeights
	}
	return op.ForwardWeights
}

// script is a program as a sequence of exchanges and what lies between them.
type script struct {
	exchanges []exchange
	after     []segment // of every device, behind the last exchange
}

// read cuts a program at its all-to-alls.
func read(p *op.Program, hw config.Hardware) (*script, error) {
	s := &script{after: make([]segment, len(p.Devices))}
	for d := range p.Devices {
		spec := hw.ExpertChiplet
		if d == attention {
			spec = hw.AttentionChiplet
		}
		r := reader{script: s, device: d, devices: len(p.Devices), roof: newRoof(spec, hw.Clock)}
		for i := range p.Devices[d].Ops {
			if err := r.op(&p.Devices[d].Ops[i]); err != nil {
				return nil, fmt.Errorf("device %d, op %d: %w", d, i, err)
			}
		}
		if r.next != len(s.exchanges) || r.inside {
			return nil, fmt.Errorf("device %d takes part in %d exchanges of %d", d, r.next, len(s.exchanges))
		}
		s.after[d] = r.current
	}
	return s, nil
}

// reader walks the program of one device.
type reader struct {
	*script
	device, devices int
	roof            roof
	current         segment
	next            int // exchange that comes next, or goes on
	inside          bool
}

func (r *reader) op(o *op.Op) error {
	s := &r.current
	switch o.Kind {
	case op.Gemm, op.Vector:
		cycles := r.roof.op(o)
		s.work[o.Phase] += cycles
		s.rest += cycles
	case op.Load:
		s.load[o.Phase] += o.Bytes
		s.ops[o.Phase]++
		switch o.Phase {
		case op.BackwardRestore:
			s.loaded(o)
		case op.ForwardWeights, op.BackwardWeights:
			s.weights = append(s.weights, load{o.Expert, o.Priority, o.Bytes})
		}
	case op.Store:
		s.store[o.Phase] += o.Bytes
		s.ops[o.Phase]++
		if o.Phase == op.ForwardSave {
			s.stored(o)
		}
	case op.Send, op.Receive:
		begins := (o.Kind == op.Send) == (r.device == attention)
		if begins == r.inside {
			return fmt.Errorf("a %v does not follow the one before", o.Kind)
		}
		return r.cut(o)
	}
	return nil
}

// cut ends a segment at a Send or Receive.
func (r *reader) cut(o *op.Op) error {
	if r.device == attention && !r.inside {
		r.exchanges = append(r.exchanges, exchange{
			table: o.Table, dispatch: o.Phase,
			before: make([]segment, r.devices), during: make([]segment, r.devices),
		})
	}
	if r.next >= len(r.exchanges) || r.exchanges[r.next].table != o.Table {
		return fmt.Errorf("a %v of table %d, which is not that of exchange %d", o.Kind, o.Table, r.next)
	}
	e := &r.exchanges[r.next]
	if r.inside {
		e.during[r.device], e.combine = r.current, o.Phase
		r.next++
	} else {
		e.before[r.device] = r.current
	}
	r.inside = !r.inside
	r.current = segment{}
	return nil
}
