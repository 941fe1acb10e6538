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

// readRows reads a file of testdata/booksim.
func readRows(t *testing.T, file string) []row {
	t.Helper()
	records := readCSV(t, filepath.Join(booksim, file))
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	var rows []row
	for line, record := range records[1:] {
		text := func(name string) string {
			i, ok := column[name]
			if !ok {
				t.Fatalf("%s has no column %s", file, name)
			}
			return record[i]
		}
		number := func(name string) float64 {
			s := text(name)
			if s == "" {
				return 0
			}
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatalf("%s:%d: %s: %v", file, line+2, name, err)
			}
			return x
		}
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
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", file)
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
