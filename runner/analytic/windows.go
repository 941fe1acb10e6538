package analytic

import (
	"cmp"
	"slices"

	"mozart/interconnect/topology"
	"mozart/runner/record"
	"mozart/workloads/op"
)

// windows are the times at which loads and stores were under way, by the stacks that
// they went to.
type windows struct {
	groups []groupWindows // the attention chiplet's first
}

type groupWindows struct {
	stacks    []string
	transfers []window
}

// window is one load or store of a chiplet.
type window struct {
	from, to int64 // cycles
	chiplet  int
	phase    op.Phase
	load     bool
}

func newWindows(g *topology.Graph, rows []record.OpRow) *windows {
	groups := 1
	for _, n := range g.Nodes() {
		groups = max(groups, n.Group+2)
	}
	w := &windows{groups: make([]groupWindows, groups)}
	type place struct{ group, chiplet int }
	places := map[string]place{}
	for i, n := range g.Nodes() {
		places[n.Name] = place{n.Group + 1, i}
		if n.Kind == topology.KindStack {
			w.groups[n.Group+1].stacks = append(w.groups[n.Group+1].stacks, n.Name)
		}
	}
	for i := range rows {
		r := &rows[i]
		load := r.Kind == op.Load.String()
		phase, _ := op.ParsePhase(r.Phase)
		if at, ok := places[r.Component]; ok && (load || r.Kind == op.Store.String()) {
			t := &w.groups[at.group].transfers
			*t = append(*t, window{r.StartCycle, r.EndCycle, at.chiplet, phase, load})
		}
	}
	return w
}

// edge is the beginning or end of a window.
type edge struct {
	at    int64
	delta int
	window
}

// lost is the time that transfers of a phase in a group lost to others in the same
// direction, if all that were under way at one time shared evenly; and to whom they
// lost the most: other chiplets in the phase, or other phases.
func (w *windows) lost(g int, p op.Phase, load bool) (cycles float64, with string) {
	var edges []edge
	for _, t := range w.groups[g].transfers {
		if t.load == load {
			edges = append(edges, edge{t.from, 1, t}, edge{t.to, -1, t})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	mine, others := map[int]int{}, 0 // transfers under way, mine by chiplet
	chiplets, phases := 0.0, 0.0
	for i, e := range edges {
		if i > 0 && len(mine) > 0 {
			time := float64(e.at - edges[i-1].at)
			all := float64(len(mine))
			if others > 0 {
				phases += time / (all + 1)
				all++
			}
			chiplets += time * float64(len(mine)-1) / all
		}
		if e.phase != p {
			others += e.delta
			continue
		}
		if mine[e.chiplet] += e.delta; mine[e.chiplet] == 0 {
			delete(mine, e.chiplet)
		}
	}
	if chiplets >= phases {
		return chiplets, "that of other chiplets"
	}
	return phases, "transfers of other phases"
}
