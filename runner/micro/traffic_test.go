package micro

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustTopology(tb testing.TB, name string) Spec {
	tb.Helper()
	g, err := ParseTopology(name)
	if err != nil {
		tb.Fatal(err)
	}
	return DefaultSpec(g)
}

func TestInjectors(t *testing.T) {
	for _, tc := range []struct {
		traffic Traffic
		want    []int
	}{
		{Traffic{Pattern: Uniform}, []int{0, 1, 2, 3}},
		{Traffic{Pattern: Transpose}, []int{0, 1, 2, 3}},
		{Traffic{Pattern: RootHotspot}, []int{1, 2, 3}},
		{Traffic{Pattern: RootScatter}, []int{0}},
		{Traffic{Pattern: RootScatter, Injectors: []int{3, 1}}, []int{1, 3}},
	} {
		if diff := cmp.Diff(tc.want, tc.traffic.injectors(4)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.traffic, diff)
		}
	}
}

// Every destination that a pattern has is drawn, and no other.
func TestDestinations(t *testing.T) {
	const endpoints = 9
	for _, tc := range []struct {
		name    string
		traffic Traffic
		from    int
		want    []int
	}{
		{"uniform includes the source", Traffic{Pattern: Uniform, Dest: AnyDest}, 4, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"transpose of (2, 1)", Traffic{Pattern: Transpose, Dest: AnyDest}, 5, []int{7}},
		{"transpose of the diagonal", Traffic{Pattern: Transpose, Dest: AnyDest}, 4, []int{4}},
		{"hotspot", Traffic{Pattern: RootHotspot, Dest: AnyDest}, 5, []int{0}},
		{"scatter", Traffic{Pattern: RootScatter, Dest: AnyDest}, 0, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{"one destination", Traffic{Pattern: RootScatter, Dest: 6}, 2, []int{6}},
	} {
		a, s := tc.traffic.aim(endpoints), source{}
		s.start(1, tc.from, 0.5, 1)
		seen := make([]bool, endpoints)
		for range 1000 {
			seen[a.destination(&s, tc.from)] = true
		}
		var got []int
		for n, hit := range seen {
			if hit {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// Every wrong field is reported, by the name of its flag, with what was found.
func TestValidate(t *testing.T) {
	if err := mustTopology(t, "nop-tree").Validate(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"no topology": {func(s *Spec) { s.Topology = nil }, "topology: none is given"},
		"fidelity":    {func(s *Spec) { s.Fidelity = "bit" }, `fidelity: found "bit", want one of [flit packet]`},
		"vcs":         {func(s *Spec) { s.Network.VCs = 0 }, "vcs: found 0, want 1 to 64"},
		"buffer":      {func(s *Spec) { s.Network.VCBufferFlits = -1 }, "vc-buffer: found -1, want 1 to 65536"},
		"allocator":   {func(s *Spec) { s.Network.Allocator = "wavefront" }, "allocator: "},
		"speed-up":    {func(s *Spec) { s.Network.InputSpeedup = 0 }, "input-speedup: found 0, want 1 to 64"},
		"delays":      {func(s *Spec) { s.Network.Delays.VA = 0 }, "router-delays: va: found 0, want 1 to 1048576"},
		"link":        {func(s *Spec) { s.Network.LinkDelay = -1 }, "link-delay: found -1"},
		"credit":      {func(s *Spec) { s.Network.CreditDelay = -1 }, "credit-delay: found -1"},
		"flit":        {func(s *Spec) { s.Network.FlitBytes = 0 }, "flit-bytes: found 0, want 1 to 4096"},
		"pattern":     {func(s *Spec) { s.Traffic.Pattern = "tornado" }, `pattern: found "tornado", want one of [uniform transpose root-hotspot root-scatter]`},
		"square":      {func(s *Spec) { s.Traffic.Pattern = Transpose }, "pattern: transpose wants a square number of endpoints, found 17"},
		"destination": {func(s *Spec) { s.Traffic.Dest = 17 }, "dest: found 17, want an endpoint from 0 to 16"},
		"no injector": {func(s *Spec) { s.Traffic.Injectors = []int{} }, "injectors: found none"},
		"injector":    {func(s *Spec) { s.Traffic.Injectors = []int{17} }, "injectors: found 17, want endpoints from 0 to 16"},
		"twice":       {func(s *Spec) { s.Traffic.Injectors = []int{2, 2} }, "injectors: found 2 twice"},
		"length":      {func(s *Spec) { s.Traffic.PacketFlits = 0 }, "packet-flits: found 0, want 1 to 1048576"},
		"rate 0":      {func(s *Spec) { s.Traffic.Rate = 0 }, "rate: found 0 flits per cycle"},
		"rate":        {func(s *Spec) { s.Traffic.Rate = 1.5 }, "rate: found 1.5 flits per cycle, want more than 0 and at most 1"},
		"warm-up":     {func(s *Spec) { s.WarmupCycles = -2 }, "warmup: found -2"},
		"window":      {func(s *Spec) { s.MeasureCycles = 0 }, "cycles: found 0, want 1 to"},
		"pipeline": {func(s *Spec) {
			s.Fidelity, s.Network.Delays.RC, s.Network.Delays.ST = Packet, 0, 0
		}, "router-delays: found a sum of 2 cycles, want more than 2 at packet fidelity"},
		"no flight":   {func(s *Spec) { s.Fidelity, s.Network.LinkDelay = Packet, 0 }, "link-delay: found 0, want at least 1 at packet fidelity"},
		"two at once": {func(s *Spec) { s.Network.VCs, s.Traffic.Dest = 65, -2 }, "\ndest: found -2"},
	} {
		s := mustTopology(t, "nop-tree")
		tc.change(&s)
		err := s.Validate()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %q, want %q in it", name, err, tc.want)
		}
		if _, err := Run(t.Context(), s); err == nil {
			t.Errorf("%s: ran", name)
		}
	}
}

// Flit routers may have more ports than packet routers.
func TestPorts(t *testing.T) {
	s := mustTopology(t, "crossbar:64")
	if err := s.Validate(); err != nil {
		t.Errorf("flit: %v", err)
	}
	s.Fidelity = Packet
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "topology: Switch[0] has 64 ports, want at most 63 at packet fidelity") {
		t.Errorf("packet: error %v", err)
	}
}

// A torus needs a virtual channel for each of its two lanes.
func TestLanesDivideVirtualChannels(t *testing.T) {
	s := mustTopology(t, "torus:4x4")
	s.Network.VCs = 3
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "vcs: found 3, want a multiple of the 2 lanes") {
		t.Errorf("error %v", err)
	}
}

func TestParseTopology(t *testing.T) {
	for name, endpoints := range map[string]int{
		"nop-tree": 17, "nop-tree:2x3": 7, "nop-tree:4x4x4": 65, "mesh:3x2": 6, "torus:4x4": 16, "ring:5": 5, "crossbar:7": 7,
	} {
		s := mustTopology(t, name)
		if n := len(s.Topology.Endpoints()); n != endpoints {
			t.Errorf("%s has %d endpoints, want %d", name, n, endpoints)
		}
	}
	for name, want := range map[string]string{
		"fat-tree": "want one of nop-tree,", "nop-tree:4": "want nop-tree or nop-tree:AxB", "nop-tree:4x": "want nop-tree or",
		"mesh": "want mesh:WxH", "mesh:8": "want mesh:WxH", "torus:0x4": "want torus:WxH", "ring:x": "want ring:N", "crossbar:4x4": "want crossbar:N",
		"mesh:4096x2": "more than 4096 endpoints", "nop-tree:64x64x64x64": "more than 4096 endpoints",
	} {
		if _, err := ParseTopology(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", name, err, want)
		}
	}
}
