package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"mozart/runner/record"
	"mozart/runner/report"
)

// header names the columns of cost.csv.
var header = []string{"sweep", "unit", "size", "packet_hops", "events", "plan_s", "wall_s", "cpu_s", "wall_ns_per_hop", "cpu_ns_per_hop"}

// writeCSV writes the measurements.
func writeCSV(path string, rows []row) error {
	lines := [][]string{header}
	for _, r := range rows {
		lines = append(lines, []string{
			r.Sweep, r.Unit, strconv.Itoa(r.Size), strconv.FormatInt(r.Hops, 10), strconv.FormatInt(r.Events, 10),
			decimal(r.PlanSeconds, 3), decimal(r.WallSeconds, 3), decimal(r.CPUSeconds, 3), decimal(r.wallPerHop(), 1), decimal(r.cpuPerHop(), 1),
		})
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(lines); err != nil {
		return err
	}
	return record.WriteFile(path, text.Bytes())
}

// table shows by how much work and time grow when the size doubles. The excess is how
// much more the time grows than the packet-hops.
func table(rows []row) report.Table {
	t := report.Table{
		Title:  "Cost of an emulation",
		Header: []string{"sweep", "size", "packet-hops", "events", "plan s", "wall s", "CPU s", "wall ns/hop", "CPU ns/hop", "hops x", "wall x", "CPU x", "excess wall", "excess CPU"},
		Align:  "lrrrrrrrrrrrrr",
	}
	for i, r := range rows {
		line := []string{
			r.Sweep, strconv.Itoa(r.Size), strconv.FormatInt(r.Hops, 10), strconv.FormatInt(r.Events, 10),
			decimal(r.PlanSeconds, 2), decimal(r.WallSeconds, 3), decimal(r.CPUSeconds, 3), decimal(r.wallPerHop(), 0), decimal(r.cpuPerHop(), 0),
		}
		if i > 0 && rows[i-1].Sweep == r.Sweep {
			line = append(line, growth(rows[i-1], r)...)
		} else {
			line = append(line, "", "", "", "", "")
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// growth is the last five columns of the table.
func growth(from, to row) []string {
	work := float64(to.Hops) / float64(from.Hops)
	wall, cpu := to.WallSeconds/from.WallSeconds, to.CPUSeconds/from.CPUSeconds
	return []string{decimal(work, 2), decimal(wall, 2), decimal(cpu, 2), fmt.Sprintf("%+.0f%%", 100*(wall/work-1)), fmt.Sprintf("%+.0f%%", 100*(cpu/work-1))}
}

func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
