package hbm_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/components/hbm"
	"mozart/configs/units"
)

func timing(t *testing.T, s hbm.Spec) *hbm.Timing {
	t.Helper()
	tm, err := hbm.NewTiming(s, 1*units.GHz)
	if err != nil {
		t.Fatal(err)
	}
	return &tm
}

// The rows are those that HBM2 names: DRAMsim3 with rorabacobgch.
func TestHBM2BandwidthIsThatOfDRAMsim3(t *testing.T) {
	tm := timing(t, hbm.HBM2())
	for _, tc := range []struct {
		row   string
		bytes int64
		want  float64 // GB/s
	}{
		{"random, 64 B", 64, 61.468},
		{"seq", 1 << 20, 236.694},
	} {
		gbps := 1e9 * float64(tm.Rate(tc.bytes)) / (1 << 20) / 8 / 1e9
		if math.Abs(gbps/tc.want-1) > 1e-3 {
			t.Errorf("%s: %.3f GB/s, want %.3f", tc.row, gbps, tc.want)
		}
	}
}

func TestEfficiencyIsLinearInTheLogarithm(t *testing.T) {
	s := hbm.HBM2()
	s.Efficiency = []hbm.EfficiencyPoint{{Bytes: 64, Efficiency: 0.2}, {Bytes: 1024, Efficiency: 0.6}, {Bytes: 4096, Efficiency: 1}}
	tm := timing(t, s)
	for bytes, want := range map[int64]float64{
		1: 0.2, 64: 0.2, 128: 0.3, 256: 0.4, 512: 0.5, 1024: 0.6, 2048: 0.8, 4096: 1, 1 << 40: 1,
	} {
		if got := tm.Efficiency(bytes); math.Abs(got-want) > 1e-12 {
			t.Errorf("efficiency of %d bytes is %v, want %v", bytes, got, want)
		}
	}
}

func TestServiceCycles(t *testing.T) {
	peak := hbm.HBM2()
	peak.Efficiency = []hbm.EfficiencyPoint{{Bytes: 1, Efficiency: 1}}
	for _, tc := range []struct {
		name  string
		spec  hbm.Spec
		bytes int64
		want  int64
	}{
		{"64 KiB at 256 B a cycle", peak, 64 << 10, 256},
		{"one byte more", peak, 64<<10 + 1, 257},
		{"64 KiB at 236.7 B a cycle", hbm.HBM2(), 64 << 10, 277},
		{"64 KiB at 15.8 B a cycle", hbm.SSD(), 64 << 10, 4148},
		{"a quarter page of an SSD takes a whole page's time", hbm.SSD(), 1024, 260},
		{"2 GiB", peak, math.MaxInt32, 1 << 23},
	} {
		tm := timing(t, tc.spec)
		if got := hbm.ServiceCycles(tc.bytes, tm.Rate(tc.bytes)); got != tc.want {
			t.Errorf("%s: %d cycles, want %d", tc.name, got, tc.want)
		}
	}
}

func TestLongerAccessesAreNeverSlowerPerByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(hbm.PresetNames()).Draw(t, "preset")
		s, _ := hbm.Preset(name)
		tm, err := hbm.NewTiming(s, 1*units.GHz)
		if err != nil {
			t.Fatal(err)
		}
		a := rapid.Int64Range(1, 1<<20).Draw(t, "a")
		b := rapid.Int64Range(a, 1<<21).Draw(t, "b")
		if tm.Rate(a) > tm.Rate(b) {
			t.Fatalf("%d bytes at rate %d, %d bytes at %d", a, tm.Rate(a), b, tm.Rate(b))
		}
	})
}

func TestPresetsAreValid(t *testing.T) {
	for _, name := range hbm.PresetNames() {
		s, ok := hbm.Preset(name)
		if !ok {
			t.Fatalf("no preset %q", name)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := hbm.Preset("hbm9"); ok {
		t.Error("there is a preset hbm9")
	}
	if got, want := hbm.HBM2().PeakBandwidth().String(), "256 GB/s"; got != want {
		t.Errorf("HBM2 peak is %s, want %s", got, want)
	}
	if got, want := hbm.SSD().PeakBandwidth().String(), "15.8 GB/s"; got != want {
		t.Errorf("SSD peak is %s, want %s", got, want)
	}
}

func TestValidateReportsEveryField(t *testing.T) {
	err := hbm.Spec{
		ReadLatency: -1, Turnaround: -1,
		Efficiency: []hbm.EfficiencyPoint{{Bytes: 64, Efficiency: 1.5}, {Bytes: 64, Efficiency: math.NaN()}},
	}.Validate()
	for _, key := range []string{
		"capacity", "channels", "channel_bandwidth", "read_latency", "turnaround", "queue_depth",
		"write_buffer", "read_buffer", "ack_bytes", "efficiency[0].efficiency", "efficiency[1].bytes", "efficiency[1].efficiency",
	} {
		if err == nil || !strings.Contains(err.Error(), key+" must") {
			t.Errorf("no error about %s in:\n%v", key, err)
		}
	}
	s := hbm.HBM2()
	s.Efficiency = nil
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "efficiency must") {
		t.Errorf("no efficiency: %v", err)
	}
	s = hbm.HBM2()
	s.ChannelBandwidth = math.MaxInt64
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "channel_bandwidth x channels") {
		t.Errorf("too fast: %v", err)
	}
}

func TestTooSlowForTheClock(t *testing.T) {
	s := hbm.HBM2()
	s.Channels, s.ChannelBandwidth = 1, 1000*units.BitPerSecond
	if _, err := hbm.NewTiming(s, 1*units.GHz); err == nil {
		t.Error("a rate of a bit per million cycles is accepted")
	}
}
