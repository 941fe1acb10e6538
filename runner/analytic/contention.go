package analytic

import (
	"fmt"
	"math"
	"strings"

	"mozart/interconnect/topology"
	"mozart/runner/record"
	"mozart/workloads/op"
)

// ContentionError is the error from which on a phase is looked into, and
// ContentionShare the share of the step that the difference has to be: what is
// hidden but for a few cycles may be off by any factor.
const (
	ContentionError = 0.1
	ContentionShare = 0.0005
)

// Contention is a phase that takes longer in the emulation than the closed forms say,
// and what the run's counters have to do with it; or one that takes less, which no
// contention explains.
type Contention struct {
	Phase string  `json:"phase"`
	Error float64 `json:"error"`
	// Resource lost the most time of those that the phase uses, and Why says how. The
	// resource is empty if no counter shows anything, or if the emulation takes less.
	Resource string `json:"resource"`
	Why      string `json:"why"`
	// LostS is that time over the whole step.
	LostS float64 `json:"lost_s"`
}

// Counters are what a run recorded, on a network.
type Counters struct {
	Graph     *topology.Graph
	Links     []record.LinkRow
	Resources []record.ResourceRow
	Ops       []record.OpRow
}

// Explain names what made the closed forms wrong: for each phase that is off by more
// than ContentionError the resource of those it uses that lost the most time.
func (c *Comparison) Explain(counters Counters, s Step) {
	var w *windows
	for _, r := range c.Phases {
		difference := math.Abs(r.AnalyticS - r.EmulatedS)
		phase, known := op.ParsePhase(r.Phase)
		if !known || difference <= ContentionError*r.EmulatedS || difference < ContentionShare*c.Step.EmulatedS {
			continue
		}
		found := Contention{Phase: r.Phase}
		if r.Error != nil {
			found.Error = *r.Error
		}
		if r.AnalyticS > r.EmulatedS {
			found.Why = "the emulation takes less: it overlaps what the closed form counts one after another"
			c.Contention = append(c.Contention, found)
			continue
		}
		if w == nil {
			w = newWindows(counters.Graph, counters.Ops)
		}
		l := loss{phase: phase, share: r.Share, counters: counters}
		l.links()
		l.parts()
		l.stacks(w)
		found.Resource, found.Why, found.LostS = l.resource, l.why, l.cycles/s.Hertz
		if found.Resource == "" {
			found.Why = "no counter shows a cause"
		}
		c.Contention = append(c.Contention, found)
	}
}

// loss looks for the resource that lost the most time, of those that a phase uses.
type loss struct {
	phase         op.Phase
	share         float64 // of the step
	counters      Counters
	cycles        float64
	resource, why string
}

func (l *loss) claim(cycles float64, resource, why string) {
	if cycles > l.cycles {
		l.cycles, l.resource, l.why = cycles, resource, why
	}
}

// uses tells whether the phase's arithmetic is on a chiplet: some phases are on the
// attention chiplet alone, some on expert chiplets alone.
func (l *loss) uses(component string) bool {
	root := strings.HasPrefix(component, "Attention")
	switch l.phase {
	case op.ForwardExpert, op.BackwardExpert:
		return !root
	case op.Update:
		return true
	}
	return root
}

// part is the name of the part that a port belongs to.
func part(port string) string {
	name, _, _ := strings.Cut(port, ".")
	return name
}

// links looks at the links of an all-to-all: tokens that waited for credit, and other
// classes that held the wires, in proportion to the phase's share of the step.
func (l *loss) links() {
	if l.phase.Activity() != op.AllToAll {
		return
	}
	type direction struct{ link, from string }
	busy := map[direction]int64{}
	for _, r := range l.counters.Links {
		busy[direction{r.Link, r.From}] += r.BusyCycles
	}
	for _, r := range l.counters.Links {
		if r.Class != "token" || r.Packets == 0 {
			continue
		}
		name := fmt.Sprintf("%s link %s to %s", r.Level, part(r.From), part(r.To))
		others := float64(busy[direction{r.Link, r.From}] - r.BusyCycles)
		l.claim(float64(r.CreditStallCycles), name, fmt.Sprintf("tokens waited for credit while the wires were free; %.1f%% busy with tokens", 100*r.Utilization))
		l.claim(l.share*others, name, fmt.Sprintf("other classes held the wires; %.1f%% busy with tokens", 100*r.Utilization))
	}
}

// parts looks at the SRAM that arithmetic shares with data that comes and goes.
func (l *loss) parts() {
	if l.phase.Activity() != op.Compute {
		return
	}
	for _, r := range l.counters.Resources {
		if r.Metric == "shared_cycles" && l.uses(r.Component) {
			l.claim(r.Value/2, r.Component, "data from and to the links took half of the bandwidth")
		}
	}
}

// stacks looks at the transfers that the phase is, or that its arithmetic waits for.
func (l *loss) stacks(w *windows) {
	var phases []op.Phase
	switch {
	case l.phase.Activity() == op.Memory:
		phases = []op.Phase{l.phase}
	case l.phase.Activity() == op.Compute && l.phase < op.BackwardHead:
		phases = []op.Phase{op.ForwardWeights, op.ForwardSave}
	case l.phase.Activity() == op.Compute:
		phases = []op.Phase{op.BackwardWeights, op.BackwardRestore, op.UpdateMemory}
	}
	for _, p := range phases {
		for _, load := range [...]bool{true, false} {
			for g := range w.groups {
				if l.phase.Activity() == op.Compute && (g == 0) != l.uses("Attention") {
					continue
				}
				name, busy := l.stackLink(w.groups[g].stacks, load)
				lost, with := w.lost(g, p, load)
				l.claim(lost, name, fmt.Sprintf("%v waited for %s; %.1f%% busy", p, with, 100*busy))
			}
		}
	}
}

// stackLink is the busiest link direction of some stacks, and the share of the step
// that it is busy.
func (l *loss) stackLink(stacks []string, load bool) (name string, busy float64) {
	type direction struct{ from, to string }
	sums := map[direction]float64{}
	for _, r := range l.counters.Links {
		d := direction{part(r.From), part(r.To)}
		at := d.to
		if load {
			at = d.from
		}
		for _, s := range stacks {
			if at != s {
				continue
			}
			sums[d] += r.Utilization
			if sums[d] > busy {
				name, busy = fmt.Sprintf("%s link %s to %s", r.Level, d.from, d.to), sums[d]
			}
		}
	}
	return name, busy
}
