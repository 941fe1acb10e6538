package units_test

import (
	"encoding"
	"math"
	"regexp"
	"strconv"
	"testing"

	"mozart/configs/units"

	"pgregory.net/rapid"
)

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	for _, tc := range []struct {
		text  string
		parse func(string) (int64, error)
		want  int64
		print string
	}{
		{"8 GiB", parseBytes, 8 << 30, "8 GiB"},
		{"8192 MB", parseBytes, 8_192_000_000, "8.192 GB"},
		{"2.265 MB", parseBytes, 2_265_000, "2.265 MB"},
		{"64KiB", parseBytes, 65_536, "64 KiB"},
		{"64 kB", parseBytes, 64_000, "64 KB"},
		{"4096", parseBytes, 4096, "4 KiB"},
		{"1e6", parseBytes, 1_000_000, "1 MB"},
		{"1023", parseBytes, 1023, "1023 B"},
		{"0", parseBytes, 0, "0 B"},
		{"9223372036854775807 B", parseBytes, math.MaxInt64, "9223.372036854775807 PB"},
		{"256 GB/s", parseBandwidth, 2_048_000_000_000, "256 GB/s"},
		{"15.8 GB/s", parseBandwidth, 126_400_000_000, "15.8 GB/s"},
		{"1 Gb/s", parseBandwidth, 1_000_000_000, "125 MB/s"},
		{"1 b/s", parseBandwidth, 1, "1 b/s"},
		{"1.5 Kb/s", parseBandwidth, 1500, "1.5 Kb/s"},
		{"1 GiB/s", parseBandwidth, 8 << 30, "1 GiB/s"},
		{"125 GB/s", parseBandwidth, 1_000_000_000_000, "125 GB/s"},
		{"1 GHz", parseFrequency, 1_000_000_000, "1 GHz"},
		{"1000 MHz", parseFrequency, 1_000_000_000, "1 GHz"},
		{"1.25 GHz", parseFrequency, 1_250_000_000, "1.25 GHz"},
		{"50 um", parseLength, 50_000, "50 um"},
		{"50 \u00b5m", parseLength, 50_000, "50 um"},
		{"50 \u03bcm", parseLength, 50_000, "50 um"},
		{"22 mm", parseLength, 22_000_000, "22 mm"},
		{"2.2 cm", parseLength, 22_000_000, "22 mm"},
		{"100 ns", parseDuration, 100_000, "100 ns"},
		{"10 us", parseDuration, 10_000_000, "10 us"},
		{"1.5 ms", parseDuration, 1_500_000_000, "1.5 ms"},
		{"2.5e-1 ns", parseDuration, 250, "250 ps"},
		{"-0 ns", parseDuration, 0, "0 ps"},
		{"1.2444 pJ", parseEnergy, 1_244_400, "1.2444 pJ"},
		{"909 pJ", parseEnergy, 909_000_000, "909 pJ"},
		{"2 \u00b5J", parseEnergy, 2_000_000_000_000, "2 uJ"},
		{"0.85 pJ/bit", parseEnergyPerBit, 850_000, "850 fJ/bit"},
		{"8 pJ/B", parseEnergyPerBit, 1_000_000, "1 pJ/bit"},
		{"0.65 W", parsePower, 650_000_000, "650 mW"},
		{"3.34 kW", parsePower, 3_340_000_000_000, "3.34 kW"},
		{"85 mW/mm2", parsePowerDensity, 85_000_000, "85 mW/mm2"},
		{"0.5 W/mm\u00b2", parsePowerDensity, 500_000_000, "500 mW/mm2"},
		{"0.127 um2", parseArea, 127_000, "0.127 um2"},
		{"92 mm\u00b2", parseArea, 92_000_000_000_000, "92 mm2"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			got, err := tc.parse(tc.text)
			if err != nil || got != tc.want {
				t.Fatalf("got %d, %v; want %d", got, err, tc.want)
			}
			if print := printers[kindOf(tc.print)](got); print != tc.print {
				t.Errorf("prints %q, want %q", print, tc.print)
			}
		})
	}
}

// printers shows a count of base units in the type that the unit of a text names.
var printers = map[string]func(int64) string{
	"bytes":     func(v int64) string { return units.Bytes(v).String() },
	"bandwidth": func(v int64) string { return units.Bandwidth(v).String() },
	"frequency": func(v int64) string { return units.Frequency(v).String() },
	"length":    func(v int64) string { return units.Length(v).String() },
	"duration":  func(v int64) string { return units.Duration(v).String() },
	"energy":    func(v int64) string { return units.Energy(v).String() },
	"per bit":   func(v int64) string { return units.EnergyPerBit(v).String() },
	"power":     func(v int64) string { return units.Power(v).String() },
	"density":   func(v int64) string { return units.PowerDensity(v).String() },
	"area":      func(v int64) string { return units.Area(v).String() },
}

