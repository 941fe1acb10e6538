package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/record"
)

// commitRun writes a run with one more file at path.
func commitRun(t *testing.T, path string, seed int, extra string) {
	t.Helper()
	d, err := record.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{record.SummaryFile: summary(seed), extra: "x"} {
		if err := record.WriteFile(d.Path(name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := d.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if err := d.Commit(); err == nil {
		t.Error("second Commit succeeded")
	}
}

func TestARunReplacesAnEarlierOneWhole(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "runs", "tiny")
	commitRun(t, path, 1, "old.txt")
	commitRun(t, path, 2, "new.txt")
	if d := cmp.Diff([]string{"new.txt", record.SummaryFile}, names(t, path)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"tiny"}, names(t, filepath.Dir(path))); d != "" {
		t.Errorf("left beside the run:\n%s", d)
	}
}

func TestAnUnfinishedRunIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tiny")
	d, err := record.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if d.Target() != path {
		t.Errorf("target %s, want %s", d.Target(), path)
	}
	if err := d.Commit(); err == nil || !strings.Contains(err.Error(), "no summary.json") {
		t.Errorf("Commit without a summary = %v", err)
	}
	if err := record.WriteFile(d.Path(record.SummaryFile), []byte(summary(1))); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("visible before Commit: %v", err)
	}
	if err := d.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, filepath.Dir(path)); len(got) > 0 {
		t.Errorf("Abort left %v", got)
	}
	if err := d.Commit(); err == nil {
		t.Error("Commit after Abort succeeded")
	}
}

func TestAKilledProcessLeavesTheEarlierRun(t *testing.T) {
	parent := t.TempDir()
	fresh, taken := filepath.Join(parent, "fresh"), filepath.Join(parent, "taken")
	commitRun(t, taken, 1, "old.txt")
	crash(t, fresh)
	crash(t, taken)
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Errorf("a part of a run is visible: %v", err)
	}
	if d := cmp.Diff([]string{"old.txt", record.SummaryFile}, names(t, taken)); d != "" {
		t.Error(d)
	}
	// What the killed processes left is hidden and in nobody's way.
	for _, name := range names(t, parent) {
		if name != "taken" && !(strings.HasPrefix(name, ".") && strings.Contains(name, ".tmp-")) {
			t.Errorf("left behind: %s", name)
		}
	}
	commitRun(t, taken, 3, "new.txt")
}

func TestOnlyRunsAreReplaced(t *testing.T) {
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name  string
		setUp func(path string)
		want  string
	}{
		{"a folder of something else", func(p string) { write(filepath.Join(p, "thesis.tex"), "years of work") }, "it has no summary.json"},
		{"a summary of something else", func(p string) { write(filepath.Join(p, "summary.json"), `{"schema":"other/1"}`) }, `schema "other/1", not mozart.summary/*`},
		{"a summary that is no JSON", func(p string) { write(filepath.Join(p, "summary.json"), "hello") }, "is no JSON"},
		{"a file", func(p string) { write(p, "text") }, "not a directory"},
		{"a link to nothing", func(p string) {
			if err := os.Symlink("nowhere", p); err != nil {
				t.Fatal(err)
			}
		}, "symbolic link to nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			tc.setUp(path)
			_, err := record.NewDir(path)
			if !errors.Is(err, record.ErrNotRunFolder) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("NewDir = %v, want %q", err, tc.want)
			}
			if d := cmp.Diff([]string{"out"}, names(t, filepath.Dir(path))); d != "" {
				t.Errorf("the refusal changed something:\n%s", d)
			}
		})
	}
	t.Run("an empty folder is", func(t *testing.T) {
		commitRun(t, t.TempDir(), 1, "x.txt")
	})
	t.Run("what appears during the run is not", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		d, err := record.NewDir(path)
		if err != nil {
			t.Fatal(err)
		}
		write(d.Path(record.SummaryFile), summary(1))
		write(filepath.Join(path, "thesis.tex"), "a week of work")
		if err := d.Commit(); !errors.Is(err, record.ErrNotRunFolder) {
			t.Errorf("Commit = %v", err)
		}
		if err := d.Abort(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"thesis.tex"}, names(t, path)); d != "" {
			t.Error(d)
		}
	})
	t.Run("a link to a run keeps the link", func(t *testing.T) {
		dir := t.TempDir()
		run, link := filepath.Join(dir, "run"), filepath.Join(dir, "latest")
		commitRun(t, run, 1, "old.txt")
		if err := os.Symlink("run", link); err != nil {
			t.Fatal(err)
		}
		commitRun(t, link, 2, "new.txt")
		if got, err := os.Readlink(link); err != nil || got != "run" {
			t.Errorf("link = %q, %v", got, err)
		}
		if d := cmp.Diff([]string{"new.txt", record.SummaryFile}, names(t, run)); d != "" {
			t.Error(d)
		}
	})
}
