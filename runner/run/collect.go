package run

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"syscall"
	"time"

	"mozart/components/chiplet"
	"mozart/runner/build"
	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/runner/record"
	"mozart/runner/report"
	"mozart/workloads/op"
)

// collector turns a system that has stopped into rows and a summary.
type collector struct {
	plan   *plan.Plan
	hash   string // of the config
	system *build.System
	engine machine
	wall   time.Duration
}

func (c *collector) collect(status Status) *Result {
	r := &Result{Status: status}
	step := c.step()
	ops := 0
	for d := range c.plan.Program.Devices {
		ops += len(c.plan.Program.Devices[d].Ops)
	}
	r.Ops = make([]record.OpRow, 0, ops)
	for d := range c.system.Chiplets {
		r.Ops = append(r.Ops, c.ops(d)...)
	}
	if status != Done {
		r.Ops = slices.DeleteFunc(r.Ops, func(o record.OpRow) bool { return o.EndCycle < 0 })
	}
	r.Links, r.LinkWindows = c.links(step)
	for _, p := range c.system.Parts {
		r.Resources = append(r.Resources, record.ResourceRows(p.Name(), p.Metrics())...)
	}
	r.Resources = append(r.Resources, c.flitResources()...)
	r.Summary = c.summary(status, step, r)
	return r
}

// step is the cycle at which the last op ended, or of the last event if the run
// did not finish.
func (c *collector) step() int64 {
	last := int64(0)
	for _, chip := range c.system.Chiplets {
		_, end := chip.OpTimes()
		for _, cycle := range end {
			if cycle < 0 {
				return c.engine.CurrentCycle()
			}
			last = max(last, cycle)
		}
	}
	return last
}

func (c *collector) ops(d int) []record.OpRow {
	chip := c.system.Chiplets[d]
	dev := &c.plan.Program.Devices[d]
	start, end := chip.OpTimes()
	stalls := chip.OpStalls()
	rows := make([]record.OpRow, len(dev.Ops))
	for i := range dev.Ops {
		o := &dev.Ops[i]
		rows[i] = record.OpRow{
			ID: int64(i), Component: chip.Name(), Kind: o.Kind.String(), Phase: o.Phase.String(),
			Name:  c.plan.Program.Labels.Name(o.Label),
			Layer: int32(o.Layer), MicroBatch: int32(o.MicroBatch), Expert: int32(o.Expert),
			StartCycle: start[i], EndCycle: end[i], Bytes: o.Bytes, Tokens: o.Tokens,
			Flops: o.FLOPs(), StallCycles: stalls[i],
		}
		if o.Kind == op.Gemm {
			rows[i].M, rows[i].K, rows[i].N, rows[i].Count = o.M, o.K, o.N, o.Count
		}
	}
	return rows
}

