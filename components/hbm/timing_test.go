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

// The rows are those of the simulators whose parameters the presets carry, with as many
// requests outstanding as their queues hold.
func TestMeasuredTablesAreThoseOfTheSimulators(t *testing.T) {
	for _, tc := range []struct {
		preset, row string
		bytes       int64
		want        float64 // GB/s
	}{
		{"hbm2-dramsim3", "rorabgbachco, random, 256 outstanding", 64, 61.584},
		{"hbm2-ramulator2", "RoBaRaCoCh, random, 512 outstanding", 64, 77.084},
		{"hbm2-ramulator2", "RoBaRaCoCh, seq, 512 outstanding", 4 << 20, 211.343},
		{"hbm2", "MOP4CLXOR, random, 512 outstanding", 64, 77.180},
		{"hbm2", "MOP4CLXOR, seq, 512 outstanding", 4 << 20, 236.654},
	} {
		s, ok := hbm.Preset(tc.preset)
		if !ok {
			t.Fatalf("no preset %s", tc.preset)
		}
		gbps := 1e9 * float64(timing(t, s).Rate(tc.bytes, 0)) / (1 << 20) / 8 / 1e9
		if math.Abs(gbps/tc.want-1) > 0.02 {
			t.Errorf("%s, %s: %.3f GB/s, want %.3f within 2%%", tc.preset, tc.row, gbps, tc.want)
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
		if got := tm.Efficiency(bytes, 0); math.Abs(got-want) > 1e-12 {
			t.Errorf("efficiency of %d bytes is %v, want %v", bytes, got, want)
		}
	}
}

func TestEfficiencyIsLinearInTheShareOfWrites(t *testing.T) {
	s := hbm.HBM2()
	s.Efficiency = []hbm.EfficiencyPoint{
		{Bytes: 64, Efficiency: 0.1, WithWrites: []float64{0.2, 0.1, 0.1, 0.5}},
		{Bytes: 256, Efficiency: 0.9, WithWrites: []float64{0.8, 0.7, 0.7, 0.9}},
	}
	tm := timing(t, s)
	for _, tc := range []struct {
		bytes        int64
		writes, want float64
	}{
		{64, 0, 0.1}, {64, 0.125, 0.15}, {64, 0.25, 0.2}, {64, 0.5, 0.1}, {64, 0.875, 0.3}, {64, 1, 0.5},
		{128, 0, 0.5}, {128, 0.25, 0.5}, {128, 1, 0.7}, {1 << 20, 0.375, 0.75}, {64, -1, 0.1}, {64, 2, 0.5},
	} {
		if got := tm.Efficiency(tc.bytes, tc.writes); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("efficiency of %d bytes, %v of them writes, is %v, want %v", tc.bytes, tc.writes, got, tc.want)
		}
	}
	s.Efficiency = []hbm.EfficiencyPoint{{Bytes: 64, Efficiency: 0.1}}
	flat := timing(t, s)
	if !tm.KnowsWrites() || flat.KnowsWrites() || flat.Efficiency(64, 1) != flat.Efficiency(64, 0) {
		t.Error("a table without writes knows them")
	}
}

func TestServiceCycles(t *testing.T) {
	peak := hbm.HBM2()
	peak.Efficiency = []hbm.EfficiencyPoint{{Bytes: 1, Efficiency: 1}}
	half := hbm.HBM2()
	half.Efficiency = []hbm.EfficiencyPoint{{Bytes: 1, Efficiency: 0.5}}
	for _, tc := range []struct {
		name  string
		spec  hbm.Spec
		bytes int64
		want  int64
	}{
		{"64 KiB at 256 B a cycle", peak, 64 << 10, 256},
		{"one byte more", peak, 64<<10 + 1, 257},
		{"64 KiB at 128 B a cycle", half, 64 << 10, 512},
		{"64 KiB at 15.8 B a cycle", hbm.SSD(), 64 << 10, 4148},
		{"a quarter page of an SSD takes a whole page's time", hbm.SSD(), 1024, 260},
		{"2 GiB", peak, math.MaxInt32, 1 << 23},
	} {
		tm := timing(t, tc.spec)
		if got := hbm.ServiceCycles(tc.bytes, tm.Rate(tc.bytes, 0)); got != tc.want {
			t.Errorf("%s: %d cycles, want %d", tc.name, got, tc.want)
		}
	}
}

// Between two points of a table the efficiency is between theirs.
func TestEfficiencyStaysBetweenThePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(hbm.PresetNames()).Draw(t, "preset")
		s, _ := hbm.Preset(name)
		tm, err := hbm.NewTiming(s, 1*units.GHz)
		if err != nil {
			t.Fatal(err)
		}
		writes := rapid.Float64Range(0, 1).Draw(t, "writes")
		i := rapid.IntRange(1, len(s.Efficiency)-1).Draw(t, "point")
		from, to := int64(s.Efficiency[i-1].Bytes), int64(s.Efficiency[i].Bytes)
		got := tm.Efficiency(rapid.Int64Range(from, to).Draw(t, "bytes"), writes)
		a, b := tm.Efficiency(from, writes), tm.Efficiency(to, writes)
		if got < min(a, b)-1e-12 || got > max(a, b)+1e-12 {
			t.Fatalf("%v between points of %v and %v", got, a, b)
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
	s.Efficiency = []hbm.EfficiencyPoint{
		{Bytes: 64, Efficiency: 1, WithWrites: []float64{1, 1, 1}},
		{Bytes: 128, Efficiency: 1, WithWrites: []float64{1, 1, 0, 1}},
		{Bytes: 256, Efficiency: 1},
	}
	for _, text := range []string{
		"efficiency[0].with_writes must have no value or 4", "efficiency[1].with_writes[2] must be", "efficiency[2].with_writes must have values in every point",
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("no error %q in:\n%v", text, err)
		}
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
