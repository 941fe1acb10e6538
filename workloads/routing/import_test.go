package routing_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// drawRecording is a trace with router weights, as a recording of any format holds.
func drawRecording(t *rapid.T) *routing.Trace {
	tr := &routing.Trace{
		Model: "drawn", Experts: rapid.IntRange(1, 300).Draw(t, "experts"),
		Sequences: rapid.SliceOfN(rapid.IntRange(1, 4), 1, 3).Draw(t, "sequences"),
		Layers:    make([]routing.Layer, rapid.IntRange(1, 3).Draw(t, "layers")),
	}
	tr.TopK = rapid.IntRange(1, min(4, tr.Experts)).Draw(t, "top-k")
	for _, n := range tr.Sequences {
		tr.Tokens += n
	}
	for i := range tr.Layers {
		l := &tr.Layers[i]
		for range tr.Tokens {
			ids := rapid.SliceOfNDistinct(rapid.IntRange(0, tr.Experts-1), tr.TopK, tr.TopK, rapid.ID[int]).Draw(t, "ids")
			for _, id := range ids {
				l.IDs = append(l.IDs, uint16(id))
				l.Weights = append(l.Weights, float32(rapid.IntRange(0, 100).Draw(t, "weight"))/100)
			}
		}
	}
	return tr
}

func specOf(tr *routing.Trace, weights string) routing.ImportSpec {
	c := routing.DefaultColumns()
	c.Weights = weights
	return routing.ImportSpec{Model: tr.Model, Layers: len(tr.Layers), Experts: tr.Experts, TopK: tr.TopK, Columns: c}
}

// unweighted is a trace without its router weights.
func unweighted(tr *routing.Trace) *routing.Trace {
	out := *tr
	out.Layers = nil
	for _, l := range tr.Layers {
		out.Layers = append(out.Layers, routing.Layer{IDs: l.IDs})
	}
	return &out
}

// record is a row of a recording, in the forms that JSON and Parquet write.
type record[E, W any] struct {
	Sequence int64 `json:"sequence" parquet:"sequence"`
	Token    int32 `json:"token" parquet:"token"`
	Layer    int32 `json:"layer" parquet:"layer"`
	Experts  E     `json:"experts" parquet:"experts,list"`
	Weights  W     `json:"weights" parquet:"weights,list"`
}

// eachChoice calls do with the sequence, the token in it, the layer and the choices.
func eachChoice(tr *routing.Trace, do func(sequence, token, layer int, ids []uint16, weights []float32)) {
	at := 0
	for s, n := range tr.Sequences {
		for token := range n {
			for layer := range tr.Layers {
				do(s, token, layer, tr.Choices(layer, at), tr.Weights(layer, at))
			}
			at++
		}
	}
}

func wide(ids []uint16) []int32 {
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = int32(id)
	}
	return out
}

// choiceRows is a row per token and layer.
func choiceRows(tr *routing.Trace) (rows []record[[]int32, []float32]) {
	eachChoice(tr, func(s, token, layer int, ids []uint16, weights []float32) {
		rows = append(rows, record[[]int32, []float32]{int64(s), int32(token), int32(layer), wide(ids), weights})
	})
	return rows
}

func jsonLines[R any](t *rapid.T, rows []R) []byte {
	var out bytes.Buffer
	for _, r := range rows {
		if err := json.NewEncoder(&out).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func zipped(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(data)
	z.Close()
	return out.Bytes()
}

func same(t *rapid.T, want, got *routing.Trace, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("-recorded +imported\n%s", d)
	}
}

// What was recorded as rows, in whatever order, comes back.
func TestImportOfRowsKeepsEveryChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawRecording(t)
		rows := choiceRows(tr)
		// The first row decides which sequence comes first, and none comes apart.
		shuffled := append(rows[:1:1], rapid.Permutation(rows[1:]).Draw(t, "order")...)
		if len(tr.Sequences) > 1 {
			shuffled = rows
		}
		spec := specOf(tr, "weights")
		lines := jsonLines(t, shuffled)
		got, err := routing.ImportJSONL(bytes.NewReader(lines), spec)
		same(t, tr, got, err)
		got, err = routing.ImportJSONL(bytes.NewReader(zipped(lines)), specOf(tr, ""))
		same(t, unweighted(tr), got, err)

		var table bytes.Buffer
		if err := parquet.Write(&table, shuffled); err != nil {
			t.Fatal(err)
		}
		got, err = routing.ImportParquet(bytes.NewReader(table.Bytes()), int64(table.Len()), spec)
		same(t, tr, got, err)

		got, err = routing.ImportCSV(strings.NewReader(csvOf(shuffled, rapid.SampledFrom([]string{" ", ";", ", "}).Draw(t, "separator"))), spec)
		same(t, tr, got, err)
		got, err = routing.ImportCSV(strings.NewReader(csvColumns(shuffled, tr.TopK)), specOf(tr, ""))
		same(t, unweighted(tr), got, err)
	})
}

