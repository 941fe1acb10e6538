package micro_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/components/tile"
	"mozart/runner/config"
	"mozart/runner/micro"
	"mozart/runner/plan"
	"mozart/workloads/op"
)

func loaded(t *testing.T, name string, set ...string) *config.Experiment {
	t.Helper()
	x, err := config.Load(name, set)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What is listed is what the program has, but for the number of an expert's tokens, and
// nothing that the program has is missing.
func TestProductsAreThoseOfTheProgram(t *testing.T) {
	for _, set := range [][]string{nil, {"model.shared_experts=1", "model.shared_expert_width=64"}, {"workload.sequence_length=15"}, {"schedule.attention_tile=5"}, {"schedule.attention_mask=none"}} {
		x := loaded(t, "tiny", append([]string{"schedule.lm_head=none"}, set...)...)
		p, err := plan.Make(x)
		if err != nil {
			t.Fatal(err)
		}
		program := map[string]bool{}
		describe := func(name string, expert bool, m, k, n, count int64) string {
			if expert && strings.HasSuffix(name, "-wgrad") {
				k = 0 // its number of tokens varies
			} else if expert {
				m = 0
			}
			return fmt.Sprintf("%s (expert %v) %dx%dx%d x %d", name, expert, m, k, n, count)
		}
		for d := range p.Program.Devices {
			for i := range p.Program.Devices[d].Ops {
				if o := &p.Program.Devices[d].Ops[i]; o.Kind == op.Gemm {
					program[describe(p.Program.Labels.Name(o.Label), d > 0, o.M, o.K, o.N, o.Count)] = true
				}
			}
		}
		for _, g := range micro.Products(x) {
			at := describe(g.Name, g.Expert, g.M, g.K, g.N, g.Count)
			if !program[at] {
				t.Errorf("%v: the program has no %s", set, at)
			}
			delete(program, at)
		}
		for at := range program {
			// The gradients of attention have the sizes of scores and context.
			if !strings.HasPrefix(at, "values-dgrad ") && !strings.HasPrefix(at, "probabilities-dgrad ") &&
				!strings.HasPrefix(at, "queries-dgrad ") && !strings.HasPrefix(at, "keys-dgrad ") {
				t.Errorf("%v: not listed: %s", set, at)
			}
		}
	}
}

// gainSizes are chiplets of as many processing elements, cut into arrays of a size.
var gainSizes = []struct{ side, tiles, arrays int }{{16, 100, 16}, {24, 100, 7}, {128, 25, 1}}

// gain is what the default mapping of a product gains over SCALE-Sim's.
type gain struct {
	serial, best *micro.GemmResult
	factor       float64
}

func gained(t *testing.T, p micro.Product, d tile.Dataflow, side, tiles, arrays int) gain {
	t.Helper()
	s := micro.DefaultGemmSpec()
	s.Rows, s.Cols, s.Tiles, s.ArraysPerTile, s.Dataflow = side, side, tiles, arrays, d
	s.M, s.K, s.N, s.Count = p.M, p.K, p.N, p.Count
	best, err := micro.Gemm(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Mapping = tile.ScaleSim
	serial, err := micro.Gemm(s)
	if err != nil {
		t.Fatal(err)
	}
	g := gain{serial, best, float64(serial.Cycles) / float64(best.Cycles)}
	if g.factor < 1 {
		t.Errorf("%s on arrays of %d: %d cycles, %d in SCALE-Sim's mapping", p.Name, side, best.Cycles, serial.Cycles)
	}
	return g
}

// The tables of docs/tiles.md: what the default mapping gains over SCALE-Sim's.
func TestGainsOverScaleSim(t *testing.T) {
	var table, means strings.Builder
	for _, name := range []string{"qwen3", "olmoe", "deepseek-moe"} {
		products := micro.Products(loaded(t, name+"-mozart-c"))
		for _, p := range products {
			if strings.Contains(p.Name, "grad") && !p.Expert {
				continue // the table would be long
			}
			fmt.Fprintf(&table, "| %s %s | %s |", name, p.Name, shape(p))
			for _, size := range gainSizes {
				g := gained(t, p, tile.OutputStationary, size.side, size.tiles, size.arrays)
				fmt.Fprintf(&table, " %d | %.2f | %s |", g.serial.Cycles, g.factor, chosen(g.best))
			}
			table.WriteByte('\n')
		}
		for _, d := range tile.Dataflows() {
			fmt.Fprintf(&means, "| %s | %s |", name, d)
			for _, size := range gainSizes {
				sum, least, most := 0.0, math.Inf(1), 0.0
				for _, p := range products {
					f := gained(t, p, d, size.side, 1, 1).factor
					sum += math.Log(f)
					least, most = min(least, f), max(most, f)
				}
				fmt.Fprintf(&means, " %.2f (%.2f to %.2f) |", math.Exp(sum/float64(len(products))), least, most)
			}
			means.WriteByte('\n')
		}
	}
	doc, err := os.ReadFile("../../docs/tiles.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []*strings.Builder{&means, &table} {
		if !strings.Contains(string(doc), part.String()) {
			t.Errorf("docs/tiles.md has another table of gains than:\n%s", part)
		}
	}
}

func shape(p micro.Product) string {
	text := fmt.Sprintf("%d x %d x %d", p.M, p.K, p.N)
	if p.Count > 1 {
		text = fmt.Sprintf("%d times %s", p.Count, text)
	}
	return text
}

// chosen names a mapping with its number of splits.
func chosen(r *micro.GemmResult) string {
	if r.Splits > 1 {
		return fmt.Sprintf("%s / %d", r.ChosenMapping, r.Splits)
	}
	return string(r.ChosenMapping)
}

// An expert gets the mean number of tokens.
func TestProductsOfAnExpert(t *testing.T) {
	x := loaded(t, "tiny")
	want := micro.Product{Name: "gate-up", Expert: true, M: max(1, int64(x.Workload.Tokens()/x.Workload.MicroBatches*x.Model.TopK/x.Model.Experts)), K: int64(x.Model.Hidden), N: 2 * int64(x.Model.ExpertWidth), Count: 1}
	for _, g := range micro.Products(x) {
		if g.Name == want.Name {
			if diff := cmp.Diff(want, g); diff != "" {
				t.Errorf("gate-up (-want +got):\n%s", diff)
			}
			return
		}
	}
	t.Error("no gate-up")
}
