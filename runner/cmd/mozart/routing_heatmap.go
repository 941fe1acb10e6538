package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v2"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"mozart/workloads/placement"
	"mozart/workloads/routing"
)

// heatGrid is the normalised co-activation P of a layer, with the experts in an order.
type heatGrid struct {
	p     [][]float64
	order []int
}

func (g heatGrid) Dims() (columns, rows int)  { return len(g.order), len(g.order) }
func (g heatGrid) X(column int) float64       { return float64(column) }
func (g heatGrid) Y(row int) float64          { return float64(row) }
func (g heatGrid) Z(column, row int) float64  { return g.p[g.order[column]][g.order[row]] }
func (g heatGrid) chiplets(homes []int) []int { return inOrder(homes, g.order) }

// inOrder lists what belongs to each expert of an order.
func inOrder(of, order []int) (out []int) {
	for _, e := range order {
		out = append(out, of[e])
	}
	return out
}

// drawHeatmap draws the co-activation of one layer into an SVG file.
func drawHeatmap(c *cli.Context, model string, layers []routing.LayerStats, placed *placement.Placement) error {
	layer := c.Int("heatmap-layer")
	if layer < 0 || layer >= len(layers) {
		return usage("--heatmap-layer: found %d, want 0 to %d", layer, len(layers)-1)
	}
	grid := heatGrid{p: layers[layer].Profile.P()}
	for e := range grid.p {
		grid.order = append(grid.order, e)
	}
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s, MoE layer %d: experts chosen by the same token", model, layer)
	p.X.Label.Text, p.Y.Label.Text = "expert", "expert"
	const shades = 64
	colors := moreland.Kindlmann()
	colors.SetMax(1)
	heat := plotter.NewHeatMap(grid, colors.Palette(shades))
	heat.Min, heat.Max = 0, 1
	p.Add(heat)
	if placed != nil {
		homes := placed.ExpertToChiplet[layer]
		slices.SortStableFunc(grid.order, func(a, b int) int { return cmp.Compare(homes[a], homes[b]) })
		p.X.Label.Text = "experts by chiplet"
		p.Y.Label.Text = p.X.Label.Text
		ticks := chipletTicks(grid.chiplets(homes))
		p.X.Tick.Marker, p.Y.Tick.Marker = ticks, ticks
		p.Add(plotter.NewGrid())
	}
	canvas := vgsvg.New(vg.Points(560), vg.Points(560))
	p.Draw(draw.New(canvas))
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return fmt.Errorf("heat map: %w", err)
	}
	if err := renameio.WriteFile(c.String("heatmap"), text.Bytes(), 0o644); err != nil {
		return usage("--heatmap: %w", err)
	}
	return nil
}

// chipletTicks mark where a chiplet's experts begin.
func chipletTicks(homes []int) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, chiplet := range homes {
		if i == 0 || homes[i-1] != chiplet {
			ticks = append(ticks, plot.Tick{Value: float64(i) - .5, Label: fmt.Sprint(chiplet)})
		}
	}
	return ticks
}
