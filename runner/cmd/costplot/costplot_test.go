package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mozart/runner/config"
)

// small is a sweep that takes milliseconds.
func small() []sweep {
	return []sweep{
		{"layers, tiny", "layers", []point{
			{2, "tiny", []string{"model.layers=2"}}, {4, "tiny", []string{"model.layers=4"}},
		}},
		{"sequences, tiny", "sequences", []point{{8, "tiny", nil}}},
	}
}

func TestMeasuresAndDraws(t *testing.T) {
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if err := execute([]string{"-out", dir, "-rounds", "1", "-for", "0"}, &stdout, &stderr, small()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "cost.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 4 {
		t.Fatalf("%d lines in cost.csv, want a header and 3:\n%s", len(lines), text)
	}
	number := func(line int, column string) float64 {
		for i, name := range lines[0] {
			if name == column {
				v, err := strconv.ParseFloat(lines[line][i], 64)
				if err != nil {
					t.Error(err)
				}
				return v
			}
		}
		t.Fatalf("no column %s in %v", column, lines[0])
		return 0
	}
	for i := 1; i < len(lines); i++ {
		if number(i, "packet_hops") < 100 || number(i, "events") < number(i, "packet_hops") || number(i, "wall_s") <= 0 || number(i, "cpu_s") <= 0 {
			t.Errorf("line %d of cost.csv: %v", i, lines[i])
		}
	}
	if ratio := number(2, "packet_hops") / number(1, "packet_hops"); ratio < 1.5 || ratio > 2 {
		t.Errorf("twice the layers are %.2f times the packet-hops, want nearly twice", ratio)
	}
	if !strings.Contains(stdout.String(), "layers, tiny") {
		t.Errorf("the table lacks a sweep:\n%s", stdout.String())
	}
	svg, err := os.ReadFile(filepath.Join(dir, "cost.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "layers, tiny", "sequences, tiny", "</svg>"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("cost.svg has no %q", want)
		}
	}
}

// Every point of the real sweeps is an experiment that config accepts and twice as
// large as the one before.
func TestSweepsAreExperimentsThatDouble(t *testing.T) {
	for _, s := range sweeps() {
		if len(s.points) < 4 {
			t.Errorf("%s has %d points, want more", s.name, len(s.points))
		}
		for i, p := range s.points {
			if i > 0 && p.size != 2*s.points[i-1].size {
				t.Errorf("%s: %d after %d", s.name, p.size, s.points[i-1].size)
			}
			x, err := config.Load(p.experiment, p.assignments)
			if err != nil {
				t.Errorf("%s %d: %v", s.unit, p.size, err)
				continue
			}
			got := map[string]int{"sequences": x.Workload.Sequences, "layers": x.Model.Layers, "chiplets": x.Hardware.Topology.Chiplets()}[s.unit]
			if got != p.size {
				t.Errorf("%s: the experiment has %d %s, want %d", s.name, got, s.unit, p.size)
			}
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"-rounds", "0"}, "at least 1 round"},
		{[]string{"surplus"}, "no arguments"},
		{[]string{"-rounds", "1", "-for", "0", "-out", filepath.Join(t.TempDir(), "missing")}, "no such file"},
	} {
		var stdout, stderr bytes.Buffer
		list := small()[1:]
		if err := execute(tc.args, &stdout, &stderr, list); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: error %v, want one with %q", tc.args, err, tc.want)
		}
	}
	bad := []sweep{{"none", "layers", []point{{1, "tiny", []string{"model.layers=0"}}}}}
	var stdout, stderr bytes.Buffer
	if err := execute(nil, &stdout, &stderr, bad); err == nil || !strings.Contains(err.Error(), "layers 1: ") {
		t.Errorf("an experiment that is wrong: error %v, want its size", err)
	}
}
