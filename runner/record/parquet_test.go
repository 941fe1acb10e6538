package record_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"mozart/runner/record"
)

func write[T any](t testing.TB, rows []T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := record.WriteParquet(path, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	return path
}

// randomRows fills every field at random, extremes included.
func randomRows[T any](seed uint64, n int) []T {
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := []string{"", "a", "Chiplet[3].NoP", "\x00", "\xff\xfe", "später", strings.Repeat("long", 1000)}
	ints := []int64{0, 1, -1, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64}
	floats := []float64{0, math.Copysign(0, -1), 1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1)}
	rows := make([]T, n)
	for i := range rows {
		for _, v := range reflect.ValueOf(&rows[i]).Elem().Fields() {
			extreme := rng.IntN(8) // the last one is ordinary
			switch v.Kind() {
			case reflect.String:
				v.SetString(append(texts, fmt.Sprint(rng.Int32()))[extreme])
			case reflect.Int32:
				v.SetInt(int64(int32(append(ints, rng.Int64())[extreme])))
			case reflect.Int64:
				v.SetInt(append(ints, rng.Int64())[extreme])
			case reflect.Float64:
				v.SetFloat(append(floats, rng.Float64())[extreme])
			}
		}
	}
	return rows
}

func roundTrip[T comparable](t *testing.T) {
	for i, n := range []int{0, 1, 2, 1023, 1024, 1025, 5000} {
		want := randomRows[T](uint64(i), n)
		got, err := record.ReadParquet[T](write(t, want))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n {
			t.Fatalf("%d rows read, %d written", len(got), n)
		}
		for j := range want {
			if got[j] != want[j] {
				t.Fatalf("row %d of %d, -written +read:\n%s", j, n, cmp.Diff(want[j], got[j]))
			}
		}
	}
}

func TestRowsAreReadBackEqual(t *testing.T) {
	t.Run("links", roundTrip[record.LinkRow])
	t.Run("windows", roundTrip[record.LinkWindowRow])
	t.Run("resources", roundTrip[record.ResourceRow])
	t.Run("ops", roundTrip[record.OpRow])
}

func TestManyRowsAreCutIntoBoundedRowGroups(t *testing.T) {
	want := resourceRows(70_000)
	path := write(t, want)
	got, err := record.ReadParquet[record.ResourceRow](path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want, got) {
		t.Error("rows differ")
	}
	f := openParquet(t, path)
	if n := len(f.RowGroups()); n != 2 {
		t.Errorf("%d row groups, want 2", n)
	}
	for i, g := range f.Metadata().RowGroups {
		if g.NumRows > 65_536 {
			t.Errorf("row group %d has %d rows", i, g.NumRows)
		}
		for _, c := range g.Columns {
			if c.MetaData.Codec.String() != "ZSTD" {
				t.Errorf("column %v is compressed with %v", c.MetaData.PathInSchema, c.MetaData.Codec)
			}
		}
	}
	if by := f.Metadata().CreatedBy; !strings.HasPrefix(by, "mozart ") {
		t.Errorf("created by %q", by)
	}
}

func openParquet(t *testing.T, path string) *parquet.File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheSameRowsMakeTheSameBytes(t *testing.T) {
	rows := resourceRows(70_000)
	first, err := os.ReadFile(write(t, rows))
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{1, 1000, 1024, 33_333, len(rows)} {
		path := filepath.Join(t.TempDir(), "rows.parquet")
		w, err := record.NewParquetWriter[record.ResourceRow](path)
		if err != nil {
			t.Fatal(err)
		}
		for part := range slices.Chunk(rows, cut) {
			if err := w.Write(part...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("other bytes when %d rows are written at a time", cut)
		}
	}
}

func TestAnUnfinishedFileIsNotThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.parquet")
	expect := func(when string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, names(t, dir)); d != "" {
			t.Errorf("%s, -want +got:\n%s", when, d)
		}
	}

	w, err := record.NewParquetWriter[record.ResourceRow](path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(resourceRows(70_000)...); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("visible before Commit: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	expect("after Abort")

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = record.WriteParquet(path, func(yield func(record.ResourceRow) bool) {
			yield(record.ResourceRow{})
			panic("broken producer")
		})
	}()
	expect("after a panic of the producer")

	old := resourceRows(3)
	if err := record.WriteParquet(path, slices.Values(old)); err != nil {
		t.Fatal(err)
	}
	if w, err = record.NewParquetWriter[record.ResourceRow](path); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(resourceRows(5)...); err != nil {
		t.Fatal(err)
	}
	if got, err := record.ReadParquet[record.ResourceRow](path); err != nil || !slices.Equal(got, old) {
		t.Errorf("old file while the new one is written: %d rows, %v", len(got), err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if got, err := record.ReadParquet[record.ResourceRow](path); err != nil || len(got) != 5 {
		t.Errorf("new file: %d rows, %v", len(got), err)
	}
	expect("after Commit", "rows.parquet")
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	for _, text := range []string{"first: longer\n", "second\n", ""} {
		if err := record.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("read %q, %v; want %q", got, err, text)
		}
	}
	if d := cmp.Diff([]string{"config.yaml"}, names(t, dir)); d != "" {
		t.Error(d)
	}
	if err := record.WriteFile(filepath.Join(dir, "nowhere", "x"), nil); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
	// A folder in the way makes the rename fail; nothing is left behind.
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteFile(filepath.Join(dir, "taken"), nil); err == nil {
		t.Error("replaced a folder with a file")
	}
	if d := cmp.Diff([]string{"config.yaml", "taken"}, names(t, dir)); d != "" {
		t.Error(d)
	}
}

func TestReadParquetRefusesOtherColumnsAndDamage(t *testing.T) {
	path := write(t, opRows(100))
	if _, err := record.ReadParquet[record.LinkRow](path); err == nil || !strings.Contains(err.Error(), "columns differ") {
		t.Errorf("ops read as links: %v", err)
	}
	if _, err := record.ReadParquet[record.OpRow](filepath.Join(t.TempDir(), "none")); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("missing file: %v", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		if n > 64 && n%97 != 0 {
			continue
		}
		if err := os.WriteFile(path, data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := record.ReadParquet[record.OpRow](path); err == nil {
			t.Fatalf("accepted the first %d of %d bytes", n, len(data))
		}
	}
}

// FuzzReadParquet holds ReadParquet to rows or an error, whatever a file says.
func FuzzReadParquet(f *testing.F) {
	data, err := os.ReadFile(write(f, opRows(3)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("PAR1PAR1"))
	path := filepath.Join(f.TempDir(), "rows.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if rows, err := record.ReadParquet[record.OpRow](path); err != nil && rows != nil {
			t.Errorf("%d rows beside the error %v", len(rows), err)
		}
	})
}

// unwrapAll returns the innermost error.
func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

// names lists a folder, hidden files included.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
