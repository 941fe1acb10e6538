package main

import (
	"math"
	"testing"

	"mozart/runner/config"
)

// The areas of a package are those of its dies, and its peak power that of its causes.
func TestAreaAddsUp(t *testing.T) {
	for _, name := range []string{"tiny", "qwen3-mozart-c"} {
		x, err := config.Load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := areaOf(x)
		if err != nil {
			t.Fatal(err)
		}
		chiplets, peak := 0.0, p.StaticW
		for _, c := range p.Chiplets {
			chiplets += float64(c.Count) * c.FootprintMM2
		}
		for _, e := range p.Peak {
			peak += e.W
		}
		same := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-9*want || want <= 0 {
				t.Errorf("%s, %s: %v, want %v", name, what, got, want)
			}
		}
		same("chiplets", p.ChipletsMM2, chiplets)
		same("silicon", p.SiliconMM2, p.ChipletsMM2+p.SwitchesMM2+p.StacksMM2)
		same("peak", p.PeakW, peak)
		for _, r := range p.Paper {
			same(r.Model+", area", p.SiliconMM2, r.AreaMM2*(1+r.AreaError))
			same(r.Model+", power", p.PeakW, r.PowerW*(1+r.PeakError))
		}
	}
}

// Peak rates against the numbers of the paper's machine: 17 chiplets of 409,600
// processing elements at 1 GHz, six stacks of 256 GB/s.
func TestPeakPowerOfThePaper(t *testing.T) {
	x, err := config.Load("olmoe-baseline", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := areaOf(x)
	if err != nil {
		t.Fatal(err)
	}
	watts := map[string]float64{}
	for _, e := range p.Peak {
		watts[e.Cause] = e.W
	}
	for cause, want := range map[string]float64{
		"mac": 17 * 409_600 * 1e9 * 1.244e-12, "sram": (17*3.2e12 + 4*2*128e9) * 8 * 0.972e-12, "access": 6 * 256e9 * 8 * 2.68e-12,
		"link": 2 * (4*29 + 22*440) * 1e9 * 0.85e-12, "add": 4 * 64e9 * 0.249e-12, "switch": (4*29 + 20*440) * 1e9 * 0.174e-12,
	} {
		if got := watts[cause]; math.Abs(got-want) > 1e-3*want {
			t.Errorf("%s: %v W, want %v", cause, got, want)
		}
	}
}
