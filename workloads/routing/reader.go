package routing

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unicode/utf8"
)

// Reader reads a trace in the binary format, block by block. It holds one block
// at a time, never allocates on the word of a header for bytes that have not
// arrived, and checks every checksum and every expert id. It is a Source.
type Reader struct {
	in          *bufio.Reader
	h           Header
	check       *checker
	blockTokens int
	read        int   // tokens read
	offset      int64 // bytes read
	total       uint32
	payload     bytes.Buffer
	block       Block
	err         error // sticky, io.EOF after a good end
}

// NewReader reads and checks the header. Errors are *FormatError.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{in: bufio.NewReaderSize(r, 1<<16)}
	if err := rd.readHeader(); err != nil {
		return nil, err
	}
	rd.check = newChecker(rd.h)
	rd.block.Layers = make([]Layer, rd.h.Layers)
	return rd, nil
}

// Header returns what the file's header says.
func (r *Reader) Header() Header { return r.h }

func (r *Reader) fail(at int64, field, found, want string) error {
	return &FormatError{Kind: "routing trace", Offset: at, Field: field, Found: found, Want: want}
}

// take reads exactly n bytes. The buffer grows with the bytes that arrive; the
// result is valid until the next take.
func (r *Reader) take(n int, field string) ([]byte, error) {
	r.payload.Reset()
	got, err := io.CopyN(&r.payload, r.in, int64(n))
	r.offset += got
	if errors.Is(err, io.EOF) {
		return nil, &FormatError{Kind: "routing trace", Offset: r.offset, Field: field,
			Found: fmt.Sprintf("the end of the file after %d bytes", got),
			Want:  fmt.Sprintf("%d bytes", n), Err: io.ErrUnexpectedEOF}
	}
	if err != nil {
		return nil, fmt.Errorf("routing trace: offset %d: %s: %w", r.offset, field, err)
	}
	return r.payload.Bytes(), nil
}

// sum reads a checksum and compares it with the one computed.
func (r *Reader) sum(computed uint32, field string) error {
	at := r.offset
	b, err := r.take(crcBytes, field)
	if err != nil {
		return err
	}
	if stored := binary.LittleEndian.Uint32(b); stored != computed {
		return r.fail(at, field, fmt.Sprintf("%08x", stored), fmt.Sprintf("%08x as computed from the bytes", computed))
	}
	r.total = crc32.Update(r.total, castagnoli, b)
	return nil
}

func (r *Reader) readHeader() error {
	b, err := r.take(len(traceMagic), "magic")
	if err != nil {
		return err
	}
	if string(b) != traceMagic {
		return r.fail(0, "magic", fmt.Sprintf("%q", b), fmt.Sprintf("%q", traceMagic))
	}
	r.total = crc32.Update(0, castagnoli, b)
	b, err = r.take(fixedHeaderBytes-len(traceMagic), "header")
	if err != nil {
		return err
	}
	r.total = crc32.Update(r.total, castagnoli, b)
	sequences, model, err := r.fixed(b)
	if err != nil {
		return err
	}
	if err := r.names(model, sequences); err != nil {
		return err
	}
	if err := r.sum(r.total, "header checksum"); err != nil {
		return err
	}
	return r.limits(int64(fixedHeaderBytes + model))
}

// fixed decodes the header after the magic. It returns the number of sequences
// and the length of the model's name.
func (r *Reader) fixed(b []byte) (sequences, model int, err error) {
	le := binary.LittleEndian
	if v := le.Uint16(b); v != traceVersion {
		return 0, 0, r.fail(8, "version", fmt.Sprint(v), fmt.Sprintf("%d, the only one this program reads", traceVersion))
	}
	flags := le.Uint16(b[2:])
	if flags&^flagWeights != 0 {
		return 0, 0, r.fail(10, "flags", fmt.Sprintf("%#04x", flags), fmt.Sprintf("no bits beyond %#04x", flagWeights))
	}
	fields := []struct {
		name string
		at   int
		max  uint64
		v    uint64
	}{
		{"layers", 12, MaxLayers, uint64(le.Uint32(b[4:]))},
		{"experts", 16, MaxExperts, uint64(le.Uint32(b[8:]))},
		{"top-k", 20, MaxTopK, uint64(le.Uint32(b[12:]))},
		{"tokens per block", 24, math.MaxUint32, uint64(le.Uint32(b[16:]))},
		{"tokens", 28, MaxTokens, le.Uint64(b[20:])},
		{"sequences", 36, math.MaxUint32, uint64(le.Uint32(b[28:]))},
	}
	for _, f := range fields {
		if f.v < 1 || f.v > f.max {
			return 0, 0, r.fail(int64(f.at), f.name, fmt.Sprint(f.v), fmt.Sprintf("1..%d", f.max))
		}
	}
	r.h = Header{
		Layers: int(fields[0].v), Experts: int(fields[1].v), TopK: int(fields[2].v),
		Tokens: int(fields[4].v), Weights: flags&flagWeights != 0,
	}
	r.blockTokens = int(fields[3].v)
	if r.h.TopK > r.h.Experts {
		return 0, 0, r.fail(20, "top-k", fmt.Sprint(r.h.TopK), fmt.Sprintf("at most the %d experts", r.h.Experts))
	}
	if fields[5].v > fields[4].v {
		return 0, 0, r.fail(36, "sequences", fmt.Sprint(fields[5].v), fmt.Sprintf("at most the %d tokens", r.h.Tokens))
	}
	if most := maxBlockBytes / r.h.tokenBytes(); r.blockTokens > most {
		return 0, 0, r.fail(24, "tokens per block", fmt.Sprint(r.blockTokens),
			fmt.Sprintf("at most %d (blocks of %d bytes)", most, maxBlockBytes))
	}
	return int(fields[5].v), int(le.Uint16(b[32:])), nil
}

