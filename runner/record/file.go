package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// filePermissions are those of a new file before the umask.
const filePermissions = 0o644

// WriteFile writes data to path whole or not at all: a reader sees the old file
// or the new one, also after a crash of the machine.
func WriteFile(path string, data []byte) error {
	f, err := createPending(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("record: %w", err), f.Cleanup())
	}
	return commitPending(f, path)
}

// createPending opens the hidden temporary file that becomes path.
func createPending(path string) (*renameio.PendingFile, error) {
	f, err := renameio.NewPendingFile(path,
		renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(filePermissions))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return f, nil
}

// commitPending puts the file in place. Its folder is synced too, for without
// that a crash may undo the rename.
func commitPending(f *renameio.PendingFile, path string) error {
	if err := f.CloseAtomicallyReplace(); err != nil {
		return errors.Join(fmt.Errorf("record: %w", err), f.Cleanup())
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("record: sync %s: %w", path, err)
	}
	return nil
}
