package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/runner/micro"
	"mozart/runner/report"
)

// The versions of what --json prints, for a rate and for a curve.
const (
	nopSchema      = "mozart.micro-nop/1"
	nopSweepSchema = "mozart.micro-nop-sweep/1"
)

// nopSetting is what was measured, as the flags say it.
type nopSetting struct {
	Topology     string         `json:"topology"`
	Fidelity     micro.Fidelity `json:"fidelity"`
	Pattern      micro.Pattern  `json:"pattern"`
	Dest         string         `json:"dest"`
	PacketFlits  int            `json:"packet_flits"`
	VCs          int            `json:"vcs"`
	VCBuffer     int            `json:"vc_buffer_flits"`
	Allocator    string         `json:"allocator"`
	InputSpeedup int            `json:"input_speedup"`
	RouterDelays [4]int64       `json:"router_delays_cycles"`
	LinkDelay    int64          `json:"link_delay_cycles"`
	CreditDelay  int64          `json:"credit_delay_cycles"`
	FlitBytes    int            `json:"flit_bytes"`
	Seed         uint64         `json:"seed"`
	// Abstracted lists the flags that the fidelity does not model.
	Abstracted []string `json:"not_modelled,omitempty"`
}

func settingOf(c *cli.Context, s micro.Spec) nopSetting {
	n, d := s.Network, s.Network.Delays
	set := nopSetting{
		Topology: c.String("topology"), Fidelity: s.Fidelity, Pattern: s.Traffic.Pattern, Dest: c.String("dest"), PacketFlits: s.Traffic.PacketFlits,
		VCs: n.VCs, VCBuffer: n.VCBufferFlits, Allocator: n.Allocator, InputSpeedup: n.InputSpeedup,
		RouterDelays: [4]int64{d.RC, d.VA, d.SA, d.ST}, LinkDelay: n.LinkDelay, CreditDelay: n.CreditDelay, FlitBytes: n.FlitBytes, Seed: s.Seed,
	}
	if s.Fidelity == micro.Packet {
		set.Abstracted = packetFlags
	}
	return set
}

// nopPoint is what `micro nop --json` prints.
type nopPoint struct {
	Schema string `json:"schema"`
	nopSetting
	*micro.Result
}

// nopCurve is what it prints with --rates.
type nopCurve struct {
	Schema string `json:"schema"`
	nopSetting
	Points      []*micro.Result   `json:"points"`
	Saturation  *micro.Saturation `json:"saturation,omitempty"`
	Interrupted bool              `json:"interrupted"`
}

func (n nopSetting) title() string {
	return fmt.Sprintf("%s, %s fidelity, %s, %d-flit packets, %d x %d flits of buffer, seed %d", n.Topology, n.Fidelity, n.Pattern, n.PacketFlits, n.VCs, n.VCBuffer, n.Seed)
}

func (s *session) printPoint(asJSON bool, p nopPoint) error {
	if asJSON {
		return s.printJSON(p)
	}
	t := report.Table{Title: p.title(), Header: []string{"", "", ""}, Align: "lrl"}
	row := func(name, value, unit string) { t.Rows = append(t.Rows, []string{name, value, unit}) }
	row("offered", decimals(p.OfferedFlitsPerNodeCycle, 4), fmt.Sprintf("flits/cycle at each of %d injecting nodes", p.InjectingNodes))
	row("accepted", decimals(p.AcceptedFlitsPerNodeCycle, 4), fmt.Sprintf("flits/cycle at each of %d endpoints, %s in all", p.Endpoints, decimals(p.AcceptedFlitsPerCycle, 3)))
	row("packet latency", cycles(p.AvgPacketLatencyCycles), "cycles, mean"+plusMinus(p.AvgPacketLatencyCI95Cycles))
	row("", fmt.Sprintf("%d / %d / %d", p.P50PacketLatencyCycles, p.P99PacketLatencyCycles, p.MaxPacketLatencyCycles), "p50 / p99 / max")
	row("network latency", cycles(p.AvgNetworkLatencyCycles), "cycles, mean, from when the head leaves the source")
	row("hops", decimals(p.AvgHops, 3), "routers per packet")
	row("saturated", verdict(p.Saturated), p.SaturatedBecause)
	row("window", fmt.Sprint(p.MeasureCycles), fmt.Sprintf("cycles, %d packets, after %d cycles of warm-up%s", p.PacketsMeasured, p.WarmupCycles, unsettled(p.WarmedUp)))
	row("host", decimals(p.WallS, 3), fmt.Sprintf("s, %.3g flit-hops/s", p.FlitHopsPerS))
	return t.Write(s.stdout, s.style)
}

func (s *session) printCurve(asJSON bool, c nopCurve) error {
	if asJSON {
		return s.printJSON(c)
	}
	t := report.Table{
		Title:  c.title(),
		Header: []string{"offered", "accepted", "in all", "latency", "+-", "p99", "network", "hops", "saturated", "mean latency, logarithmic"},
		Align:  "rrrrrrrrll",
	}
	for _, p := range c.Points {
		t.Rows = append(t.Rows, []string{
			decimals(p.OfferedFlitsPerNodeCycle, 4), decimals(p.AcceptedFlitsPerNodeCycle, 4), decimals(p.AcceptedFlitsPerCycle, 3),
			cycles(p.AvgPacketLatencyCycles), cycles(p.AvgPacketLatencyCI95Cycles), fmt.Sprint(p.P99PacketLatencyCycles),
			cycles(p.AvgNetworkLatencyCycles), decimals(p.AvgHops, 3), verdict(p.Saturated), bar(p, c.Points),
		})
	}
	if len(c.Points) > 0 {
		if err := t.Write(s.stdout, s.style); err != nil {
			return err
		}
	}
	if f := c.Saturation; f != nil {
		return s.printf("saturation: carries %s flits/cycle per injecting node (%s in all), saturated at %s; under overload, %s each, it accepts %s in all\n",
			decimals(f.Rate, 4), decimals(f.AcceptedFlitsPerCycle, 3), decimals(f.SaturatedRate, 4), decimals(f.OverloadRate, 2), decimals(f.OverloadFlitsPerCycle, 3))
	}
	return nil
}

// barWidth is the longest bar of a curve, barSpan the factor in latency that it
// stands for.
const (
	barWidth = 32
	barSpan  = 64
)

// bar is the mean latency of a point over the lowest of the curve.
func bar(p *micro.Result, points []*micro.Result) string {
	lowest := math.Inf(1)
	for _, q := range points {
		if q.AvgPacketLatencyCycles != nil {
			lowest = min(lowest, *q.AvgPacketLatencyCycles)
		}
	}
	if p.AvgPacketLatencyCycles == nil {
		return ""
	}
	share := math.Log(*p.AvgPacketLatencyCycles/lowest) / math.Log(barSpan)
	return strings.Repeat("#", 1+int(min(share, 1)*(barWidth-1)))
}

func decimals(v float64, places int) string { return fmt.Sprintf("%.*f", places, v) }

func cycles(v *float64) string {
	if v == nil {
		return "-"
	}
	return decimals(*v, 2)
}

func plusMinus(v *float64) string {
	if v == nil {
		return ""
	}
	return " (+- " + decimals(*v, 2) + " at 95%)"
}

func verdict(saturated bool) string {
	if saturated {
		return "yes"
	}
	return "no"
}

func unsettled(warm bool) string {
	if warm {
		return ""
	}
	return ", in which it did not settle"
}
