package run

import (
	"runtime"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/runner/build"
	"mozart/runner/engine"
	"mozart/runner/plan"
	"mozart/runner/report"
)

// machine is what drives a system: one engine, or one for each of its domains.
type machine interface {
	RunUntil(limit int64) error
	Stop()
	CurrentCycle() int64
	Events() uint64
	Threads() int
	// Describe fills in how the host ran the emulation.
	Describe(e *report.Engine)
}

// assemble builds a system and the engine that runs it.
func assemble(p *plan.Plan, o Options) (machine, *build.System, error) {
	hw := p.Experiment.Hardware
	freq := sim.Freq(hw.Clock.Hertz())
	graph, err := hw.Graph()
	if err != nil {
		return nil, nil, err
	}
	flits := p.Experiment.Fidelity.NoP == "flit"
	if o.Parallel && build.Divisible(graph, hw, flits) {
		threads := o.Threads
		if threads == 0 {
			threads = runtime.GOMAXPROCS(0)
		}
		eng, err := engine.NewParallel(freq, graph.Domains(), threads)
		if err != nil {
			return nil, nil, err
		}
		construct := build.NewParallel
		if flits {
			construct = build.NewParallelFlit
		}
		system, err := construct(eng, hw, p.Program)
		return parallel{eng}, system, err
	}
	eng, err := engine.NewSerial(freq)
	if err != nil {
		return nil, nil, err
	}
	construct := build.New
	if flits {
		construct = build.NewFlit
	}
	system, err := construct(eng, hw, p.Program)
	return serial{eng}, system, err
}

type serial struct{ *engine.Serial }

// Threads implements machine.
func (serial) Threads() int { return 1 }

// Describe implements machine.
func (s serial) Describe(e *report.Engine) { e.Kind, e.Threads, e.Domains = "serial", 1, 1 }

type parallel struct{ *engine.Parallel }

// Describe implements machine.
func (p parallel) Describe(e *report.Engine) {
	e.Kind, e.Threads, e.Domains = "parallel", p.Parallel.Threads(), p.Domains()
	for _, d := range p.Stats() {
		e.PerDomain = append(e.PerDomain, report.Domain{
			Events: d.Events, Crossed: d.Items, Syncs: d.Syncs, EventsPerSync: d.EventsPerSync(), WaitedS: d.Waited.Seconds(),
		})
	}
}
