package routing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// tableColumns is the header of a CSV of counts.
var tableColumns = [4]string{"layer", "token_id", "expert", "count"}

// ParseTables reads counts from a CSV (plain or gzip-compressed) with the
// columns layer,token_id,expert,count, ordered by the first three and without
// repetition. Errors name the line.
func ParseTables(r io.Reader, spec TablesSpec) (*Tables, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	in, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("token tables: %w", err)
	}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	rows.FieldsPerRecord = len(tableColumns)
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("token tables: header: %w", err)
	}
	if !slices.Equal(head, tableColumns[:]) {
		return nil, fmt.Errorf("token tables: line 1: found columns %q, want %q", head, tableColumns)
	}
	t := newTables(spec)
	if err := t.readRows(rows); err != nil {
		return nil, err
	}
	if err := t.validate(); err != nil {
		return nil, err
	}
	return t, nil
}

func newTables(spec TablesSpec) *Tables {
	return &Tables{Model: spec.Model, Domain: spec.Domain, Experts: spec.Experts, TopK: spec.TopK}
}

// readRows appends every row and closes the last layer.
func (t *Tables) readRows(rows *csv.Reader) error {
	last := [3]int{-1, -1, -1}
	next := 0 // index in TokenIDs of the id expected next in this layer
	for {
		rec, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return t.endLayer(next)
		}
		if err != nil {
			return fmt.Errorf("token tables: %w", err)
		}
		row, err := t.parseRow(rec)
		line, _ := rows.FieldPos(0)
		if err != nil {
			return fmt.Errorf("token tables: line %d: %w", line, err)
		}
		key := [3]int(row[:3])
		if slices.Compare(key[:], last[:]) <= 0 {
			return fmt.Errorf("token tables: line %d: found layer,token_id,expert %v after %v, want ascending rows",
				line, key, last)
		}
		if key[0] != last[0] {
			if err := t.endLayer(next); err != nil {
				return err
			}
			t.Recorded = append(t.Recorded, key[0])
			t.rows = append(t.rows, tableLayer{})
			next = 0
		}
		if key[0] != last[0] || key[1] != last[1] {
			if err := t.startID(key[1], next); err != nil {
				return fmt.Errorf("token tables: line %d: %w", line, err)
			}
			next++
		}
		l := &t.rows[len(t.rows)-1]
		l.experts = append(l.experts, uint16(row[2]))
		l.counts = append(l.counts, uint32(row[3]))
		last = key
	}
}

// parseRow checks the ranges of the four numbers of a row.
func (t *Tables) parseRow(rec []string) (row [4]int, err error) {
	low := [4]int{0, 0, 0, 1}
	high := [4]int{MaxLayers - 1, maxTableIDs - 1, t.Experts - 1, maxTableTokens}
	for i, field := range rec {
		row[i], err = strconv.Atoi(field)
		if err != nil || row[i] < low[i] || row[i] > high[i] {
			return row, fmt.Errorf("found %s %q, want an integer in %d..%d", tableColumns[i], field, low[i], high[i])
		}
	}
	return row, nil
}

// startID begins the rows of a token id, the next-th of its layer. The first
// layer defines the ids; the others must have the same.
func (t *Tables) startID(id, next int) error {
	if len(t.rows) == 1 {
		t.TokenIDs = append(t.TokenIDs, id)
	} else if next >= len(t.TokenIDs) || t.TokenIDs[next] != id {
		want := "no more ids"
		if next < len(t.TokenIDs) {
			want = fmt.Sprint(t.TokenIDs[next])
		}
		return fmt.Errorf("found token id %d, want %s as in layer %d", id, want, t.Recorded[0])
	}
	l := &t.rows[len(t.rows)-1]
	l.start = append(l.start, len(l.experts))
	return nil
}

// endLayer closes the last layer, of which next ids were read.
func (t *Tables) endLayer(next int) error {
	if len(t.rows) == 0 {
		return nil
	}
	if next != len(t.TokenIDs) {
		return fmt.Errorf("token tables: layer %d: found %d token ids, want the %d of layer %d",
			t.Recorded[len(t.Recorded)-1], next, len(t.TokenIDs), t.Recorded[0])
	}
	l := &t.rows[len(t.rows)-1]
	l.start = append(l.start, len(l.experts))
	return nil
}
