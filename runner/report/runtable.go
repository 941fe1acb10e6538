package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"mozart/runner/record"
)

// done is the status of a run that finished.
const done = "done"

// WriteRun writes what a person wants to know of one run.
func WriteRun(w io.Writer, s *Summary, links []record.LinkRow, style Style) error {
	var b strings.Builder
	headline(&b, s)
	b.WriteString(breakdownTable(s).render(style) + "\n")
	if s.Result.EnergyJ > 0 {
		b.WriteString(energyTable(s).render(style) + "\n")
	}
	b.WriteString(linkTable(links).render(style) + "\n")
	if len(s.Stacks) > 0 {
		b.WriteString(stackTable(s).render(style) + "\n")
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func headline(b *strings.Builder, s *Summary) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(b, "%s: %s under %s on %s, seed %d\n", s.Experiment, s.Model, s.Policy, s.Topology, s.Seed)
	r, c, e := s.Result, s.Conservation, s.Engine
	step := fmt.Sprintf("%s (%d cycles)", seconds(r.StepSeconds), r.StepCycles)
	switch {
	case s.Status == done:
		line("step", "%s, %d tokens, %s tokens/s", step, r.Tokens, count(r.TokensPerS))
	case c.OpsDone < c.Ops:
		line(strings.ToUpper(s.Status), "at %s, %d of %d ops done; what follows is about this part of the step", step, c.OpsDone, c.Ops)
	default:
		line(strings.ToUpper(s.Status), "after %s", step)
	}
	line("C_T", "%.3f copies per token and layer", r.CT)
	line("load", "max/mean %.2f over chiplets, %.2f over groups", s.Imbalance.Chiplet, s.Imbalance.Group)
	for _, a := range s.Arithmetic {
		line(a.Chiplets, "%.1f TFLOP/s per chiplet in matrix products, peak %.0f; %s of arithmetic time waits for SRAM; busy %s (min %s, max %s)",
			a.AchievedFLOPsPerS/1e12, a.PeakFLOPsPerS/1e12, percent(a.StallShare), seconds(a.BusyMeanS), seconds(a.BusyMinS), seconds(a.BusyMaxS))
		if len(a.Mappings) > 0 {
			line("", "matrix products by mapping: %s", countsByName(a.Mappings))
		}
	}
	if r.EnergyJ > 0 {
		line("energy", "%s, %s on average; %s of it drawn by dies and stacks whatever they do", joules(r.EnergyJ), watts(r.AvgPowerW), percent(s.Energy.StaticJ/r.EnergyJ))
	}
	if r := s.Reduction; r.Packets > 0 {
		line("switches", "added %d packets up into %d sums; %d more left incomplete for lack of entries", r.Packets, r.Sums, r.Evictions)
	}
	line("fidelity", "nop %s, hbm %s, compute %s", s.Fidelity.NoP, s.Fidelity.HBM, s.Fidelity.Compute)
	line("checks", "%s", verdict(s))
	line("host", "%s, %s events, %s events/s, %s, %s engine", seconds(e.WallS), count(float64(e.Events)), count(e.EventsPerS), bytes(e.PeakRSSBytes), e.Kind)
	if len(e.PerDomain) > 0 {
		line("threads", "%d for %d domains; events that the attention chiplet's, and each group's, handles between two looks at the others: %s", e.Threads, e.Domains, perDomain(e.PerDomain, func(d Domain) string { return fmt.Sprintf("%.1f", d.EventsPerSync) }))
		line("", "time it waits for them: %s", perDomain(e.PerDomain, func(d Domain) string { return seconds(d.WaitedS) }))
	}
	b.WriteString("\n")
}

// countsByName lists numbers with their names, in the order of the names.
func countsByName(counts map[string]int64) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(list, ", ")
}

// verdict is one line about the conservation checks.
func verdict(s *Summary) string {
	c := s.Conservation
	switch {
	case s.Status == done:
		return fmt.Sprintf("all hold: %d tokens out and back, %d expert outputs, %s over links, %d ops",
			c.TokensCombined, c.ContributionsReturned, bytes(c.BytesReceived), c.OpsDone)
	case c.OpsDone < c.Ops:
		return "not due, the step did not finish"
	default:
		return "VIOLATED: " + strings.Join(c.Violations, "; ")
	}
}

func breakdownTable(s *Summary) Table {
	t := Table{Title: "Where the step goes", Header: []string{"phase", "busy", "exposed", "share", "energy", ""}, Align: "lrrrrl"}
	for _, p := range s.Breakdown {
		if p.Phase == Idle && p.BusyS == 0 {
			continue
		}
		share := 0.0
		if s.Result.StepSeconds > 0 {
			share = p.ExposedS / s.Result.StepSeconds
		}
		t.Rows = append(t.Rows, []string{p.Phase, seconds(p.BusyS), seconds(p.ExposedS), percent(share), joules(p.EnergyJ), bar(share)})
	}
	return t
}

// direction is one direction of one link with all its traffic classes.
type direction struct {
	record.LinkRow
	byClass map[string]int64
}

// directions adds up the classes of each direction, in the order of the rows.
func directions(rows []record.LinkRow) []*direction {
	type key struct{ link, from string }
	sums := map[key]*direction{}
	var order []*direction
	for _, r := range rows {
		k := key{r.Link, r.From}
		d := sums[k]
		if d == nil {
			d = &direction{byClass: map[string]int64{}}
			d.LinkRow = record.LinkRow{Link: r.Link, From: r.From, To: r.To, Level: r.Level, BitsPerCycle: r.BitsPerCycle}
			sums[k] = d
			order = append(order, d)
		}
		d.Bytes += r.Bytes
		d.Utilization += r.Utilization
		d.byClass[r.Class] += r.Bytes
	}
	return order
}

// linkTable shows the busiest directions of links.
func linkTable(rows []record.LinkRow) Table {
	order := directions(rows)
	slices.SortStableFunc(order, func(a, b *direction) int { return cmp.Compare(b.Utilization, a.Utilization) })
	t := Table{
		Title:  "Busiest links",
		Header: []string{"from", "to", "level", "bits/cycle", "total", "tokens", "weights", "activations", "busy"},
		Align:  "lllrrrrrr",
	}
	const most = 8
	for _, d := range order[:min(most, len(order))] {
		t.Rows = append(t.Rows, []string{
			d.From, d.To, d.Level, fmt.Sprint(d.BitsPerCycle), bytes(d.Bytes),
			bytes(d.byClass["token"]), bytes(d.byClass["weight"]), bytes(d.byClass["activation"]), percent(d.Utilization),
		})
	}
	return t
}

// perDomain lists one number of every domain.
func perDomain(rows []Domain, text func(Domain) string) string {
	parts := make([]string, len(rows))
	for i, d := range rows {
		parts[i] = text(d)
	}
	return strings.Join(parts, ", ")
}
