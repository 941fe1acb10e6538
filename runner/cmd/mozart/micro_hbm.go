package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/components/hbm/bank"
	"mozart/runner/micro"
	"mozart/runner/record"
	"mozart/runner/report"
)

func (s *session) microHBMCommand() *cli.Command {
	d := micro.DefaultStackSpec()
	return &cli.Command{
		Name:  "hbm",
		Usage: "bandwidth and latency of a memory stack under synthetic load",
		Description: "Requests of 64 B, in order, up to 16 a cycle: as many as --window allows to be outstanding, or\n" +
			"--rate a cycle. A write is outstanding until the stack has accepted it. With --measure-efficiency\n" +
			"it measures the efficiency by access length and share of writes at bank level and writes the\n" +
			"stack of the stream level. docs/hbm.md has the details.\n\n" +
			"Example: mozart micro hbm --preset hbm2 --pattern streams-staggered:8 --read-fraction 0.67",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "preset", Value: d.Preset, Usage: "`STACK`: at bank fidelity " + oneOf(micro.StackPresets(micro.Bank)) + ", at stream fidelity " + oneOf(micro.StackPresets(micro.Stream))},
			&cli.StringFlag{Name: "fidelity", Value: string(d.Fidelity), Usage: "bank or stream"},
			&cli.StringFlag{Name: "mapping", Usage: "address `MAPPING` at bank fidelity, a name or the fields from the top bit down, like rorabgbachco", DefaultText: "by the preset"},
			&cli.StringFlag{Name: "pattern", Value: d.Pattern, Usage: "`PATTERN`: " + oneOf(micro.StackPatterns())},
			&cli.Float64Flag{Name: "read-fraction", Value: d.ReadFraction, Usage: "`F`: share of the requests, 0 to 1, that are reads"},
			&cli.IntFlag{Name: "window", Value: d.Window, Usage: "requests that may be outstanding"},
			&cli.Float64Flag{Name: "rate", Usage: "requests offered per cycle of the memory, in place of --window", DefaultText: "none"},
			&cli.Int64Flag{Name: "requests", Value: d.Requests, Usage: "requests in all"},
			&cli.BoolFlag{Name: "measure-efficiency", Usage: "measure the stream level's stack at bank level; takes --preset, --mapping and --out"},
			&cli.StringFlag{Name: "out", Usage: "write the measured stack to a YAML `FILE`", DefaultText: "stdout"},
			seedFlag(), jsonFlag(),
		},
		Action: s.microHBM,
	}
}

func (s *session) microHBM(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if c.Bool("measure-efficiency") {
		return s.measureStack(c)
	}
	if c.IsSet("out") {
		return usage("--out: goes with --measure-efficiency")
	}
	spec, err := stackSpecOf(c)
	if err != nil {
		return err
	}
	if spec.Fidelity == micro.Stream && c.IsSet("mapping") {
		s.log.Warn().Str("flag", "--mapping").Msg("not modelled at stream fidelity")
	}
	r, err := micro.RunStack(spec)
	if err != nil {
		return err
	}
	return s.printStack(c.Bool("json"), stackPoint{Schema: stackSchema, stackSetting: stackSettingOf(spec), StackResult: r})
}

// stackSpecOf reads the flags; every error is one of the input.
func stackSpecOf(c *cli.Context) (micro.StackSpec, error) {
	spec := micro.StackSpec{
		Preset: c.String("preset"), Fidelity: micro.Fidelity(c.String("fidelity")), Mapping: c.String("mapping"), Pattern: c.String("pattern"),
		ReadFraction: c.Float64("read-fraction"), Window: c.Int("window"), Rate: c.Float64("rate"), Requests: c.Int64("requests"), Seed: c.Uint64("seed"),
	}
	if !slices.Contains(micro.StackFidelities(), spec.Fidelity) {
		return spec, unknown("fidelity", string(spec.Fidelity), fidelityNames(micro.StackFidelities()))
	}
	if err := knownStack(spec.Preset, spec.Fidelity); err != nil {
		return spec, err
	}
	switch {
	case c.IsSet("rate") && c.IsSet("window"):
		return spec, usage("--rate, --window: found both, want one of them")
	case c.IsSet("rate") && spec.Rate == 0:
		return spec, usage("--rate: found 0, want more")
	case c.IsSet("rate"):
		spec.Window = 0
	}
	if err := spec.Validate(); err != nil {
		return spec, usage("--%s", strings.ReplaceAll(err.Error(), "\n", "\n--"))
	}
	return spec, nil
}

func fidelityNames(fidelities []micro.Fidelity) []string {
	var names []string
	for _, f := range fidelities {
		names = append(names, string(f))
	}
	return names
}

// knownStack is the error of a stack that a fidelity does not know.
func knownStack(preset string, f micro.Fidelity) error {
	known := micro.StackPresets(f)
	if slices.Contains(known, preset) {
		return nil
	}
	if f == micro.Bank && slices.Contains(micro.StackPresets(micro.Stream), preset) {
		return usage("--preset: %q has no banks, want --fidelity stream, or one of %s", preset, oneOf(known))
	}
	return unknown(fmt.Sprintf("stack at %s fidelity", f), preset, known)
}

