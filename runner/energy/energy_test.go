package energy_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/configs/units"
	"mozart/runner/energy"
)

func TestSpread(t *testing.T) {
	for _, tc := range []struct {
		count   int64
		weights []float64
		want    []int64
	}{
		{10, []float64{1, 1}, []int64{5, 5}},
		{10, []float64{1, 1, 1}, []int64{3, 4, 3}},
		{7, []float64{0, 3, 0}, []int64{0, 7, 0}},
		{7, []float64{0, 0, 0}, []int64{0, 0, 7}}, // nothing says where
		{0, []float64{2, 1}, []int64{0, 0}},
		{3, []float64{1e18, 1}, []int64{3, 0}},
	} {
		if d := cmp.Diff(tc.want, energy.Spread(tc.count, tc.weights)); d != "" {
			t.Errorf("%d by %v: -want +got\n%s", tc.count, tc.weights, d)
		}
	}
}

func TestSpreadLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, 1<<52).Draw(t, "count")
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1e15)), 1, 30).Draw(t, "weights")
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		left := count
		for i, n := range energy.Spread(count, weights) {
			left -= n
			if n < 0 {
				t.Fatalf("column %d has %d", i, n)
			}
			if sum > 0 && weights[i] == 0 && n != 0 {
				t.Fatalf("column %d without weight has %d", i, n)
			}
			share := float64(count) * (weights[i] / max(sum, math.SmallestNonzeroFloat64))
			if sum > 0 && math.Abs(float64(n)-share) > 1+1e-9*float64(count) {
				t.Fatalf("column %d has %d, its share is %v", i, n, share)
			}
		}
		if left != 0 {
			t.Fatalf("%d are left over", left)
		}
	})
}

// Cost and Drawn are exact up to one rounding, whatever the size.
func TestProductsAreRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, math.MaxInt64).Draw(t, "count")
		price := rapid.Int64Range(0, int64(10*units.Nanojoule)).Draw(t, "price")
		want := new(big.Int).Mul(big.NewInt(count), big.NewInt(price))
		want.Add(want, big.NewInt(5e8)).Div(want, big.NewInt(1e9))
		expect := int64(math.MaxInt64)
		if want.IsInt64() {
			expect = want.Int64()
		}
		if got := energy.Cost(count, units.Energy(price)); int64(got) != expect {
			t.Fatalf("%d events of %d aJ cost %d nJ, want %d", count, price, got, expect)
		}
	})
	for _, tc := range []struct {
		power  units.Power
		cycles int64
		clock  units.Frequency
		want   energy.Nanojoules
	}{
		{units.Watt, 1_000_000_000, units.GHz, 1_000_000_000}, // 1 W for 1 s
		{650 * units.Milliwatt, 3, units.GHz, 2},              // 1.95 nJ
		{0, 100, units.GHz, 0},
		{math.MaxInt64, math.MaxInt64, 1, math.MaxInt64},
	} {
		if got := energy.Drawn(tc.power, tc.cycles, tc.clock); got != tc.want {
			t.Errorf("%v for %d cycles of %v: %d nJ, want %d", tc.power, tc.cycles, tc.clock, got, tc.want)
		}
	}
}

// The formula, event by event: a million of each at the default prices.
func TestPrices(t *testing.T) {
	want := map[string]float64{ // joules per million
		"mac": 1.244e-6, "vector": 0.684e-6, "add": 0.249e-6, "sram": 8 * 0.972e-6, "bond": 8 * 0.05e-6,
		"link": 8 * 0.85e-6, "switch": 8 * 0.174e-6, "access": 8 * 2.68e-6, "activate": 909e-6,
	}
	s := energy.DefaultSpec()
	for e := range energy.NumEvents {
		got := energy.Cost(1_000_000, s.Price(e)).Joules()
		if w, ok := want[e.String()]; !ok || math.Abs(got-w) > 1e-9 {
			t.Errorf("a million times %v: %v J, want %v", e, got, w)
		}
	}
	if len(want) != int(energy.NumEvents) {
		t.Errorf("%d events, want %d", energy.NumEvents, len(want))
	}
}

