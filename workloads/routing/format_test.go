package routing_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mozart/workloads/routing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func TestLayoutIsTheDocumentedOne(t *testing.T) {
	le := binary.LittleEndian
	want := []byte("\x89MZR\r\n\x1a\n" + // magic
		"\x01\x00" + "\x00\x00" + // version, flags
		"\x02\x00\x00\x00" + "\x04\x00\x00\x00" + "\x02\x00\x00\x00" + // layers, experts, top-k
		"\x03\x00\x00\x00" + "\x03\x00\x00\x00\x00\x00\x00\x00" + // tokens per block, tokens
		"\x02\x00\x00\x00" + "\x05\x00small" + // sequences, model
		"\x02\x00\x00\x00" + "\x01\x00\x00\x00") // lengths
	want = le.AppendUint32(want, crc32.Checksum(want, castagnoli))
	block := []byte("\x00\x00\x00\x00" + "\x03\x00\x00\x00" + // index, tokens
		"\x00\x01\x01\x00\x03\x01" + "\x02\x03\x00\x02\x01\x02")
	want = append(want, le.AppendUint32(block, crc32.Checksum(block, castagnoli))...)
	want = append(want, "MZRE"...)
	want = le.AppendUint32(want, crc32.Checksum(want, castagnoli))
	if d := cmp.Diff(want, encode(t, small())); d != "" {
		t.Error(d)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := anyTrace(rt)
		got, err := routing.ReadTrace(bytes.NewReader(encode(t, want)))
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatal(d)
		}
	})
}

// TestBlocksOfAnySizeGiveTheSameFile writes a trace of several file blocks in
// odd pieces.
func TestBlocksOfAnySizeGiveTheSameFile(t *testing.T) {
	src := must[*routing.Synthetic](t)(routing.NewSynthetic(routing.SyntheticSpec{Topics: 2}, 64, 8,
		routing.Draw{Layers: 4, Sequences: routing.EqualSequences(3, 9001), Seed: 3}))
	tr := must[*routing.Trace](t)(routing.Collect(src))
	whole := encode(t, tr)
	var b bytes.Buffer
	w := must[*routing.Writer](t)(routing.NewWriter(&b, tr.Header()))
	for from := 0; from < tr.Tokens; {
		to := min(from+1+from%7001, tr.Tokens)
		part := must[*routing.Trace](t)(tr.Slice(routing.Range{From: from, To: to}))
		if err := w.Write(must[routing.Block](t)(part.Source().Next())); err != nil {
			t.Fatal(err)
		}
		from = to
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole, b.Bytes()) {
		t.Error("the pieces gave another file")
	}
	rd := must[*routing.Reader](t)(routing.NewReader(bytes.NewReader(whole)))
	blocks := 0
	for ; ; blocks++ {
		if _, err := rd.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if blocks < 3 {
		t.Errorf("%d blocks, want several", blocks)
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	tr := small()
	for i := range tr.Layers {
		tr.Layers[i].Weights = []float32{1, 2, 3, 4, 5, 6}
	}
	good := encode(t, tr)
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			_, err := routing.ReadTrace(bytes.NewReader(bad))
			if fe := (*routing.FormatError)(nil); !errors.As(err, &fe) {
				t.Fatalf("bit %d of byte %d changed: got %v, want a FormatError", bit, i, err)
			}
		}
	}
	for n := range good {
		_, err := routing.ReadTrace(bytes.NewReader(good[:n]))
		fe := (*routing.FormatError)(nil)
		if !errors.As(err, &fe) || !errors.Is(err, io.ErrUnexpectedEOF) || fe.Offset != int64(n) {
			t.Fatalf("cut after %d bytes: got %v, want a FormatError at that offset", n, err)
		}
	}
	if _, err := routing.ReadTrace(bytes.NewReader(append(good, 0))); err == nil {
		t.Error("a byte after the end was accepted")
	}
}

