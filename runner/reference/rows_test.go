package reference_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mozart/runner/micro"
)

const booksim = "testdata/booksim"

// row is a measurement of BookSim2.
type row struct {
	scenario
	measure string // "latency" or "throughput"
	rate    float64
	// latency is the mean packet latency, minLatency and maxLatency its range, in
	// cycles; zero if not measured.
	latency, minLatency, maxLatency float64
	// accepted is in flits per cycle of the whole network.
	accepted float64
	hops     float64
	stable   bool
	// cycles is how long the run was, up to when the network was empty; 0 if it was
	// given up.
	cycles int64
}

// scenario is all of a measurement but the rate: rows that share it are one curve.
type scenario struct {
	name        string
	packetFlits int
	pipeline    string
	vcs, buffer int
	traffic     string
	injection   string
}

func (s scenario) String() string {
	return fmt.Sprintf("%s %d-flit %s %dx%d", s.name, s.packetFlits, s.pipeline, s.vcs, s.buffer)
}

func (s scenario) mesh() bool { return strings.HasPrefix(s.name, "mesh8x8_") }

// record is a line of a table with the names of its columns.
type record struct {
	t      *testing.T
	file   string
	line   int
	column map[string]int
	fields []string
}

// readTable reads a CSV file whose first line names the columns.
func readTable(t *testing.T, path string) []record {
	t.Helper()
	lines := readCSV(t, path)
	column := map[string]int{}
	for i, name := range lines[0] {
		column[name] = i
	}
	var records []record
	for i, fields := range lines[1:] {
		records = append(records, record{t, filepath.Base(path), i + 2, column, fields})
	}
	if len(records) == 0 {
		t.Fatalf("%s has no rows", path)
	}
	return records
}

func (r record) has(name string) bool {
	_, ok := r.column[name]
	return ok
}

func (r record) text(name string) string {
	r.t.Helper()
	if !r.has(name) {
		r.t.Fatalf("%s has no column %s", r.file, name)
	}
	return r.fields[r.column[name]]
}

// number is 0 where there is none.
func (r record) number(name string) float64 {
	r.t.Helper()
	s := r.text(name)
	if s == "" {
		return 0
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		r.t.Fatalf("%s:%d: %s: %v", r.file, r.line, name, err)
	}
	return x
}

// readRows reads a file of testdata/booksim.
func readRows(t *testing.T, file string) []row {
	t.Helper()
	var rows []row
	for _, r := range readTable(t, filepath.Join(booksim, file)) {
		text, number := r.text, r.number
		rows = append(rows, row{
			scenario: scenario{
				name: text("case"), packetFlits: int(number("packet_size")), pipeline: text("pipeline"),
				vcs: int(number("num_vcs")), buffer: int(number("vc_buf_size")),
				traffic: text("traffic"), injection: text("injection_process"),
			},
			measure: text("measure"), rate: number("inject_rate_flits_per_injecting_node"),
			latency: number("avg_packet_latency"), minLatency: number("min_packet_latency"), maxLatency: number("max_packet_latency"),
			accepted: number("accepted_flits_per_cycle_total"), hops: number("avg_hops"), stable: text("status") == "ok",
			cycles: int64(number("sim_cycles")),
		})
	}
	return rows
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return records
}

// spec sets up the like of a scenario; windows and rate are left to the caller.
func (s scenario) spec(t *testing.T) micro.Spec {
	t.Helper()
	topology := "nop-tree"
	if s.mesh() {
		topology = "mesh:8x8"
	}
	g, err := micro.ParseTopology(topology)
	if err != nil {
		t.Fatal(err)
	}
	spec := micro.DefaultSpec(g)
	spec.Traffic.PacketFlits = s.packetFlits
	spec.Network.VCs, spec.Network.VCBufferFlits = s.vcs, s.buffer
	pipeline, allocator, _ := strings.Cut(s.pipeline, "_")
	switch pipeline {
	case "P4":
	case "P3":
		spec.Network.Delays.RC = 0
	case "P4s2":
		spec.Network.InputSpeedup = 2
	default:
		t.Fatalf("unknown pipeline %q", s.pipeline)
	}
	switch iterations := 0; {
	case allocator == "":
		spec.Network.Allocator = "islip"
	case allocator == "sepif":
		spec.Network.Allocator = "separable-input-first"
	default:
		if _, err := fmt.Sscanf(allocator, "islip(%d)", &iterations); err != nil {
			t.Fatalf("unknown allocator %q", allocator)
		}
		spec.Network.Allocator = fmt.Sprintf("islip:%d", iterations)
	}
	s.aim(t, &spec.Traffic)
	spec.Traffic.Injectors = s.injectors(t)
	return spec
}

// aim translates BookSim2's name of a traffic pattern.
func (s scenario) aim(t *testing.T, traffic *micro.Traffic) {
	t.Helper()
	switch s.traffic {
	case "uniform":
		traffic.Pattern = micro.Uniform
	case "transpose":
		traffic.Pattern = micro.Transpose
	case "hotspot({1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16},{1})":
		// Meant for all leaves, but read as the single node 1: see DEVIATIONS.md.
		traffic.Dest = 1
	default:
		if _, err := fmt.Sscanf(s.traffic, "hotspot({%d})", &traffic.Dest); err != nil {
			t.Fatalf("unknown traffic %q", s.traffic)
		}
	}
}

// injectors lists the nodes that inject.
func (s scenario) injectors(t *testing.T) []int {
	t.Helper()
	first, last := 0, 16
	if s.mesh() {
		last = 63
	}
	if s.injection != "bernoulli" {
		if _, err := fmt.Sscanf(s.injection, "bernoulli_range(%d,%d)", &first, &last); err != nil {
			t.Fatalf("unknown injection process %q", s.injection)
		}
	}
	var list []int
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}
