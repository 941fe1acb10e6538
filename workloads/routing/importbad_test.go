package routing_test

import (
	"bytes"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/parquet-go/parquet-go"
)

// toySpec is two layers of four experts, top-2.
func toySpec() routing.ImportSpec {
	return routing.ImportSpec{Model: "toy", Layers: 2, Experts: 4, TopK: 2, Columns: routing.DefaultColumns()}
}

// Rows that cannot be: the line, the column, what was found and what is wanted.
func TestImportErrorsOfRows(t *testing.T) {
	const good = `{"token":0,"layer":0,"experts":[0,1]}` + "\n"
	const head = "token,layer,experts\n"
	for _, tc := range []struct{ format, text, want string }{
		{"jsonl", "", "found no rows"},
		{"jsonl", "{", "line 1: not a JSON object: unexpected end of JSON input"},
		{"jsonl", good + "\n[1]", "line 3: not a JSON object: "},
		{"jsonl", `{"layer":0}`, `line 1: found no member "experts"`},
		{"jsonl", `{"layer":0,"experts":[0]}`, "line 1: experts: found 1 expert ids, want 2 as the model's top-k"},
		{"jsonl", `{"layer":0,"experts":[0,4]}`, "line 1: experts: found expert 4, want 0..3"},
		{"jsonl", `{"layer":0,"experts":[-1,2]}`, "line 1: experts: found expert -1, want 0..3"},
		{"jsonl", `{"layer":0,"experts":[2,2]}`, "line 1: experts: found expert 2 twice in one choice of 2"},
		{"jsonl", `{"layer":0,"experts":[0.5,2]}`, "line 1: experts: found [0.5,2]: "},
		{"jsonl", `{"layer":0,"experts":7}`, "line 1: experts: found 7: want numbers in lists nested one to three deep"},
		{"jsonl", `{"layer":0,"experts":[[[[0]]]]}`, "line 1: experts: found [[[[0]]]]: want numbers in lists nested one to three deep"},
		{"jsonl", `{"layer":2,"experts":[0,1]}`, "line 1: layer: found 2, want 0..1: the model has 2 MoE layers"},
		{"jsonl", `{"layer":-1,"experts":[0,1]}`, "line 1: layer: found -1, want a whole number from 0 on"},
		{"jsonl", `{"layer":0,"token":"x","experts":[0,1]}`, `line 1: token: found "x", want a whole number from 0 on`},
		{"jsonl", `{"layer":0,"sequence":[],"experts":[0,1]}`, "line 1: sequence: found [], want a text or a whole number"},
		{"jsonl", `{"experts":[0,1]}`, `line 1: found the choices of one layer and no column "layer"`},
		{"jsonl", `{"layer":0,"experts":[[0,1],[2,3]]}`, `line 1: found a column "layer" beside choices of all layers`},
		{"jsonl", `{"experts":[[0,1]]}`, "line 1: experts: found 2 expert ids, want 4: 2 layers of top-2"},
		{"jsonl", `{"experts":[[0,1],[2]]}`, "line 1: experts: found [[0,1],[2]]: lists of 2 and of 1 numbers or lists side by side"},
		{"jsonl", `{"experts":[[[0,1],[2,3]],[[0,1]]]}`, "lists of 2 and of 1 numbers or lists side by side"},
		{"jsonl", `{"experts":[[[0,1]]]}`, "line 1: experts: found 2 expert ids, want a multiple of 4: 2 layers of top-2"},
		{"jsonl", `{"token":0,"experts":[[[0,1],[2,3]]]}`, `line 1: found a column "token" beside choices of a whole sequence`},
		{"jsonl", good, `sequence "": token 0 has no choices in layer 1, but in others`},
		{"jsonl", good + good, "line 2: found token 0 of layer 0 a second time"},
		{"jsonl", `{"token":1,"layer":0,"experts":[0,1]}` + "\n" + `{"layer":1,"experts":[0,1]}`, `sequence "": token 0 has no choices in layer 0, but in others`},
		{"jsonl", `{"token":60000000,"layer":0,"experts":[0,1]}`, "line 1: token: found 60000000 while 4194304 tokens before it are missing, want rows roughly in order"},
		{"jsonl", `{"token":70000000000,"layer":0,"experts":[0,1]}`, "line 1: token: found 70000000000, want a number below 67108864"},
		{"csv", "", "header: EOF"},
		{"csv", "a,a\n", `header: found column "a" twice`},
		{"csv", "token,layer,experts_0\n", `header: found neither a column "experts" nor columns "experts_0" to "experts_1", want the one or the others`},
		{"csv", head + "0,0,0 1\n0\n", "line 3: wrong number of fields"},
		{"csv", head + "0,x,0 1\n", `line 2: layer: found "x", want a whole number from 0 on`},
		{"csv", head + "0,0,0 b\n", `line 2: experts: found "b", want a whole number`},
		{"csv", head + "0,0,\n", "line 2: experts: found 0 expert ids, want 2 as the model's top-k"},
		{"parquet", "PAR1", "not a Parquet file: "},
	} {
		_, err := importOf(tc.format, tc.text, toySpec())
		if err == nil || !strings.HasPrefix(err.Error(), "routing import: ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s %q: got error %v, want %q", tc.format, tc.text, err, tc.want)
		}
	}
}

