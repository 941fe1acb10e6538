package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completionFlag is what shells append to ask for completions.
const completionFlag = "--generate-bash-completion"

// reorder moves flags in front of arguments, and global flags in front of the
// command, since urfave/cli stops looking for flags at the first argument.
// Everything behind -- is an argument.
func reorder(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 || slices.Contains(args, completionFlag) {
		return args, nil
	}
	global := flagsOf(append(slices.Clone(app.Flags), cli.VersionFlag))
	r := reorderer{global: global, all: allFlags(global, app.Commands), commands: app.Commands}
	if err := r.scan(args[1:]); err != nil {
		return nil, err
	}
	if r.asksHelp() {
		r.arguments = nil // help takes an argument for the name of a command
	}
	return slices.Concat(args[:1], r.front, r.path, r.flags, r.arguments), nil
}

// asksHelp reports whether help is asked for.
func (r *reorderer) asksHelp() bool {
	return slices.ContainsFunc(slices.Concat(r.front, r.flags), func(f string) bool {
		return slices.Contains(cli.HelpFlag.Names(), strings.TrimLeft(f, "-"))
	})
}

// reorderer sorts the words of a command line.
type reorderer struct {
	global, all map[string]bool // name of a flag: whether it takes a value
	commands    []*cli.Command
	inArguments bool

	front, path, flags, arguments []string
}

// flagsOf maps every name of every flag to whether it takes a value.
func flagsOf(flags []cli.Flag) map[string]bool {
	names := map[string]bool{}
	for _, f := range flags {
		_, isBool := f.(*cli.BoolFlag)
		for _, n := range f.Names() {
			names[n] = !isBool
		}
	}
	return names
}

// allFlags adds the flags of commands: the command may come after its flags. No
// name takes a value in one command and none in another.
func allFlags(names map[string]bool, commands []*cli.Command) map[string]bool {
	all := map[string]bool{}
	for _, c := range commands {
		for n, takesValue := range allFlags(flagsOf(c.Flags), c.Subcommands) {
			all[n] = takesValue
		}
	}
	for n, takesValue := range names {
		all[n] = takesValue
	}
	return all
}

func (r *reorderer) scan(args []string) error {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			r.arguments = append(r.arguments, args[i:]...)
			return nil
		}
		if len(a) < 2 || a[0] != '-' {
			r.word(a)
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		to := &r.flags
		if _, isGlobal := r.global[name]; isGlobal {
			to = &r.front
		}
		*to = append(*to, a)
		if r.all[name] && !hasValue {
			if i++; i == len(args) {
				return usage("%s needs a value", a)
			}
			*to = append(*to, args[i])
		}
	}
	return nil
}

// word takes the name of a command, or an argument.
func (r *reorderer) word(a string) {
	if !r.inArguments {
		for _, c := range r.commands {
			if c.HasName(a) {
				r.path = append(r.path, a)
				r.commands = c.Subcommands
				r.inArguments = len(c.Subcommands) == 0
				return
			}
		}
	}
	r.inArguments = true
	r.arguments = append(r.arguments, a)
}