func (c *collector) summary(status Status, step int64, r *Result) report.Summary {
	x := c.plan.Experiment
	seconds := build.Seconds(step, x.Hardware.Clock)
	root := c.system.Chiplets[0].Stats()
	s := report.Summary{
		Schema: report.SummarySchema, Experiment: x.Name, ConfigSHA256: c.hash,
		Seed: x.Seed, Model: x.Model.Name, Policy: x.Policy, Topology: x.Hardware.Topology.Kind, Status: string(status),
		Fidelity: report.Fidelity{NoP: x.Fidelity.NoP, HBM: x.Fidelity.HBM, Compute: x.Fidelity.Compute},
		Engine: report.Engine{
			Events: c.engine.Events(),
			WallS:  c.wall.Seconds(), EventsPerS: float64(c.engine.Events()) / c.wall.Seconds(), PeakRSSBytes: peakRSS(),
		},
		Result:    report.Result{StepCycles: step, StepSeconds: seconds, Tokens: c.plan.Program.TokensPerStep, Digest: digest(r)},
		Imbalance: report.Imbalance{Chiplet: c.plan.ChipletImbalance, Group: c.plan.GroupImbalance},
		Stacks:    c.stacks(),
		Notes:     c.plan.Notes(),
	}
	c.engine.Describe(&s.Engine)
	if status == Done && seconds > 0 {
		s.Result.TokensPerS = float64(s.Result.Tokens) / seconds
	}
	if root.TokensDispatched > 0 {
		s.Result.CT = float64(root.CopiesSent) / float64(root.TokensDispatched)
	}
	for _, p := range report.Breakdown(r.Ops, step) {
		s.Breakdown = append(s.Breakdown, report.Phase{
			Phase: p.Phase, BusyS: build.Seconds(p.Busy, x.Hardware.Clock), ExposedS: build.Seconds(p.Exposed, x.Hardware.Clock),
		})
	}
	s.Conservation = c.conservation(root)
	hertz := x.Hardware.Clock.Hertz()
	isRoot := func(name string) bool { return name == c.system.Chiplets[0].Name() }
	s.Arithmetic = []report.Arithmetic{
		report.MeasureArithmetic(r.Ops, "attention", isRoot, x.Hardware.AttentionChiplet.Tile.PeakFLOPsPerCycle(), hertz),
		report.MeasureArithmetic(r.Ops, "expert", func(name string) bool { return !isRoot(name) }, x.Hardware.ExpertChiplet.Tile.PeakFLOPsPerCycle(), hertz),
	}
	s.Arithmetic[0].Mappings, s.Arithmetic[1].Mappings = mapped(c.system.Chiplets[:1]), mapped(c.system.Chiplets[1:])
	for _, st := range c.reducers() {
		s.Reduction.Packets += st.Packets
		s.Reduction.Sums += st.Sums
		s.Reduction.Evictions += st.Evictions
	}
	return s
}

func (c *collector) conservation(root chiplet.Stats) report.Conservation {
	p := progress(c.system, 0)
	v := report.Conservation{
		TokensDispatched: root.TokensDispatched, TokensCombined: root.TokensCombined,
		ContributionsAsked: root.ContributionsAsked, ContributionsReturned: root.ContributionsReturned,
		CreditsOK: true, PartsIdle: true, Ops: p.Ops, OpsDone: p.OpsDone, PacketsLive: c.system.LivePackets(),
	}
	c.flitConservation(&v)
	for _, l := range c.system.Links {
		if l == nil {
			continue
		}
		v.CreditsOK = v.CreditsOK && l.CreditsHome()
		for _, s := range l.Stats() {
			v.BytesSent += s.Bytes
			v.BytesReceived += s.Delivered.Bytes
		}
	}
	c.plannedAndDone(&v)
	for _, part := range c.system.Parts {
		v.PartsIdle = v.PartsIdle && part.Idle()
	}
	v.Check()
	return v
}

// plannedAndDone compares the program with counters of parts that know nothing
// of it.
func (c *collector) plannedAndDone(v *report.Conservation) {
	for d := range c.plan.Program.Devices {
		dev := &c.plan.Program.Devices[d]
		for i := range dev.Ops {
			switch o := &dev.Ops[i]; o.Kind {
			case op.Gemm:
				v.FLOPsPlanned += o.FLOPs()
			case op.Load, op.Store:
				v.StackBytesPlanned += o.Bytes
			case op.Send, op.Receive:
				if dev.Chiplet != op.Attention {
					v.LeafPacketsPlanned += o.Tokens
				}
			}
		}
		v.FLOPs += c.system.Chiplets[d].ArrayStats().FLOPs
	}
	for _, s := range c.system.Stacks {
		st := s.Stats()
		for class := range st.Read {
			v.StackBytes += st.Read[class] + st.Written[class]
		}
	}
	v.LeafPackets = c.leafTokenPackets()
}

// digest hashes every deterministic number of the run that does not depend on how
// much is recorded.
func digest(r *Result) string {
	d := record.NewDigest()
	for i := range r.Ops {
		d.AddOp(r.Ops[i])
	}
	for i := range r.Links {
		d.AddLink(r.Links[i])
	}
	for i := range r.Resources {
		d.AddResource(r.Resources[i])
	}
	return d.Sum()
}

// ConfigSHA256 identifies an experiment by its resolved config: 64 hexadecimal
// digits.
func ConfigSHA256(x *config.Experiment) (string, error) {
	text, err := x.Dump()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// peakRSS is the most memory the process has held, in bytes.
func peakRSS() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	const kilobyte = 1024 // Linux counts in these
	return int64(u.Maxrss) * kilobyte
}
