package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected texts in testdata/script")

// TestMain makes the program, and helpers of the scripts, commands on the path.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mozart": main, "field": field, "uncomment": uncomment, "above": above, "ids": writeIDs})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits CODE COMMAND... runs a command that must end with the exit code, and
// must not show the insides of the program.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	if text := ts.ReadFile("stderr"); strings.Contains(text, "goroutine ") {
		ts.Fatalf("a stack trace on stderr")
	}
}

// field FILE KEY... prints the values of a JSON file at dotted keys, a line each.
// It fails if there is none.
func field() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		fatal(err)
	}
	for _, key := range os.Args[2:] {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			fatal(err)
		}
		for name := range strings.SplitSeq(key, ".") {
			v = step(v, name)
		}
		text, err := json.Marshal(v)
		if err != nil {
			fatal(err)
		}
		fmt.Println(strings.Trim(string(text), `"`))
	}
}

// step goes into an object by key, or into a list by index.
func step(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[name]; ok {
			return inner
		}
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(v) {
			return v[i]
		}
	}
	fatal(fmt.Errorf("no %q in %v", name, v))
	return nil
}

// uncomment FILE prints a YAML file without its comments.
func uncomment() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		before, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "#")
		fmt.Println(strings.TrimRight(before, " "))
	}
}

// above, as above FILE TEXT, prints a file up to the empty line before the first
// line that begins with a text. It fails if there is none.
func above() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		fatal(err)
	}
	lines, _, found := strings.Cut(string(data), "\n\n"+os.Args[2])
	if !found {
		fatal(fmt.Errorf("no line begins with %q", os.Args[2]))
	}
	fmt.Println(lines)
}

// writeIDs, as ids FILE DIGITS [SHAPE], writes a byte per digit, with a shape as a
// NumPy array.
func writeIDs() {
	data := []byte(os.Args[2])
	for i := range data {
		data[i] -= '0'
	}
	if len(os.Args) > 3 {
		head := "{'descr': '|u1', 'fortran_order': False, 'shape': (" + os.Args[3] + "), }\n"
		data = slices.Concat([]byte("\x93NUMPY\x01\x00"), []byte{byte(len(head)), 0}, []byte(head), data)
	}
	if err := os.WriteFile(os.Args[1], data, 0o600); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
