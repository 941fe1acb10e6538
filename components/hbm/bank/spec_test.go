package bank_test

import (
	"math"
	"strings"
	"testing"

	"mozart/components/hbm/bank"
)

func TestPresets(t *testing.T) {
	want := map[string]struct {
		gbps float64
		gib  int64
	}{"hbm2": {256, 8}, "hbm2e": {409.6, 16}, "hbm3": {819.2, 16}, "hbm2-dramsim3": {256, 8}, "hbm2-ramulator2": {256, 8}}
	for _, name := range bank.Presets() {
		s := preset(t, name)
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if w := want[name]; s.Name != name || math.Abs(s.PeakGBPerS()-w.gbps) > 1e-9 || s.CapacityBytes() != w.gib<<30 {
			t.Errorf("%s: %s with %v GB/s and %d bytes, want %+v", name, s.Name, s.PeakGBPerS(), s.CapacityBytes(), w)
		}
		if tm := s.Timing; tm.RC < tm.RAS+tm.RP-1 || tm.RAS < tm.RCDRD+tm.RTP || tm.FAW < tm.RRDS || tm.CCDL < tm.CCDS || tm.WTRL < tm.WTRS {
			t.Errorf("%s: times that contradict each other: %+v", name, tm)
		}
	}
	if _, err := bank.Preset("hbm9"); err == nil || !strings.Contains(err.Error(), "hbm2-ramulator2") {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*bank.Spec){
		"channels must be a power of two":                                    func(s *bank.Spec) { s.Channels = 6 },
		"rows must be a power of two":                                        func(s *bank.Spec) { s.Rows = 0 },
		"banks of a channel must be at most 64, got 128":                     func(s *bank.Spec) { s.Banks = 16 },
		"tck_ps must be 1 to 1000000, got 0":                                 func(s *bank.Spec) { s.TCKPs = 0 },
		"timing.bl must be 1 to":                                             func(s *bank.Spec) { s.Timing.BL = 0 },
		"timing.faw must be 0 to":                                            func(s *bank.Spec) { s.Timing.FAW = -1 },
		"timing.refi must leave time for accesses beside rfc":                func(s *bank.Spec) { s.Timing.REFI = s.Timing.RFC },
		"timing.refi_b must leave time":                                      func(s *bank.Spec) { s.Timing.REFIB = 5 },
		"timing.cwl must be at most cl + bl + rtw":                           func(s *bank.Spec) { s.Timing.CWL = 99 },
		`scheduler must be one of [fr-fcfs fcfs fr-fcfs-banked], got "lifo"`: func(s *bank.Spec) { s.Scheduler = "lifo" },
		`page must be one of [open closed], got ""`:                          func(s *bank.Spec) { s.Page = "" },
		`drain must be one of [watermark batch], got "x"`:                    func(s *bank.Spec) { s.Drain = "x" },
		"read_queue must be 1 to":                                            func(s *bank.Spec) { s.ReadQueue = 0 },
		"drain_high must be below write_queue 64, got 64":                    func(s *bank.Spec) { s.DrainHigh = 64 },
		"drain_low must be below write_queue 64, got 70":                     func(s *bank.Spec) { s.DrainLow = 70 },
		"drain_low must be at most drain_high 51 + 1, got 60":                func(s *bank.Spec) { s.DrainLow = 60 },
		`mapping: "roco" leaves 2 bits of bank (ba) without a`:               func(s *bank.Spec) { s.Mapping = "roco" },
	} {
		s := preset(t, "hbm2")
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := bank.New(s); err == nil {
			t.Errorf("New takes what Validate refuses: %q", want)
		}
	}
}
