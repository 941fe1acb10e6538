package main

import (
	"bytes"
	"fmt"
	"image/color"

	"github.com/google/renameio/v2"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// plotCurve draws latency over load, saturated points hollow, into an SVG file.
func plotCurve(file string, c nopCurve) error {
	p := plot.New()
	p.Title.Text = c.title()
	p.Title.Padding = vg.Points(6)
	p.X.Label.Text = "offered load, flits/cycle per injecting node"
	p.Y.Label.Text = "packet latency, cycles"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Add(plotter.NewGrid())
	var carried, saturated plotter.XYs
	for _, r := range c.Points {
		switch at := (plotter.XY{X: r.OfferedFlitsPerNodeCycle}); {
		case r.AvgPacketLatencyCycles == nil:
		case r.Saturated:
			at.Y = *r.AvgPacketLatencyCycles
			saturated = append(saturated, at)
		default:
			at.Y = *r.AvgPacketLatencyCycles
			carried = append(carried, at)
		}
	}
	if err := addCarried(p, carried); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	if err := addSaturated(p, saturated); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	canvas := vgsvg.New(vg.Points(560), vg.Points(400))
	p.Draw(draw.New(canvas))
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	if err := renameio.WriteFile(file, text.Bytes(), 0o644); err != nil {
		return usage("--plot: %w", err)
	}
	return nil
}

func addCarried(p *plot.Plot, points plotter.XYs) error {
	if len(points) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, marks.Color = plotutil.DarkColors[0], plotutil.DarkColors[0]
	marks.Shape, marks.Radius = draw.CircleGlyph{}, vg.Points(3)
	p.Add(line, marks)
	return nil
}

func addSaturated(p *plot.Plot, points plotter.XYs) error {
	if len(points) == 0 {
		return nil
	}
	marks, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	marks.Color = color.Gray{Y: 128}
	marks.Shape, marks.Radius = draw.RingGlyph{}, vg.Points(3)
	p.Add(marks)
	p.Legend.Add("saturated", marks)
	p.Legend.Top, p.Legend.Left = true, true
	return nil
}
