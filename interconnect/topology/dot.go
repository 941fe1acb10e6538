package topology

import (
	"bufio"
	"fmt"
	"io"
)

// dotShapes are indexed by Kind.
var dotShapes = [...]string{"doubleoctagon", "circle", "box", "cylinder", "box"}

// WriteDOT writes the graph for Graphviz: a cluster for each domain, edges with
// their level and, if they have their own, width in bits per cycle and latency in
// cycles.
func (g *Graph) WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "graph %q {\n  label=\"%s, %s routing\";\n  node [fontsize=10];\n  edge [fontsize=8];\n", g.kind, g.kind, g.routing)
	for d := range g.domains {
		fmt.Fprintf(b, "  subgraph cluster_%d {\n    label=\"domain %d\"; style=dashed;\n", d, d)
		for _, n := range g.nodes {
			if g.domain[n.ID] == d {
				fmt.Fprintf(b, "    n%d [label=%q, shape=%s];\n", n.ID, n.Name, dotShapes[n.Kind])
			}
		}
		b.WriteString("  }\n")
	}
	for _, e := range g.edges {
		fmt.Fprintf(b, "  n%d -- n%d [label=%q];\n", e.A, e.B, e.label())
	}
	b.WriteString("}\n")
	return b.Flush()
}

// label says what is known of an edge.
func (e Edge) label() string {
	text := e.Level.String()
	if e.BitsPerCycle > 0 {
		text += fmt.Sprintf(" %d b", e.BitsPerCycle)
	}
	if e.LatencyCycles > 0 {
		text += fmt.Sprintf(" %d cycles", e.LatencyCycles)
	}
	return text
}
