package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrForeignFolder is wrapped by the error of WriteFolder when something else than
// its own files is in the way.
var ErrForeignFolder = errors.New("has other files, will not replace it")

// WriteFolder makes a folder of files that all have an extension, such as ".et",
// whole or not at all: write gets the folder to fill. What is at path must be nothing,
// an empty folder, or one with such files alone, which is replaced; else the error
// wraps ErrForeignFolder.
func WriteFolder(path, extension string, write func(dir string) error) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	if err := checkExtension(target, extension); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), folderPermissions); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	d := &Dir{target: target, temp: sibling(target, "tmp")}
	if err := os.Mkdir(d.temp, folderPermissions); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	defer func() { _ = d.Abort() }() // nothing is left to do after swap
	if err := write(d.temp); err != nil {
		return err
	}
	if err := errors.Join(checkExtension(target, extension), syncFolder(d.temp)); err != nil {
		return err
	}
	if err := d.swap(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(target))
}

func checkExtension(path, extension string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("record: %s: %w: %w", path, ErrForeignFolder, err)
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != extension {
			return fmt.Errorf("record: %s: %w: %s", path, ErrForeignFolder, e.Name())
		}
	}
	return nil
}
