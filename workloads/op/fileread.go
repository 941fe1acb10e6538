package op

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// Read reads a program file. What is wrong with the bytes is a *FormatError. The
// program is one that Check finds nothing wrong with; else the error is Check's.
func Read(r io.Reader) (File, error) {
	d := decoder{frame: -1}
	if err := d.open(r); err != nil {
		return File{}, err
	}
	if err := d.all(); err != nil {
		return File{}, err
	}
	if err := d.file.Program.Check(); err != nil {
		return File{}, fmt.Errorf("program file: %w", err)
	}
	return d.file, nil
}

// decoder reads frames.
type decoder struct {
	raw    *bufio.Reader // the file
	in     *bufio.Reader // what is compressed in it
	offset int64         // of in
	frame  int           // the one being read
	header header
	file   File
}

func (d *decoder) fail(field, found, want string) error {
	return &FormatError{Offset: d.offset, Frame: d.frame, Field: field, Found: found, Want: want}
}

// broken is an error of reading.
func (d *decoder) broken(field string, err error) error {
	f := &FormatError{Offset: d.offset, Frame: d.frame, Field: field, Found: "an error: " + err.Error(), Want: "more bytes", Err: err}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		f.Found, f.Err = "the end of the file", io.ErrUnexpectedEOF
	}
	return f
}

// open reads what comes before the frames.
func (d *decoder) open(r io.Reader) error {
	d.raw = bufio.NewReader(r)
	var prefix [len(FileMagic) + 2]byte
	if n, err := io.ReadFull(d.raw, prefix[:]); err != nil {
		d.offset = int64(n)
		return d.broken("magic", err)
	}
	if got := string(prefix[:len(FileMagic)]); got != FileMagic {
		return d.fail("magic", fmt.Sprintf("%q", got), fmt.Sprintf("%q", FileMagic))
	}
	d.offset = int64(len(FileMagic))
	if v := binary.LittleEndian.Uint16(prefix[len(FileMagic):]); v != fileVersion {
		return d.fail("version", fmt.Sprint(v), fmt.Sprint(fileVersion))
	}
	d.offset = int64(len(prefix))
	z, err := gzip.NewReader(d.raw)
	if err != nil {
		return d.broken("compressed part", err)
	}
	z.Multistream(false)
	d.in, d.offset = bufio.NewReader(z), 0
	return nil
}

// all reads the frames.
func (d *decoder) all() error {
	payload, err := d.expect(headerFrame)
	if err != nil {
		return err
	}
	if err := d.readHeader(payload); err != nil {
		return err
	}
	p := d.file.Program
	for range d.header.Tables {
		if payload, err = d.expect(tableFrame); err != nil {
			return err
		}
		if err := d.readTable(payload); err != nil {
			return err
		}
	}
	for i, ops := range d.header.Ops {
		p.Devices = append(p.Devices, Device{Chiplet: i - 1})
		for len(p.Devices[i].Ops) < ops {
			if payload, err = d.expect(opsFrame); err != nil {
				return err
			}
			if err := d.readOps(payload, i, ops); err != nil {
				return err
			}
		}
	}
	return d.end()
}

// end reads the last frame and what must not follow it.
func (d *decoder) end() error {
	payload, err := d.expect(endFrame)
	if err != nil {
		return err
	}
	f := fields{d: d, b: payload}
	if n := f.uvarint("frames"); f.err == nil && n != uint64(d.frame) {
		return d.fail("frames", fmt.Sprint(n), fmt.Sprint(d.frame))
	}
	if err := f.finish(); err != nil {
		return err
	}
	if _, err := d.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return d.broken("end", err)
		}
		return d.fail("end", "more bytes", "nothing behind the last frame")
	}
	if _, err := d.raw.ReadByte(); !errors.Is(err, io.EOF) {
		return d.fail("end", "more bytes", "nothing behind the compressed part")
	}
	return nil
}

