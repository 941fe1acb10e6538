package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/interconnect/flit"
	"mozart/runner/micro"
)

// nopLoad is what the flags of `micro nop` ask for.
type nopLoad struct {
	nopSetting
	spec           micro.Spec
	rates          []float64 // nil for one rate
	findSaturation bool
}

// packetFlags are the flags that mean nothing at packet fidelity.
var packetFlags = []string{"allocator", "input-speedup", "credit-delay"}

// maxRates bounds a curve.
const maxRates = 1000

// nopLoadOf reads the flags; every error is one of the input.
func nopLoadOf(c *cli.Context) (*nopLoad, error) {
	graph, err := topologyOf(c.String("topology"))
	if err != nil {
		return nil, err
	}
	s := micro.DefaultSpec(graph)
	endpoints := len(graph.Endpoints())
	s.Fidelity = micro.Fidelity(c.String("fidelity"))
	s.Seed = c.Uint64("seed")
	s.Network = micro.Network{
		VCs: c.Int("vcs"), VCBufferFlits: c.Int("vc-buffer"), Allocator: c.String("allocator"), InputSpeedup: c.Int("input-speedup"),
		LinkDelay: c.Int64("link-delay"), CreditDelay: c.Int64("credit-delay"), FlitBytes: c.Int("flit-bytes"),
	}
	if s.Network.Delays, err = routerDelays(c.String("router-delays")); err != nil {
		return nil, err
	}
	s.Traffic.Pattern, s.Traffic.Rate, s.Traffic.PacketFlits = micro.Pattern(c.String("pattern")), c.Float64("rate"), c.Int("packet-flits")
	if s.Traffic.Dest, err = destination(c.String("dest")); err != nil {
		return nil, err
	}
	if s.Traffic.Injectors, err = injectors(c.String("injectors"), endpoints); err != nil {
		return nil, err
	}
	for name, cycles := range map[string]*int64{"warmup": &s.WarmupCycles, "cycles": &s.MeasureCycles} {
		if c.IsSet(name) {
			if *cycles = c.Int64(name); *cycles < 0 {
				return nil, usage("--%s: found %d, want a number of cycles", name, *cycles)
			}
		}
	}
	load := &nopLoad{spec: s, findSaturation: c.Bool("find-saturation")}
	if load.rates, err = ratesOf(c); err != nil {
		return nil, err
	}
	if err := load.validate(); err != nil {
		return nil, err
	}
	load.nopSetting = settingOf(c, s)
	return load, nil
}

// validate checks the spec at every rate that it is used with.
func (l *nopLoad) validate() error {
	rates := l.rates
	if rates == nil {
		rates = []float64{l.spec.Traffic.Rate}
	}
	for _, r := range rates {
		s := l.spec
		s.Traffic.Rate = r
		if err := s.Validate(); err != nil {
			return usage("--%s", strings.ReplaceAll(err.Error(), "\n", "\n--"))
		}
	}
	return nil
}

func routerDelays(text string) (flit.Delays, error) {
	parts := strings.Split(text, ",")
	var cycles [4]int64
	for i, p := range parts {
		n, err := strconv.ParseInt(strings.TrimSpace(p), 10, 64)
		if len(parts) != len(cycles) || err != nil {
			return flit.Delays{}, usage("--router-delays: found %q, want four numbers of cycles, rc,va,sa,st", text)
		}
		cycles[i] = n
	}
	return flit.Delays{RC: cycles[0], VA: cycles[1], SA: cycles[2], ST: cycles[3]}, nil
}

func destination(text string) (int, error) {
	if text == "uniform" {
		return micro.AnyDest, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, usage("--dest: found %q, want uniform or the number of an endpoint", text)
	}
	return n, nil
}

// injectors is nil if the pattern decides.
func injectors(text string, endpoints int) ([]int, error) {
	switch text {
	case "":
		return nil, nil
	case "all":
		return span(0, endpoints-1), nil
	case "root":
		return []int{0}, nil
	case "leaves":
		return span(1, endpoints-1), nil
	}
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first > last || last >= endpoints {
			return nil, usage("--injectors: found %q, want all, root, leaves, or endpoints from 0 to %d like 1,4-7", text, endpoints-1)
		}
		list = append(list, span(first, last)...)
	}
	return list, nil
}

func span(first, last int) []int {
	list := []int{}
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

// ratesOf is nil if no curve is asked for.
func ratesOf(c *cli.Context) ([]float64, error) {
	text := c.String("rates")
	switch {
	case text == "" && !c.IsSet("rates"):
		if c.String("plot") != "" {
			return nil, usage("--plot: needs a curve, --rates")
		}
		if c.Bool("find-saturation") && c.IsSet("rate") {
			return []float64{c.Float64("rate")}, nil
		}
		return nil, nil
	case c.IsSet("rate"):
		return nil, usage("--rate, --rates: found both, want one of them")
	}
	want := func() error {
		return usage("--rates: found %q, want FROM:TO:STEP or a comma list, at most %d rates", text, maxRates)
	}
	if from, rest, isRange := strings.Cut(text, ":"); isRange {
		to, step, _ := strings.Cut(rest, ":")
		return rateRange([]string{from, to, step}, want)
	}
	var rates []float64
	for part := range strings.SplitSeq(text, ",") {
		r, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || len(rates) == maxRates {
			return nil, want()
		}
		rates = append(rates, r)
	}
	return rates, nil
}

// rateRange counts in steps, so that rates come out as they would be written.
func rateRange(texts []string, want func() error) ([]float64, error) {
	var v [3]float64
	for i, t := range texts {
		r, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil {
			return nil, want()
		}
		v[i] = r
	}
	from, to, step := v[0], v[1], v[2]
	if !(step > 0) || !(to >= from) || (to-from)/step >= maxRates {
		return nil, want()
	}
	var rates []float64
	for i := 0; ; i++ {
		r, err := strconv.ParseFloat(strconv.FormatFloat(from+float64(i)*step, 'g', 12, 64), 64)
		if err != nil {
			return nil, fmt.Errorf("rates: %w", err)
		}
		if r > to {
			return rates, nil
		}
		rates = append(rates, r)
	}
}
