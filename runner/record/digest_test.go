package record_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/interconnect/port"
	"mozart/runner/record"
)

func digestOf(add func(d *record.Digest)) string {
	d := record.NewDigest()
	add(d)
	return d.Sum()
}

func TestDigestIsTheHashOfTheCanonicalForm(t *testing.T) {
	// kind, length of the name, name, number of values, values
	form := "i" + "\x00\x00\x00\x00\x00\x00\x00\x02" + "ab" + "\x00\x00\x00\x00\x00\x00\x00\x02" +
		"\x00\x00\x00\x00\x00\x00\x01\x00" + "\xff\xff\xff\xff\xff\xff\xff\xff" +
		"f" + "\x00\x00\x00\x00\x00\x00\x00\x01" + "c" + "\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x3f\xf8\x00\x00\x00\x00\x00\x00"
	want := sha256.Sum256([]byte(form))
	got := digestOf(func(d *record.Digest) {
		d.Add("ab", 256, -1)
		d.AddFloats("c", 1.5)
	})
	if got != hex.EncodeToString(want[:]) {
		t.Errorf("digest %s, want %x", got, want)
	}
}

func TestDifferentRecordsHaveDifferentDigests(t *testing.T) {
	seen := map[string]string{}
	for _, tc := range []struct {
		name string
		add  func(d *record.Digest)
	}{
		{"nothing", func(*record.Digest) {}},
		{"no name, no values", func(d *record.Digest) { d.Add("") }},
		{"a", func(d *record.Digest) { d.Add("a") }},
		{"a 1", func(d *record.Digest) { d.Add("a", 1) }},
		{"a 1 2", func(d *record.Digest) { d.Add("a", 1, 2) }},
		{"a 2 1", func(d *record.Digest) { d.Add("a", 2, 1) }},
		{"a 1, a 2", func(d *record.Digest) { d.Add("a", 1); d.Add("a", 2) }},
		{"a 2, a 1", func(d *record.Digest) { d.Add("a", 2); d.Add("a", 1) }},
		{"b 1", func(d *record.Digest) { d.Add("b", 1) }},
		{"floats a 1", func(d *record.Digest) { d.AddFloats("a", 1) }},
		{"bits of float 1", func(d *record.Digest) { d.Add("a", int64(math.Float64bits(1))) }},
		{"0", func(d *record.Digest) { d.AddFloats("a", 0) }},
		{"-0", func(d *record.Digest) { d.AddFloats("a", math.Copysign(0, -1)) }},
		{"split a|b", func(d *record.Digest) { d.AddResource(record.ResourceRow{Component: "a", Metric: "b"}) }},
		{"split ab|", func(d *record.Digest) { d.AddResource(record.ResourceRow{Component: "ab"}) }},
	} {
		sum := digestOf(tc.add)
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q have the same digest", tc.name, other)
		}
		seen[sum] = tc.name
	}
}

// everyColumnCounts checks that a change of any one field, but for those that do not
// count, changes the digest.
func everyColumnCounts[T any](t *testing.T, add func(d *record.Digest, row T), not ...string) {
	t.Helper()
	seen := map[string]string{digestOf(func(d *record.Digest) { add(d, *new(T)) }): "no change"}
	for f := range reflect.TypeFor[T]().Fields() {
		var row T
		v := reflect.ValueOf(&row).Elem().FieldByIndex(f.Index)
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Int32, reflect.Int64:
			v.SetInt(7)
		case reflect.Float64:
			v.SetFloat(0.5)
		default:
			t.Fatalf("%s: no value for %v", f.Name, v.Kind())
		}
		sum := digestOf(func(d *record.Digest) { add(d, row) })
		if slices.Contains(not, f.Name) {
			if seen[sum] != "no change" {
				t.Errorf("%T: %s counts", row, f.Name)
			}
			continue
		}
		if other, ok := seen[sum]; ok {
			t.Errorf("%T: %s has the digest of %s", row, f.Name, other)
		}
		seen[sum] = f.Name
	}
}

func TestEveryColumnCountsInTheDigest(t *testing.T) {
	everyColumnCounts(t, (*record.Digest).AddLink, // but for what is not always recorded
		"VC", "Flits", "ArbitrationStallCycles", "AllocationStallCycles",
		"QueueMean", "QueueP99", "QueueMax", "QueueWaitMeanCycles", "QueueWaitP99Cycles", "QueueWaitMaxCycles",
		"BufferMeanBytes", "BufferP99Bytes", "BufferMaxBytes", "InputWaitMeanCycles", "InputWaitP99Cycles", "InputWaitMaxCycles",
		"InputFullStallCycles", "InputArbitrationStallCycles")
	everyColumnCounts(t, (*record.Digest).AddResource)
	everyColumnCounts(t, (*record.Digest).AddOp)
}

func TestSumDoesNotEndTheDigest(t *testing.T) {
	want := digestOf(func(d *record.Digest) { d.Add("a", 1); d.Add("b", 2) })
	got := digestOf(func(d *record.Digest) { d.Add("a", 1); d.Sum(); d.Add("b", 2) })
	if got != want {
		t.Error("a Sum in between changed the digest")
	}
}

func TestResourceRowsKeepTheirOrder(t *testing.T) {
	got := record.ResourceRows("HBM[0]", []port.Metric{
		{Name: "bytes_read", Value: 64, Unit: "bytes"},
		{Name: "busy", Value: 2, Unit: "cycles"},
	})
	want := []record.ResourceRow{
		{Component: "HBM[0]", Metric: "bytes_read", Value: 64, Unit: "bytes"},
		{Component: "HBM[0]", Metric: "busy", Value: 2, Unit: "cycles"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
