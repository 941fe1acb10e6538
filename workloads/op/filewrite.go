package op

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
)

// Write writes a program file. The same file gives the same bytes.
func Write(w io.Writer, f File) error {
	prefix := binary.LittleEndian.AppendUint16([]byte(FileMagic), fileVersion)
	if _, err := w.Write(prefix); err != nil {
		return fmt.Errorf("program file: %w", err)
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("program file: %w", err)
	}
	e := encoder{w: z}
	if err := e.all(f); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("program file: %w", err)
	}
	return nil
}

// encoder writes frames.
type encoder struct {
	w      io.Writer
	frames uint64
	buf    []byte
}

func (e *encoder) all(f File) error {
	text, err := json.Marshal(newHeader(f))
	if err != nil {
		return fmt.Errorf("program file: %w", err)
	}
	if err := e.frame(headerFrame, text); err != nil {
		return err
	}
	p := f.Program
	for i := range p.Tables {
		e.buf = appendTable(e.buf[:0], &p.Tables[i])
		if err := e.frame(tableFrame, e.buf); err != nil {
			return err
		}
	}
	for d := range p.Devices {
		if err := e.device(d, &p.Devices[d]); err != nil {
			return err
		}
	}
	return e.frame(endFrame, binary.AppendUvarint(nil, e.frames))
}

// device writes a device's ops, a few thousand per frame.
func (e *encoder) device(d int, dev *Device) error {
	for first := 0; first < len(dev.Ops); first += opsPerFrame {
		count := min(opsPerFrame, len(dev.Ops)-first)
		e.buf = e.buf[:0]
		for _, n := range [...]int{d, first, count} {
			e.buf = binary.AppendUvarint(e.buf, uint64(n))
		}
		for i := first; i < first+count; i++ {
			e.buf = appendOp(e.buf, dev, i)
		}
		if err := e.frame(opsFrame, e.buf); err != nil {
			return err
		}
	}
	return nil
}

// frame writes a kind, a length, that many bytes, and a checksum of kind and bytes.
func (e *encoder) frame(kind byte, payload []byte) error {
	if len(payload) > maxFrameBytes {
		return fmt.Errorf("program file: a frame of %d bytes, at most %d can be read again", len(payload), maxFrameBytes)
	}
	head := binary.AppendUvarint([]byte{kind}, uint64(len(payload)))
	sum := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, payload)
	for _, b := range [...][]byte{head, payload, binary.LittleEndian.AppendUint32(nil, sum)} {
		if _, err := e.w.Write(b); err != nil {
			return fmt.Errorf("program file: %w", err)
		}
	}
	e.frames++
	return nil
}

// appendTable appends a table. Copies come as the difference to the token before, so
// that most of them take four bytes.
func appendTable(b []byte, t *Table) []byte {
	for _, n := range [...]int64{int64(t.Layer), int64(t.MicroBatch), int64(t.Tokens), int64(t.PerToken)} {
		b = binary.AppendVarint(b, n)
	}
	for _, list := range [...][]int32{t.Assignments, t.Copied} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, n := range list {
			b = binary.AppendVarint(b, int64(n))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(t.Copies)))
	last := TokenID(0)
	for i := range t.Copies {
		c := &t.Copies[i]
		b = binary.AppendVarint(b, int64(c.Token)-int64(last))
		b = binary.AppendUvarint(b, uint64(c.Chiplet))
		b = append(b, c.Contributions, c.FanIn)
		last = c.Token
	}
	return b
}

// appendOp appends op i of a device. Dependencies come as how far back they lie.
func appendOp(b []byte, dev *Device, i int) []byte {
	o := &dev.Ops[i]
	b = append(b, byte(o.Kind), byte(o.Phase), byte(o.Label), byte(o.Class))
	for _, n := range o.Numbers() {
		b = binary.AppendVarint(b, n)
	}
	deps := dev.Deps(i)
	b = binary.AppendUvarint(b, uint64(len(deps)))
	for _, d := range deps {
		b = binary.AppendVarint(b, int64(i)-int64(d))
	}
	peers := dev.Peers(i)
	b = binary.AppendUvarint(b, uint64(len(peers)))
	for _, p := range peers {
		b = binary.AppendVarint(b, int64(p.Device))
		b = binary.AppendVarint(b, int64(p.Op))
	}
	return b
}
