package config

import (
	"fmt"
	"strings"
	"testing"

	"mozart/configs/units"
)

// network is a file with one router and, one a line, what hangs there.
func network(nodes string) []byte {
	var b strings.Builder
	b.WriteString("nodes:\n  - {name: Hub, kind: router}\n")
	edges := "edges:\n"
	for i, line := range strings.Split(nodes, ";") {
		fmt.Fprintf(&b, "  - {name: \"N[%d]\", %s}\n", i, line)
		edges += fmt.Sprintf("  - {from: Hub, to: \"N[%d]\"}\n", i)
	}
	return []byte(b.String() + edges)
}

func countOf(t *testing.T, nodes string) (top Topology, err error) {
	t.Helper()
	g, err := ParseTopology("net.yaml", network(nodes), units.GHz, 125*units.MBPerSecond)
	if err != nil {
		t.Fatal(err)
	}
	err = top.count(g)
	return top, err
}

func TestNetworksOfFilesAreCounted(t *testing.T) {
	const (
		root  = "kind: attention;kind: stack;kind: stack"
		group = ";kind: expert, group: %[1]d;kind: expert, group: %[1]d;kind: expert, group: %[1]d;kind: stack, group: %[1]d"
	)
	top, err := countOf(t, root+fmt.Sprintf(group, 0)+fmt.Sprintf(group, 1))
	if err != nil {
		t.Fatal(err)
	}
	if top.Groups != 2 || top.ChipletsPerGroup != 3 || top.StacksPerGroup != 1 || top.AttentionStacks != 2 {
		t.Errorf("counted %+v", top)
	}
}

func TestNetworksThatAreNoPackages(t *testing.T) {
	for nodes, want := range map[string]string{
		"kind: expert, group: 0;kind: stack": "it has 0 attention chiplets, want 1",
		"kind: attention;kind: stack":        "it has no expert chiplet",
		"kind: attention;kind: stack;kind: endpoint;kind: expert, group: 0;kind: stack, group: 0":                                                     "it has 1 endpoints of synthetic traffic, want none",
		"kind: attention;kind: stack;kind: expert, group: 0;kind: expert, group: 0;kind: expert, group: 1":                                            "its 3 expert chiplets are in 2 groups, want groups of one size",
		"kind: attention;kind: stack;kind: expert, group: 1;kind: expert, group: 0":                                                                   "its expert chiplet N[2] is in group 1, want 0: groups are listed one after another, and are of one size",
		"kind: attention;kind: stack;kind: expert, group: 0;kind: stack, group: 1":                                                                    "its stack N[3] is in group 1 of 1",
		"kind: attention;kind: expert, group: 0;kind: stack, group: 0":                                                                                "it has no stack without a group, for the attention chiplet",
		"kind: attention;kind: stack;kind: expert, group: 0":                                                                                          "its group 0 has 0 stacks, group 0 has 0, want as many and at least 1",
		"kind: attention;kind: stack;kind: expert, group: 0;kind: expert, group: 1;kind: stack, group: 0;kind: stack, group: 0;kind: stack, group: 1": "its group 1 has 1 stacks, group 0 has 2, want as many and at least 1",
	} {
		if _, err := countOf(t, nodes); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
