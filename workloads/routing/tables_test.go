package routing_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tinyCSV is two layers of 3 experts, top-2: id 5 seen twice, id 9 once.
const tinyCSV = `layer,token_id,expert,count
1,5,0,2
1,5,2,2
1,9,1,1
1,9,2,1
4,5,0,1
4,5,1,1
4,5,2,2
4,9,0,1
4,9,2,1
`

func tinySpec() routing.TablesSpec {
	return routing.TablesSpec{Model: "tiny", Domain: "test", Experts: 3, TopK: 2}
}

func TestParseTables(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.WriteString(z, tinyCSV); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, in := range []io.Reader{strings.NewReader(tinyCSV), &packed} {
		tb := must[*routing.Tables](t)(routing.ParseTables(in, tinySpec()))
		if d := cmp.Diff([][]int{{1, 4}, {5, 9}, {2, 1}}, [][]int{tb.Recorded, tb.TokenIDs, tb.Occurrences}); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]float64{2. / 6, 1. / 6, 3. / 6}, tb.Shares(4)); d != "" {
			t.Error(d)
		}
		if tb.Shares(2) != nil {
			t.Error("layer 2 was not recorded")
		}
	}
}

func TestParseTablesNamesTheLine(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"columns", "token_id", "token", `line 1: found columns ["layer" "token" "expert" "count"]`},
		{"fields", "1,5,2,2", "1,5,2", "record on line 3: wrong number of fields"},
		{"number", "1,5,2,2", "1,5,2,x", `line 3: found count "x", want an integer in 1..`},
		{"zero", "1,5,2,2", "1,5,2,0", `line 3: found count "0"`},
		{"expert", "1,5,2,2", "1,5,3,2", `line 3: found expert "3", want an integer in 0..2`},
		{"twice", "1,5,2,2", "1,5,0,2", "line 3: found layer,token_id,expert [1 5 0] after [1 5 0], want ascending rows"},
		{"order", "1,9,1,1", "1,4,1,1", "line 4: found layer,token_id,expert [1 4 1] after [1 5 2]"},
		{"sum", "1,5,2,2", "1,5,2,1", "layer 1, token id 5: the counts add up to 3, want a multiple of top-k 2"},
		{"most", "1,5,0,2\n1,5,2,2", "1,5,0,3\n1,5,2,1", "layer 1, token id 5: an expert has count 3, want at most the 2 occurrences"},
		{"layers differ", "4,9,0,1", "4,9,0,3", "layer 4, token id 9: found 2 occurrences, want the 1 of layer 1"},
		{"other id", "4,9,0,1", "4,8,0,1", "line 9: found token id 8, want 9 as in layer 1"},
		{"more ids", "4,9,2,1\n", "4,9,2,1\n4,10,0,1\n", "line 11: found token id 10, want no more ids"},
		{"fewer ids", "4,9,0,1\n4,9,2,1\n", "", "layer 4: found 1 token ids, want the 2 of layer 1"},
		{"nothing", tinyCSV[28:], "", "found no counts"},
		{"no header", tinyCSV, "", "header: EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := strings.Replace(tinyCSV, tc.old, tc.new, 1)
			_, err := routing.ParseTables(strings.NewReader(in), tinySpec())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// anyTables draws tables by sampling tokens, so that they keep the laws.
func anyTables(t *rapid.T) *routing.Tables {
	experts := rapid.IntRange(1, 20).Draw(t, "experts")
	topK := rapid.IntRange(1, min(experts, 4)).Draw(t, "top-k")
	layers := rapid.IntRange(1, 3).Draw(t, "layers")
	ids := rapid.SliceOfNDistinct(rapid.IntRange(0, 1000), 1, 6, rapid.ID[int]).Draw(t, "ids")
	slices.Sort(ids)
	seen := make([]int, len(ids))
	for i := range seen {
		seen[i] = rapid.IntRange(1, 300).Draw(t, "occurrences")
	}
	var b strings.Builder
	b.WriteString("layer,token_id,expert,count\n")
	for layer := range layers {
		for i, id := range ids {
			// Spread topK*seen choices from a drawn expert on, at most seen each.
			share := make([]int, experts)
			at := rapid.IntRange(0, experts-1).Draw(t, "first")
			for left := topK * seen[i]; left > 0; at = (at + 1) % experts {
				n := min(left, seen[i]-share[at], rapid.IntRange(1, 300).Draw(t, "count"))
				share[at] += n
				left -= n
			}
			for e, n := range share {
				if n > 0 {
					fmt.Fprintf(&b, "%d,%d,%d,%d\n", 3*layer, id, e, n)
				}
			}
		}
	}
	tb, err := routing.ParseTables(strings.NewReader(b.String()),
		routing.TablesSpec{Model: "any", Domain: "d", Experts: experts, TopK: topK})
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyTables(t)
		var b bytes.Buffer
		if err := routing.PackTables(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := routing.UnpackTables(&b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("packed %+v, unpacked %+v", want, got)
		}
	})
}

