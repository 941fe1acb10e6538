package routing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/renameio/v2"
)

// Copy writes a whole source in the binary format.
func Copy(w io.Writer, src Source) error {
	out, err := NewWriter(w, src.Header())
	if err != nil {
		return err
	}
	for {
		b, err := src.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		if err := out.Write(b); err != nil {
			return err
		}
	}
}

// WriteFile writes a whole source to path in the binary format. The file
// appears complete or not at all; an older one stays until then.
func WriteFile(path string, src Source) error {
	return writeWhole(path, func(w io.Writer) error { return Copy(w, src) })
}

// writeWhole lets write fill a temporary file and renames it to path.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	out := bufio.NewWriterSize(f, 1<<18)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.CloseAtomicallyReplace()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, f.Cleanup()))
	}
	return nil
}

// ReadFile reads a trace in the binary format into memory. Errors name the
// path, the offset, what was found and what was expected.
func ReadFile(path string) (*Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := ReadTrace(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// ReadTrace reads a trace in the binary format into memory.
func ReadTrace(r io.Reader) (*Trace, error) {
	src, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	return Collect(src)
}