// csvOf has the ids of a row in one cell, in brackets as pandas writes them.
func csvOf(rows []record[[]int32, []float32], separator string) string {
	var b strings.Builder
	b.WriteString("sequence,token,layer,experts,weights\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%d,%d,%d,\"[%s]\",\"%s\"\n", r.Sequence, r.Token, r.Layer, join(r.Experts, separator), join(r.Weights, separator))
	}
	return b.String()
}

// csvColumns has a column per rank, and one that nobody asks for.
func csvColumns(rows []record[[]int32, []float32], topK int) string {
	var b strings.Builder
	b.WriteString("text,layer,token,sequence")
	for k := range topK {
		fmt.Fprintf(&b, ", experts_%d", k)
	}
	b.WriteString("\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "\"a, b\",%d,%d,%d,%s\n", r.Layer, r.Token, r.Sequence, join(r.Experts, ","))
	}
	return b.String()
}

func join[T any](values []T, separator string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, separator)
}

// tokenRow and sequenceRow are rows of nested lists.
type tokenRow struct {
	Sequence string    `json:"sequence"`
	Token    int64     `json:"token"`
	Experts  [][]int64 `json:"experts"`
}

type sequenceRow struct {
	Sequence string      `json:"sequence"`
	Experts  [][][]int64 `json:"experts"`
}

// Nested lists: a row per token, and a row per sequence.
func TestImportOfNestedListsKeepsEveryChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawRecording(t)
		var tokens []tokenRow
		sequences := make([]sequenceRow, len(tr.Sequences))
		eachChoice(tr, func(s, token, layer int, ids []uint16, _ []float32) {
			name := fmt.Sprintf("text %d", s)
			if layer == 0 {
				tokens = append(tokens, tokenRow{name, int64(token), nil})
				sequences[s].Sequence = name
				sequences[s].Experts = append(sequences[s].Experts, nil)
			}
			var list []int64
			for _, id := range ids {
				list = append(list, int64(id))
			}
			last := &tokens[len(tokens)-1]
			last.Experts = append(last.Experts, list)
			sequences[s].Experts[token] = append(sequences[s].Experts[token], list)
		})
		want, spec := unweighted(tr), specOf(tr, "")
		got, err := routing.ImportJSONL(bytes.NewReader(jsonLines(t, tokens)), spec)
		same(t, want, got, err)
		got, err = routing.ImportJSONL(bytes.NewReader(jsonLines(t, sequences)), spec)
		same(t, want, got, err)

		var rows []parquet.Row
		for _, r := range tokens {
			rows = append(rows, nestedRow(r.Sequence, flat(r.Experts), len(tr.Layers), tr.TopK))
		}
		table := nestedTable(t, 2, rows)
		got, err = routing.ImportParquet(bytes.NewReader(table), int64(len(table)), spec)
		same(t, want, got, err)
		rows = nil
		for _, r := range sequences {
			rows = append(rows, nestedRow(r.Sequence, flat(flat(r.Experts)), len(r.Experts), len(tr.Layers), tr.TopK))
		}
		table = nestedTable(t, 3, rows)
		got, err = routing.ImportParquet(bytes.NewReader(table), int64(len(table)), spec)
		same(t, want, got, err)
	})
}

func flat[T any](lists [][]T) (out []T) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// nestedRow is a row of ids in lists of these lengths, outermost first, and the name
// of a sequence.
func nestedRow(sequence string, ids []int64, lengths ...int) (row parquet.Row) {
	for i, id := range ids {
		// The lists that go on are those around the outermost one that begins here.
		level, size := len(lengths), 1
		for depth := len(lengths) - 1; depth >= 0; depth-- {
			if size *= lengths[depth]; i%size == 0 {
				level = depth
			}
		}
		row = append(row, parquet.ValueOf(id).Level(level, len(lengths), 0))
	}
	return append(row, parquet.ValueOf(sequence).Level(0, 0, 1))
}

