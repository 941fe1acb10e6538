package routing

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

const (
	npyMagic     = "\x93NUMPY"
	maxNPYHeader = 1 << 16
	maxNPYAxis   = 1 << 31
)

// The header of an array is a Python dictionary. NumPy writes its three entries in
// this order; other writers may not.
var (
	npyDescr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z])([0-9]*)['"]`)
	npyFortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9,\sL]*)\)`)
)

// npyHeader is what an array says of itself.
type npyHeader struct {
	kind    byte // 'u' or 'i'
	bytes   int  // of a number
	order   binary.ByteOrder
	fortran bool
	shape   []int
}

// value is a number as it stands in a file. A negative one is above any limit.
func (h npyHeader) value(b []byte) uint64 {
	switch h.bytes {
	case 1:
		return h.signed(uint64(b[0]))
	case 2:
		return h.signed(uint64(h.order.Uint16(b)))
	case 4:
		return h.signed(uint64(h.order.Uint32(b)))
	default:
		return h.order.Uint64(b)
	}
}

// signed extends the sign of a number of h.bytes bytes.
func (h npyHeader) signed(v uint64) uint64 {
	shift := 64 - 8*h.bytes
	if h.kind == 'i' {
		return uint64(int64(v<<shift) >> shift)
	}
	return v
}

// text writes a value as a person does.
func (h npyHeader) text(v uint64) string {
	if h.kind == 'i' {
		return fmt.Sprint(int64(v))
	}
	return fmt.Sprint(v)
}

// readNPYHeader reads up to the first number.
func readNPYHeader(in *bufio.Reader) (npyHeader, error) {
	var h npyHeader
	head := make([]byte, 8)
	if n, err := io.ReadFull(in, head); err != nil {
		return h, fmt.Errorf("found %d bytes, want a NumPy array: %w", n, err)
	}
	if string(head[:6]) != npyMagic {
		return h, fmt.Errorf("found %q, want %q at the start of a NumPy array", head[:6], npyMagic)
	}
	length := make([]byte, 4)
	switch version := head[6]; version {
	case 1:
		length = length[:2]
	case 2, 3:
	default:
		return h, fmt.Errorf("found format version %d, want 1, 2 or 3", version)
	}
	if _, err := io.ReadFull(in, length); err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	n := uint32(0)
	for i, b := range length {
		n |= uint32(b) << (8 * i)
	}
	if n > maxNPYHeader {
		return h, fmt.Errorf("found a header of %d bytes, want at most %d", n, maxNPYHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	return parseNPYHeader(string(text))
}

// parseNPYHeader reads the dictionary.
func parseNPYHeader(text string) (h npyHeader, err error) {
	descr, fortran, shape := npyDescr.FindStringSubmatch(text), npyFortran.FindStringSubmatch(text), npyShape.FindStringSubmatch(text)
	if descr == nil || fortran == nil || shape == nil {
		return h, fmt.Errorf("found header %s, want descr of one type, fortran_order and shape", strconv.Quote(clip([]byte(text))))
	}
	h.order = binary.LittleEndian
	if descr[1] == ">" {
		h.order = binary.BigEndian
	}
	h.kind = descr[2][0]
	h.bytes, _ = strconv.Atoi(descr[3])
	switch {
	case h.kind != 'i' && h.kind != 'u', h.bytes != 1 && h.bytes != 2 && h.bytes != 4 && h.bytes != 8:
		return h, fmt.Errorf("found numbers of type %q, want whole numbers: i or u, of 1, 2, 4 or 8 bytes", descr[1]+descr[2]+descr[3])
	}
	h.fortran = fortran[1] == "True"
	for part := range strings.SplitSeq(shape[1], ",") {
		part = strings.TrimSuffix(strings.TrimSpace(part), "L") // of Python 2
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n > maxNPYAxis {
			return h, fmt.Errorf("found a shape of (%s), want lengths up to %d", shape[1], maxNPYAxis)
		}
		h.shape = append(h.shape, n)
	}
	return h, nil
}
