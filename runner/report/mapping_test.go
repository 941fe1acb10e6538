package report_test

import (
	"bytes"
	"strings"
	"testing"

	"mozart/runner/report"
)

// The table of a run names the mappings of matrix products, in the order of the names.
func TestRunTableNamesMappings(t *testing.T) {
	s := example()
	s.Arithmetic = []report.Arithmetic{{Chiplets: "expert", Count: 1, Mappings: map[string]int64{"split-k": 3, "mn": 12}}}
	var b bytes.Buffer
	if err := report.WriteRun(&b, s, exampleLinks(), report.Style{}); err != nil {
		t.Fatal(err)
	}
	if want := "matrix products by mapping: mn 12, split-k 3\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in:\n%s", want, b.String())
	}
}
