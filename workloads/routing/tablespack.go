package routing

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// The packed form of Tables, described in docs/routing-format.md: a gzip stream
// (whose own CRC-32 guards it) of fixed fields, then columns.
const (
	tablesMagic   = "\x89MZT\r\n\x1a\n"
	tablesVersion = 1
)

// PackTables writes tables in the packed binary form, about a quarter of the
// size of the compressed CSV. Nothing is lost: UnpackTables returns the same
// tables. Equal tables give equal bytes.
func PackTables(w io.Writer, t *Tables) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("token tables: %w", err)
	}
	le := binary.LittleEndian
	b := append([]byte(nil), tablesMagic...)
	b = le.AppendUint16(b, tablesVersion)
	b = append(b, byte(len(t.Model)))
	b = append(b, t.Model...)
	b = append(b, byte(len(t.Domain)))
	b = append(b, t.Domain...)
	for _, n := range []int{t.Experts, t.TopK, len(t.Recorded), len(t.TokenIDs)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = appendSteps(b, t.Recorded)
	b = appendSteps(b, t.TokenIDs)
	for _, n := range t.Occurrences {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, l := range t.rows {
		b = appendLayer(b, l, (t.Experts+7)/8)
	}
	if _, err := z.Write(b); err != nil {
		return fmt.Errorf("token tables: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("token tables: %w", err)
	}
	return nil
}

// appendSteps appends ascending numbers as differences from the one before,
// the first from -1, each less one.
func appendSteps(b []byte, ascending []int) []byte {
	last := -1
	for _, n := range ascending {
		b = binary.AppendUvarint(b, uint64(n-last-1))
		last = n
	}
	return b
}

// appendLayer appends a bitmap of width bytes per token id, bit e set if expert
// e has a count, then all counts but the last of each id, which follows from
// the occurrences.
func appendLayer(b []byte, l tableLayer, width int) []byte {
	for i := range l.start[1:] {
		at := len(b)
		b = append(b, make([]byte, width)...)
		for _, e := range l.experts[l.start[i]:l.start[i+1]] {
			b[at+int(e)/8] |= 1 << (e % 8)
		}
	}
	for i, end := range l.start[1:] {
		for _, c := range l.counts[l.start[i] : end-1] {
			b = binary.AppendUvarint(b, uint64(c))
		}
	}
	return b
}

// WriteTablesFile writes tables in the packed binary form to path, complete or
// not at all.
func WriteTablesFile(path string, t *Tables) error {
	return writeWhole(path, func(w io.Writer) error { return PackTables(w, t) })
}

// UnpackTables reads what PackTables wrote. Memory follows the bytes that
// arrive, not what the header promises. Errors are *FormatError where the
// content is wrong, with the offset counted in uncompressed bytes.
func UnpackTables(r io.Reader) (*Tables, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("token tables: not a gzip stream: %w", err)
	}
	u := &unpacker{in: bufio.NewReader(z)}
	t := u.tables()
	if u.err == nil {
		if _, err := u.in.ReadByte(); err == nil {
			u.fail(u.offset, "end", "more bytes", "none", nil)
		} else if !errors.Is(err, io.EOF) { // gzip's own checksum or a cut stream
			u.failRead("end", err)
		}
	}
	if u.err != nil {
		return nil, u.err
	}
	if err := t.validate(); err != nil {
		return nil, err
	}
	return t, nil
}

// unpacker reads fields and keeps the first error; after it, reads return zero.
type unpacker struct {
	in     *bufio.Reader
	offset int64
	err    error
}

// fail records that the field at offset at is wrong.
func (u *unpacker) fail(at int64, field, found, want string, cause error) {
	if u.err == nil {
		u.err = &FormatError{Kind: "token tables", Offset: at, Field: field, Found: found, Want: want, Err: cause}
	}
}

func (u *unpacker) failRead(field string, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		u.fail(u.offset, field, "the end of the stream", "more bytes", io.ErrUnexpectedEOF)
		return
	}
	u.fail(u.offset, field, err.Error(), "a readable stream", err)
}

// ReadByte lets binary.ReadUvarint count the offset.
func (u *unpacker) ReadByte() (byte, error) {
	b, err := u.in.ReadByte()
	if err == nil {
		u.offset++
	}
	return b, err
}

// bytes reads n bytes; n must be small.
func (u *unpacker) bytes(n int, field string) []byte { return u.fill(make([]byte, n), field) }

// fill reads as many bytes as b has, and returns b.
func (u *unpacker) fill(b []byte, field string) []byte {
	if u.err != nil {
		return b
	}
	got, err := io.ReadFull(u.in, b)
	u.offset += int64(got)
	if err != nil {
		u.failRead(field, err)
	}
	return b
}

