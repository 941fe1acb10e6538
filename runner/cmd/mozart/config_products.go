package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"mozart/components/tile"
	"mozart/runner/config"
	"mozart/runner/micro"
)

// describeProducts says in comment lines which mapping each kind of matrix product of an
// experiment has, and how long arrays and the port of the busiest tile's SRAM take.
func describeProducts(x *config.Experiment) (string, error) {
	h := &x.Hardware
	attention, err := tile.NewTiming(h.AttentionChiplet.Tile, h.Clock)
	if err != nil {
		return "", err
	}
	expert, err := tile.NewTiming(h.ExpertChiplet.Tile, h.Clock)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Products of a piece: %s on the attention chiplet, %s on expert chiplets\n", mapped(attention), mapped(expert))
	fmt.Fprint(w, "  product\tM x K x N\tmapping\tparts x blocks\tarrays\tSRAM port\n")
	for _, p := range micro.Products(x) {
		t, name := attention, p.Name
		if p.Expert {
			t, name = expert, "expert "+p.Name
		}
		size := fmt.Sprintf("%d x %d x %d", p.M, p.K, p.N)
		if p.Count > 1 {
			size = fmt.Sprintf("%d times %s", p.Count, size)
		}
		e := t.Gemm(p.M, p.K, p.N, p.Count)
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d x %d\t%d cycles\t%d cycles\n", name, size, e.Mapping, e.Splits, e.Blocks, e.Cycles, e.PortCycles)
	}
	w.Flush()
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString("# " + line)
	}
	return out.String(), nil
}

// mapped names the mapping and the dataflow of a tile array.
func mapped(t *tile.Timing) string {
	s := t.Spec()
	return fmt.Sprintf("mapping %s, dataflow %s", s.Mapping, s.Dataflow)
}
