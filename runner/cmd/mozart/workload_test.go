package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"mozart/runner/report"
)

// foreignTraces writes Chakra traces of another program, of as many ranks as tiny has:
// rank 0 loads, computes and tells the others, which compute.
func foreignTraces(t *testing.T, dir string) {
	t.Helper()
	num := func(b []byte, field protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
	}
	attr := func(b []byte, name string, field protowire.Number, v uint64) []byte {
		inner := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
		return protowire.AppendBytes(protowire.AppendTag(b, 10, protowire.BytesType), num(inner, field, v))
	}
	node := func(id, kind uint64, deps ...uint64) []byte {
		b := num(num(nil, 1, id), 3, kind)
		for _, d := range deps {
			b = num(b, 5, d)
		}
		return b
	}
	const ranks = 5
	files := make([][][]byte, ranks)
	files[0] = [][]byte{nil, attr(node(0, 2), "tensor_size", 13, 4096), attr(attr(node(1, 4, 0), "num_ops", 9, 1e6), "tensor_size", 13, 1e4)}
	for r := uint64(1); r < ranks; r++ {
		files[0] = append(files[0], attr(node(1+r, 5, 1), "comm_dst", 7, r))
		files[r] = [][]byte{nil, node(0, 6), attr(node(1, 4, 0), "num_ops", 9, 1e6)}
	}
	for r, messages := range files {
		var b []byte
		for _, m := range messages {
			b = protowire.AppendBytes(b, m)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("theirs.%d.et", r)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A trace of another program runs on the hardware of an experiment, and the result
// says what was lost.
func TestForeignTracesRun(t *testing.T) {
	dir := t.TempDir()
	foreignTraces(t, dir)
	var stdout, stderr bytes.Buffer
	app := newApp(&stdout, &stderr)
	out := filepath.Join(t.TempDir(), "out")
	if err := app.Run([]string{"mozart", "run", "--workload", dir, "--out", out, "--json", "tiny"}); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var s report.Summary
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Status != "done" || s.Result.StepCycles == 0 || s.Conservation.OpsDone != 14 {
		t.Errorf("status %s, %d cycles, %d ops", s.Status, s.Result.StepCycles, s.Conservation.OpsDone)
	}
	if !strings.Contains(s.Notes[0], "5 nodes of computation have no shape") {
		t.Errorf("notes %q", s.Notes)
	}
}
