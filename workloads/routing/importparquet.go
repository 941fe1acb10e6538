package routing

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// ImportParquet reads a recording from a Parquet file of so many bytes. The column of
// the ids holds lists of whole numbers, nested one to three deep; sequence, token and
// layer are plain columns, of texts (sequence) or whole numbers. Columns that are not
// named are ignored. Errors name the row, from 1 on. A damaged file is an error, but
// pages that lie about their size may take memory before that shows.
func ImportParquet(r io.ReaderAt, size int64, spec ImportSpec) (t *Trace, err error) {
	// The decoder trusts what a file says about itself.
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("routing import: damaged Parquet file: %v", p)
		}
	}()
	m, err := newImporter(spec)
	if err == nil {
		err = readParquet(r, size, spec, m)
	}
	if err == nil {
		t, err = m.trace()
	}
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	return t, nil
}

// readParquet gives every row of a file to an importer.
func readParquet(r io.ReaderAt, size int64, spec ImportSpec, m *importer) error {
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return fmt.Errorf("not a Parquet file: %w", err)
	}
	c, err := newParquetColumns(file.Root(), spec)
	if err != nil {
		return err
	}
	n := 0
	for _, group := range file.RowGroups() {
		if err := readGroup(group, c, m, &n); err != nil {
			return err
		}
	}
	if int64(n) != file.NumRows() {
		return fmt.Errorf("found %d rows, want %d", n, file.NumRows())
	}
	return nil
}

// readGroup reads one row group; n counts rows.
func readGroup(group parquet.RowGroup, c *parquetColumns, m *importer, n *int) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	buffer := make([]parquet.Row, 64)
	for {
		got, err := rows.ReadRows(buffer)
		for _, row := range buffer[:got] {
			*n++
			r, err := c.row(row)
			if err == nil {
				err = m.add(r)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", *n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", *n+1, err)
		}
	}
}

// parquetColumns holds the index of each column's values; -1 if it is not there.
type parquetColumns struct {
	names                                    Columns
	sequence, token, layer, experts, weights int
	depth                                    int
	topK                                     int
	ids                                      []int
	values                                   []float32
}

func newParquetColumns(root *parquet.Column, spec ImportSpec) (*parquetColumns, error) {
	c := &parquetColumns{names: spec.Columns, topK: spec.TopK, sequence: -1, token: -1, layer: -1, weights: -1}
	for _, plain := range []struct {
		name string
		to   *int
	}{{c.names.Sequence, &c.sequence}, {c.names.Token, &c.token}, {c.names.Layer, &c.layer}} {
		if column := root.Column(plain.name); plain.name != "" && column != nil {
			if !column.Leaf() || column.Repeated() {
				return nil, fmt.Errorf("%s: found a column of lists, want one value per row", plain.name)
			}
			*plain.to = column.Index()
		}
	}
	ids, err := listColumn(root, c.names.Experts)
	if err != nil {
		return nil, err
	}
	c.experts, c.depth = ids.Index(), ids.MaxRepetitionLevel()
	if kind := ids.Type().Kind(); kind != parquet.Int32 && kind != parquet.Int64 {
		return nil, fmt.Errorf("%s: found a column of %v, want whole numbers", c.names.Experts, ids.Type())
	}
	if c.names.Weights == "" {
		return c, nil
	}
	weights, err := listColumn(root, c.names.Weights)
	if err != nil {
		return nil, err
	}
	if kind := weights.Type().Kind(); kind != parquet.Float && kind != parquet.Double {
		return nil, fmt.Errorf("%s: found a column of %v, want floating-point numbers", c.names.Weights, weights.Type())
	}
	if depth := weights.MaxRepetitionLevel(); depth != c.depth {
		return nil, fmt.Errorf("%s: found lists nested %d deep, want %d as the expert ids", c.names.Weights, depth, c.depth)
	}
	c.weights = weights.Index()
	return c, nil
}

// listColumn finds the values of a column of lists.
func listColumn(root *parquet.Column, name string) (*parquet.Column, error) {
	column := root.Column(name)
	if column == nil {
		return nil, fmt.Errorf("found no column %q", name)
	}
	for !column.Leaf() {
		inner := column.Columns()
		if len(inner) != 1 {
			return nil, fmt.Errorf("%s: found a record of %d columns, want lists of numbers", name, len(inner))
		}
		column = inner[0]
	}
	if depth := column.MaxRepetitionLevel(); depth < 1 || depth > 3 {
		return nil, fmt.Errorf("%s: found lists nested %d deep, want one to three", name, depth)
	}
	return column, nil
}

// row reads the named values of one row.
func (c *parquetColumns) row(row parquet.Row) (r importRow, err error) {
	r = importRow{token: -1, layer: -1, depth: c.depth}
	c.ids, c.values = c.ids[:0], c.values[:0]
	row.Range(func(column int, values []parquet.Value) bool {
		switch column {
		case c.sequence:
			r.sequence = values[0].String()
		case c.token:
			r.token, err = c.count(c.names.Token, values[0])
		case c.layer:
			r.layer, err = c.count(c.names.Layer, values[0])
		case c.experts:
			err = c.lists(values)
		case c.weights:
			err = c.floats(values)
		}
		return err == nil
	})
	r.ids, r.weights = c.ids, c.values
	return r, err
}

// number is a whole number that fits an int.
func number(v parquet.Value) (n int, ok bool) {
	switch {
	case v.IsNull():
		return 0, false
	case v.Kind() == parquet.Int32:
		return int(v.Int32()), true
	case v.Kind() == parquet.Int64:
		return int(v.Int64()), true
	}
	return 0, false
}

func (c *parquetColumns) count(name string, v parquet.Value) (int, error) {
	n, ok := number(v)
	if !ok || n < 0 {
		return 0, fmt.Errorf("%s: found %v, want a whole number from 0 on", name, v)
	}
	return n, nil
}

// lists reads the ids. The innermost lists must be of TopK each; what is around them
// follows from their number.
func (c *parquetColumns) lists(values []parquet.Value) error {
	for i, v := range values {
		id, ok := number(v)
		if !ok {
			return fmt.Errorf("%s: found %v, want a whole number", c.names.Experts, v)
		}
		if begins := v.RepetitionLevel() < c.depth; begins != (i%c.topK == 0) {
			return fmt.Errorf("%s: found a list that ends at number %d, want lists of %d", c.names.Experts, i, c.topK)
		}
		c.ids = append(c.ids, id)
	}
	return nil
}

func (c *parquetColumns) floats(values []parquet.Value) error {
	for _, v := range values {
		switch {
		case v.IsNull():
			return fmt.Errorf("%s: found null, want a number", c.names.Weights)
		case v.Kind() == parquet.Float:
			c.values = append(c.values, v.Float())
		default:
			c.values = append(c.values, float32(v.Double()))
		}
	}
	return nil
}
