package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/sarchlab/akita/v4/sim"
	"github.com/urfave/cli/v2"

	"mozart/runner/engine"
	"mozart/runner/report"
)

func (s *session) microCommand() *cli.Command {
	return &cli.Command{
		Name:  "micro",
		Usage: "run one part alone under synthetic load",
		Subcommands: []*cli.Command{s.microNoPCommand(), s.microGemmCommand(), s.microHBMCommand(), {
			Name:  "engine",
			Usage: "events per second of an event engine",
			Description: "Every handler reschedules itself after 1 to 1024 cycles, once in a hundred after more than\n" +
				"65,536; the delays are the same for all engines.\n\n" +
				"Example: mozart micro engine --engine akita-serial --handlers 1024 --events 1000000 --json",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "engine", Value: "mozart-serial", Usage: "`ENGINE`: " + oneOf(engineNames)},
				&cli.IntFlag{Name: "handlers", Value: 1024, Usage: "handlers that reschedule themselves"},
				&cli.Int64Flag{Name: "events", Value: 10_000_000, Usage: "events in total"},
				&cli.IntFlag{Name: "threads", Usage: "threads, and domains without crossings, of mozart-parallel", DefaultText: "one for each processor"},
				seedFlag(), jsonFlag(),
			},
			Action: s.microEngine,
		}},
	}
}

var engineNames = []string{"mozart-serial", "mozart-parallel", "akita-serial", "akita-parallel"}

// engineSchema is the version of what --json prints.
const engineSchema = "mozart.micro-engine/1"

// engineResult is what `micro engine --json` prints. LastCycle and CycleSum are
// the same for every engine.
type engineResult struct {
	Schema     string  `json:"schema"`
	Engine     string  `json:"engine"`
	Threads    int     `json:"threads"`
	Handlers   int     `json:"handlers"`
	Events     int64   `json:"events"`
	Seed       uint64  `json:"seed"`
	EventsPerS float64 `json:"events_per_s"`
	WallS      float64 `json:"wall_s"`
	LastCycle  int64   `json:"last_cycle"`
	CycleSum   uint64  `json:"cycle_sum"`
}

func (s *session) microEngine(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	name := c.String("engine")
	load := engine.Load{Handlers: c.Int("handlers"), Events: c.Int64("events"), Seed: c.Uint64("seed")}
	if load.Handlers < 1 || load.Events < int64(load.Handlers) {
		return usage("--handlers, --events: found %d and %d, want at least 1 handler and an event for each", load.Handlers, load.Events)
	}
	threads := c.Int("threads")
	switch {
	case threads < 0 || c.IsSet("threads") && threads == 0:
		return usage("--threads: found %d, want at least 1", threads)
	case threads > 1 && name != "mozart-parallel":
		return usage("--threads: found %d, want 1: only mozart-parallel takes a number of threads", threads)
	case threads == 0 && name == "mozart-parallel":
		threads = runtime.GOMAXPROCS(0)
	}
	threads = max(1, threads)
	e, err := engineNamed(name, threads)
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := load.Run(e, sim.GHz)
	if err != nil {
		return err
	}
	wall := time.Since(began).Seconds()
	r := engineResult{
		Schema: engineSchema, Engine: name, Threads: threads, Handlers: load.Handlers, Events: done.Events, Seed: load.Seed,
		EventsPerS: float64(done.Events) / wall, WallS: wall, LastCycle: done.LastCycle, CycleSum: done.CycleSum,
	}
	if c.Bool("json") {
		return s.printJSON(r)
	}
	t := report.Table{
		Title:  "Event engine",
		Header: []string{"engine", "handlers", "events", "wall s", "events/s"}, Align: "lrrrr",
		Rows: [][]string{{name, fmt.Sprint(r.Handlers), fmt.Sprint(r.Events), fmt.Sprintf("%.3f", wall), fmt.Sprintf("%.3g", r.EventsPerS)}},
	}
	return t.Write(s.stdout, s.style)
}

func engineNamed(name string, threads int) (sim.Engine, error) {
	switch name {
	case "mozart-serial":
		return engine.NewSerial(sim.GHz)
	case "akita-serial":
		return sim.NewSerialEngine(), nil
	case "akita-parallel":
		return sim.NewParallelEngine(), nil
	case "mozart-parallel":
		return engine.NewParallel(sim.GHz, threads, threads)
	}
	return nil, unknown("engine", name, engineNames)
}
