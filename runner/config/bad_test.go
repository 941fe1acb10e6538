package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/config"
	"mozart/runner/config/strict"
)

var update = flag.Bool("update", false, "write the expected texts of testdata")

// golden compares a text with a file, or writes it under -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// assignments are the lines "# set: key=value" at the head of a file.
func assignments(t *testing.T, file string) (list []string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if a, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "# set: "); ok {
			list = append(list, a)
		}
	}
	return list
}

// Each testdata/NAME.bad.yaml gives the errors in NAME.bad.txt, all at once and
// word for word.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 36 {
		t.Fatalf("found %d bad files, want the whole table", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			x, err := config.Load(file, assignments(t, file))
			if err == nil {
				t.Fatalf("loaded %+v, want errors", x)
			}
			if x != nil {
				t.Error("an experiment came with the errors")
			}
			var errs strict.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("found a %T, want strict.Errors", err)
			}
			for i, e := range errs {
				for _, before := range errs[:i] {
					if e.Key != "" && e.Key == before.Key && e.Position == before.Position && e.Found == before.Found {
						t.Errorf("the same value is reported twice:\n%v\n%v", before, e)
					}
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// A name that is neither a path nor a built-in, and paths that cannot be read.
func TestExperimentsThatAreNotThere(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("# much\n", 1<<18)), 0o644); err != nil {
		t.Fatal(err)
	}
	builtIn := strings.Join(config.Names(), ", ")
	for _, tc := range []struct{ name, want string }{
		{"olmo-baseline", `olmo-baseline: found no such name, want the path of a YAML file or one of ` + builtIn + ` (did you mean "olmoe-baseline"?)`},
		{"", `"": found no such name, want the path of a YAML file or one of ` + builtIn},
		{"testdata/none.yaml", `testdata/none.yaml: found no such file or directory, want a readable YAML file`},
		{"./testdata", `./testdata: found is a directory, want a readable YAML file`},
		{large, large + `: found more than 1048576 bytes, want a readable YAML file`},
	} {
		_, err := config.Load(tc.name, nil)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q gives\n%v\nwant\n%s", tc.name, err, tc.want)
		}
	}
}