// nestedTable writes such rows.
func nestedTable(t *rapid.T, depth int, rows []parquet.Row) []byte {
	ids := parquet.Leaf(parquet.Int64Type)
	for range depth {
		ids = parquet.List(ids)
	}
	var out bytes.Buffer
	w := parquet.NewWriter(&out, parquet.NewSchema("recording", parquet.Group{"experts": ids, "sequence": parquet.String()}))
	if _, err := w.WriteRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Arrays as another program writes them: [token][layer][expert], and by axis name.
func TestImportOfArraysKeepsEveryChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawRecording(t)
		want, spec := unweighted(tr), specOf(tr, "")
		var flat []int64
		eachChoice(tr, func(_, _, _ int, ids []uint16, _ []float32) {
			for _, id := range ids {
				flat = append(flat, int64(id))
			}
		})
		shape := []int{tr.Tokens, len(tr.Layers), tr.TopK}
		array := routing.ArraySpec{Sequences: tr.Sequences}
		for _, kind := range []string{"<i8", ">i4", "<u2", "|u1"} {
			if kind == "|u1" && tr.Experts > 256 {
				continue
			}
			got, err := routing.ImportNPY(bytes.NewReader(arrayFile(kind, false, shape, flat)), spec, array)
			same(t, want, got, err)
		}
		// In Fortran order the first axis is the fastest: the same numbers under the
		// reversed shape.
		reversed := []int{tr.TopK, len(tr.Layers), tr.Tokens}
		array.Axes = []string{routing.AxisExpert, routing.AxisLayer, routing.AxisToken}
		got, err := routing.ImportNPY(bytes.NewReader(zipped(arrayFile(">u8", true, reversed, flat))), spec, array)
		same(t, want, got, err)

		// One sequence after another on an axis of their own.
		want.Sequences = routing.EqualSequences(tr.Tokens, 1)
		array = routing.ArraySpec{Axes: []string{routing.AxisSequence, routing.AxisToken, routing.AxisLayer, routing.AxisExpert}}
		got, err = routing.ImportNPY(bytes.NewReader(arrayFile("<i4", false, append([]int{tr.Tokens, 1}, shape[1:]...), flat)), spec, array)
		same(t, want, got, err)
	})
}

// arrayFile writes an array by the description of the format.
func arrayFile(kind string, fortran bool, shape []int, values []int64) []byte {
	order := map[bool]string{false: "False", true: "True"}[fortran]
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s,), }", kind, order, join(shape, ", "))
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	out = append(out, head...)
	bytesOf := int(kind[2] - '0')
	for _, v := range values {
		for i := range bytesOf {
			shift := 8 * i
			if kind[0] == '>' {
				shift = 8 * (bytesOf - 1 - i)
			}
			out = append(out, byte(v>>shift))
		}
	}
	return out
}

// Files of an independent writer of these formats.
func TestImportOfForeignArrays(t *testing.T) {
	tr := &routing.Trace{
		Model: "toy", Experts: 4, TopK: 2, Tokens: 2, Sequences: []int{2},
		Layers: []routing.Layer{{IDs: []uint16{0, 1, 2, 3}}, {IDs: []uint16{3, 1, 0, 2}}},
	}
	values := [2][2][2]int64{{{0, 1}, {3, 1}}, {{2, 3}, {0, 2}}}
	var file bytes.Buffer
	if err := npy.Write(&file, values); err != nil {
		t.Fatal(err)
	}
	got, err := routing.ImportNPY(&file, specOf(tr, ""), routing.ArraySpec{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tr, got); d != "" {
		t.Errorf("npy: -want +got\n%s", d)
	}
	file.Reset()
	archive := npz.NewWriter(&file)
	for name, v := range map[string]any{"experts": values, "scores": []float64{1, 2}} {
		if err := archive.Write(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	in, size := bytes.NewReader(file.Bytes()), int64(file.Len())
	if got, err = routing.ImportNPZ(in, size, "experts", specOf(tr, ""), routing.ArraySpec{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tr, got); d != "" {
		t.Errorf("npz: -want +got\n%s", d)
	}
	for name, want := range map[string]string{
		"":       `found no array "", want one of ["`,
		"scores": `array scores: found numbers of type "<f8", want whole numbers: i or u, of 1, 2, 4 or 8 bytes`,
	} {
		if _, err := routing.ImportNPZ(in, size, name, specOf(tr, ""), routing.ArraySpec{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("array %q: got error %v, want %s", name, err, want)
		}
	}
}