func importOf(format, text string, spec routing.ImportSpec) (*routing.Trace, error) {
	switch format {
	case "jsonl":
		return routing.ImportJSONL(strings.NewReader(text), spec)
	case "csv":
		return routing.ImportCSV(strings.NewReader(text), spec)
	case "npy":
		return routing.ImportNPY(strings.NewReader(text), spec, routing.ArraySpec{})
	default:
		return routing.ImportParquet(strings.NewReader(text), int64(len(text)), spec)
	}
}

// Router weights must stand beside the ids.
func TestImportErrorsOfWeights(t *testing.T) {
	spec := toySpec()
	spec.Columns.Weights = "w"
	for _, tc := range []struct{ format, text, want string }{
		{"jsonl", `{"layer":0,"experts":[0,1]}`, `line 1: found no member "w"`},
		{"jsonl", `{"layer":0,"experts":[0,1],"w":[1]}`, "line 1: w: found 1 weights beside 2 expert ids"},
		{"jsonl", `{"layer":0,"experts":[0,1],"w":[[1,2]]}`, "line 1: w: found lists nested 2 deep, want 1 as the expert ids"},
		{"csv", "layer,experts\n", `header: found neither a column "w" nor columns`},
		{"csv", "layer,experts,w\n0,0 1,1 x\n", `line 2: w: found "x", want a number`},
	} {
		if _, err := importOf(tc.format, tc.text, spec); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s %q: got error %v, want %q", tc.format, tc.text, err, tc.want)
		}
	}
}

// Columns of the wrong kind.
func TestImportErrorsOfParquetColumns(t *testing.T) {
	type row struct {
		Layer   []int32   `parquet:"layer,list"`
		Experts []float64 `parquet:"experts,list"`
		Plain   int32     `parquet:"plain"`
		Ids     []int32   `parquet:"ids,list"`
		Pairs   []struct{ A, B int32 }
	}
	var file bytes.Buffer
	if err := parquet.Write(&file, []row{{Ids: []int32{0, 1}}}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		change func(*routing.Columns)
		want   string
	}{
		{func(c *routing.Columns) { c.Layer, c.Experts = "", "none" }, `found no column "none"`},
		{func(c *routing.Columns) {}, "layer: found a column of lists, want one value per row"},
		{func(c *routing.Columns) { c.Layer = "" }, "experts: found a column of DOUBLE, want whole numbers"},
		{func(c *routing.Columns) { c.Layer, c.Experts = "", "plain" }, "plain: found lists nested 0 deep, want one to three"},
		{func(c *routing.Columns) { c.Layer, c.Experts = "", "Pairs" }, "Pairs: found a record of 2 columns, want lists of numbers"},
		{func(c *routing.Columns) { c.Layer, c.Experts, c.Weights = "", "ids", "ids" }, "ids: found a column of INT(32,true), want floating-point numbers"},
		{func(c *routing.Columns) { c.Layer, c.Experts = "", "ids" }, `row 1: found the choices of one layer and no column ""`},
	} {
		spec := toySpec()
		tc.change(&spec.Columns)
		if _, err := routing.ImportParquet(bytes.NewReader(file.Bytes()), int64(file.Len()), spec); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got error %v, want %q", err, tc.want)
		}
	}
}