// expect reads a frame of a kind. The payload is the caller's.
func (d *decoder) expect(kind byte) ([]byte, error) {
	d.frame++
	got, err := d.in.ReadByte()
	if err != nil {
		return nil, d.broken("kind", err)
	}
	if got != kind {
		return nil, d.fail("kind", fmt.Sprintf("%q", got), fmt.Sprintf("%q", kind))
	}
	d.offset++
	n, err := d.length()
	if err != nil {
		return nil, err
	}
	// Memory grows with what is there, not with what the length says.
	var b bytes.Buffer
	if got, err := io.CopyN(&b, d.in, n+crcBytes); err != nil {
		d.offset += got
		return nil, d.broken("payload", err)
	}
	payload := b.Bytes()[:n]
	want := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, payload)
	if got := binary.LittleEndian.Uint32(b.Bytes()[n:]); got != want {
		return nil, d.fail("checksum", fmt.Sprintf("%08x", got), fmt.Sprintf("%08x", want))
	}
	d.offset += n + crcBytes
	return payload, nil
}

func (d *decoder) length() (int64, error) {
	n := uint64(0)
	for shift := 0; ; shift += 7 {
		b, err := d.in.ReadByte()
		if err != nil {
			return 0, d.broken("length", err)
		}
		d.offset++
		n |= uint64(b&0x7f) << shift
		if n > maxFrameBytes || shift > 28 {
			return 0, d.fail("length", "more", fmt.Sprintf("at most %d bytes", maxFrameBytes))
		}
		if b < 0x80 {
			return int64(n), nil
		}
	}
}

func (d *decoder) readHeader(payload []byte) error {
	h := &d.header
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	if err := dec.Decode(h); err != nil {
		return d.fail("header", err.Error(), "the JSON text of a header")
	}
	dispatch, combine := slices.Index(dispatchNames, h.Dispatch), slices.Index(combineNames, h.Combine)
	switch {
	case dec.More():
		return d.fail("header", "more text", "one JSON value")
	case h.Schema != FileSchema:
		return d.fail("schema", fmt.Sprintf("%q", h.Schema), FileSchema)
	case dispatch < 0:
		return d.fail("dispatch", fmt.Sprintf("%q", h.Dispatch), fmt.Sprintf("one of %v", dispatchNames))
	case combine < 0:
		return d.fail("combine", fmt.Sprintf("%q", h.Combine), fmt.Sprintf("one of %v", combineNames))
	case len(h.Labels) > math.MaxUint8+1:
		return d.fail("labels", fmt.Sprint(len(h.Labels)), fmt.Sprintf("at most %d", math.MaxUint8+1))
	case h.TokenBytes < 1 || h.TokensPerStep < 1:
		return d.fail("token_bytes, tokens_per_step", fmt.Sprintf("%d, %d", h.TokenBytes, h.TokensPerStep), "at least 1")
	case len(h.SRAMNeed) != len(h.Ops):
		return d.fail("sram_need", fmt.Sprintf("%d devices", len(h.SRAMNeed)), fmt.Sprint(len(h.Ops)))
	case h.Tables < 0:
		return d.fail("tables", fmt.Sprint(h.Tables), "at least 0")
	}
	for i, n := range h.Ops {
		if n < 0 || n > math.MaxInt32 {
			return d.fail("ops", fmt.Sprintf("%d of device %d", n, i), "0 to 2147483647")
		}
	}
	labels := NewLabels()
	for _, name := range h.Labels {
		if _, twice := labels.index[name]; twice {
			return d.fail("labels", fmt.Sprintf("%q twice", name), "every name once")
		}
		labels.id(name)
	}
	d.file = File{About: h.About, Program: &Program{
		Model: h.Model, Policy: h.Policy, Labels: labels, Dispatch: Dispatch(dispatch), Combine: Combine(combine),
		TokenBytes: h.TokenBytes, TokensPerStep: h.TokensPerStep, SRAMNeed: h.SRAMNeed, StackNeed: h.StackNeed,
	}}
	return nil
}
