package routing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ImportCSV reads a recording with a header line, plain or gzip: a row per token and
// layer. The ids are in one column, separated by spaces or semicolons and perhaps in
// brackets, or in TopK columns NAME_0, NAME_1, and so on; weights likewise. Columns
// that are not named are ignored. Errors name the line.
func ImportCSV(r io.Reader, spec ImportSpec) (*Trace, error) {
	m, err := newImporter(spec)
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	in, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord, rows.TrimLeadingSpace = true, true
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("routing import: header: %w", err)
	}
	c, err := newCSVColumns(head, spec)
	if err != nil {
		return nil, fmt.Errorf("routing import: header: %w", err)
	}
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("routing import: %w", err) // names the line
		}
		row, err := c.row(cells)
		if err == nil {
			err = m.add(row)
		}
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("routing import: line %d: %w", line, err)
		}
	}
	t, err := m.trace()
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	return t, nil
}

// csvColumns says where in a row the columns stand; -1 for one that is not there.
type csvColumns struct {
	names                  Columns
	sequence, token, layer int
	experts, weights       []int
	ids                    []int
	values                 []float32
}

func newCSVColumns(head []string, spec ImportSpec) (*csvColumns, error) {
	at := map[string]int{}
	for i, name := range head {
		name = strings.TrimSpace(name)
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("found column %q twice", name)
		}
		at[name] = i
	}
	find := func(name string) int {
		if i, ok := at[name]; ok && name != "" {
			return i
		}
		return -1
	}
	c := &csvColumns{names: spec.Columns}
	c.sequence, c.token, c.layer = find(spec.Columns.Sequence), find(spec.Columns.Token), find(spec.Columns.Layer)
	several := func(name string) ([]int, error) {
		if i := find(name); i >= 0 {
			return []int{i}, nil
		}
		var columns []int
		for k := range spec.TopK {
			i := find(fmt.Sprintf("%s_%d", name, k))
			if i < 0 {
				return nil, fmt.Errorf("found neither a column %q nor columns %q to \"%s_%d\", want the one or the others", name, name+"_0", name, spec.TopK-1)
			}
			columns = append(columns, i)
		}
		return columns, nil
	}
	var err error
	if c.experts, err = several(spec.Columns.Experts); err != nil {
		return nil, err
	}
	if spec.Columns.Weights != "" {
		c.weights, err = several(spec.Columns.Weights)
	}
	return c, err
}

// row reads the cells of one line.
func (c *csvColumns) row(cells []string) (importRow, error) {
	row := importRow{token: -1, layer: -1, depth: 1}
	if c.sequence >= 0 {
		row.sequence = strings.TrimSpace(cells[c.sequence])
	}
	for _, n := range []struct {
		name string
		at   int
		to   *int
	}{{c.names.Token, c.token, &row.token}, {c.names.Layer, c.layer, &row.layer}} {
		if n.at < 0 {
			continue
		}
		v, err := strconv.Atoi(strings.TrimSpace(cells[n.at]))
		if err != nil || v < 0 {
			return row, fmt.Errorf("%s: found %q, want a whole number from 0 on", n.name, cells[n.at])
		}
		*n.to = v
	}
	c.ids, c.values = c.ids[:0], c.values[:0]
	for _, i := range c.experts {
		for text := range strings.FieldsFuncSeq(cells[i], separates) {
			id, err := strconv.Atoi(text)
			if err != nil {
				return row, fmt.Errorf("%s: found %q, want a whole number", c.names.Experts, text)
			}
			c.ids = append(c.ids, id)
		}
	}
	for _, i := range c.weights {
		for text := range strings.FieldsFuncSeq(cells[i], separates) {
			w, err := strconv.ParseFloat(text, 32)
			if err != nil {
				return row, fmt.Errorf("%s: found %q, want a number", c.names.Weights, text)
			}
			c.values = append(c.values, float32(w))
		}
	}
	row.ids, row.weights = c.ids, c.values
	return row, nil
}

// separates tells what stands between numbers in one cell.
func separates(r rune) bool { return strings.ContainsRune(" ;,[]()\t\n", r) }
