package record_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/record"
)

func TestWindowsWithoutBytesHaveNoRow(t *testing.T) {
	links := []record.LinkRow{
		{Link: "Link[0]", From: "A", To: "B", Class: "token", VC: 1},
		{Link: "Link[0]", From: "B", To: "A", Class: "token", VC: 1},
		{Link: "Link[1]", From: "A", To: "C", Class: "weight", VC: 2},
	}
	w := record.LinkWindows{Cycles: 64, Bytes: [][]int64{{0, 10, 0, 20}, nil, {5}}}
	row := func(l record.LinkRow, start, bytes int64) record.LinkWindowRow {
		return record.LinkWindowRow{Link: l.Link, From: l.From, To: l.To, Class: l.Class, VC: l.VC, StartCycle: start, Cycles: 64, Bytes: bytes}
	}
	want := []record.LinkWindowRow{row(links[0], 64, 10), row(links[0], 192, 20), row(links[2], 0, 5)}
	if diff := cmp.Diff(want, slices.Collect(w.Rows(links))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for row := range w.Rows(links) {
		if row.StartCycle != 64 {
			t.Errorf("the first row is %+v", row)
		}
		break
	}
}
