package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mozart/configs/units"
	"mozart/runner/energy"
	"mozart/runner/record"
	"mozart/runner/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: -want +got (rewrite with -update)\n%s", path, d)
	}
}

// example is a run of a made-up system.
func example() *report.Summary {
	s := &report.Summary{
		Schema: report.SummarySchema, Experiment: "example", ConfigSHA256: "00ff", Seed: 3, Model: "Toy-1B", Policy: "mozart-c",
		Topology: "nop-tree", Status: "done",
		Fidelity: report.Fidelity{NoP: "packet", HBM: "stream", Compute: "closed-form"},
		Engine:   report.Engine{Kind: "serial", Threads: 1, Domains: 1, Events: 12_345_678, WallS: 1.5, EventsPerS: 8_230_452, PeakRSSBytes: 99_500_000},
		Result:   report.Result{StepCycles: 2_000_000, StepSeconds: 0.002, Tokens: 512, CT: 5.25, TokensPerS: 256_000, Digest: "abc"},
		Breakdown: []report.Phase{
			{Phase: "forward.attention", BusyS: 0.0012, ExposedS: 0.0012},
			{Phase: "forward.expert", BusyS: 0.001, ExposedS: 0.0005},
			{Phase: "update.memory", BusyS: 0.000_000_25, ExposedS: 0},
			{Phase: report.Idle, BusyS: 0.0003, ExposedS: 0.0003},
		},
		Imbalance: report.Imbalance{Chiplet: 2.5, Group: 1.0625},
		Conservation: report.Conservation{
			TokensDispatched: 1024, TokensCombined: 1024, ContributionsAsked: 4096, ContributionsReturned: 4096,
			BytesSent: 7_654_321, BytesReceived: 7_654_321, CreditsOK: true, Ops: 42, OpsDone: 42, PartsIdle: true,
		},
		Stacks: []report.StackUse{
			{Stack: "Stack[1]", Of: "the attention chiplet", Capacity: 8 << 30, Weights: 1_000_000, Activations: 2_500_000},
			{Stack: "Stack[0]", Of: "group 0", Capacity: 8 << 30, Weights: 9_000_000_000, Gradients: 5_000_000, Activations: 70_000_000},
		},
		Notes: []string{"routing: made up"},
	}
	s.Conservation.Check()
	s.SetEnergy(exampleLedger())
	return s
}

// exampleLedger has a column for each phase of the example.
func exampleLedger() *energy.Ledger {
	l, err := energy.NewLedger(energy.DefaultSpec(), units.GHz, 4)
	if err != nil {
		panic(err)
	}
	l.Book("Expert[0].Tiles", "expert chiplets", energy.MAC, []int64{1e9, 3e9, 0, 0})
	l.Draw("Expert[0]", "expert chiplets", 2*units.Watt, []int64{1_200_000, 500_000, 0, 300_000})
	l.Book("Link[0]", "root links", energy.LinkByte, []int64{0, 0, 45_678, 123})
	l.Book("Link[1]", "stack links", energy.LinkByte, []int64{0, 0, 0, 0})
	l.Draw("Stack[0]", "group stacks", 653*units.Milliwatt, []int64{1_200_000, 500_000, 0, 300_000})
	return l
}

func exampleLinks() []record.LinkRow {
	var rows []record.LinkRow
	add := func(link, from, to, level, class string, bytes int64, utilization float64) {
		rows = append(rows, record.LinkRow{Link: link, From: from, To: to, Level: level, Class: class, BitsPerCycle: 29, Bytes: bytes, Utilization: utilization})
	}
	add("Link[0]", "Attention.NoP[0]", "Switch[0].Port[0]", "root", "token", 123, 0.25)
	add("Link[0]", "Attention.NoP[0]", "Switch[0].Port[0]", "root", "control", 8, 0.0625)
	add("Link[0]", "Switch[0].Port[0]", "Attention.NoP[0]", "root", "token", 45_678, 0.5)
	add("Link[1]", "Stack[0].NoP", "Switch[0].Port[1]", "stack", "weight", 9_876_543, 0.125)
	add("Link[1]", "Stack[0].NoP", "Switch[0].Port[1]", "stack", "activation", 1_234_567_890, 0.375)
	for range 7 {
		add("Link[2]", "Switch[0].Port[2]", "Expert[0].NoP[0]", "leaf", "token", 0, 0)
	}
	return rows
}