// names reads the model's name and the sequence lengths.
func (r *Reader) names(model, sequences int) error {
	if model > MaxModelBytes {
		return r.fail(40, "length of the model's name", fmt.Sprint(model), fmt.Sprintf("0..%d", MaxModelBytes))
	}
	b, err := r.take(model, "model's name")
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		return r.fail(fixedHeaderBytes, "model's name", fmt.Sprintf("%q", b), "UTF-8")
	}
	r.h.Model = string(b)
	r.total = crc32.Update(r.total, castagnoli, b)
	const most = 1 << 14 // lengths read at a time, so that memory follows the bytes
	for left := sequences; left > 0; {
		n := min(left, most)
		b, err := r.take(4*n, "sequence lengths")
		if err != nil {
			return err
		}
		r.total = crc32.Update(r.total, castagnoli, b)
		for ; len(b) > 0; b = b[4:] {
			r.h.Sequences = append(r.h.Sequences, int(binary.LittleEndian.Uint32(b)))
		}
		left -= n
	}
	return nil
}

// limits checks the sequence lengths, which start at offset at.
func (r *Reader) limits(at int64) error {
	if err := r.h.checkSequences(); err != nil {
		return r.fail(at, "sequence lengths", err.Error(), "lengths of 1 and more that add up to the tokens")
	}
	return nil
}

// Next returns the next block, or io.EOF once the end mark and the checksum of
// the whole file have been verified. Errors are *FormatError unless the
// underlying reader failed.
func (r *Reader) Next() (Block, error) {
	if r.err != nil {
		return Block{}, r.err
	}
	if r.read == r.h.Tokens {
		if r.err = r.readEnd(); r.err == nil {
			r.err = io.EOF
		}
		return Block{}, r.err
	}
	if r.err = r.readBlock(); r.err != nil {
		return Block{}, r.err
	}
	r.read += r.block.Tokens
	return r.block, nil
}

// blockName names block n of m, counted from 1.
func (r *Reader) blockName(n int) string {
	return fmt.Sprintf("block %d of %d", n+1, (r.h.Tokens+r.blockTokens-1)/r.blockTokens)
}

func (r *Reader) readBlock() error {
	n := r.read / r.blockTokens
	name := r.blockName(n)
	at := r.offset
	tokens := min(r.blockTokens, r.h.Tokens-r.read)
	b, err := r.take(blockHeadBytes+tokens*r.h.tokenBytes(), name)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	// Checked before the checksum: these say what kind of damage it is.
	if got := le.Uint32(b); got != uint32(n) {
		return r.fail(at, name, fmt.Sprintf("block index %d", got), fmt.Sprint(uint32(n)))
	}
	if got := le.Uint32(b[4:]); got != uint32(tokens) {
		return r.fail(at+4, name, fmt.Sprintf("%d tokens", got), fmt.Sprint(tokens))
	}
	r.total = crc32.Update(r.total, castagnoli, b)
	r.decode(b[blockHeadBytes:], tokens)
	if err := r.sum(crc32.Checksum(b, castagnoli), name+" checksum"); err != nil {
		return err
	}
	return r.checkIDs(at+blockHeadBytes, name)
}

// decode fills the block from the payload p of tokens tokens.
func (r *Reader) decode(p []byte, tokens int) {
	le := binary.LittleEndian
	r.block.First, r.block.Tokens = r.read, tokens
	n, width := tokens*r.h.TopK, r.h.idBytes()
	for i := range r.block.Layers {
		ids := r.block.Layers[i].IDs[:0]
		for j := range n {
			if width == 1 {
				ids = append(ids, uint16(p[j]))
			} else {
				ids = append(ids, le.Uint16(p[2*j:]))
			}
		}
		r.block.Layers[i].IDs = ids
		p = p[n*width:]
	}
	for i := range r.block.Layers {
		if !r.h.Weights {
			break
		}
		weights := r.block.Layers[i].Weights[:0]
		for j := range n {
			weights = append(weights, math.Float32frombits(le.Uint32(p[4*j:])))
		}
		r.block.Layers[i].Weights = weights
		p = p[4*n:]
	}
}

// checkIDs checks the decoded block, whose payload starts at offset at.
func (r *Reader) checkIDs(at int64, name string) error {
	n, width := r.block.Tokens*r.h.TopK, r.h.idBytes()
	for i, l := range r.block.Layers {
		bad, err := r.check.ids(l.IDs)
		if err != nil {
			token := r.block.First + bad/r.h.TopK
			return r.fail(at+int64((i*n+bad)*width), fmt.Sprintf("%s, layer %d, token %d", name, i, token),
				fmt.Sprintf("expert id %d", l.IDs[bad]),
				fmt.Sprintf("%d distinct ids below %d per token", r.h.TopK, r.h.Experts))
		}
	}
	return nil
}

// readEnd checks the end mark, the checksum of the file, and that nothing
// follows.
func (r *Reader) readEnd() error {
	at := r.offset
	b, err := r.take(len(traceEnd), "end mark")
	if err != nil {
		return err
	}
	if string(b) != traceEnd {
		return r.fail(at, "end mark", fmt.Sprintf("%q", b), fmt.Sprintf("%q", traceEnd))
	}
	r.total = crc32.Update(r.total, castagnoli, b)
	if err := r.sum(r.total, "file checksum"); err != nil {
		return err
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return r.fail(r.offset, "end of the file", "more bytes", "none")
	}
	return nil
}