func kindOf(text string) string {
	for _, k := range []struct{ kind, suffix string }{
		{"energy", `J$`}, {"per bit", `J/bit$`}, {"power", `W$`}, {"density", `W/mm2$`}, {"area", `m2$`},
		{"bandwidth", `/s$`}, {"frequency", `Hz$`}, {"length", `m$`}, {"duration", `s$`},
	} {
		if regexp.MustCompile(k.suffix).MatchString(text) {
			return k.kind
		}
	}
	return "bytes"
}

func parseBytes(s string) (int64, error)     { v, err := units.ParseBytes(s); return int64(v), err }
func parseBandwidth(s string) (int64, error) { v, err := units.ParseBandwidth(s); return int64(v), err }
func parseFrequency(s string) (int64, error) { v, err := units.ParseFrequency(s); return int64(v), err }
func parseLength(s string) (int64, error)    { v, err := units.ParseLength(s); return int64(v), err }
func parseDuration(s string) (int64, error)  { v, err := units.ParseDuration(s); return int64(v), err }
func parseEnergy(s string) (int64, error)    { v, err := units.ParseEnergy(s); return int64(v), err }
func parsePower(s string) (int64, error)     { v, err := units.ParsePower(s); return int64(v), err }
func parseArea(s string) (int64, error)      { v, err := units.ParseArea(s); return int64(v), err }
func parseEnergyPerBit(s string) (int64, error) {
	v, err := units.ParseEnergyPerBit(s)
	return int64(v), err
}
func parsePowerDensity(s string) (int64, error) {
	v, err := units.ParsePowerDensity(s)
	return int64(v), err
}

func TestErrorsSayWhatWasFoundAndWhatIsAllowed(t *testing.T) {
	const (
		bandwidth = `want a bandwidth such as "256 GB/s" (B/s, KB/s, MB/s, GB/s, TB/s, PB/s, ` +
			`KiB/s, MiB/s, GiB/s, TiB/s, PiB/s, b/s, Kb/s, Mb/s, Gb/s, Tb/s, Pb/s), found `
		size      = `want a size such as "8 GiB" (B, KB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB), found `
		frequency = `want a frequency such as "1 GHz" (Hz, kHz, MHz, GHz, THz), found `
		length    = `want a length such as "50 um" (nm, um, mm, m), found `
		duration  = `want a time such as "100 ns" (ps, ns, us, ms, s), found `
		energy    = `want an energy such as "1.24 pJ" (aJ, fJ, pJ, nJ, uJ, mJ, J), found `
		perBit    = `want an energy per bit such as "0.85 pJ/bit" (aJ/bit, fJ/bit, pJ/bit, nJ/bit, uJ/bit), found `
		power     = `want a power such as "0.65 W" (nW, uW, mW, W, kW, MW), found `
		density   = `want a power density such as "85 mW/mm2" (nW/mm2, uW/mm2, mW/mm2, W/mm2), found `
		area      = `want an area such as "92 mm2" (um2, mm2), found `
	)
	for _, tc := range []struct {
		text  string
		parse func(string) (int64, error)
		want  string
	}{
		{"256 GHz", parseBandwidth, bandwidth + `"256 GHz"`},
		{"256", parseBandwidth, bandwidth + `"256"`},
		{"256 gb/s", parseBandwidth, bandwidth + `"256 gb/s"`},
		{"GB/s", parseBandwidth, bandwidth + `"GB/s"`},
		{"NaN GB/s", parseBandwidth, bandwidth + `"NaN GB/s"`},
		{"Inf GB/s", parseBandwidth, bandwidth + `"Inf GB/s"`},
		{"-1 GB/s", parseBandwidth, `want a bandwidth of 0 b/s or more, found "-1 GB/s"`},
		{"0.3 b/s", parseBandwidth, `want a bandwidth that is a whole number of b/s, found "0.3 b/s"`},
		{"2e9 GB/s", parseBandwidth, `want a bandwidth of at most 9223372036854775807 b/s, found "2e9 GB/s"`},
		{"8 Gib", parseBytes, size + `"8 Gib"`},
		{"8 Gb", parseBytes, size + `"8 Gb"`},
		{"", parseBytes, size + `""`},
		{" 8 GiB", parseBytes, size + `" 8 GiB"`},
		{"8 GiB ", parseBytes, size + `"8 GiB "`},
		{"8,5 GiB", parseBytes, size + `"8,5 GiB"`},
		{"1.5 B", parseBytes, `want a size that is a whole number of B, found "1.5 B"`},
		{"9223372036854775808", parseBytes, `want a size of at most 9223372036854775807 B, found "9223372036854775808"`},
		{"1e99 B", parseBytes, `want a size of at most 9223372036854775807 B, found "1e99 B"`},
		{"1", parseFrequency, frequency + `"1"`},
		{"1 ghz", parseFrequency, frequency + `"1 ghz"`},
		{"5 inch", parseLength, length + `"5 inch"`},
		{"5 min", parseDuration, duration + `"5 min"`},
		{"0.5 ps", parseDuration, `want a time that is a whole number of ps, found "0.5 ps"`},
		{"1 pJ/bit", parseEnergy, energy + `"1 pJ/bit"`},
		{"0.5 aJ", parseEnergy, `want an energy that is a whole number of aJ, found "0.5 aJ"`},
		{"1 pJ", parseEnergyPerBit, perBit + `"1 pJ"`},
		{"1 pJ/b", parseEnergyPerBit, perBit + `"1 pJ/b"`},
		{"3 w", parsePower, power + `"3 w"`},
		{"85 mW", parsePowerDensity, density + `"85 mW"`},
		{"92 mm", parseArea, area + `"92 mm"`},
		{"-1 mm2", parseArea, `want an area of 0 nm2 or more, found "-1 mm2"`},
	} {
		t.Run(tc.text, func(t *testing.T) {
			if v, err := tc.parse(tc.text); err == nil || err.Error() != tc.want {
				t.Errorf("got %d and error\n%v, want\n%s", v, err, tc.want)
			}
		})
	}
}