// stackSchema is the version of what --json prints.
const stackSchema = "mozart.micro-hbm/1"

// stackSetting is what was measured, as the flags say it.
type stackSetting struct {
	Preset       string         `json:"preset"`
	Fidelity     micro.Fidelity `json:"fidelity"`
	Mapping      string         `json:"mapping,omitempty"`
	Pattern      string         `json:"pattern"`
	ReadFraction float64        `json:"read_fraction"`
	Window       int            `json:"window,omitempty"`
	Rate         float64        `json:"rate_requests_per_cycle,omitempty"`
	Seed         uint64         `json:"seed"`
	// Abstracted lists the flags that the fidelity does not model.
	Abstracted []string `json:"not_modelled,omitempty"`
}

func stackSettingOf(s micro.StackSpec) stackSetting {
	set := stackSetting{
		Preset: s.Preset, Fidelity: s.Fidelity, Mapping: s.Mapping, Pattern: s.Pattern,
		ReadFraction: s.ReadFraction, Window: s.Window, Rate: s.Rate, Seed: s.Seed,
	}
	if s.Fidelity == micro.Stream {
		set.Mapping, set.Abstracted = "", []string{"mapping"}
	} else if preset, err := bank.Preset(s.Preset); err == nil && s.Mapping == "" {
		set.Mapping = preset.Mapping
	}
	return set
}

// stackPoint is what `micro hbm --json` prints.
type stackPoint struct {
	Schema string `json:"schema"`
	stackSetting
	*micro.StackResult
}

func (p stackPoint) title() string {
	load := fmt.Sprintf("%d outstanding", p.Window)
	if p.Rate > 0 {
		load = fmt.Sprintf("%v per cycle", p.Rate)
	}
	mapping := ""
	if p.Mapping != "" {
		mapping = ", " + p.Mapping
	}
	return fmt.Sprintf("%s, %s fidelity%s, %s, %v%% reads, %s, seed %d", p.Preset, p.Fidelity, mapping, p.Pattern, 100*p.ReadFraction, load, p.Seed)
}

func (s *session) printStack(asJSON bool, p stackPoint) error {
	if asJSON {
		return s.printJSON(p)
	}
	t := report.Table{Title: p.title(), Header: []string{"", "", ""}, Align: "lrl"}
	row := func(name, value, unit string) { t.Rows = append(t.Rows, []string{name, value, unit}) }
	row("bandwidth", decimals(p.BandwidthGBPerS, 3), fmt.Sprintf("GB/s of %s", decimals(p.PeakBandwidthGBPerS, 1)))
	row("efficiency", decimals(p.Efficiency, 4), "of the peak bandwidth")
	if p.Reads > 0 {
		row("read latency", decimals(p.AvgReadLatencyNS, 2), "ns, mean")
		row("", decimals(p.P50ReadLatencyNS, 0)+" / "+decimals(p.P99ReadLatencyNS, 0), "ns, p50 / p99")
	}
	row("requests", fmt.Sprint(p.Requests), fmt.Sprintf("of 64 B, %d of them reads, in %d cycles of %s ns", p.Reads, p.Cycles, decimals(p.CycleNS, 3)))
	if k := p.Banks; k != nil {
		row("row activations", fmt.Sprint(k.Activates), fmt.Sprintf("for %d reads and %d writes; %d refreshes", k.Reads, k.Writes, k.Refreshes+k.BankRefreshes))
		row("row hits", fmt.Sprint(k.RowHits), fmt.Sprintf("%d banks found closed, %d with another row open", k.RowMisses, k.RowConflicts))
	}
	row("host", decimals(p.WallS, 3), fmt.Sprintf("s, %.3g requests/s", p.RequestsPerS))
	return t.Write(s.stdout, s.style)
}

// measureStack measures the stack of the stream level.
func (s *session) measureStack(c *cli.Context) error {
	for _, name := range []string{"fidelity", "pattern", "read-fraction", "window", "rate", "requests", "seed", "json"} {
		if c.IsSet(name) {
			return usage("--%s: does not go with --measure-efficiency, which takes --preset, --mapping and --out", name)
		}
	}
	preset := c.String("preset")
	if err := knownStack(preset, micro.Bank); err != nil {
		return err
	}
	if err := outputFile("out", c.String("out")); err != nil {
		return err
	}
	ctx, stop := s.interruptible(c.Context)
	defer stop()
	text, err := micro.MeasureStack(ctx, preset, c.String("mapping"), func(done, of int) {
		s.log.Debug().Int("point", done).Int("of", of).Msg("measured")
	})
	if errors.Is(err, micro.ErrInterrupted) {
		return nopError(err)
	}
	if err != nil {
		return usage("--mapping: %w", err)
	}
	if file := c.String("out"); file != "" {
		if err := record.WriteFile(file, text); err != nil {
			return usage("--out: %w", err)
		}
		return nil
	}
	return s.printf("%s", text)
}
