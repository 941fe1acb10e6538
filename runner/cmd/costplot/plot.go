package main

import (
	"bytes"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"mozart/runner/record"
)

const (
	width  = 25 * vg.Centimeter
	height = 11 * vg.Centimeter
)

// writePlot draws wall time, and wall time per packet-hop, over packet-hops.
func writePlot(path string, rows []row) (err error) {
	wall, perHop := newPlot("Wall time of a step (s)", rows), newPlot("Wall time per packet-hop (ns)", rows)
	logarithmic(&wall.Y, rows, func(r row) float64 { return r.WallSeconds })
	for i, s := range split(rows) {
		if err := addSeries(wall, i, s, func(r row) float64 { return r.WallSeconds }); err != nil {
			return err
		}
		if err := addSeries(perHop, i, s, row.wallPerHop); err != nil {
			return err
		}
	}
	perHop.Y.Min, perHop.Y.Max, perHop.Y.Tick.Marker = 0, 1.2*perHop.Y.Max, plot.TickerFunc(hundreds)
	if err := addProportional(wall, rows); err != nil {
		return err
	}
	perHop.Legend = wall.Legend // one for both, where there is room
	perHop.Legend.Left, perHop.Legend.YOffs = true, vg.Centimeter/2
	wall.Legend = plot.NewLegend()

	canvas := vgsvg.New(width, height)
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: vg.Centimeter, PadTop: vg.Millimeter, PadBottom: vg.Millimeter, PadLeft: vg.Millimeter, PadRight: 5 * vg.Millimeter}
	panels := plot.Align([][]*plot.Plot{{wall, perHop}}, tiles, draw.New(canvas))
	wall.Draw(panels[0][0])
	perHop.Draw(panels[0][1])

	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	return record.WriteFile(path, svg.Bytes())
}

func newPlot(what string, rows []row) *plot.Plot {
	p := plot.New()
	p.Title.Text = what
	p.X.Label.Text = "million packet-hops"
	logarithmic(&p.X, rows, millions)
	p.BackgroundColor = color.White
	p.Add(plotter.NewGrid())
	return p
}

// logarithmic gives an axis room for a value of all rows, and some more.
func logarithmic(a *plot.Axis, rows []row, of func(row) float64) {
	const room = 1.25
	a.Scale, a.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	a.Min, a.Max = math.Inf(1), 0
	for _, r := range rows {
		a.Min, a.Max = min(a.Min, of(r)/room), max(a.Max, of(r)*room)
	}
}

func millions(r row) float64 { return float64(r.Hops) / 1e6 }

// hundreds are ticks at every hundred.
func hundreds(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for v := math.Ceil(low/100) * 100; v <= high; v += 100 {
		ticks = append(ticks, plot.Tick{Value: v, Label: decimal(v, 0)})
	}
	return ticks
}

// split cuts the rows where the sweep changes.
func split(rows []row) [][]row {
	var out [][]row
	for i, r := range rows {
		if i == 0 || rows[i-1].Sweep != r.Sweep {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

func addSeries(p *plot.Plot, i int, rows []row, y func(row) float64) error {
	points := make(plotter.XYs, len(rows))
	for i, r := range rows {
		points[i] = plotter.XY{X: millions(r), Y: y(r)}
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, marks.Color = plotutil.DarkColors[i%len(plotutil.DarkColors)], plotutil.DarkColors[i%len(plotutil.DarkColors)]
	marks.Shape, marks.Radius = plotutil.Shape(i), vg.Points(3)
	p.Add(line, marks)
	p.Legend.Padding = vg.Points(3)
	p.Legend.Add(rows[0].Sweep, line, marks)
	return nil
}

// addProportional draws the line on which time is proportional to work, at the mean
// time per packet-hop.
func addProportional(p *plot.Plot, rows []row) error {
	low, high, mean := math.Inf(1), 0.0, 0.0
	for _, r := range rows {
		low, high = min(low, millions(r)), max(high, millions(r))
		mean += math.Log(r.wallPerHop()*1e6/1e9) / float64(len(rows))
	}
	slope := math.Exp(mean) // seconds per million
	line, err := plotter.NewLine(plotter.XYs{{X: low, Y: low * slope}, {X: high, Y: high * slope}})
	if err != nil {
		return err
	}
	line.Color, line.Dashes = color.Gray{Y: 128}, plotutil.Dashes(1)
	p.Add(line)
	p.Legend.Add("proportional to packet-hops", line)
	return nil
}