// value is what all quantities share, seen through pointers.
type value interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
	String() string
	TextPattern() string
}

// fresh gives, per type, a value holding n base units.
var fresh = map[string]func(n int64) value{
	"bytes":     func(n int64) value { v := units.Bytes(n); return &v },
	"bandwidth": func(n int64) value { v := units.Bandwidth(n); return &v },
	"frequency": func(n int64) value { v := units.Frequency(n); return &v },
	"length":    func(n int64) value { v := units.Length(n); return &v },
	"duration":  func(n int64) value { v := units.Duration(n); return &v },
	"energy":    func(n int64) value { v := units.Energy(n); return &v },
	"per bit":   func(n int64) value { v := units.EnergyPerBit(n); return &v },
	"power":     func(n int64) value { v := units.Power(n); return &v },
	"density":   func(n int64) value { v := units.PowerDensity(n); return &v },
	"area":      func(n int64) value { v := units.Area(n); return &v },
}

func TestEveryValueSurvivesPrinting(t *testing.T) {
	for kind, of := range fresh {
		t.Run(kind, rapid.MakeCheck(func(t *rapid.T) {
			n := rapid.OneOf(rapid.Int64Min(0), rapid.Int64Range(0, 1<<20)).Draw(t, "n")
			in, out := of(n), of(0)
			text, err := in.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			if string(text) != in.String() {
				t.Fatalf("MarshalText %q, String %q", text, in)
			}
			if !regexp.MustCompile(in.TextPattern()).Match(text) {
				t.Fatalf("%q does not match its own pattern", text)
			}
			if err := out.UnmarshalText(text); err != nil {
				t.Fatal(err)
			}
			if in.String() != out.String() || !equal(in, out) {
				t.Fatalf("%d prints %q and comes back as %v", n, text, out)
			}
		}))
	}
}

func equal(a, b value) bool {
	switch a := a.(type) {
	case *units.Bytes:
		return *a == *b.(*units.Bytes)
	case *units.Bandwidth:
		return *a == *b.(*units.Bandwidth)
	case *units.Frequency:
		return *a == *b.(*units.Frequency)
	case *units.Length:
		return *a == *b.(*units.Length)
	case *units.Duration:
		return *a == *b.(*units.Duration)
	case *units.Energy:
		return *a == *b.(*units.Energy)
	case *units.EnergyPerBit:
		return *a == *b.(*units.EnergyPerBit)
	case *units.Power:
		return *a == *b.(*units.Power)
	case *units.PowerDensity:
		return *a == *b.(*units.PowerDensity)
	case *units.Area:
		return *a == *b.(*units.Area)
	}
	return false
}

func TestNegativeValuesDoNotMarshal(t *testing.T) {
	for kind, of := range fresh {
		for _, n := range []int64{-1, -8, math.MinInt64} {
			if text, err := of(n).MarshalText(); err == nil {
				t.Errorf("%s(%d) marshals to %q", kind, n, text)
			}
		}
	}
	if got := units.Bytes(-8 << 30).String(); got != "-8 GiB" {
		t.Errorf("a negative size prints as %q", got)
	}
}

func TestAFailedParseLeavesTheValue(t *testing.T) {
	for kind, of := range fresh {
		v := of(8000)
		if err := v.UnmarshalText([]byte("nonsense")); err == nil || !equal(v, of(8000)) {
			t.Errorf("%s: error %v, value now %v", kind, err, v)
		}
	}
}

