package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"mozart/configs/units"
	"mozart/interconnect/topology"
)

// describeNetwork says in comment lines what the network of a package is like.
func describeNetwork(g *topology.Graph, clock units.Frequency) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Network: %s, %s routing, %s of virtual channels\n", g.Kind(), g.Routing(), counted(g.Lanes(), "lane"))
	fmt.Fprintf(w, "  nodes\t%s\n", describeNodes(g))
	for i, c := range linkClasses(g) {
		title := "links"
		if i > 0 {
			title = ""
		}
		fmt.Fprintf(w, "  %s\t%d %s\t%d bits per cycle\t%v\t%s\n", title, c.count, c.name(), c.bitsPerCycle, perSecond(c.bitsPerCycle, clock), counted(int(c.latencyCycles), "cycle"))
	}
	diameter, mean := g.Distances()
	fmt.Fprintf(w, "  distances\tup to %s between endpoints, %.3g on average\n", counted(diameter, "link"), mean)
	fmt.Fprintf(w, "  domains\t%d\n", g.Domains())
	cut := g.Bisection()
	found := "exact"
	if !cut.Exact {
		found = "best found"
	}
	fmt.Fprintf(w, "  bisection\t%s, %v per direction (%s)\n", counted(cut.Links, "link"), perSecond(cut.BitsPerCycle, clock), found)
	w.Flush()
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString("# " + line)
	}
	return out.String()
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func perSecond(bitsPerCycle int64, clock units.Frequency) units.Bandwidth {
	return units.Bandwidth(bitsPerCycle) * units.Bandwidth(clock)
}

// describeNodes counts the nodes of each kind and says how large the routers are.
func describeNodes(g *topology.Graph) string {
	var kinds []string
	for _, k := range []topology.Kind{topology.KindAttention, topology.KindSwitch, topology.KindExpert, topology.KindStack, topology.KindEndpoint} {
		if n := len(g.OfKind(k)); n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k))
		}
	}
	ports := 0
	for _, n := range g.OfKind(topology.KindSwitch) {
		ports = max(ports, g.Ports(n.ID))
	}
	return fmt.Sprintf("%s; switches of up to %s", strings.Join(kinds, ", "), counted(ports, "port"))
}

// linkClass is the links that are alike.
type linkClass struct {
	level                       topology.Level
	depth                       int
	bitsPerCycle, latencyCycles int64
	count                       int
}

// name is the level, and the depth where a tree has several of one level.
func (c linkClass) name() string {
	if c.level == topology.LevelMid {
		return fmt.Sprintf("%s %d", c.level, c.depth)
	}
	return c.level.String()
}

// linkClasses sorts the edges, in the order in which the first of each class comes.
func linkClasses(g *topology.Graph) []linkClass {
	var classes []linkClass
	at := map[linkClass]int{}
	for _, e := range g.Edges() {
		c := linkClass{level: e.Level, depth: e.Depth, bitsPerCycle: e.BitsPerCycle, latencyCycles: e.LatencyCycles}
		i, seen := at[c]
		if !seen {
			i = len(classes)
			at[c] = i
			classes = append(classes, c)
		}
		classes[i].count++
	}
	return classes
}
