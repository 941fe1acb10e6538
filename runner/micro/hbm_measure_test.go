package micro

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/components/hbm"
	"mozart/components/hbm/bank"
)

// The stacks of the stream level are what --measure-efficiency gives for the banks of
// today, the whole table under MOZART_DEEP, and otherwise a few of its points.
func TestStacksAreAsMeasured(t *testing.T) {
	for _, name := range bank.Presets() {
		t.Run(name, func(t *testing.T) {
			if os.Getenv("MOZART_DEEP") != "" {
				wholeFile(t, name)
				return
			}
			rest(t, name)
			if name == "hbm2" {
				somePoints(t, name)
			}
		})
	}
}

func wholeFile(t *testing.T, name string) {
	want, err := os.ReadFile(filepath.Join("../../configs/stacks", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := MeasureStack(context.Background(), name, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("configs/stacks/%s.yaml is not what mozart micro hbm --measure-efficiency --preset %s writes (-file +measured):\n%s", name, name, diff)
	}
}

func somePoints(t *testing.T, name string) {
	stack, _ := hbm.Preset(name)
	banks, err := stack.Bank.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		bytes, percentWrites int64
	}{{64, 0}, {64, 50}} {
		e, err := hbm.Measured(banks, p.bytes, p.percentWrites)
		if err != nil {
			t.Fatal(err)
		}
		timing, err := hbm.NewTiming(stack, memoryClock(name))
		if err != nil {
			t.Fatal(err)
		}
		got := timing.Efficiency(p.bytes, float64(p.percentWrites)/100)
		near(t, "efficiency of the file", got, e, 1e-4/e)
	}
}

// rest compares all but the efficiency.
func rest(t *testing.T, name string) {
	stack, ok := hbm.Preset(name)
	if !ok {
		t.Fatalf("no stack %s", name)
	}
	want, _, err := streamStack(name, "")
	if err != nil {
		t.Fatal(err)
	}
	want.Efficiency = stack.Efficiency
	if diff := cmp.Diff(want, stack); diff != "" {
		t.Errorf("the rest of configs/stacks/%s.yaml (-measured +file):\n%s", name, diff)
	}
}

// What ends early leaves nothing.
func TestMeasuringEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	points := 0
	text, err := MeasureStack(ctx, "hbm2", "", func(done, of int) {
		if points++; points == 1 {
			cancel()
		}
		if done != points || of < 20 {
			t.Errorf("point %d of %d is number %d", done, of, points)
		}
	})
	if !errors.Is(err, ErrInterrupted) || text != nil || points != 1 {
		t.Errorf("%d points, %q, %v", points, text, err)
	}
	if _, err := MeasureStack(context.Background(), "hbm9", "", nil); err == nil {
		t.Error("a made up stack can be measured")
	}
}
