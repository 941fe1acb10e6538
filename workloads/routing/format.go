package routing

import (
	"fmt"
	"hash/crc32"
)

// The binary trace format, version 1, byte by byte in docs/routing-format.md.
// Its first byte is not ASCII and the line ends inside expose a transfer that
// translated text.
const (
	traceMagic   = "\x89MZR\r\n\x1a\n"
	traceEnd     = "MZRE"
	traceVersion = 1

	flagWeights = 1 << 0

	fixedHeaderBytes = 42 // up to the model's name
	blockHeadBytes   = 8  // block index, token count
	crcBytes         = 4

	blockTargetBytes = 1 << 18 // what the writer aims at
	maxBlockBytes    = 1 << 24 // what the reader accepts
)

// castagnoli is the table of CRC-32C, the polynomial with hardware support.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// idBytes is the width of an expert id in a file.
func (h Header) idBytes() int {
	if h.Experts <= 256 {
		return 1
	}
	return 2
}

// tokenBytes is what one token takes in a file over all layers: at most
// MaxLayers*MaxTopK*6 bytes, which is below maxBlockBytes.
func (h Header) tokenBytes() int {
	per := h.idBytes()
	if h.Weights {
		per += 4
	}
	return h.Layers * h.TopK * per
}

// FormatError says where a file stops being what its reader expects.
type FormatError struct {
	// Kind names the file's kind, as in "routing trace".
	Kind string
	// Offset is the byte offset of the wrong field, or of the first byte that
	// is missing.
	Offset int64
	// Field names what was being read.
	Field string
	// Found and Want describe the difference.
	Found, Want string
	// Err is the cause, or nil; io.ErrUnexpectedEOF for a truncated file.
	Err error
}

// Error gives the offset, the field, what was found and what was expected.
func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: offset %d: %s: found %s, want %s", e.Kind, e.Offset, e.Field, e.Found, e.Want)
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }
