package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/interconnect/topology"
	"mozart/runner/config"
	"mozart/runner/micro"
	"mozart/runner/run"
)

func (s *session) microNoPCommand() *cli.Command {
	d := micro.DefaultSpec(nil)
	return &cli.Command{
		Name:  "nop",
		Usage: "latency and throughput of a network under synthetic load",
		Description: "One rate (--rate) or a latency-load curve (--rates), from an empty network each: warm-up, a\n" +
			"measuring window, and a drain of the packets created in it. Rates are flits per cycle and injecting\n" +
			"node, latencies cycles from creation to the arrival of the tail. docs/micro.md has the details.\n\n" +
			"Example: mozart micro nop --topology nop-tree --rates 0.02:0.26:0.04 --find-saturation",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "topology", Value: "nop-tree", Usage: "`NETWORK`: " + oneOf(micro.TopologyForms()) + ", or a topology file"},
			&cli.StringFlag{Name: "fidelity", Value: string(d.Fidelity), Usage: "flit or packet"},
			&cli.StringFlag{Name: "pattern", Value: string(d.Traffic.Pattern), Usage: "`PATTERN`: " + patternNames()},
			&cli.StringFlag{Name: "dest", Value: "uniform", Usage: "`NODE` that all packets go to; uniform leaves it to the pattern"},
			&cli.StringFlag{Name: "injectors", Usage: "all, root, leaves or a `LIST` like 1,4-7", DefaultText: "by the pattern"},
			&cli.Float64Flag{Name: "rate", Value: d.Traffic.Rate, Usage: "`R`: offered flits per cycle and injecting node"},
			&cli.StringFlag{Name: "rates", Usage: "`FROM:TO:STEP` or a comma list: a curve instead of one rate"},
			&cli.BoolFlag{Name: "find-saturation", Usage: "bisect for the highest rate that the network carries"},
			&cli.StringFlag{Name: "plot", Usage: "draw the curve into an SVG `FILE`"},
			&cli.IntFlag{Name: "packet-flits", Value: d.Traffic.PacketFlits, Usage: "flits of a packet"},
			&cli.IntFlag{Name: "vcs", Value: d.Network.VCs, Usage: "virtual channels of a port"},
			&cli.IntFlag{Name: "vc-buffer", Value: d.Network.VCBufferFlits, Usage: "flits that the buffer of a virtual channel holds"},
			&cli.StringFlag{Name: "allocator", Value: d.Network.Allocator, Usage: "of virtual channels and switch: islip, islip:N, separable-input-first or round-robin"},
			&cli.IntFlag{Name: "input-speedup", Value: d.Network.InputSpeedup, Usage: "flits that an input of a router sends per cycle"},
			&cli.StringFlag{Name: "router-delays", Value: "1,1,1,1", Usage: "cycles of route computation, VC allocation, switch allocation and switch traversal: `rc,va,sa,st`"},
			&cli.Int64Flag{Name: "link-delay", Value: d.Network.LinkDelay, Usage: "cycles of flight on a link"},
			&cli.Int64Flag{Name: "credit-delay", Value: d.Network.CreditDelay, Usage: "cycles from the arrival of a credit at a router to its use"},
			&cli.IntFlag{Name: "flit-bytes", Value: d.Network.FlitBytes, Usage: "bytes of a flit"},
			&cli.Int64Flag{Name: "warmup", Usage: "cycles before the measuring window", DefaultText: "until the latency has settled"},
			&cli.Int64Flag{Name: "cycles", Usage: "cycles of the measuring window", DefaultText: "by the load"},
			seedFlag(), jsonFlag(),
		},
		Action: s.microNoP,
	}
}

func patternNames() string {
	var names []string
	for _, p := range micro.Patterns() {
		names = append(names, string(p))
	}
	return oneOf(names)
}

func (s *session) microNoP(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	load, err := nopLoadOf(c)
	if err != nil {
		return err
	}
	if err := outputFile("plot", c.String("plot")); err != nil {
		return err
	}
	for _, name := range load.Abstracted {
		if c.IsSet(name) {
			s.log.Warn().Str("flag", "--"+name).Msg("not modelled at packet fidelity")
		}
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	if load.rates == nil && !load.findSaturation {
		return s.nopPoint(ctx, c, load)
	}
	return s.nopCurve(ctx, c, load)
}

// nopPoint measures one rate.
func (s *session) nopPoint(ctx context.Context, c *cli.Context, load *nopLoad) error {
	result, err := micro.Run(ctx, load.spec)
	if result == nil {
		return err
	}
	point := nopPoint{Schema: nopSchema, nopSetting: load.nopSetting, Result: result}
	if print := s.printPoint(c.Bool("json"), point); print != nil {
		return print
	}
	return nopError(err)
}

// nopCurve measures several rates, and looks for saturation if that is asked for. What
// has been measured is printed even if it ends early.
func (s *session) nopCurve(ctx context.Context, c *cli.Context, load *nopLoad) error {
	curve := nopCurve{Schema: nopSweepSchema, nopSetting: load.nopSetting, Points: []*micro.Result{}}
	note := func(p micro.Point) {
		s.log.Info().Float64("rate", p.Rate).Bool("saturated", p.Result.Saturated).Float64("wall_s", p.Result.WallS).Msg("measured")
	}
	points, err := micro.Sweep(ctx, load.spec, load.rates, note)
	if err == nil && load.findSaturation {
		curve.Saturation, err = micro.FindSaturation(ctx, load.spec, points, note)
	}
	for _, p := range points {
		curve.Points = append(curve.Points, p.Result)
	}
	if err != nil && !errors.Is(err, micro.ErrInterrupted) {
		return err
	}
	curve.Interrupted = err != nil
	if print := s.printCurve(c.Bool("json"), curve); print != nil {
		return print
	}
	if plot := c.String("plot"); plot != "" && len(points) > 0 {
		if err := plotCurve(plot, curve); err != nil {
			return err
		}
	}
	return nopError(err)
}

// nopError gives an interrupt its exit code.
func nopError(err error) error {
	if errors.Is(err, micro.ErrInterrupted) {
		return fmt.Errorf("micro: %w, what is printed, if anything, is what was measured by then", run.ErrInterrupted)
	}
	return err
}

// topologyOf is the network of a name or a file.
func topologyOf(name string) (*topology.Graph, error) {
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		return config.LoadTopologyFile(name)
	}
	g, err := micro.ParseTopology(name)
	if err != nil {
		return nil, usage("--%w", err)
	}
	return g, nil
}
