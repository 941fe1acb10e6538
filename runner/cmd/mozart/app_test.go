package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
	"pgregory.net/rapid"
)

func TestReorder(t *testing.T) {
	for line, want := range map[string]string{
		"":                                     "",
		"run tiny":                             "run tiny",
		"run tiny --json":                      "run --json tiny",
		"run tiny --out d --set a=b --set=c=d": "run --out d --set a=b --set=c=d tiny",
		"run tiny --log-level debug":           "--log-level debug run tiny",
		"--json run tiny --no-color":           "--no-color run --json tiny",
		"--set a=b config show tiny":           "config show --set a=b tiny",
		"config --set a=b show tiny":           "config show --set a=b tiny",
		"run tiny --set -1":                    "run --set -1 tiny",
		"run -- --json":                        "run -- --json",
		"run tiny --json -- --x --json":        "run --json tiny -- --x --json",
		"compare run tiny":                     "compare run tiny",
		"run - --json":                         "run --json -",
		"run tiny --help":                      "run --help",
		"run tiny -h":                          "run -h",
		"run tiny --version":                   "--version run tiny",
		"run tiny --jsno x":                    "run --jsno tiny x",
		"tiny run":                             "tiny run",
	} {
		app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
		got, err := reorder(app, append([]string{"mozart"}, strings.Fields(line)...))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if d := cmp.Diff(strings.Fields(want), got[1:], cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); d != "" {
			t.Errorf("%s: -want +got\n%s", line, d)
		}
	}
}

// A command line keeps its words, arguments their order, and reordering twice
// changes nothing more.
func TestReorderKeepsWords(t *testing.T) {
	word := rapid.SampledFrom([]string{
		"run", "config", "show", "tiny", "a=b", "--json", "--set", "--set=x=y", "--out", "--log-level", "info", "--no-color", "-", "--", "--nonsense",
	})
	rapid.Check(t, func(t *rapid.T) {
		args := append([]string{"mozart"}, rapid.SliceOfN(word, 0, 8).Draw(t, "args")...)
		app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
		once, err := reorder(app, args)
		if err != nil {
			if last := args[len(args)-1]; !strings.HasPrefix(last, "--") {
				t.Fatalf("%q: %v", args, err)
			}
			return
		}
		if d := cmp.Diff(slices.Sorted(slices.Values(args)), slices.Sorted(slices.Values(once))); d != "" {
			t.Fatalf("words changed: %s", d)
		}
		twice, err := reorder(app, once)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(once, twice); d != "" {
			t.Fatalf("%q: -once +twice\n%s", args, d)
		}
	})
}

// leaves calls f for every command that does something.
func leaves(commands []*cli.Command, path []string, f func(path []string, c *cli.Command)) {
	for _, c := range commands {
		here := append(slices.Clone(path), c.Name)
		if len(c.Subcommands) > 0 {
			leaves(c.Subcommands, here, f)
			continue
		}
		f(here, c)
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	names := 0
	leaves(newApp(&bytes.Buffer{}, &bytes.Buffer{}).Commands, nil, func(path []string, _ *cli.Command) {
		names++
		var out, errs bytes.Buffer
		if code := execute(slices.Concat([]string{"mozart"}, path, []string{"--help"}), &out, &errs); code != exitDone || errs.Len() > 0 {
			t.Errorf("%v --help: exit code %d, %s", path, code, errs.String())
		}
		for _, want := range []string{"USAGE:", "Example: ", "mozart " + strings.Join(path, " ")} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v --help lacks %q:\n%s", path, want, out.String())
			}
		}
	})
	if names < 12 {
		t.Errorf("found %d commands", names)
	}
}

// reorder relies on it: it meets flags before it knows the command.
func TestNoFlagTakesAValueOnlySometimes(t *testing.T) {
	app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
	takesValue := flagsOf(app.Flags)
	leaves(app.Commands, nil, func(path []string, c *cli.Command) {
		for name, takes := range flagsOf(c.Flags) {
			if before, ok := takesValue[name]; ok && before != takes {
				t.Errorf("%v: --%s takes a value here or elsewhere, not both", path, name)
			}
			takesValue[name] = takes
		}
	})
}

// docs/cli.md is about this program: it names every command and flag.
func TestDocumentNamesEveryCommandAndFlag(t *testing.T) {
	data, err := os.ReadFile("../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
	flags := flagsOf(app.Flags)
	leaves(app.Commands, nil, func(path []string, c *cli.Command) {
		if name := "mozart " + strings.Join(path, " "); !strings.Contains(text, name) {
			t.Errorf("docs/cli.md lacks %q", name)
		}
		for name := range flagsOf(c.Flags) {
			flags[name] = true
		}
	})
	for name := range flags {
		if !strings.Contains(text, "--"+name) {
			t.Errorf("docs/cli.md lacks --%s", name)
		}
	}
}

// What docs/cli.md shows of the program is what it prints.
func TestDocumentShowsTheTruth(t *testing.T) {
	data, err := os.ReadFile("../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, block := range strings.Split(string(data), "```")[1:] {
		line, want, _ := strings.Cut(strings.TrimPrefix(block, "\n"), "\n")
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		shown++
		var out bytes.Buffer
		execute(strings.Fields(command), &out, &out)
		if d := cmp.Diff(want, out.String()); d != "" {
			t.Errorf("%s: -document +program\n%s", command, d)
		}
	}
	if shown == 0 {
		t.Error("the document shows nothing")
	}
}
