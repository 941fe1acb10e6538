package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/runner/plan"
	"mozart/workloads/op"
	"mozart/workloads/routing"
)

// failure is the error of planning a built-in with assignments.
func failure(t *testing.T, name string, assignments ...string) error {
	t.Helper()
	p, err := plan.Make(load(t, name, assignments...))
	if err == nil {
		t.Fatalf("%s %q can be planned", name, assignments)
	}
	if p != nil {
		t.Error("a plan came with the error")
	}
	return err
}

// Files that cannot be used: the key, the file, what was found and what is
// wanted.
func TestInputErrors(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	whole, _ := tinyTrace(t, 80, func(int) (uint16, uint16) { return 1, 2 })
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(in(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("truncated.mzr", data[:len(data)-100])
	write("headless.mzr", data[:20])
	flipped := slices.Clone(data)
	flipped[len(flipped)-20] ^= 1 // in the ids of the block
	write("flipped.mzr", flipped)
	write("text.mzr", []byte("token,layer,expert\n"))
	other := &routing.Trace{Model: "gpt-oss-20b", Experts: 32, TopK: 4, Tokens: 1, Sequences: []int{1}, Layers: []routing.Layer{{IDs: []uint16{0, 1, 2, 3}}}}
	if err := routing.WriteFile(in("other.mzr"), other.Source()); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		what        string
		experiment  string
		assignments []string
		key, want   string
	}{
		{"a truncated trace", "tiny", fromTrace(in("truncated.mzr")), "routing.trace",
			"DIR/truncated.mzr: routing trace: offset 294: block 1 of 1: found the end of the file after 240 bytes, want 328 bytes"},
		{"a trace cut in its header", "tiny", fromTrace(in("headless.mzr")), "routing.trace",
			"DIR/headless.mzr: routing trace: offset 20: header: found the end of the file after 12 bytes, want 34 bytes"},
		{"a damaged trace", "tiny", fromTrace(in("flipped.mzr")), "routing.trace",
			"DIR/flipped.mzr: routing trace: offset 382: block 1 of 1 checksum: found 7286c122, want 3bbabc05 as computed from the bytes"},
		{"a file of another kind", "tiny", fromTrace(in("text.mzr")), "routing.trace",
			`DIR/text.mzr: routing trace: offset 0: magic: found "token,la", want "\x89MZR\r\n\x1a\n"`},
		{"no file", "tiny", fromTrace(in("none.mzr")), "routing.trace",
			"open DIR/none.mzr: no such file or directory"},
		{"a trace of another model", "tiny", fromTrace(in("other.mzr")), "routing.trace",
			"found a trace of gpt-oss-20b, 1 MoE layers of 32 experts, top-4 (DIR/other.mzr), want 2 MoE layers of 8 experts, top-2, as model tiny has"},
		{"a trace that the step uses up", "tiny", append(fromTrace(whole), "workload.sequences=10", "workload.micro_batches=1"), "routing.trace",
			"found a trace of 80 tokens (TRACE), want more than 80: the step takes 80, the placement is profiled on those after them"},
		{"tables of another shape", "tiny", []string{"routing.source=tables", "routing.tables=olmoe-1b-7b-0924-wikipedia"}, "routing.tables",
			"found tables of OLMoE-1B-7B-0924, 64 experts, top-8 (olmoe-1b-7b-0924-wikipedia), want 8 experts, top-2, as model tiny has"},
		{"tables of a deeper model", "olmoe-baseline", []string{"model.layers=15"}, "routing.tables",
			"found tables of OLMoE-1B-7B-0924 with a layer 15 (olmoe-1b-7b-0924-wikipedia), want tables of a model with at most the 15 MoE layers of OLMoE-1B-7B-0924"},
		{"no tables", "tiny", []string{"routing.source=tables", "routing.tables=" + in("none.gz")}, "routing.tables",
			"open DIR/none.gz: no such file or directory; built-in tables are olmoe-1b-7b-0924-wikipedia"},
		{"tables that are none", "tiny", []string{"routing.source=tables", "routing.tables=" + in("text.mzr")}, "routing.tables",
			"DIR/text.mzr: token tables: not a gzip stream: gzip: invalid header"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			err := failure(t, tc.experiment, tc.assignments...)
			var input *plan.InputError
			if !errors.As(err, &input) {
				t.Fatalf("found a %T %v, want an InputError", err, err)
			}
			got := strings.NewReplacer(whole, "TRACE", dir, "DIR").Replace(err.Error())
			if want := tc.key + ": " + tc.want; got != want || input.Key != tc.key {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// asCapacity is a capacity error, or the end of the test.
func asCapacity(t *testing.T, err error) *plan.CapacityError {
	t.Helper()
	var capacity *plan.CapacityError
	if !errors.As(err, &capacity) {
		t.Fatalf("found a %T %v, want a CapacityError", err, err)
	}
	return capacity
}

const (
	sramText = `
the experiment does not fit the SRAM of the chiplets:
  attention chiplet      need     10.00 MB, have      9.06 MB (4 tiles of 2.265 MB)
  expert chiplets, most  need     12.00 MB, have      9.06 MB (4 tiles of 2.265 MB)
take more tiles or more micro-batches`
	stackText = `
the experiment does not fit the stacks:
  stack      of                        weights  gradients  optimizer activations       need   capacity   (MB)
  Stack[2]   the attention chiplet        1.00       0.00       0.00        3.00       4.00    8589.93
  Stack[0]   group 0                   8000.00     500.00       0.00       90.00    8590.00    8589.93 too small
  Stack[1]   group 1                     16.00       2.00       0.00        2.00      20.00    8589.93
take larger stacks or fewer tokens, or set allow_overflow: true to run all the same`
)

// What does not fit the memory is reported with need and capacity, SRAM and
// stacks at once, word for word.
func TestCapacityTexts(t *testing.T) {
	const mb = 1_000_000
	small := op.StackNeed{Attention: op.Need{Weights: mb, Activations: 3 * mb}, Groups: make([]op.Need, 2)}
	large := small
	large.Groups = []op.Need{{Weights: 8000 * mb, Gradients: 500 * mb, Activations: 90 * mb}, {Weights: 16 * mb, Gradients: 2 * mb, Activations: 2 * mb}}
	for _, tc := range []struct {
		what     string
		sram     []int64
		stacks   op.StackNeed
		overflow bool
		want     string
	}{
		{"all fits", []int64{9 * mb, 9 * mb, 9 * mb, 9 * mb, 9 * mb}, small, false, ""},
		{"to the byte", []int64{4 * 2265 * 1000, 1, 1, 1, 4 * 2265 * 1000}, small, false, ""},
		{"SRAM", []int64{10 * mb, 1, 12 * mb, 11 * mb, 1}, small, false, sramText},
		{"stacks", []int64{1, 1, 1, 1, 1}, large, false, stackText},
		{"stacks, allowed", []int64{1, 1, 1, 1, 1}, large, true, ""},
		{"SRAM, never allowed", []int64{10 * mb, 1, 12 * mb, 11 * mb, 1}, large, true, sramText},
		{"both", []int64{10 * mb, 12 * mb, 1, 1, 1}, large, false, sramText + stackText},
	} {
		t.Run(tc.what, func(t *testing.T) {
			x := load(t, "tiny")
			x.AllowOverflow = tc.overflow
			graph, err := x.Hardware.Graph()
			if err != nil {
				t.Fatal(err)
			}
			err = plan.CheckCapacity(&plan.Plan{Experiment: x, Graph: graph, Program: &op.Program{SRAMNeed: tc.sram, StackNeed: tc.stacks}})
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			asCapacity(t, err)
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The machine of the paper does not hold the paper's larger models; a chiplet of
// few tiles does not hold a block.
func TestModelsThatDoNotFit(t *testing.T) {
	for _, tc := range []struct {
		experiment  string
		assignments []string
		where       string
	}{
		{"qwen3-mozart-c", append(short, "allow_overflow=false"), "the stacks"},
		{"deepseek-moe-mozart-c", []string{"routing.profile_tokens=256", "allow_overflow=false"}, "the stacks"},
		{"olmoe-mozart-c", append(short, "hardware.expert_chiplet.tile.tiles=10"), "the SRAM of the chiplets"},
		{"tiny", []string{"hardware.group_stack.capacity=64 KiB"}, "the stacks"},
	} {
		if got := asCapacity(t, failure(t, tc.experiment, tc.assignments...)).Where; got != tc.where {
			t.Errorf("%s %q does not fit %s, want %s", tc.experiment, tc.assignments, got, tc.where)
		}
	}
	makePlan(t, "tiny", "hardware.group_stack.capacity=64 KiB", "allow_overflow=true")
}
