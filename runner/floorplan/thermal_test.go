package floorplan_test

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mozart/configs/units"
	"mozart/runner/floorplan"
)

// tenfold is how 3D-ICE divides a slot by a step: both times ten until they are whole,
// then as integers of 32 bits.
func tenfold(step, slot float64) (whole bool, steps uint32) {
	for range 12 {
		if slot == math.Trunc(slot) && step == math.Trunc(step) {
			return slot < math.MaxUint32 && step > 0, uint32(slot) / uint32(step)
		}
		slot, step = slot*10, step*10
	}
	return false, 0
}

func TestSlot(t *testing.T) {
	for _, tc := range []struct {
		total float64
		count int
		want  float64
	}{
		{1.877, 100, 0.02},
		{7.657, 100, 0.1},
		{346.913e-6, 100, 5e-6},
		{2, 1, 2},
		{1, 1, 1},
		{1, 3, 0.5},
		{30, 2, 20},
		{0, 10, 1e-9},
	} {
		if got := floorplan.Slot(tc.total, tc.count); got != tc.want {
			t.Errorf("%v s in %d slots: %v s, want %v", tc.total, tc.count, got, tc.want)
		}
	}
}

// Slots cover the time in at most as many as asked for, and not in less than two fifths
// of that; and a simulator finds ten steps in each.
func TestSlotsCoverTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := math.Pow(10, rapid.Float64Range(-6, 3).Draw(t, "exponent"))
		count := rapid.IntRange(1, 1000).Draw(t, "count")
		slot := floorplan.Slot(total, count)
		if n := total / slot; n > float64(count)*(1+1e-12) || n < 0.4*float64(count)*(1-1e-12) {
			t.Fatalf("%v s in %v slots of %v s, want %d at most", total, n, slot, count)
		}
	})
	for exponent := -8; exponent <= 2; exponent++ {
		for _, digit := range []float64{1, 2, 5} {
			slot := floorplan.Slot(digit*math.Pow10(exponent)*(1-1e-9), 1)
			text := strconv.FormatFloat(slot/10, 'g', 9, 64)
			step, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if whole, steps := tenfold(step, slot); !whole || steps != 10 {
				t.Errorf("a slot of %v s has %d steps of %v s, want 10", slot, steps, step)
			}
		}
	}
}

// block is one element of a floorplan file.
type block struct {
	name       string
	x, y, l, w int
	watts      []float64
}

var element = regexp.MustCompile(`(?s)([A-Za-z]\w*) :\s+position (\d+), (\d+) ;\s+dimension (\d+), (\d+) ;\s+power values ([^;]*) ;`)

// blocksOf reads a floorplan file; everything in it must be an element.
func blocksOf(t *testing.T, text string) []block {
	t.Helper()
	var blocks []block
	for _, m := range element.FindAllStringSubmatch(text, -1) {
		b := block{name: m[1]}
		for i, to := range []*int{&b.x, &b.y, &b.l, &b.w} {
			*to, _ = strconv.Atoi(m[2+i])
		}
		for _, v := range strings.Split(m[6], ", ") {
			watts, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			b.watts = append(b.watts, watts)
		}
		blocks = append(blocks, b)
	}
	if rest := strings.TrimSpace(element.ReplaceAllString(text, "")); rest != "" {
		t.Fatalf("no element: %q", rest)
	}
	return blocks
}

// exampleTrace is a package of two chiplets, a switch and a stack, with power.
func exampleTrace(t *testing.T) *floorplan.Trace {
	t.Helper()
	s := floorplan.DefaultSpec()
	c := paperChiplet()
	c.Tiles = 4
	few := c
	few.ArraysPerTile = 1 // the SRAM is the larger die
	sites := []floorplan.Site{
		{Name: "Attention", Kind: floorplan.Attention, Group: floorplan.NoGroup, Die: s.Chiplet(c)},
		{Name: "Switch[0]", Kind: floorplan.Router, Group: 0, Die: s.Switch(floorplan.Switch{BufferBytes: 1 << 20, EntryBytes: 1 << 18, Adders: 64, Wires: 500})},
		{Name: "Expert[0]", Kind: floorplan.Expert, Group: 0, Die: s.Chiplet(few)},
		{Name: "Stack[0]", Kind: floorplan.Stack, Group: 0, Die: s.StackDie()},
	}
	tr := floorplan.NewTrace(s.Place(sites), 0.5, 1.25, 3)
	for _, add := range []error{
		tr.Add("Attention", floorplan.Arrays, []float64{1, 2, 0.5}),
		tr.Add("Expert[0]", floorplan.SRAM, []float64{0, 0.25, 0}),
		tr.Add("Stack[0]", tr.LinkBlock("Stack[0]"), []float64{0.125, 0, 0}),
		tr.Add("Switch[0]", tr.LinkBlock("Switch[0]"), []float64{0, 0, 0.0625}),
		tr.AddEvenly("Expert[0]", []float64{3, 3, 1.5}),
	} {
		if add != nil {
			t.Fatal(add)
		}
	}
	return tr
}

