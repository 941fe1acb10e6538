package analytic

import (
	"fmt"

	"mozart/interconnect/topology"
	"mozart/runner/config"
	"mozart/workloads/op"
	"mozart/workloads/schedule"
)

// Phase is what the closed forms say of one phase.
type Phase struct {
	Phase op.Phase
	// Cycles is the part of the step that the phase is charged with, as the emulation
	// counts it: every moment belongs to one phase, arithmetic before the all-to-all
	// before memory traffic.
	Cycles float64
	// Resource is what needs most of this time; empty if all of it is hidden.
	Resource string
}

// Prediction is what the closed forms say of a step.
type Prediction struct {
	// Phases are those with any work, in the order of phases.
	Phases []Phase
	// Cycles is the step: the sum over Phases.
	Cycles float64
}

// Predict computes a step from config and program alone. g is the network of the
// experiment's hardware, p a program of its schedule; a program whose chiplets
// disagree on the order of all-to-alls is an error.
func Predict(x *config.Experiment, g *topology.Graph, p *op.Program) (*Prediction, error) {
	s, err := read(p, x.Hardware)
	if err != nil {
		return nil, fmt.Errorf("no closed form is known of this program: %w", err)
	}
	c := composer{
		script: s, network: newNetwork(x.Hardware, g), program: p,
		overlap: x.Schedule.Overlap, synchronous: x.Schedule.AllToAll == "synchronous",
	}
	for i := range s.exchanges {
		c.exchange(&s.exchanges[i])
	}
	c.finish()
	return c.prediction(), nil
}

// composer adds up the step.
type composer struct {
	*script
	*network
	program     *op.Program
	overlap     schedule.Overlap
	synchronous bool

	charges [op.NumPhases]charges
	before  past
}

// charges are what a phase is charged with, by resource.
type charges struct {
	cycles float64
	by     []share
}

type share struct {
	resource string
	cycles   float64
}

// past is the exchange before, in cycles: all of it, the experts' part of it, and its
// way up.
type past struct {
	trip, middle, up float64
	upPhase          op.Phase
	// finished is how its expert chiplets got through; nil before the first one.
	finished []course
}

// attention is the device of the attention chiplet.
const attention = 0

const (
	attentionWork   = "arithmetic of the attention chiplet"
	attentionStacks = "links and stacks of the attention chiplet"
	expertWork      = "arithmetic of the expert chiplets"
	groupStacks     = "links and stacks of a group"
)

// charge adds to a phase the time that a resource needs for it, if it is above 0,
// and returns that.
func (c *composer) charge(p op.Phase, cycles float64, resource string) float64 {
	if cycles <= 0 {
		return 0
	}
	t := &c.charges[p]
	t.cycles += cycles
	for i := range t.by {
		if t.by[i].resource == resource {
			t.by[i].cycles += cycles
			return cycles
		}
	}
	t.by = append(t.by, share{resource, cycles})
	return cycles
}

// exchange charges what comes before an exchange, and the exchange.
func (c *composer) exchange(e *exchange) {
	table := &c.program.Tables[e.table]
	before := c.alone(&e.before[attention], c.before.trip)
	c.updates(e.before)
	arrivals := c.arrivals(e, c.before.middle+c.before.up+before)
	if !c.overlap.WeightsWithExperts {
		c.charge(e.weights(), latest(arrivals), groupStacks)
		arrivals = make([][]float64, len(arrivals))
	}
	down, resource := c.busiest(c.dispatch(c.program, table))
	down += c.flight(c.down) + c.barrier()
	c.charge(e.dispatch, down, resource)
	for _, at := range arrivals {
		for i := range at {
			at[i] -= down
		}
	}

	middle := c.experts(e, arrivals)

	up, resource := c.busiest(c.combine(c.program, table))
	up += c.flight(c.up) + c.barrier()
	c.charge(e.combine, up, resource)
	c.before.trip, c.before.middle, c.before.up, c.before.upPhase = down+middle+up, middle, up, e.combine
}

// barrier is the time of the signals of a synchronous all-to-all, there and back.
func (c *composer) barrier() float64 {
	if !c.synchronous {
		return 0
	}
	return c.flight(c.down) + c.flight(c.up)
}

// finish charges what comes after the last exchange.
func (c *composer) finish() {
	s := &c.after[attention]
	since := c.before.up + c.alone(s, c.before.trip)
	c.updates(c.after)
	// What is written at the end has nothing left to hide behind.
	tail := 0.0
	if !c.serial(op.UpdateMemory, true) {
		tail = c.transfer(attention, item{bytes: s.store[op.UpdateMemory]}, 0)
	}
	t := c.traffic()
	for d := 1; d < len(c.after); d++ {
		c.move(t, d, c.after[d].load[op.UpdateMemory], c.after[d].store[op.UpdateMemory])
	}
	if rest, resource := c.busiest(t); rest-since > tail {
		c.charge(op.UpdateMemory, rest-since, resource)
		return
	}
	c.charge(op.UpdateMemory, tail, attentionStacks)
}

func (c *composer) prediction() *Prediction {
	p := &Prediction{}
	present := c.present()
	for phase := range op.NumPhases {
		if !present[phase] {
			continue
		}
		row, most := Phase{Phase: phase, Cycles: c.charges[phase].cycles}, 0.0
		for _, s := range c.charges[phase].by {
			if s.cycles > most {
				most, row.Resource = s.cycles, s.resource
			}
		}
		p.Phases = append(p.Phases, row)
		p.Cycles += row.Cycles
	}
	return p
}

// present tells which phases have any work.
func (c *composer) present() (present [op.NumPhases]bool) {
	for d := range c.program.Devices {
		for i := range c.program.Devices[d].Ops {
			if o := &c.program.Devices[d].Ops[i]; o.Kind != op.Signal && o.Kind != op.Await {
				present[o.Phase] = true
			}
		}
	}
	return present
}
