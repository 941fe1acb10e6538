package flit_test

import (
	"strings"
	"testing"

	"mozart/interconnect/flit"
	"mozart/interconnect/port"
	"mozart/interconnect/topology"
	"mozart/runner/engine"
)

func TestWrongSpecsAreReported(t *testing.T) {
	for want, tune := range map[string]func(*flit.NetworkSpec){
		"1 to 16 Classes":          func(s *flit.NetworkSpec) { s.Router.Classes = nil },
		"Classes[0].VCsPerLane":    func(s *flit.NetworkSpec) { s.Router.Classes[0].VCsPerLane = 0 },
		"Classes[0].Weight":        func(s *flit.NetworkSpec) { s.Router.Classes[0].Weight = 0 },
		"has 80 virtual channels":  func(s *flit.NetworkSpec) { s.Router.Classes[0].VCsPerLane = 40 },
		"VCBufferFlits":            func(s *flit.NetworkSpec) { s.Router.VCBufferFlits = 0 },
		"Delays.RC":                func(s *flit.NetworkSpec) { s.Router.Delays.RC = -1 },
		"Delays.VA":                func(s *flit.NetworkSpec) { s.Router.Delays.VA = 0 },
		"Delays.SA":                func(s *flit.NetworkSpec) { s.Router.Delays.SA = 0 },
		"Delays.ST":                func(s *flit.NetworkSpec) { s.Router.Delays.ST = -1 },
		"CreditCycles":             func(s *flit.NetworkSpec) { s.Router.CreditCycles = -1 },
		"InputSpeedup must be":     func(s *flit.NetworkSpec) { s.Router.InputSpeedup = 0 },
		"InputSpeedup must divide": func(s *flit.NetworkSpec) { s.Router.InputSpeedup = 3 },
		"VCAllocator: unknown":     func(s *flit.NetworkSpec) { s.Router.VCAllocator = "best" },
		"SwitchAllocator: no":      func(s *flit.NetworkSpec) { s.Router.SwitchAllocator = "" },
		"FlitBits":                 func(s *flit.NetworkSpec) { s.FlitBits = 0 },
		"Link: BitsPerCycle":       func(s *flit.NetworkSpec) { s.Link.BitsPerCycle = -1 },
		"LocalLink: LatencyCycles": func(s *flit.NetworkSpec) { s.LocalLink.LatencyCycles = -1 },
		"1 Links for 144":          func(s *flit.NetworkSpec) { s.Links = make([]flit.LinkSpec, 1) },
		"Links[7]: LatencyCycles": func(s *flit.NetworkSpec) {
			s.Links = make([]flit.LinkSpec, 144)
			s.Links[7].LatencyCycles = -1
		},
	} {
		e, err := engine.NewSerial(hz)
		if err != nil {
			t.Fatal(err)
		}
		spec := flit.DefaultNetworkSpec()
		tune(&spec)
		_, err = flit.NewNetwork(port.NewClock(e, hz), must(topology.Torus(6, 8)), spec)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("got %v, want one error with %q", err, want)
		}
	}
}
