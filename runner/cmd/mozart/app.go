package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"mozart/runner/report"
)

// session is what the commands share.
type session struct {
	stdout, stderr io.Writer
	log            zerolog.Logger
	style          report.Style
}

func newApp(stdout, stderr io.Writer) *cli.App {
	s := &session{stdout: stdout, stderr: stderr, log: zerolog.Nop()}
	app := &cli.App{
		Name:                      "mozart",
		Usage:                     "emulate MoE training on a chiplet package",
		Version:                   version(),
		Writer:                    stdout,
		ErrWriter:                 stderr,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true, // --set values may contain commas
		ExitErrHandler:            func(*cli.Context, error) {},
		Description: "Flags may stand before or after arguments. Results go to stdout, logs and progress to stderr.\n" +
			"Exit codes: 0 done, 1 run failed, 2 bad input, 130 interrupted.\n\n" +
			"Example: mozart run tiny",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "log-level", Value: "info", Usage: "log `LEVEL`: debug, info, warn or error"},
			&cli.StringFlag{Name: "log-format", Value: "console", Usage: "log `FORMAT` on stderr: console or json"},
			&cli.BoolFlag{Name: "no-color", Usage: "no colors; the environment variable NO_COLOR does the same"},
		},
		Before: s.setUp,
		Commands: []*cli.Command{
			s.runCommand(), s.compareCommand(), s.validateCommand(), s.workloadCommand(), s.placeCommand(), s.routingCommand(), s.microCommand(),
			s.configCommand(), s.completionCommand(),
		},
	}
	app.Action = parentAction(cli.ShowAppHelp, func() []*cli.Command { return app.Commands })
	app.OnUsageError = usageErrors(app.Flags)
	for _, c := range app.Commands {
		finish(c)
	}
	return app
}

// finish gives a command and those below it what all commands have.
func finish(c *cli.Command) {
	c.OnUsageError = usageErrors(c.Flags)
	if len(c.Subcommands) == 0 {
		c.HideHelpCommand = true // "help" may be an argument
		c.CustomHelpTemplate = cli.CommandHelpTemplate
		return
	}
	c.Action = parentAction(cli.ShowSubcommandHelp, func() []*cli.Command { return c.Subcommands })
	for _, sub := range c.Subcommands {
		finish(sub)
	}
}

// parentAction is what happens without the name of a command below: help, or an
// error about the name.
func parentAction(help func(*cli.Context) error, below func() []*cli.Command) cli.ActionFunc {
	return func(c *cli.Context) error {
		name := c.Args().First()
		if name == "" {
			return help(c)
		}
		var names []string
		for _, sub := range below() {
			names = append(names, sub.Name)
		}
		return unknown("command", name, names)
	}
}

// version is the version of the module, or the commit that was built.
// version is what the build knows of itself: a version with the commit in it
// if the build had the repository at hand.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

var logLevels = map[string]zerolog.Level{
	"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel,
}

// setUp reads the global flags.
func (s *session) setUp(c *cli.Context) error {
	level, ok := logLevels[c.String("log-level")]
	if !ok {
		return usage("--log-level: found %q, want debug, info, warn or error", c.String("log-level"))
	}
	noColor := c.Bool("no-color") || os.Getenv("NO_COLOR") != ""
	var w io.Writer
	switch format := c.String("log-format"); format {
	case "console":
		w = zerolog.ConsoleWriter{Out: s.stderr, NoColor: noColor || !isTerminal(s.stderr), TimeFormat: "15:04:05"}
	case "json":
		w = s.stderr
	default:
		return usage("--log-format: found %q, want console or json", format)
	}
	s.log = zerolog.New(w).Level(level).With().Timestamp().Logger()
	s.style.Color = !noColor && isTerminal(s.stdout)
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// setFlag is --set of every command that reads an experiment.
func setFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "set", Usage: "override `key.path=value` of the experiment; may be repeated"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print JSON instead of a table"}
}

func seedFlag() cli.Flag {
	return &cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`SEED` of every random draw"}
}

// arguments are exactly as many as names, which the error shows.
func arguments(c *cli.Context, names ...string) ([]string, error) {
	if c.NArg() == len(names) {
		return c.Args().Slice(), nil
	}
	want := "no argument"
	if len(names) > 0 {
		want = strings.Join(names, " ")
	}
	found := "nothing"
	if c.NArg() > 0 {
		found = strings.Join(c.Args().Slice(), " ")
	}
	return nil, usage("%s takes %s, found %s", path(c.Command), want, found)
}

// printf writes to standard output.
func (s *session) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(s.stdout, format, args...)
	return err
}