const traceJoules = 3.5 + 0.25 + 0.125 + 0.0625 + 7.5

func TestTraceKeepsTheEnergy(t *testing.T) {
	tr := exampleTrace(t)
	if got := tr.Joules(); math.Abs(got-traceJoules) > 1e-12 {
		t.Errorf("%v J, want %v", got, traceJoules)
	}
	for _, err := range []error{
		tr.Add("Expert[9]", floorplan.Arrays, nil), tr.Add("Stack[0]", floorplan.Arrays, nil), tr.AddEvenly("Expert[9]", nil),
	} {
		if err == nil {
			t.Error("no error for what is not there")
		}
	}
}

// Power in the files, times the time it is drawn, is the energy of the trace; elements
// do not overlap, and lie on their dies.
func TestFloorplansHaveTheEnergy(t *testing.T) {
	tr := exampleTrace(t)
	for _, span := range []struct {
		span    floorplan.Span
		slots   int
		seconds float64
	}{{floorplan.EverySlot, 3, 0.5}, {floorplan.Mean, 1, 1.25}} {
		joules := 0.0
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return tr.WriteLogic(b, span.span) },
			func(b *bytes.Buffer) error { return tr.WriteMemory(b, span.span) },
		} {
			var text bytes.Buffer
			if err := write(&text); err != nil {
				t.Fatal(err)
			}
			blocks := blocksOf(t, text.String())
			for i, b := range blocks {
				if len(b.watts) != span.slots {
					t.Errorf("%s has power of %d slots, want %d", b.name, len(b.watts), span.slots)
				}
				for _, w := range b.watts {
					joules += w * span.seconds
				}
				if b.x < 1000 || b.y < 1000 || float64(b.x+b.l) > 1000*tr.Plan.WidthMM || float64(b.y+b.w) > 1000*tr.Plan.HeightMM || b.l < 1 || b.w < 1 {
					t.Errorf("%+v is outside %v x %v mm", b, tr.Plan.WidthMM, tr.Plan.HeightMM)
				}
				for _, o := range blocks[:i] {
					if b.x < o.x+o.l && o.x < b.x+b.l && b.y < o.y+o.w && o.y < b.y+b.w {
						t.Errorf("%s and %s overlap", b.name, o.name)
					}
				}
			}
		}
		if math.Abs(joules-traceJoules) > 1e-7 {
			t.Errorf("files of span %v have %v J, want %v", span.span, joules, traceJoules)
		}
	}
}

func TestStackDescription(t *testing.T) {
	tr := exampleTrace(t)
	spec := floorplan.DefaultThermal()
	spec.Cell = 300 * units.Micrometer
	var step, steady bytes.Buffer
	if err := tr.WriteStack(&step, spec, floorplan.EverySlot); err != nil {
		t.Fatal(err)
	}
	if err := tr.WriteStack(&steady, spec, floorplan.Mean); err != nil {
		t.Fatal(err)
	}
	for text, wants := range map[string][]string{
		step.String(): {
			"transient step 0.05, slot 0.5 ;", `floorplan "./logic.flp"`, `floorplan "./memory.flp"`, "heat transfer coefficient 1e-08 ;",
			"cell length 300, width 300 ;", "temperature 318.15 ;", `Tflp ( UPPER, "step-upper-max.txt", maximum, slot ) ;`,
		},
		steady.String(): {"   steady ;", `floorplan "./logic-mean.flp"`, `Tmap ( LOWER, "steady-lower-map.txt", final ) ;`},
	} {
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		var length, width int
		at := strings.Index(text, "chip length")
		if n, err := fmt.Sscanf(text[at:], "chip length %d, width %d ;", &length, &width); n != 2 || err != nil {
			t.Fatal(err)
		}
		if length%300 != 0 || width%300 != 0 || float64(length) < 1000*tr.Plan.WidthMM || float64(length) >= 1000*tr.Plan.WidthMM+300 {
			t.Errorf("a chip of %d x %d um for a plan of %v x %v mm", length, width, tr.Plan.WidthMM, tr.Plan.HeightMM)
		}
	}
}

func TestThermalValidateNamesEveryKey(t *testing.T) {
	if err := floorplan.DefaultThermal().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	err := floorplan.Thermal{HeatTransfer: math.NaN(), AmbientK: math.Inf(1)}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"logic_thickness", "memory_thickness", "metal_thickness", "interposer_thickness", "cell", "heat_transfer_w_per_m2_k", "ambient_k"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+" must be ") {
			t.Errorf("no word of %s in\n%v", key, err)
		}
	}
}
