package routing

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// RecordingSpec gives the shape of a recording of raw expert ids, which carries
// none itself.
type RecordingSpec struct {
	Model                 string
	Layers, Experts, TopK int
}

// GPTOSS20B is the shape of the GPT-OSS-20B recording published as
// AmanPriyanshu/GPT-OSS-MoE-ExpertFingerprinting (Apache-2.0).
func GPTOSS20B() RecordingSpec {
	return RecordingSpec{Model: "gpt-oss-20b", Layers: 24, Experts: 32, TopK: 4}
}

// Recording reads raw recorded expert ids: one byte per id in rank order, C
// order [tokens][layers][top-k], all sequences one after another. It is a
// Source that holds one block at a time.
type Recording struct {
	in      *bufio.Reader
	h       Header
	check   *checker
	read    int // tokens read
	raw     []byte
	block   Block
	err     error
	perItem int // bytes per token
}

// recordingBlock is the number of tokens Recording reads at a time.
const recordingBlock = 1024

// NewRecording reads the sequence lengths and returns the ids as a source. Both
// inputs may be gzip-compressed. sequences is a JSON array of objects whose
// "tokens" is the length of one sequence; other members are ignored.
func NewRecording(ids, sequences io.Reader, spec RecordingSpec) (*Recording, error) {
	lengths, err := ReadSequenceLengths(sequences)
	if err != nil {
		return nil, err
	}
	h := Header{
		Model: spec.Model, Layers: spec.Layers, Experts: spec.Experts, TopK: spec.TopK,
		Tokens: sum(lengths), Sequences: lengths,
	}
	if err := h.Validate(); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	if h.Experts > 256 {
		return nil, fmt.Errorf("recording: found %d experts, want at most 256 as an id is one byte", h.Experts)
	}
	in, err := gunzip(ids)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	n := min(recordingBlock, h.Tokens)
	per := h.Layers * h.TopK
	return &Recording{
		in: in, h: h, check: newChecker(h), perItem: per,
		raw: make([]byte, n*per), block: newBlock(h, n),
	}, nil
}

// ReadSequenceLengths reads the "tokens" of each object of a JSON array, plain or
// gzip: the length of each sequence of a recording.
func ReadSequenceLengths(r io.Reader) ([]int, error) {
	in, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("sequence lengths: %w", err)
	}
	var entries []struct {
		Tokens int `json:"tokens"`
	}
	dec := json.NewDecoder(in)
	if err := dec.Decode(&entries); err != nil {
		return nil, fmt.Errorf("sequence lengths: offset %d: %w", dec.InputOffset(), err)
	}
	lengths := make([]int, len(entries))
	for i, e := range entries {
		if e.Tokens < 1 || e.Tokens > maxSequence {
			return nil, fmt.Errorf("sequence lengths: entry %d: found %d tokens, want 1..%d", i, e.Tokens, maxSequence)
		}
		lengths[i] = e.Tokens
	}
	return lengths, nil
}

// Header returns the shape and the sequence lengths.
func (r *Recording) Header() Header { return r.h }

// Next returns the next block, or io.EOF after the last token. A recording that
// is shorter or longer than its sequences, or holds impossible ids, is a
// *FormatError whose offset counts uncompressed bytes.
func (r *Recording) Next() (Block, error) {
	if r.err == nil {
		r.err = r.fill()
	}
	if r.err != nil {
		return Block{}, r.err
	}
	b := r.block.slice(0, r.block.Tokens, r.h.TopK)
	r.read += b.Tokens
	return b, nil
}

func (r *Recording) fill() error {
	at := int64(r.read) * int64(r.perItem)
	if r.read == r.h.Tokens {
		if _, err := r.in.ReadByte(); errors.Is(err, io.EOF) {
			return io.EOF
		} else if err != nil {
			return fmt.Errorf("recording: offset %d: %w", at, err)
		}
		return r.fail(at, "end of the recording", "more bytes",
			fmt.Sprintf("none after %d tokens of %d bytes", r.h.Tokens, r.perItem), nil)
	}
	n := min(recordingBlock, r.h.Tokens-r.read)
	raw := r.raw[:n*r.perItem]
	if got, err := io.ReadFull(r.in, raw); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fail(at+int64(got), "expert ids", fmt.Sprintf("the end after %d tokens", r.read+got/r.perItem),
			fmt.Sprintf("%d tokens of %d bytes", r.h.Tokens, r.perItem), io.ErrUnexpectedEOF)
	} else if err != nil {
		return fmt.Errorf("recording: offset %d: %w", at+int64(got), err)
	}
	r.block.First, r.block.Tokens = r.read, n
	for i := range r.block.Layers {
		if err := r.layer(i, raw, at); err != nil {
			return err
		}
	}
	return nil
}

// layer takes layer i of the block out of the token-major bytes.
func (r *Recording) layer(i int, raw []byte, at int64) error {
	k := r.h.TopK
	ids := r.block.Layers[i].IDs[:r.block.Tokens*k]
	for j := range ids {
		ids[j] = uint16(raw[j/k*r.perItem+i*k+j%k])
	}
	bad, err := r.check.ids(ids)
	if err != nil {
		return r.fail(at+int64(bad/k*r.perItem+i*k+bad%k), fmt.Sprintf("layer %d, token %d", i, r.read+bad/k),
			fmt.Sprintf("expert id %d", ids[bad]),
			fmt.Sprintf("%d distinct ids below %d per token", k, r.h.Experts), nil)
	}
	return nil
}

func (r *Recording) fail(at int64, field, found, want string, cause error) error {
	return &FormatError{Kind: "recording", Offset: at, Field: field, Found: found, Want: want, Err: cause}
}

// gunzip returns the bytes of r, decompressed if they start as gzip does.
func gunzip(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, err := in.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return in, nil // too short or plain: the reader of the content says what is wrong
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 1<<16), nil
}