func TestRatesPerCycle(t *testing.T) {
	wire := 29 * units.GbPerSecond
	if got := wire.BytesPerCycle(units.GHz); got != 3.625 {
		t.Errorf("29 Gb/s at 1 GHz: %v bytes per cycle, want 3.625", got)
	}
	if got, err := wire.BitsPerCycle(units.GHz); got != 29 || err != nil {
		t.Errorf("29 Gb/s at 1 GHz: %d bits per cycle, %v; want 29", got, err)
	}
	if got := (256 * units.GBPerSecond).BytesPerSecond(); got != 256e9 {
		t.Errorf("256 GB/s is %v bytes per second", got)
	}
	for _, tc := range []struct {
		rate  units.Bandwidth
		clock units.Frequency
		want  string
	}{
		{256 * units.GBPerSecond, 1500 * units.MHz, "256 GB/s at 1.5 GHz is 1365.33 bits per cycle, want a whole number"},
		{units.GbPerSecond, 0, "bits per cycle of 125 MB/s: want a clock above 0 Hz, found 0 Hz"},
	} {
		if got, err := tc.rate.BitsPerCycle(tc.clock); err == nil || err.Error() != tc.want {
			t.Errorf("got %d, %v; want %s", got, err, tc.want)
		}
	}
}

func TestCyclesRoundUp(t *testing.T) {
	for _, tc := range []struct {
		time  units.Duration
		clock units.Frequency
		want  int64
	}{
		{100 * units.Nanosecond, units.GHz, 100},
		{1 * units.Picosecond, units.GHz, 1},
		{1001 * units.Picosecond, units.GHz, 2},
		{1 * units.Second, 3, 3},
		{0, units.GHz, 0},
		{units.Second, 0, 0},
		{-1, units.GHz, 0},
		{math.MaxInt64, units.GHz, 9_223_372_036_854_776},
		{math.MaxInt64, 1000 * units.GHz, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, 2000*units.GHz + 1, math.MaxInt64},
	} {
		if got := tc.time.Cycles(tc.clock); got != tc.want {
			t.Errorf("%v at %v: %d cycles, want %d", tc.time, tc.clock, got, tc.want)
		}
	}
}

func TestFloatViews(t *testing.T) {
	if got := (22 * units.Millimeter).Millimeters(); got != 22 {
		t.Errorf("22 mm is %v millimeters", got)
	}
	if got := (1500 * units.Microsecond).Seconds(); got != 0.0015 {
		t.Errorf("1.5 ms is %v seconds", got)
	}
	if got := (1244 * units.Femtojoule).Joules(); got != 1.244e-12 {
		t.Errorf("1.244 pJ is %v joules", got)
	}
	if got := (850 * units.FemtojoulePerBit).Joules(); got != 850e-15 {
		t.Errorf("0.85 pJ/bit is %v joules", got)
	}
	if got := (650 * units.Milliwatt).Watts(); got != 0.65 {
		t.Errorf("650 mW is %v watts", got)
	}
	if got := (85 * units.MilliwattPerMM2).WattsPerMM2(); got != 0.085 {
		t.Errorf("85 mW/mm2 is %v W/mm2", got)
	}
	if got := (127_000 * units.SquareNanometer).MM2(); got != 0.127e-6 {
		t.Errorf("0.127 um2 is %v mm2", got)
	}
	if got := (3 * units.GHz / 2).Hertz(); got != 1.5e9 {
		t.Errorf("1.5 GHz is %v hertz", got)
	}
}

// A text that parses prints to a text that parses to the same value.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"8 GiB", "2.265 MB", "256 GB/s", "1 Gb/s", "1 GHz", "50 um", "1.5 ms", "4096",
		"-1 B", "1e99 B", "0.1e-9 s", "9223372036854775807", "NaN Hz", "1 \u00b5s", "1.2444 pJ", "0.85 pJ/bit", "7.78 pJ/B", "0.65 W", "85 mW/mm2", "92 mm\u00b2", "0.127 um2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kind, of := range fresh {
			v := of(0)
			err := v.UnmarshalText([]byte(text))
			if err != nil {
				if want := ", found " + strconv.Quote(text); len(err.Error()) <= len(want) ||
					err.Error()[len(err.Error())-len(want):] != want {
					t.Fatalf("%s: error %q does not end in %q", kind, err, want)
				}
				continue
			}
			back := of(0)
			if err := back.UnmarshalText([]byte(v.String())); err != nil || !equal(v, back) {
				t.Fatalf("%s: %q prints as %v, which reads as %v, %v", kind, text, v, back, err)
			}
		}
	})
}
