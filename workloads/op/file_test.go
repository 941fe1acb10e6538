package op_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/workloads/op"
)

// exchangeFile is the exchange as a file has it.
func exchangeFile() op.File {
	p := exchange()
	p.Model, p.Policy, p.TokenBytes, p.TokensPerStep, p.SRAMNeed = "m", "p", 64, 2, []int64{1, 2, 3}
	p.StackNeed = op.StackNeed{Attention: op.Need{Weights: 4}, Groups: []op.Need{{Activations: 5}}}
	return op.File{Program: p, About: op.About{Experiment: "name: x\n", Routing: "r", CopiesPerToken: 1.5, Groups: 1, Trunks: []int{0, 0}}}
}

func written(t interface{ Fatal(...any) }, f op.File) []byte {
	var b bytes.Buffer
	if err := op.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dumped(t interface{ Fatal(...any) }, f op.File) string {
	var b strings.Builder
	if err := op.Dump(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is read is what was written, in every field, and gives the same bytes again.
func TestFileRoundTrip(t *testing.T) {
	f := exchangeFile()
	data := written(t, f)
	got, err := op.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dumped(t, f), dumped(t, got)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if !bytes.Equal(data, written(t, got)) {
		t.Error("the bytes differ when written again")
	}
}

// Numbers of any size survive: those of ops that no Check looks at.
func TestFileNumbers(t *testing.T) {
	number := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64}))
	rapid.Check(t, func(t *rapid.T) {
		f := exchangeFile()
		root := op.NewBuilder(op.Attention, f.Program.Labels)
		last := int32(op.None)
		for range rapid.IntRange(1, 9000).Draw(t, "ops") {
			last = root.Add(op.Op{
				Kind: op.Signal, Phase: op.Update, M: number.Draw(t, "m"), K: number.Draw(t, "k"), N: number.Draw(t, "n"), Count: number.Draw(t, "count"),
				Bytes: number.Draw(t, "bytes"), Tokens: number.Draw(t, "tokens"), Priority: rapid.Int32().Draw(t, "priority"), Table: rapid.Int32().Draw(t, "table"),
				Layer: op.LayerID(rapid.Int32().Draw(t, "layer")), MicroBatch: rapid.Int16().Draw(t, "micro-batch"), Expert: op.ExpertID(rapid.Int32().Draw(t, "expert")),
			}, "x", last)
			if last > 20 && rapid.IntRange(0, 3).Draw(t, "stop") > 0 {
				break
			}
		}
		for i := range f.Program.Devices {
			b := op.NewBuilder(i-1, f.Program.Labels)
			b.Add(op.Op{Kind: op.Signal}, "y")
			f.Program.Devices[i] = b.Device()
		}
		f.Program.Devices[0], f.Program.Tables = root.Device(), nil
		got, err := op.Read(bytes.NewReader(written(t, f)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dumped(t, f), dumped(t, got)); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
	})
}

// A file that ends early is told so, wherever it ends.
func TestReadTruncated(t *testing.T) {
	data := written(t, exchangeFile())
	for n := range data {
		_, err := op.Read(bytes.NewReader(data[:n]))
		var format *op.FormatError
		if !errors.As(err, &format) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if _, err := op.Read(bytes.NewReader(append(data, 0))); err == nil || !strings.Contains(err.Error(), "nothing behind the compressed part") {
		t.Errorf("a byte too many: %v", err)
	}
}

// No changed bit changes a program unnoticed.
func TestReadDamaged(t *testing.T) {
	data, want := written(t, exchangeFile()), dumped(t, exchangeFile())
	for i := range data {
		for bit := range 8 {
			damaged := bytes.Clone(data)
			damaged[i] ^= 1 << bit
			// Another way to compress the same bytes is no damage.
			if got, err := op.Read(bytes.NewReader(damaged)); err == nil && dumped(t, got) != want {
				t.Fatalf("bit %d of byte %d of %d is changed, and nothing was found", bit, i, len(data))
			}
		}
	}
}

func TestReadNamesWhatIsWrong(t *testing.T) {
	data := written(t, exchangeFile())
	with := func(i int, b byte) []byte {
		d := bytes.Clone(data)
		d[i] = b
		return d
	}
	broken := exchangeFile()
	broken.Program.Devices[1].Ops[0].Bytes = 0
	unknown := exchangeFile()
	unknown.Program.Dispatch = 7
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text":            {[]byte("name: tiny\nmodel: tiny\n"), `program file: offset 0: magic: found "name: ti", want "\x89MZP\r\n\x1a\n"`},
		"empty":           {nil, "program file: offset 0: magic: found the end of the file, want more bytes"},
		"another version": {with(8, 2), "program file: offset 8: version: found 2, want 1"},
		"no gzip":         {with(10, 0), "program file: offset 10: compressed part: found an error: gzip: invalid header"},
		"wrong program":   {written(t, broken), "program file: device 1, op 0 (load) moves 0 bytes"},
		"unknown mode":    {written(t, unknown), `program file: frame 0, uncompressed offset`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := op.Read(bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// frames packs payloads as a file does, with lengths and checksums that are right.
func frames(kinds string, payloads ...[]byte) []byte {
	var b bytes.Buffer
	b.WriteString(op.FileMagic + "\x01\x00")
	z := gzip.NewWriter(&b)
	for i, p := range payloads {
		kind := []byte{kinds[i]}
		sum := crc32.Update(crc32.Checksum(kind, crc32.MakeTable(crc32.Castagnoli)), crc32.MakeTable(crc32.Castagnoli), p)
		for _, part := range [][]byte{binary.AppendUvarint(kind, uint64(len(p))), p, binary.LittleEndian.AppendUint32(nil, sum)} {
			_, _ = z.Write(part) // to memory
		}
	}
	_ = z.Close()
	return b.Bytes()
}

// unpacked are the payloads of a file's frames.
func unpacked(t interface{ Fatal(...any) }, data []byte) (payloads [][]byte) {
	z, err := gzip.NewReader(bytes.NewReader(data[len(op.FileMagic)+2:]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for len(raw) > 0 {
		n, size := binary.Uvarint(raw[1:])
		payloads = append(payloads, raw[1+size:1+size+int(n)])
		raw = raw[1+size+int(n)+4:]
	}
	return payloads
}

// Payloads with checksums that are right and contents that are not.
func TestReadNamesWrongFields(t *testing.T) {
	p := unpacked(t, written(t, exchangeFile())) // header, table, three devices, end
	change := func(frame, at int, b byte) [][]byte {
		out := append([][]byte(nil), p...)
		out[frame] = bytes.Clone(p[frame])
		out[frame][at] = b
		return out
	}
	replace := func(frame int, from, to string) [][]byte {
		out := append([][]byte(nil), p...)
		out[frame] = []byte(strings.Replace(string(p[frame]), from, to, 1))
		return out
	}
	for name, c := range map[string]struct {
		payloads [][]byte
		want     string
	}{
		"schema":         {replace(0, "program/1", "program/2"), `schema: found "mozart.program/2", want mozart.program/1`},
		"unknown key":    {replace(0, `"model"`, `"modle"`), `header: found json: unknown field "modle", want the JSON text of a header`},
		"dispatch":       {replace(0, "per-chiplet", "per-chip"), `dispatch: found "per-chip", want one of [per-expert per-chiplet per-group]`},
		"label twice":    {replace(0, `"loaded"`, `"norm"`), `labels: found "norm" twice, want every name once`},
		"too many ops":   {replace(0, `"ops":[5,4,4]`, `"ops":[6,4,4]`), "frame 3"},
		"another device": {change(2, 0, 1), "frame 2, uncompressed offset 562: device: found 1, want 0"},
		"first op":       {change(2, 1, 3), "first op: found 3, want 0"},
		"no ops":         {change(2, 2, 0), "ops: found 0, want 1 to the 5 that are left"},
		"copies":         {change(1, 10, 120), "copies: found 120, want at most the"},
		"tokens":         {change(1, 2, 100), "tokens: found 50, want at most the 3 copies"},
		"frames":         {change(5, 0, 9), "frames: found 9, want 5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := op.Read(bytes.NewReader(frames("HTOOOE", c.payloads...)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// Whatever the bytes are, reading ends, and what is read can be written and read
// again.
func FuzzRead(f *testing.F) {
	p := unpacked(f, written(f, exchangeFile()))
	f.Add(p[0], p[1], p[2], p[3], p[4])
	f.Fuzz(func(t *testing.T, header, table, root, first, second []byte) {
		file, err := op.Read(bytes.NewReader(frames("HTOOOE", header, table, root, first, second, []byte{5})))
		if err != nil {
			return
		}
		again, err := op.Read(bytes.NewReader(written(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		if dumped(t, file) != dumped(t, again) {
			t.Error("a program changes when it is written and read again")
		}
	})
}