// number reads an unsigned varint in low..high, or returns low on error.
func (u *unpacker) number(field string, low, high int) int {
	if u.err != nil {
		return low
	}
	at := u.offset
	v, err := u.varint()
	if err != nil {
		u.failRead(field, err)
		return low
	}
	if v < uint64(low) || v > uint64(high) {
		u.fail(at, field, fmt.Sprint(v), fmt.Sprintf("%d..%d", low, high), nil)
		return low
	}
	return int(v)
}

// varint reads an unsigned varint; almost all are of one byte.
func (u *unpacker) varint() (uint64, error) {
	if b, err := u.in.Peek(1); err == nil && b[0] < 0x80 {
		v, err := u.ReadByte()
		return uint64(v), err
	}
	return binary.ReadUvarint(u)
}

// steps reads n ascending numbers up to high.
func (u *unpacker) steps(n, high int, field string) []int {
	var out []int
	last := -1
	for ; n > 0 && u.err == nil; n-- {
		at := u.offset
		last += 1 + u.number(field, 0, high)
		if last > high {
			u.fail(at, field, fmt.Sprint(last), fmt.Sprintf("at most %d", high), nil)
		}
		out = append(out, last)
	}
	return out
}

func (u *unpacker) tables() *Tables {
	if b := u.bytes(len(tablesMagic), "magic"); string(b) != tablesMagic {
		u.fail(0, "magic", fmt.Sprintf("%q", b), fmt.Sprintf("%q", tablesMagic), nil)
	}
	if v := binary.LittleEndian.Uint16(u.bytes(2, "version")); v != tablesVersion {
		u.fail(int64(len(tablesMagic)), "version", fmt.Sprint(v), fmt.Sprintf("%d, the only one this program reads", tablesVersion), nil)
	}
	t := &Tables{}
	t.Model = string(u.bytes(int(u.bytes(1, "model")[0]), "model"))
	t.Domain = string(u.bytes(int(u.bytes(1, "domain")[0]), "domain"))
	t.Experts = u.number("experts", 1, MaxExperts)
	t.TopK = u.number("top-k", 1, min(t.Experts, MaxTopK))
	layers := u.number("recorded layers", 1, MaxLayers)
	ids := u.number("token ids", 1, maxTableIDs)
	t.Recorded = u.steps(layers, MaxLayers-1, "recorded layer")
	t.TokenIDs = u.steps(ids, maxTableIDs-1, "token id")
	var occurrences []int
	for i := 0; i < ids && u.err == nil; i++ {
		occurrences = append(occurrences, u.number("occurrences", 1, maxTableTokens))
	}
	for i := 0; i < layers && u.err == nil; i++ {
		t.rows = append(t.rows, u.layer(t, occurrences))
	}
	return t
}

// layer reads what appendLayer wrote.
func (u *unpacker) layer(t *Tables, occurrences []int) tableLayer {
	// The occurrences have arrived, so that memory may follow them.
	l := tableLayer{start: append(make([]int, 0, len(occurrences)+1), 0)}
	bitmap := make([]byte, (t.Experts+7)/8)
	for i := 0; i < len(occurrences) && u.err == nil; i++ {
		at := u.offset
		clear(bitmap) // a read that fails must not leave those of the id before
		for j, b := range u.fill(bitmap, "experts of a token id") {
			for ; b != 0; b &= b - 1 {
				l.experts = append(l.experts, uint16(8*j+bits.TrailingZeros8(b)))
			}
		}
		if n := len(l.experts); n < l.start[i]+t.TopK || n > 0 && int(l.experts[n-1]) >= t.Experts {
			u.fail(at, "experts of a token id", fmt.Sprintf("%v", l.experts[l.start[i]:]),
				fmt.Sprintf("at least %d experts below %d", t.TopK, t.Experts), nil)
		}
		l.start = append(l.start, len(l.experts))
	}
	l.counts = make([]uint32, 0, len(l.experts))
	for i := 0; i+1 < len(l.start) && u.err == nil; i++ {
		at, left := u.offset, occurrences[i]*t.TopK
		for j := l.start[i]; j < l.start[i+1]-1; j++ {
			c := u.number("count", 1, occurrences[i])
			l.counts = append(l.counts, uint32(c))
			left -= c
		}
		if left < 1 || left > occurrences[i] {
			u.fail(at, "last count of a token id", fmt.Sprint(left), fmt.Sprintf("1..%d", occurrences[i]), nil)
		}
		l.counts = append(l.counts, uint32(left))
	}
	return l
}