// TestMessages pins what a person reads. The file is a header of 59 bytes, one
// block of 24 and an end mark of 8.
func TestMessages(t *testing.T) {
	good := encode(t, small())
	put := func(at int, b ...byte) []byte {
		bad := bytes.Clone(good)
		copy(bad[at:], b)
		return bad
	}
	reseal := func(bad []byte) []byte { // makes the block's checksum right again
		const head, block = 59, 20
		binary.LittleEndian.PutUint32(bad[head+block:], crc32.Checksum(bad[head:head+block], castagnoli))
		return bad
	}
	for _, tc := range []struct {
		name string
		file []byte
		want string
	}{
		{"other file", []byte("PK\x03\x04 some archive"), `offset 0: magic: found "PK\x03\x04 som", want "\x89MZR\r\n\x1a\n"`},
		{"newer", put(8, 2), "offset 8: version: found 2, want 1, the only one this program reads"},
		{"flags", put(10, 6), "offset 10: flags: found 0x0006, want no bits beyond 0x0001"},
		{"top-k", put(20, 5), "offset 20: top-k: found 5, want at most the 4 experts"},
		{"experts", put(16, 0, 0, 1), "offset 16: experts: found 65536, want 1..4096"},
		{"block size", put(24, 0, 0, 0, 255), "offset 24: tokens per block: found 4278190080, want at most 4194304 (blocks of 16777216 bytes)"},
		{"header", put(42, 'S'), "offset 55: header checksum: found"},
		{"truncated", good[:70], "offset 70: block 1 of 1: found the end of the file after 11 bytes, want 20 bytes"},
		{"checksum", put(67, 2), "offset 79: block 1 of 1 checksum: found"},
		{"id", reseal(put(70, 4)), "offset 70: block 1 of 1, layer 0, token 1: found expert id 4, want 2 distinct ids below 4 per token"},
		{"twice", reseal(put(74, 2)), "offset 74: block 1 of 1, layer 1, token 0: found expert id 2, want 2 distinct ids below 4 per token"},
		{"no end", good[:83], "offset 83: end mark: found the end of the file after 0 bytes, want 4 bytes"},
		{"tail", append(bytes.Clone(good), "x"...), "offset 91: end of the file: found more bytes, want none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := routing.ReadTrace(bytes.NewReader(tc.file))
			if err == nil || !strings.Contains(err.Error(), "routing trace: "+tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestALyingHeaderAllocatesLittle promises 2^40 tokens in the largest blocks and
// four billion sequences, then ends.
func TestALyingHeaderAllocatesLittle(t *testing.T) {
	for _, sequences := range []uint32{1, math.MaxUint32} {
		le := binary.LittleEndian
		b := []byte("\x89MZR\r\n\x1a\n\x01\x00\x01\x00")
		for _, v := range []uint32{1024, 4096, 256, 10} {
			b = le.AppendUint32(b, v)
		}
		b = le.AppendUint64(b, 1<<40)
		b = le.AppendUint32(b, sequences)
		b = append(b, 0, 0)
		b = le.AppendUint32(b, 1<<31)
		b = le.AppendUint32(b, crc32.Checksum(b, castagnoli))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := routing.ReadTrace(bytes.NewReader(b))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Fatal("a lie was believed")
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%d bytes allocated for a file of %d: %v", got, len(b), err)
		}
	}
}

func TestWriterRefusesWhatContradictsItsHeader(t *testing.T) {
	tr := small()
	block := must[routing.Block](t)(tr.Source().Next())
	open := func() *routing.Writer {
		return must[*routing.Writer](t)(routing.NewWriter(io.Discard, tr.Header()))
	}
	if err := open().Close(); err == nil || !strings.Contains(err.Error(), "found 0 tokens, want the 3") {
		t.Errorf("too few tokens: %v", err)
	}
	w := open()
	if err := errors.Join(w.Write(block), w.Write(block)); err == nil || !strings.Contains(err.Error(), "more than the 3 tokens") {
		t.Errorf("too many tokens: %v", err)
	}
	tr.Layers[0].IDs[1] = 0
	if err := open().Write(block); err == nil || !strings.Contains(err.Error(), "expert id 0 twice") {
		t.Errorf("repeated id: %v", err)
	}
	w = open()
	tr.Layers[0].IDs[1] = 1
	if err := errors.Join(w.Write(block), w.Close()); err != nil {
		t.Errorf("a good trace: %v", err)
	}
	if err := w.Write(block); err == nil {
		t.Error("a closed writer accepted a block")
	}
	if _, err := routing.NewWriter(io.Discard, routing.Header{}); err == nil {
		t.Error("an empty header was accepted")
	}
}

func TestFilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.mzr")
	want := small()
	if err := routing.WriteFile(path, want.Source()); err != nil {
		t.Fatal(err)
	}
	got := must[*routing.Trace](t)(routing.ReadFile(path))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	bad := small()
	bad.Layers[1].IDs[0] = 9
	if err := routing.WriteFile(path, bad.Source()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if d := cmp.Diff(want, must[*routing.Trace](t)(routing.ReadFile(path))); d != "" {
		t.Errorf("a failed write changed the file: %s", d)
	}
	left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path)))
	if len(left) != 1 {
		t.Errorf("found %v, want only the trace", left)
	}
	if err := os.Truncate(path, 70); err != nil {
		t.Fatal(err)
	}
	if _, err := routing.ReadFile(path); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

// FuzzReader feeds arbitrary bytes, bare and with right checksums put behind
// the header and a block. Whatever the reader accepts must survive writing and
// reading again.
func FuzzReader(f *testing.F) {
	const crc, end = 4, 8
	tr := small()
	plain := encode(f, tr)
	for i := range tr.Layers {
		tr.Layers[i].Weights = make([]float32, 6)
	}
	for _, file := range [][]byte{plain, encode(f, tr)} {
		f.Add(file[:55], file[55+crc:len(file)-end-crc], true)
		f.Add(file[:60], file[60:], false)
	}
	f.Fuzz(func(t *testing.T, header, block []byte, seal bool) {
		file := bytes.Clone(header)
		if seal {
			le := binary.LittleEndian
			file = le.AppendUint32(file, crc32.Checksum(file, castagnoli))
			file = append(file, block...)
			file = le.AppendUint32(file, crc32.Checksum(block, castagnoli))
			file = append(file, "MZRE"...)
			file = le.AppendUint32(file, crc32.Checksum(file, castagnoli))
		} else {
			file = append(file, block...)
		}
		got, err := routing.ReadTrace(bytes.NewReader(file))
		if err != nil {
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		again := must[*routing.Trace](t)(routing.ReadTrace(bytes.NewReader(encode(t, got))))
		if !bytes.Equal(encode(t, got), encode(t, again)) {
			t.Error("another trace after writing and reading")
		}
	})
}