func TestRunTable(t *testing.T) {
	interrupted := example()
	interrupted.Status, interrupted.Conservation.OpsDone = "interrupted", 17
	violated := example()
	violated.Status, violated.Conservation.BytesReceived = "failed", 7
	violated.Conservation.Check()
	for name, s := range map[string]*report.Summary{"done.txt": example(), "interrupted.txt": interrupted, "violated.txt": violated} {
		var b bytes.Buffer
		if err := report.WriteRun(&b, s, exampleLinks(), report.Style{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestColor(t *testing.T) {
	var plain, colored bytes.Buffer
	for w, style := range map[*bytes.Buffer]report.Style{&plain: {}, &colored: {Color: true}} {
		if err := report.WriteRun(w, example(), exampleLinks(), style); err != nil {
			t.Fatal(err)
		}
	}
	const escape = "\x1b["
	if strings.Contains(plain.String(), escape) {
		t.Error("escape codes in plain style")
	}
	if !strings.Contains(colored.String(), escape) {
		t.Error("no escape codes in color style")
	}
}

func compared() []report.Named {
	first, second := example(), example()
	second.Experiment = "faster"
	second.Result.StepSeconds, second.Result.TokensPerS = 0.0008, 640_000
	second.Breakdown = []report.Phase{
		{Phase: "forward.embedding", BusyS: 0.0001, ExposedS: 0.0001},
		{Phase: "forward.attention", BusyS: 0.0007, ExposedS: 0.0007},
		{Phase: report.Idle},
	}
	return []report.Named{{Name: first.Experiment, Summary: first}, {Name: "runs/faster", Summary: second}}
}

func TestCompareTable(t *testing.T) {
	var b bytes.Buffer
	if err := report.Compare(compared()).Write(&b, report.Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "compare.txt", b.Bytes())
}

func TestCompareJSON(t *testing.T) {
	data, err := report.Compare(compared()).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema string
		Runs   []struct {
			Schema              string
			Experiment          string
			Normalised, Speedup float64
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != report.CompareSchema || len(got.Runs) != 2 {
		t.Fatalf("%+v", got)
	}
	r := got.Runs[1]
	if r.Schema != report.SummarySchema || r.Experiment != "faster" || r.Normalised != 0.0008/0.002 || r.Speedup != 0.002/0.0008 {
		t.Errorf("%+v", r)
	}
	if r := got.Runs[0]; r.Normalised != 1 || r.Speedup != 1 {
		t.Errorf("the first against itself: %+v", r)
	}
}

// The keys of summary.json are a contract.
func TestSummaryJSON(t *testing.T) {
	data, err := example().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", data)
	var back report.Summary
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example(), &back); d != "" {
		t.Errorf("-written +read\n%s", d)
	}
}

func TestConservationNamesWhatDoesNotHold(t *testing.T) {
	for want, spoil := range map[string]func(*report.Conservation){
		"tokens dispatched differ from tokens combined":       func(c *report.Conservation) { c.TokensCombined-- },
		"expert outputs asked for differ from those returned": func(c *report.Conservation) { c.ContributionsReturned++ },
		"bytes sent differ from bytes received":               func(c *report.Conservation) { c.BytesSent++ },
		"credits have not come home":                          func(c *report.Conservation) { c.CreditsOK = false },
		"not every op was done":                               func(c *report.Conservation) { c.OpsDone-- },
		"a part is not idle":                                  func(c *report.Conservation) { c.PartsIdle = false },
		"packets were lost":                                   func(c *report.Conservation) { c.PacketsLive = 1 },
	} {
		c := example().Conservation
		if len(c.Violations) > 0 {
			t.Fatalf("the example violates: %v", c.Violations)
		}
		spoil(&c)
		c.Check()
		if d := cmp.Diff([]string{want}, c.Violations); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
}
