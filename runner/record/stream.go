package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// WriteStream writes what write gives it to path, whole or not at all: if write
// fails, what was at path stays.
func WriteStream(path string, write func(io.Writer) error) (err error) {
	f, err := createPending(path)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // also on a panic of write
			err = errors.Join(err, f.Cleanup())
		}
	}()
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	done = true
	return commitPending(f, path)
}