func TestEveryDamagedPackedByteIsFound(t *testing.T) {
	tb := must[*routing.Tables](t)(routing.ParseTables(strings.NewReader(tinyCSV), tinySpec()))
	path := filepath.Join(t.TempDir(), "tables.gz")
	if err := routing.WriteTablesFile(path, tb); err != nil {
		t.Fatal(err)
	}
	good := must[[]byte](t)(io.ReadAll(open(t, path)))
	if got := must[*routing.Tables](t)(routing.UnpackTables(bytes.NewReader(good))); !reflect.DeepEqual(tb, got) {
		t.Errorf("packed %+v, unpacked %+v", tb, got)
	}
	for n := range good {
		if _, err := routing.UnpackTables(bytes.NewReader(good[:n])); err == nil {
			t.Errorf("cut after %d of %d bytes and accepted", n, len(good))
		}
	}
	const gzipHeader = 10 // holds fields without meaning, such as the time
	for i := gzipHeader; i < len(good); i++ {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, err := routing.UnpackTables(bytes.NewReader(bad)); err == nil {
			t.Errorf("byte %d changed and accepted", i)
		}
	}
}

// pack compresses raw packed fields.
func pack(t testing.TB, raw []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tinyPacked is tinyCSV's packed form before compression, written by hand from
// docs/routing-format.md.
const tinyPacked = "\x89MZT\r\n\x1a\n\x01\x00\x04tiny\x04test" +
	"\x03\x02\x02\x02" + // experts, top-k, layers, ids
	"\x01\x02" + "\x05\x03" + "\x02\x01" + // layers, ids, occurrences
	"\x05\x06" + "\x02\x01" + // layer 1
	"\x07\x05" + "\x01\x01\x01" // layer 4

func TestPackedFormIsTheDocumentedOne(t *testing.T) {
	want := must[*routing.Tables](t)(routing.ParseTables(strings.NewReader(tinyCSV), tinySpec()))
	got := must[*routing.Tables](t)(routing.UnpackTables(bytes.NewReader(pack(t, []byte(tinyPacked)))))
	if !reflect.DeepEqual(want, got) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	for _, tc := range []struct{ name, old, new, want string }{
		{"magic", "MZT", "MZR", "offset 0: magic"},
		{"version", "\n\x01\x00", "\n\x02\x00", "offset 8: version: found 2"},
		{"top-k", "\x03\x02\x02\x02", "\x03\x04\x02\x02", "offset 21: top-k: found 4, want 1..3"},
		{"bitmap", "\x05\x06", "\x0d\x06", "offset 30: experts of a token id: found [0 2 3], want at least 2 experts below 3"},
		{"few", "\x05\x06", "\x04\x06", "experts of a token id: found [2], want at least 2"},
		{"count", "\x05\x06\x02", "\x05\x06\x03", "count: found 3, want 1..2"},
		{"last count", "\x05\x06\x02", "\x05\x06\x01", "last count of a token id: found 3, want 1..2"},
		{"short", "\x07\x05\x01\x01\x01", "\x07\x05\x01\x01", "offset 38: count: found the end of the stream"},
		{"long", "\x07\x05\x01\x01\x01", "\x07\x05\x01\x01\x01\x01", "offset 39: end: found more bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := strings.Replace(tinyPacked, tc.old, tc.new, 1)
			_, err := routing.UnpackTables(bytes.NewReader(pack(t, []byte(raw))))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func FuzzUnpackTables(f *testing.F) {
	f.Add([]byte(tinyPacked))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tb, err := routing.UnpackTables(bytes.NewReader(pack(t, raw)))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := routing.PackTables(&b, tb); err != nil {
			t.Fatal(err)
		}
		if again := must[*routing.Tables](t)(routing.UnpackTables(&b)); !reflect.DeepEqual(tb, again) {
			t.Error("other tables after packing and unpacking")
		}
	})
}

func FuzzParseTables(f *testing.F) {
	f.Add([]byte(tinyCSV))
	f.Fuzz(func(t *testing.T, data []byte) {
		tb, err := routing.ParseTables(bytes.NewReader(data), tinySpec())
		if err != nil {
			return
		}
		total := 0.0
		for _, v := range tb.Shares(tb.Recorded[0]) {
			total += v
		}
		if math.Abs(total-1) > 1e-9 {
			t.Errorf("shares add up to %v", total)
		}
	})
}