// Arrays that are none, or of another shape than the model.
func TestImportErrorsOfArrays(t *testing.T) {
	shape, values := []int{1, 2, 2}, []int64{0, 1, 2, 3}
	good := string(arrayFile("<i8", false, shape, values))
	negative := string(arrayFile("<i4", false, shape, []int64{0, 1, -2, 3}))
	for _, tc := range []struct{ text, want string }{
		{"", "found 0 bytes, want a NumPy array: "},
		{"PK\x03\x04\x00\x00\x00\x00", `found "PK\x03\x04\x00\x00", want "\x93NUMPY" at the start of a NumPy array`},
		{"\x93NUMPY\x07\x00", "found format version 7, want 1, 2 or 3"},
		{"\x93NUMPY\x02\x00\xff\xff\xff\xff", "found a header of 4294967295 bytes, want at most 65536"},
		{"\x93NUMPY\x01\x00\x02\x00{}", `found header "{}", want descr of one type, fortran_order and shape`},
		{string(arrayFile("<f8", false, shape, values)), `found numbers of type "<f8", want whole numbers`},
		{good[:len(good)-1], "found the end after 3 numbers, want 4: "},
		{good + "x", "found more bytes after 4 numbers"},
		{negative, "number 2: found expert -2, want 0..3"},
		{string(arrayFile("<u4", false, shape, []int64{0, 1, 2, 4})), "number 3: found expert 4, want 0..3"},
		{string(arrayFile("<u4", false, shape, []int64{0, 1, 2, 2})), "found expert id 2 twice, want 2 distinct ids"},
		{string(arrayFile("<u4", false, []int{4}, values)), "found 1 axes of lengths [4], want 3: token, layer, expert"},
		{string(arrayFile("<u4", false, []int{2, 1, 2}, values)), "found 1 layers in a shape of [2 1 2], want the model's 2 MoE layers"},
		{string(arrayFile("<u4", false, []int{1, 2, 1}, values)), "found 1 experts per token in a shape of [1 2 1], want the model's top-2"},
		{string(arrayFile("<u4", false, []int{0, 2, 2}, nil)), "found 0 tokens, want 1..67108864"},
		{string(arrayFile("<u4", false, []int{1 << 30, 2, 2}, nil)), "found 1073741824 tokens, want 1..67108864"},
	} {
		if _, err := importOf("npy", tc.text, toySpec()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: got error %v, want %q", tc.text, err, tc.want)
		}
	}
	for _, tc := range []struct {
		array routing.ArraySpec
		want  string
	}{
		{routing.ArraySpec{Axes: []string{"token", "layer"}}, `axes ["token" "layer"] lack "expert"`},
		{routing.ArraySpec{Axes: []string{"token", "layer", "expert", "expert"}}, "want token, layer and expert once each, and sequence at most once"},
		{routing.ArraySpec{Sequences: []int{1, 1}}, "found 1 tokens, want the 2 of the sequences"},
	} {
		if _, err := routing.ImportNPY(strings.NewReader(good), toySpec(), tc.array); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: got error %v, want %q", tc.array, err, tc.want)
		}
	}
}

// No input makes an importer panic, and what it accepts is a whole trace.
func fuzzImport(f *testing.F, format string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, weights := range []string{"", "weights"} {
			spec := toySpec()
			spec.Columns.Weights = weights
			tr, err := importOf(format, text, spec)
			if err != nil {
				continue
			}
			if err := tr.Validate(); err != nil {
				t.Errorf("accepted a trace that is none: %v", err)
			}
		}
	})
}

func FuzzImportJSONL(f *testing.F) {
	fuzzImport(f, "jsonl", `{"sequence":"a","token":0,"experts":[[0,1],[2,3]],"weights":[[1,2],[3,4]]}`,
		`{"experts":[[[0,1],[2,3]]]}`, `{"layer":0,"experts":[0,1]}`+"\n"+`{"layer":1,"experts":[0,1]}`, "\x1f\x8b")
}

func FuzzImportCSV(f *testing.F) {
	fuzzImport(f, "csv", "sequence,token,layer,experts,weights\n0,0,0,0 1,1 2\n0,0,1,\"[2, 3]\",3;4\n", "layer,experts_0,experts_1\n0,0,1\n1,2,3\n")
}

func FuzzImportNPY(f *testing.F) {
	fuzzImport(f, "npy", string(arrayFile("<i8", false, []int{1, 2, 2}, []int64{0, 1, 2, 3})), string(arrayFile(">u2", true, []int{1, 2, 2}, []int64{0, 2, 1, 3})))
}

func FuzzImportParquet(f *testing.F) {
	var file bytes.Buffer
	rows := []record[[]int32, []float32]{{0, 0, 0, []int32{0, 1}, []float32{1, 2}}, {0, 0, 1, []int32{2, 3}, []float32{3, 4}}}
	if err := parquet.Write(&file, rows); err != nil {
		f.Fatal(err)
	}
	fuzzImport(f, "parquet", file.String())
}
