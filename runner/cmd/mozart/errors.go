package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/runner/config/strict"
	"mozart/runner/plan"
	"mozart/runner/record"
	"mozart/runner/run"
)

// Exit codes (docs/cli.md).
const (
	exitDone        = 0
	exitFailed      = 1
	exitBadInput    = 2
	exitInterrupted = 130
)

// inputError is a wrong command line, or a wrong file that it names.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }

func (e *inputError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &inputError{fmt.Errorf(format, args...)}
}

// unknown is the error of a name that is none of those that are valid.
func unknown(what, name string, valid []string) error {
	near := ""
	if nearest := strict.Unknown(name, "", valid).Nearest; nearest != "" {
		near = fmt.Sprintf(" (did you mean %q?)", nearest)
	}
	return usage("no %s %q, want %s%s", what, name, oneOf(valid), near)
}

// oneOf lists names as "a, b or c".
func oneOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// path is the name of a command without that of the program.
func path(c *cli.Command) string {
	_, below, _ := strings.Cut(c.HelpName, " ")
	return below
}

var wrongValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-(\S+): `)

// usageErrors turns what urfave/cli says of a flag into an error that names the
// command, and the nearest flag or what the value has to be.
func usageErrors(flags []cli.Flag) cli.OnUsageErrorFunc {
	return func(c *cli.Context, err error, _ bool) error {
		where := ""
		if below := path(c.Command); below != "" {
			where = below + ": "
		}
		if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
			name = strings.TrimLeft(name, "-")
			return usage("%sno flag --%s%s", where, name, nearFlag(name, slices.Concat(flags, c.App.Flags)))
		}
		if m := wrongValue.FindStringSubmatch(err.Error()); m != nil {
			return usage("%s--%s: found %q, want %s", where, m[2], m[1], kindOf(m[2], flags))
		}
		return usage("%s%w", where, err)
	}
}

func nearFlag(name string, flags []cli.Flag) string {
	var valid []string
	for _, f := range flags {
		valid = append(valid, f.Names()[0])
	}
	nearest := strict.Unknown(name, "", valid).Nearest
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean --%s?)", nearest)
}

// kindOf says what values a flag takes.
func kindOf(name string, flags []cli.Flag) string {
	for _, f := range flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *cli.Uint64Flag:
			return "a whole number from 0"
		case *cli.IntFlag, *cli.Int64Flag:
			return "a whole number"
		case *cli.Float64Flag:
			return "a number"
		}
	}
	return "true or false"
}

// exitCode sorts errors into those of the input, interrupts and failures.
func exitCode(err error) int {
	var (
		input    *inputError
		config   strict.Errors
		workload *plan.InputError
		capacity *plan.CapacityError
		help     cli.ExitCoder // of mozart help NAME
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, run.ErrInterrupted):
		return exitInterrupted
	case errors.As(err, &input), errors.As(err, &config), errors.As(err, &workload), errors.As(err, &capacity),
		errors.As(err, &help), errors.Is(err, record.ErrNotRunFolder):
		return exitBadInput
	default:
		return exitFailed
	}
}
