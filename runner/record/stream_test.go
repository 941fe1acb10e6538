package record_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"mozart/runner/record"
)

var errMine = errors.New("mine")

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A stream replaces the file, or leaves it alone and nothing beside it.
func TestWriteStreamIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "two"} {
		if err := record.WriteStream(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != text {
			t.Errorf("content %q, want %q", got, text)
		}
	}
	err := record.WriteStream(path, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return errMine })
	if !errors.Is(err, errMine) {
		t.Errorf("error %v, want that of the writer", err)
	}
	if got := content(t, path); got != "two" || len(names(t, dir)) != 1 {
		t.Errorf("content %q beside %q", got, names(t, dir))
	}
}

// A folder replaces one of its own kind, and no other.
func TestWriteFolderIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "traces")
	write := func(name string, then error) error {
		return record.WriteFolder(path, ".et", func(dir string) error {
			return errors.Join(record.WriteFile(filepath.Join(dir, name), []byte(name)), then)
		})
	}
	for _, name := range []string{"a.et", "b.et"} {
		if err := write(name, nil); err != nil {
			t.Fatal(err)
		}
		if got := names(t, path); len(got) != 1 || got[0] != name {
			t.Errorf("files %q, want %s alone", got, name)
		}
	}
	if err := write("c.et", errMine); !errors.Is(err, errMine) {
		t.Errorf("error %v, want that of the writer", err)
	}
	if err := os.WriteFile(filepath.Join(path, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write("d.et", nil); !errors.Is(err, record.ErrForeignFolder) {
		t.Errorf("error %v, want ErrForeignFolder", err)
	}
	if got := names(t, path); len(got) != 2 || got[0] != "b.et" || len(names(t, filepath.Dir(path))) != 1 {
		t.Errorf("files %q beside %q", got, names(t, filepath.Dir(path)))
	}
}
