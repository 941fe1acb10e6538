package routing

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxLine bounds a line of a recording: a sequence in one row is a long one.
const maxLine = 1 << 28

// ImportJSONL reads a recording of one JSON object per line, plain or gzip. Members
// that no column names are ignored, and so are empty lines. Errors name the line.
func ImportJSONL(r io.Reader, spec ImportSpec) (*Trace, error) {
	m, err := newImporter(spec)
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	in, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		row, err := jsonRow(text, spec.Columns)
		if err == nil {
			err = m.add(row)
		}
		if err != nil {
			return nil, fmt.Errorf("routing import: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("routing import: line %d: %w", n+1, err)
	}
	t, err := m.trace()
	if err != nil {
		return nil, fmt.Errorf("routing import: %w", err)
	}
	return t, nil
}

// jsonRow reads one object.
func jsonRow(text []byte, c Columns) (importRow, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return importRow{}, fmt.Errorf("not a JSON object: %w", err)
	}
	row := importRow{token: -1, layer: -1}
	var err error
	if raw, ok := object[c.Sequence]; ok && c.Sequence != "" {
		if row.sequence, err = jsonKey(raw); err != nil {
			return row, fmt.Errorf("%s: %w", c.Sequence, err)
		}
	}
	for name, to := range map[string]*int{c.Token: &row.token, c.Layer: &row.layer} {
		raw, ok := object[name]
		if !ok || name == "" {
			continue
		}
		if *to, err = jsonCount(raw); err != nil {
			return row, fmt.Errorf("%s: %w", name, err)
		}
	}
	raw, ok := object[c.Experts]
	if !ok {
		return row, fmt.Errorf("found no member %q", c.Experts)
	}
	if row.depth, row.ids, err = jsonLists[int](raw); err != nil {
		return row, fmt.Errorf("%s: %w", c.Experts, err)
	}
	if c.Weights == "" {
		return row, nil
	}
	if raw, ok = object[c.Weights]; !ok {
		return row, fmt.Errorf("found no member %q", c.Weights)
	}
	depth, weights, err := jsonLists[float32](raw)
	if err == nil && depth != row.depth {
		err = fmt.Errorf("found lists nested %d deep, want %d as the expert ids", depth, row.depth)
	}
	if err != nil {
		return row, fmt.Errorf("%s: %w", c.Weights, err)
	}
	row.weights = weights
	return row, nil
}

// jsonKey reads what tells sequences apart: a text or a whole number.
func jsonKey(raw json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return text, nil
	}
	n, err := jsonCount(raw)
	if err != nil {
		return "", fmt.Errorf("found %s, want a text or a whole number", clip(raw))
	}
	return strconv.Itoa(n), nil
}

func jsonCount(raw json.RawMessage) (int, error) {
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("found %s, want a whole number from 0 on", clip(raw))
	}
	return n, nil
}

// clip shortens what an error quotes.
func clip(text []byte) string {
	const most = 40
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most]) + "..."
}

// jsonLists reads numbers in lists nested one to three deep, of equal lengths at each
// depth but the first, and how deep they are.
func jsonLists[T int | float32](raw json.RawMessage) (depth int, flat []T, err error) {
	for rest := raw; len(rest) > 0; rest = rest[1:] {
		if rest[0] == '[' {
			depth++
		} else if c := rest[0]; c != ' ' && c != '\t' {
			break
		}
	}
	switch depth {
	case 1:
		err = json.Unmarshal(raw, &flat)
	case 2:
		var lists [][]T
		if err = json.Unmarshal(raw, &lists); err == nil {
			flat, err = flatten(lists)
		}
	case 3:
		var deep [][][]T
		if err = json.Unmarshal(raw, &deep); err != nil {
			break
		}
		var lists [][]T
		if lists, err = flatten(deep); err == nil {
			flat, err = flatten(lists)
		}
	default:
		err = errors.New("want numbers in lists nested one to three deep")
	}
	if err != nil {
		return 0, nil, fmt.Errorf("found %s: %w", clip(raw), err)
	}
	return depth, flat, nil
}

// flatten joins lists of equal lengths.
func flatten[T any](lists [][]T) (flat []T, err error) {
	for _, l := range lists {
		if len(l) != len(lists[0]) {
			return nil, fmt.Errorf("lists of %d and of %d numbers or lists side by side", len(lists[0]), len(l))
		}
		flat = append(flat, l...)
	}
	return flat, nil
}
