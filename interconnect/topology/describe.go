package topology

import "slices"

// WithLinks is the graph with the width and latency of every edge filled in by a
// function.
func (g *Graph) WithLinks(of func(Edge) (bitsPerCycle, latencyCycles int64)) *Graph {
	out := *g
	out.edges = slices.Clone(g.edges)
	for i := range out.edges {
		e := &out.edges[i]
		e.BitsPerCycle, e.LatencyCycles = of(*e)
	}
	return &out
}

// Distances says how far apart endpoints are, in links.
func (g *Graph) Distances() (diameter int, mean float64) {
	endpoints := g.Endpoints()
	sum, pairs := 0, 0
	for _, a := range endpoints {
		for _, b := range endpoints {
			if a.ID == b.ID {
				continue
			}
			h := g.Hops(a.ID, b.ID)
			diameter = max(diameter, h)
			sum += h
			pairs++
		}
	}
	return diameter, float64(sum) / float64(max(1, pairs))
}
