package record

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/google/renameio/v2"
	"github.com/parquet-go/parquet-go"
)

const (
	// rowsPerGroup bounds what a writer holds in memory.
	rowsPerGroup = 1 << 16
	// rowsPerCall is how many rows go to the encoder, or come from the decoder,
	// at a time.
	rowsPerCall = 1 << 10
)

// ParquetWriter writes a Parquet file row by row: zstd, row groups of 65,536
// rows, of which it holds one in memory. The file appears at Commit, whole or
// not at all. T is a struct with parquet tags.
type ParquetWriter[T any] struct {
	path string
	file *renameio.PendingFile
	w    *parquet.GenericWriter[T]
	// rows are those not yet given to w, so that the bytes of the file do not
	// depend on how the caller cuts its rows into calls.
	rows []T
}

// NewParquetWriter starts the file path. Call Commit or Abort.
func NewParquetWriter[T any](path string) (*ParquetWriter[T], error) {
	f, err := createPending(path)
	if err != nil {
		return nil, err
	}
	w := parquet.NewGenericWriter[T](f,
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(rowsPerGroup),
		// The version is that of the rows, not of the program: a new build that
		// records the same writes the same bytes.
		parquet.CreatedBy("mozart", "1.0.0", "none"),
	)
	return &ParquetWriter[T]{path: path, file: f, w: w, rows: make([]T, 0, rowsPerCall)}, nil
}

// Write adds rows.
func (p *ParquetWriter[T]) Write(rows ...T) error {
	for len(rows) > 0 {
		n := min(len(rows), cap(p.rows)-len(p.rows))
		p.rows = append(p.rows, rows[:n]...)
		rows = rows[n:]
		if len(p.rows) == cap(p.rows) {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *ParquetWriter[T]) flush() error {
	if _, err := p.w.Write(p.rows); err != nil {
		return fmt.Errorf("record: %s: %w", p.path, err)
	}
	p.rows = p.rows[:0]
	return nil
}

// Commit finishes the file and puts it in place. If it fails, nothing is left
// behind.
func (p *ParquetWriter[T]) Commit() error {
	err := p.flush()
	if err == nil {
		if err = p.w.Close(); err != nil {
			err = fmt.Errorf("record: %s: %w", p.path, err)
		}
	}
	if err != nil {
		return errors.Join(err, p.Abort())
	}
	return commitPending(p.file, p.path)
}

// Abort throws the rows away. After Commit it does nothing.
func (p *ParquetWriter[T]) Abort() error {
	if err := p.file.Cleanup(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// WriteParquet writes all rows to path, whole or not at all, as ParquetWriter
// does. For a slice, pass slices.Values(rows).
func WriteParquet[T any](path string, rows iter.Seq[T]) (err error) {
	p, err := NewParquetWriter[T](path)
	if err != nil {
		return err
	}
	// Also on a panic of rows.
	defer func() { err = errors.Join(err, p.Abort()) }()
	for row := range rows {
		if err := p.Write(row); err != nil {
			return err
		}
	}
	return p.Commit()
}

// ReadParquet reads all rows of path. It is an error if the file cannot be
// decoded or its columns are not exactly those of T. A value that was changed in
// place, and still decodes, is not noticed.
func ReadParquet[T any](path string) (rows []T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	// The decoder trusts what a file says about itself.
	defer func() {
		if r := recover(); r != nil {
			rows, err = nil, fmt.Errorf("record: %s: damaged file: %v", path, r)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	if want := parquet.SchemaOf(new(T)); !parquet.EqualNodes(want, file.Schema()) {
		return nil, fmt.Errorf("record: %s: columns differ: want %v, got %v", path, want, file.Schema())
	}
	rows, err = readRows[T](file)
	if err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	return rows, nil
}

func readRows[T any](file *parquet.File) ([]T, error) {
	r := parquet.NewGenericReader[T](file)
	defer r.Close()
	var rows []T
	buf := make([]T, rowsPerCall)
	for {
		n, err := r.Read(buf)
		rows = append(rows, buf[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if int64(len(rows)) != file.NumRows() {
		return nil, fmt.Errorf("%d rows of %d", len(rows), file.NumRows())
	}
	return rows, nil
}
