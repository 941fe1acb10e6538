package record

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// SummaryFile is the file that every run folder has.
	SummaryFile = "summary.json"
	// SummarySchema is what the schema key of a summary starts with.
	SummarySchema = "mozart.summary/"

	folderPermissions = 0o777 // before the umask
)

// ErrNotRunFolder is wrapped by the error of NewDir and Commit when something
// that is not a Mozart run is in the way.
var ErrNotRunFolder = errors.New("not a Mozart run folder, will not replace it")

// Dir is a run folder under construction. Its files are written to a hidden
// folder beside the final place; Commit renames that folder into place.
type Dir struct {
	target string
	temp   string
	done   bool
}

// NewDir starts a run folder that will be at path, and makes the folders above
// it. What is at path now stays until Commit: it must be nothing, an empty
// folder or an earlier run, else the error wraps ErrNotRunFolder. A symbolic
// link is followed. Call Commit or Abort.
func NewDir(path string) (*Dir, error) {
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := checkReplaceable(target); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(target), folderPermissions); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	temp := sibling(target, "tmp")
	if err := os.Mkdir(temp, folderPermissions); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &Dir{target: target, temp: temp}, nil
}

// Target is the absolute path that the folder has after Commit.
func (d *Dir) Target() string { return d.target }

// Path is where to write the file name until Commit.
func (d *Dir) Path(name string) string { return filepath.Join(d.temp, name) }

// Commit puts the folder in place. It must have a summary of a Mozart run, so
// that a later run can replace it. An earlier run is moved aside, then deleted.
// If Commit fails, the earlier run is where it was and Abort is still due,
// unless the error says otherwise.
func (d *Dir) Commit() error {
	if d.done {
		return errors.New("record: run folder is already committed or aborted")
	}
	if err := checkRun(d.temp); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := checkReplaceable(d.target); err != nil {
		return err
	}
	if err := syncFolder(d.temp); err != nil {
		return err
	}
	if err := d.swap(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(d.target))
}

// swap renames the earlier run aside and the new one into place.
func (d *Dir) swap() error {
	old := sibling(d.target, "old")
	err := os.Rename(d.target, old)
	if errors.Is(err, fs.ErrNotExist) {
		old = ""
	} else if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := os.Rename(d.temp, d.target); err != nil {
		err = fmt.Errorf("record: %w", err)
		if old != "" {
			if back := os.Rename(old, d.target); back != nil {
				err = errors.Join(err, fmt.Errorf("the earlier run is now at %s: %w", old, back))
			}
		}
		return err
	}
	d.done = true
	if old != "" {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("record: run is at %s, but what it replaced could not be deleted: %w", d.target, err)
		}
	}
	return nil
}

// Abort deletes what was written. After Commit it does nothing, so it can be
// deferred.
func (d *Dir) Abort() error {
	if d.done {
		return nil
	}
	d.done = true
	if err := os.RemoveAll(d.temp); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// resolve makes path absolute and follows a symbolic link at its end, so that
// the folder meant is replaced and not the link.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("record: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return abs, nil
	}
	if err != nil {
		return "", fmt.Errorf("record: %w", err)
	}
	return real, nil
}

// sibling is a fresh hidden name in the same folder, hence on the same file
// system.
func sibling(target, kind string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+"."+kind+"-"+rand.Text())
}

// checkReplaceable reports what speaks against replacing what is at path.
func checkReplaceable(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		// A link to nothing is something, too.
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("record: %s: %w: a symbolic link to nothing", path, ErrNotRunFolder)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("record: %s: %w: %w", path, ErrNotRunFolder, err)
	}
	if len(entries) == 0 {
		return nil
	}
	if err := checkRun(path); err != nil {
		return fmt.Errorf("record: %s: %w: %w", path, ErrNotRunFolder, err)
	}
	return nil
}

// checkRun reports why a folder is not a Mozart run.
func checkRun(path string) error {
	data, err := os.ReadFile(filepath.Join(path, SummaryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it has no " + SummaryFile)
	}
	if err != nil {
		return err
	}
	var summary struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &summary); err != nil {
		return fmt.Errorf("its %s is no JSON: %w", SummaryFile, err)
	}
	if !strings.HasPrefix(summary.Schema, SummarySchema) {
		return fmt.Errorf("its %s has schema %q, not %s*", SummaryFile, summary.Schema, SummarySchema)
	}
	return nil
}
