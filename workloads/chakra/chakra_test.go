package chakra_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"mozart/runner/config"
	"mozart/runner/plan"
	"mozart/workloads/chakra"
	"mozart/workloads/op"
)

// tiny is the program of the built-in of that name.
func tiny(t testing.TB, set ...string) op.File {
	t.Helper()
	x, err := config.Load("tiny", set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(x)
	if err != nil {
		t.Fatal(err)
	}
	about, err := p.About()
	if err != nil {
		t.Fatal(err)
	}
	return op.File{Program: p.Program, About: about}
}

// exported are the traces of all ranks.
func exported(t testing.TB, f op.File) [][]byte {
	t.Helper()
	var out [][]byte
	for rank := range f.Program.Devices {
		var b bytes.Buffer
		if err := chakra.Export(&b, f, rank); err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Bytes())
	}
	return out
}

func imported(traces [][]byte) (op.File, []string, error) {
	var readers []io.Reader
	for _, b := range traces {
		readers = append(readers, bytes.NewReader(b))
	}
	return chakra.Import(readers)
}

func dumped(t testing.TB, f op.File) []string {
	t.Helper()
	var b strings.Builder
	if err := op.Dump(&b, f); err != nil {
		t.Fatal(err)
	}
	return strings.Split(b.String(), "\n")
}

// A program comes back op for op and copy for copy, whatever the policy.
func TestRoundTrip(t *testing.T) {
	for _, policy := range []string{"baseline", "mozart-c"} {
		f := tiny(t, "policy="+policy)
		got, losses, err := imported(exported(t, f))
		if err != nil {
			t.Fatal(err)
		}
		if len(losses) > 0 {
			t.Errorf("%s: lost %q", policy, losses)
		}
		if diff := cmp.Diff(dumped(t, f), dumped(t, got)); diff != "" {
			t.Errorf("%s: imported (-want +got):\n%s", policy, diff)
		}
	}
}

// renamed gives an attribute another name of the same length, so that readers do not
// find it.
func renamed(traces [][]byte, from, to string) [][]byte {
	out := make([][]byte, len(traces))
	for i, b := range traces {
		out[i] = bytes.ReplaceAll(b, []byte(from), []byte(to))
	}
	return out
}

// Without tables, tables are made up that send as many packets to every chiplet.
func TestTablesFromBytes(t *testing.T) {
	for _, policy := range []string{"baseline", "mozart-c"} {
		f := tiny(t, "policy="+policy)
		got, losses, err := imported(renamed(exported(t, f), "mozart.tables", "mozart.nodice"))
		if err != nil {
			t.Fatal(err)
		}
		if len(losses) != 1 || !strings.Contains(losses[0], "4 tables were made up from mozart.bytes_per_destination") {
			t.Errorf("%s: losses %q", policy, losses)
		}
		for i := range f.Program.Tables {
			want, have := f.Program.Tables[i], got.Program.Tables[i]
			if have.Tokens != want.Tokens || have.PerToken != want.PerToken || have.Layer != want.Layer {
				t.Errorf("%s: table %d has %d tokens of %d outputs in layer %d", policy, i, have.Tokens, have.PerToken, have.Layer)
			}
			for c := range want.Copied {
				if g, w := have.Packets(c, f.Program.Dispatch), want.Packets(c, f.Program.Dispatch); g != w {
					t.Errorf("%s: table %d sends %d packets to chiplet %d, want %d", policy, i, g, c, w)
				}
			}
		}
	}
}

// Without our attributes a trace is one of another program, whose all-to-alls are more
// than the machine can do; Export says what such readers miss.
func TestLossesOfExport(t *testing.T) {
	f := tiny(t)
	_, _, err := imported(renamed(exported(t, f), "mozart.", "frozen."))
	if err == nil || !strings.Contains(err.Error(), "is of node type 7, want computation, memory or a message between two ranks") {
		t.Errorf("a stranger's all-to-all: %v", err)
	}
	if l := chakra.ExportLosses(f.Program); len(l) != 3 || !strings.HasPrefix(l[0], "40 all-to-alls have unequal parts") {
		t.Errorf("losses %q", l)
	}
}

