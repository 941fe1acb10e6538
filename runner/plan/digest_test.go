package plan_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"runtime"
	"testing"

	"mozart/runner/plan"
	"mozart/workloads/op"
)

// Plans stay as they are, bit by bit, whatever is done to make them faster, and
// however many processors make them.
func TestPlansStayAsTheyAre(t *testing.T) {
	for _, tc := range []struct {
		name        string
		assignments []string
		want        string
	}{
		{"tiny", nil, "9773befe9c4023f3"},
		{"tiny", []string{"seed=7"}, "96cf350dab8e71d0"},
		{"olmoe-mozart-c", short, "d3e9fc3aa71f8d41"},
		{"qwen3-baseline", short, "2e5d4b788a9e1eba"},
		{"deepseek-moe-mozart-b", append(short, "schedule.shared_experts=expert-chiplets", "hardware.expert_chiplet.tile.tiles=400"), "d131cb59e209223a"},
	} {
		for _, processors := range []int{1, 3} {
			before := runtime.GOMAXPROCS(processors)
			got := digest(makePlan(t, tc.name, tc.assignments...))
			runtime.GOMAXPROCS(before)
			if got != tc.want {
				t.Errorf("%s %q on %d processors: digest %s, want %s", tc.name, tc.assignments, processors, got, tc.want)
			}
		}
	}
}

// digest is a hash of all that a plan says: the program with every exported field
// of every op, its dependencies and peers, the tables, the placement, how it came
// about and the statistics.
func digest(p *plan.Plan) string {
	h := sha256.New()
	fmt.Fprintf(h, "%+v\n%+v\n%q\n", p.Placement, p.Fit, p.RoutingOrigin)
	fmt.Fprintf(h, "%v %v %v %v\n", p.CopiesPerToken, p.Uniform, p.ChipletImbalance, p.GroupImbalance)
	g := p.Program
	fmt.Fprintf(h, "%s %s %v %v %d %d %d %+v\n", g.Model, g.Policy, g.Dispatch, g.Combine, g.TokenBytes, g.TokensPerStep, g.SRAMNeed, g.StackNeed)
	for i := range g.Devices {
		digestDevice(h, g, &g.Devices[i])
	}
	for _, t := range g.Tables {
		fmt.Fprintln(h, t.Layer, t.MicroBatch, t.Tokens, t.PerToken, t.Assignments, t.Copied)
		for _, c := range t.Copies {
			h.Write([]byte{byte(c.Token), byte(c.Token >> 8), byte(c.Token >> 16), byte(c.Token >> 24), byte(c.Chiplet), byte(c.Chiplet >> 8), c.Contributions, c.FanIn})
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func digestDevice(h hash.Hash, g *op.Program, d *op.Device) {
	fmt.Fprintln(h, "device", d.Chiplet, len(d.Ops))
	kind := reflect.TypeFor[op.Op]()
	var line []byte
	number := func(n int64) { line = binary.AppendVarint(line, n) }
	for i := range d.Ops {
		line = line[:0]
		v := reflect.ValueOf(&d.Ops[i]).Elem()
		for f := range kind.NumField() {
			switch field := v.Field(f); {
			case !kind.Field(f).IsExported(): // spans, covered by Deps and Peers
			case kind.Field(f).Name == "Label": // an index, covered by its name
			case field.CanInt():
				number(field.Int())
			default:
				number(int64(field.Uint()))
			}
		}
		line = append(line, g.Labels.Name(d.Ops[i].Label)...)
		for _, dep := range d.Deps(i) {
			number(int64(dep))
		}
		number(-1)
		for _, peer := range d.Peers(i) {
			number(int64(peer.Device))
			number(int64(peer.Op))
		}
		h.Write(line)
	}
}