// The source of HBM2's prices gives the sum: 3.48 pJ per bit with the interface, and
// 909 pJ for the 8192 bits of a row.
func TestStackEnergyIsThatOfItsSource(t *testing.T) {
	s := energy.DefaultSpec()
	s.ActivationsPerRow = 1
	const bytes = 1 << 20
	j := energy.Cost(bytes, s.Price(energy.StackByte)) + energy.Cost(s.Activations(bytes), s.Price(energy.Activation))
	got := j.Joules() / (8 * bytes) * 1e12
	if want := 1.51 + 1.17 + 909.0/8192; math.Abs(got-want) > 0.001 {
		t.Errorf("%v pJ per bit, want %v", got, want)
	}
	s.ActivationsPerRow = 4
	if got, want := s.Activations(bytes), int64(4*1024); got != want {
		t.Errorf("%d activations of rows read a quarter at a time, want %d", got, want)
	}
}

func TestLedgerAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 6).Draw(t, "columns")
		l, err := energy.NewLedger(energy.DefaultSpec(), units.GHz, columns)
		if err != nil {
			t.Fatal(err)
		}
		places := rapid.SampledFrom([]string{"chiplets", "switches", "stacks"})
		for i := range rapid.IntRange(0, 20).Draw(t, "entries") {
			counts := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), columns, columns).Draw(t, "counts")
			name := string(rune('A' + i))
			if rapid.Bool().Draw(t, "static") {
				l.Draw(name, places.Draw(t, "place"), units.Watt, counts)
			} else {
				l.Book(name, places.Draw(t, "place"), energy.Event(rapid.IntRange(0, int(energy.NumEvents)-1).Draw(t, "event")), counts)
			}
		}
		byColumn, byPlace := energy.Nanojoules(0), energy.Nanojoules(0)
		for _, n := range l.ByColumn() {
			byColumn += n
		}
		for _, e := range l.ByPlace() {
			byPlace += e.Total()
		}
		if total := l.Total(); byColumn != total || byPlace != total {
			t.Fatalf("columns add up to %d, places to %d, want %d", byColumn, byPlace, total)
		}
	})
}

func TestByPlaceKeepsTheOrderAndSumsCauses(t *testing.T) {
	l, err := energy.NewLedger(energy.Spec{MAC: units.Nanojoule, Link: units.PicojoulePerBit, Row: 1, ActivationsPerRow: 1}, units.GHz, 2)
	if err != nil {
		t.Fatal(err)
	}
	l.Book("B", "chiplets", energy.MAC, []int64{1, 2})
	l.Book("L", "links", energy.LinkByte, []int64{0, 125})
	l.Book("A", "chiplets", energy.MAC, []int64{10, 20})
	l.Draw("A", "chiplets", units.Watt, []int64{5, 0})
	want := []energy.Entry{
		{Place: "chiplets", Cause: "mac", Columns: []energy.Nanojoules{11, 22}},
		{Place: "links", Cause: "link", Columns: []energy.Nanojoules{0, 1}},
		{Place: "chiplets", Cause: "static", Columns: []energy.Nanojoules{5, 0}},
	}
	if d := cmp.Diff(want, l.ByPlace()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestValidateNamesEveryKey(t *testing.T) {
	if err := energy.DefaultSpec().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	bad := energy.Spec{
		MAC: -1, VectorOp: -1, Add: -1, SRAM: -1, Bond: -1, Link: -1, Switch: -1, Stack: -1,
		Activate: -1, StackStatic: -1, Static: -1, ActivationsPerRow: math.NaN(),
	}
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"mac", "vector_op", "add", "sram", "bond", "link", "switch", "stack", "activate", "stack_static", "static", "row", "activations_per_row"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+" must be ") {
			t.Errorf("no word of %s in\n%v", key, err)
		}
	}
	if _, err := energy.NewLedger(bad, units.GHz, 1); err == nil {
		t.Error("a ledger with wrong prices")
	}
	for columns, clock := range map[int]units.Frequency{0: units.GHz, 1: 0} {
		if _, err := energy.NewLedger(energy.DefaultSpec(), clock, columns); err == nil {
			t.Errorf("a ledger of %d columns at %v", columns, clock)
		}
	}
}