// message puts fields into a message behind its length.
func message(fields ...[]byte) []byte {
	b := bytes.Join(fields, nil)
	return append(protowire.AppendVarint(nil, uint64(len(b))), b...)
}

func num(field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), v)
}

func str(field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), v)
}

// attr is an AttributeProto of a node: its name, and a number in a field.
func attr(name string, field protowire.Number, v uint64) []byte {
	return str(10, string(str(1, name))+string(num(field, v)))
}

var metadata = message(str(1, "0.0.4"))

// A trace of another program: two ranks, ids in any order, dependencies not packed,
// unknown fields.
func foreign() [][]byte {
	first := bytes.Join([][]byte{
		metadata,
		message(num(1, 7), str(2, "gelu"), num(3, 4), num(5, 3), attr("num_ops", 9, 500), attr("tensor_size", 13, 64), num(6, 11)),
		message(num(1, 3), str(2, "weights"), num(3, 2), attr("tensor_size", 13, 4096)),
		message(num(1, 9), str(2, "send"), num(3, 5), num(5, 7), attr("comm_dst", 7, 1), attr("comm_tag", 7, 5), attr("comm_size", 9, 1000)),
	}, nil)
	second := bytes.Join([][]byte{
		metadata,
		message(num(1, 0), str(2, "receive"), num(3, 6), attr("comm_src", 7, 0), attr("comm_tag", 7, 5)),
		message(num(1, 1), str(2, "save"), num(3, 3), num(4, 0), attr("tensor_size", 13, 128)),
	}, nil)
	return [][]byte{first, second}
}

func TestForeignTraces(t *testing.T) {
	f, losses, err := imported(foreign())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"start times and durations of the nodes are not used: the hardware decides",
		"1 nodes of computation have no shape: run on the vector unit, num_ops operations and tensor_size bytes",
		"1 messages between two ranks are signals of 16 bytes, whatever their comm_size",
	}
	if diff := cmp.Diff(want, losses); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	lines := dumped(t, f)[1:]
	for i, want := range []string{
		`{"device":0,"op":0,"kind":"load","phase":"forward.weights","name":"weights","layer":-1,"micro_batch":-1,"expert":-1,"bytes":4096,"class":"weight"}`,
		`{"device":0,"op":1,"kind":"vector","phase":"forward.attention","name":"gelu","layer":-1,"micro_batch":-1,"expert":-1,"m":500,"k":1,"bytes":64,"deps":[0]}`,
		`{"device":0,"op":2,"kind":"signal","phase":"forward.dispatch","name":"send","layer":-1,"micro_batch":-1,"expert":-1,"deps":[1],"peers":[[1,0]]}`,
		`{"device":1,"op":0,"kind":"await","phase":"forward.dispatch","name":"receive","layer":-1,"micro_batch":-1,"expert":-1,"signals":1}`,
		`{"device":1,"op":1,"kind":"store","phase":"update.memory","name":"save","layer":-1,"micro_batch":-1,"expert":-1,"bytes":128,"class":"weight","deps":[0]}`,
	} {
		if lines[i] != want {
			t.Errorf("line %d:\n%s\nwant\n%s", i, lines[i], want)
		}
	}
}

