package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/configs"
	"mozart/runner/config"
	"mozart/runner/config/strict"
)

// Whatever the text and the assignment: no panic, an error is a list of errors,
// and what is accepted reads back from its resolved form as the same experiment.
func FuzzParse(f *testing.F) {
	for _, name := range config.Names() {
		_, data, err := configs.Read(configs.Experiments, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "seed=3")
	}
	bad, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range bad {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "hardware.chunk=1 KiB")
	}
	const head = "name: x\nmodel: tiny\nhardware: tiny\npolicy: mozart-b\n"
	for _, assignment := range []string{
		"", "hardware.group_stack=ssd", "hardware.group_stack.efficiency=[{bytes: 1 B, efficiency: 1e-4}]",
		"routing={source: trace, trace: \"a b\\n\"}", "routing.synthetic={base: qwen3, bias_sigma: 1e-300}",
		"hardware.attention_stack.efficiency[0].bytes=3 B", "model={base: tiny, name: \"0\"}", "policy=custom", "base=tiny",
	} {
		f.Add([]byte(head), assignment)
	}
	f.Fuzz(func(t *testing.T, data []byte, assignment string) {
		var assignments []string
		if assignment != "" {
			assignments = []string{assignment}
		}
		x, err := config.Parse("fuzz.yaml", data, assignments)
		if err != nil {
			var errs strict.Errors
			if x != nil || !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("an experiment %v with the error %T %v", x, err, err)
			}
			return
		}
		text, err := x.Dump()
		if err != nil {
			t.Fatal(err)
		}
		again, err := config.Parse("again.yaml", text, nil)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, text)
		}
		if diff := cmp.Diff(x, again, sameValues); diff != "" {
			t.Fatalf("reads back differently (-want +got):\n%s", diff)
		}
	})
}
