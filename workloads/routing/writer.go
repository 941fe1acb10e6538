package routing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// Writer writes a trace in the binary format, block by block, in memory bounded
// by one block. It does not buffer beyond that, nor close what it writes to.
type Writer struct {
	w       io.Writer
	h       Header
	check   *checker
	pending Block // filled up to pending.Tokens of blockTokens
	block   int   // tokens per block
	index   uint32
	written int // tokens flushed
	buf     []byte
	total   uint32 // CRC-32C of every byte written
	err     error  // the first failure; every later call returns it
}

// NewWriter writes the header and returns a Writer for its tokens.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.Validate(); err != nil {
		return nil, fmt.Errorf("routing trace: %w", err)
	}
	tokens := min(max(1, blockTargetBytes/h.tokenBytes()), h.Tokens)
	wr := &Writer{w: w, h: h, check: newChecker(h), block: tokens, pending: newBlock(h, tokens)}
	wr.pending.Tokens = 0
	if err := wr.emit(appendHeader(nil, h, tokens)); err != nil {
		return nil, err
	}
	return wr, nil
}

// appendHeader appends the header, up to and with its checksum.
func appendHeader(b []byte, h Header, blockTokens int) []byte {
	le := binary.LittleEndian
	flags := uint16(0)
	if h.Weights {
		flags |= flagWeights
	}
	start := len(b)
	b = append(b, traceMagic...)
	b = le.AppendUint16(b, traceVersion)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint32(b, uint32(h.Layers))
	b = le.AppendUint32(b, uint32(h.Experts))
	b = le.AppendUint32(b, uint32(h.TopK))
	b = le.AppendUint32(b, uint32(blockTokens))
	b = le.AppendUint64(b, uint64(h.Tokens))
	b = le.AppendUint32(b, uint32(len(h.Sequences)))
	b = le.AppendUint16(b, uint16(len(h.Model)))
	b = append(b, h.Model...)
	for _, n := range h.Sequences {
		b = le.AppendUint32(b, uint32(n))
	}
	return le.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// Write appends the block's tokens. Blocks may be of any size; their First is
// not looked at. It returns an error if the block contradicts the header.
func (w *Writer) Write(b Block) error {
	if w.err != nil {
		return w.err
	}
	at := w.written + w.pending.Tokens
	b.First = at // for the checker's messages
	if err := w.check.block(b); err != nil {
		w.err = fmt.Errorf("routing trace: %w", err)
	} else if at+b.Tokens > w.h.Tokens {
		w.err = fmt.Errorf("routing trace: found more than the %d tokens of the header", w.h.Tokens)
	}
	for from := 0; from < b.Tokens && w.err == nil; {
		n := min(b.Tokens-from, w.block-w.pending.Tokens)
		w.keep(b, from, n)
		from += n
		if w.pending.Tokens == w.block {
			w.flush()
		}
	}
	return w.err
}

// keep copies n tokens of b into the pending block, which has room for them.
func (w *Writer) keep(b Block, from, n int) {
	k := w.h.TopK
	for i, l := range b.Layers {
		copy(w.pending.Layers[i].IDs[w.pending.Tokens*k:], l.IDs[from*k:(from+n)*k])
		if w.h.Weights {
			copy(w.pending.Layers[i].Weights[w.pending.Tokens*k:], l.Weights[from*k:(from+n)*k])
		}
	}
	w.pending.Tokens += n
}

// flush writes the pending block and empties it.
func (w *Writer) flush() {
	le := binary.LittleEndian
	buf := le.AppendUint32(w.buf[:0], w.index)
	buf = le.AppendUint32(buf, uint32(w.pending.Tokens))
	n := w.pending.Tokens * w.h.TopK
	for _, l := range w.pending.Layers {
		for _, id := range l.IDs[:n] {
			if w.h.idBytes() == 1 {
				buf = append(buf, byte(id))
			} else {
				buf = le.AppendUint16(buf, id)
			}
		}
	}
	if w.h.Weights {
		for _, l := range w.pending.Layers {
			for _, x := range l.Weights[:n] {
				buf = le.AppendUint32(buf, math.Float32bits(x))
			}
		}
	}
	w.buf = le.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
	w.err = w.emit(w.buf)
	w.written += w.pending.Tokens
	w.pending.Tokens = 0
	w.index++
}

// emit writes b and counts it into the total checksum.
func (w *Writer) emit(b []byte) error {
	w.total = crc32.Update(w.total, castagnoli, b)
	if _, err := w.w.Write(b); err != nil {
		return fmt.Errorf("routing trace: %w", err)
	}
	return nil
}

// Close writes the last block and the end mark. It returns an error if fewer
// tokens were written than the header promises.
func (w *Writer) Close() error {
	if w.err == nil && w.pending.Tokens > 0 {
		w.flush()
	}
	if w.err == nil && w.written != w.h.Tokens {
		w.err = fmt.Errorf("routing trace: found %d tokens, want the %d of the header", w.written, w.h.Tokens)
	}
	if w.err != nil {
		return w.err
	}
	end := append([]byte(nil), traceEnd...)
	w.err = w.emit(binary.LittleEndian.AppendUint32(end, crc32.Update(w.total, castagnoli, end)))
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("routing trace: the writer is closed")
	return nil
}