func TestImportNamesWhatIsWrong(t *testing.T) {
	own := exported(t, tiny(t))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		traces [][]byte
		want   string
	}{
		"nothing":         {nil, "chakra: no rank"},
		"empty":           {[][]byte{{}}, "chakra: rank 0, GlobalMetadata: unexpected EOF"},
		"truncated":       {[][]byte{join(metadata, []byte{9, 1})}, "chakra: rank 0, node 0: unexpected EOF"},
		"no protobuf":     {[][]byte{join(metadata, []byte{1, 0xff})}, "chakra: rank 0, node 0: "},
		"ranks missing":   {own[:3], "chakra: rank 0, GlobalMetadata: found 3 ranks, want the 5 of the program"},
		"ranks swapped":   {[][]byte{own[0], own[2], own[1], own[3], own[4]}, "chakra: device"},
		"ops missing":     {[][]byte{own[0], metadata, own[2], own[3], own[4]}, "chakra: rank 1, node 0: found the end of the file after 0 ops, want 168"},
		"kind missing":    {renamed(own, "mozart.kind", "mozart.dink"), "chakra: rank 0, node 0: found no mozart.kind or mozart.phase"},
		"unknown phase":   {renamed(own, "forward.head", "forward.hand"), `mozart.phase: found "forward.hand", want a phase`},
		"same id":         {[][]byte{join(metadata, message(num(1, 4)), message(num(1, 4)))}, "nodes 0 and 1 both have id 4"},
		"unknown id":      {[][]byte{join(metadata, message(num(1, 4), num(5, 2)))}, "node 0 waits for id 2, which no node has"},
		"circle":          {[][]byte{join(metadata, message(num(1, 1), num(5, 2)), message(num(1, 2), num(5, 1)))}, "2 nodes wait for each other in a circle"},
		"no bytes":        {[][]byte{join(metadata, message(num(1, 1), str(2, "w"), num(3, 2)))}, `"w" moves no bytes`},
		"nobody receives": {[][]byte{foreign()[0], metadata}, "chakra: rank 0, node 2: a message to rank 1 with tag 5, which nobody receives"},
		"one rank":        {[][]byte{metadata}, "at least one expert chiplet, not 1 devices"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := imported(c.traces); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// small is a program of a few ops: two tokens go to one expert chiplet and come back.
func small() op.File {
	labels := op.NewLabels()
	root, leaf := op.NewBuilder(op.Attention, labels), op.NewBuilder(0, labels)
	root.Add(op.Op{Kind: op.Gemm, M: 1, K: 2, N: 3, Count: 4}, "qkv")
	send := root.Add(op.Op{Kind: op.Send, Phase: op.ForwardDispatch, Tokens: 2}, "dispatch", 0)
	receive := root.Add(op.Op{Kind: op.Receive, Phase: op.ForwardCombine, Tokens: 2}, "combine", send)
	arrived := leaf.Add(op.Op{Kind: op.Receive, Phase: op.ForwardDispatch, Tokens: 2}, "dispatch")
	up := leaf.Add(op.Op{Kind: op.Send, Phase: op.ForwardCombine, Tokens: 2}, "combine", arrived)
	root.SetPeers(send, []op.Peer{{Device: 1, Op: arrived}})
	leaf.SetPeers(up, []op.Peer{{Device: 0, Op: receive}})
	return op.File{About: op.About{Groups: 1, Trunks: []int{0}}, Program: &op.Program{
		Labels: labels, Devices: []op.Device{root.Device(), leaf.Device()}, SRAMNeed: []int64{0, 0},
		Dispatch: op.DispatchPerChiplet, Combine: op.CombineInChiplet, TokenBytes: 2, TokensPerStep: 2,
		Tables: []op.Table{{Tokens: 2, PerToken: 1, Copies: []op.Copy{{Token: 0, Contributions: 1, FanIn: 1}, {Token: 1, Contributions: 1, FanIn: 1}}, Assignments: []int32{2}, Copied: []int32{2}}},
	}}
}

// Whatever the bytes are, reading ends.
func FuzzImport(f *testing.F) {
	own := exported(f, small())
	f.Add(own[0], own[1])
	stripped := renamed(own, "mozart.tables", "mozart.nodice")
	f.Add(stripped[0], stripped[1])
	f.Add(foreign()[0], foreign()[1])
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if file, _, err := imported([][]byte{first, second}); err == nil {
			dumped(t, file)
		}
	})
}
