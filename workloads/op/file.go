package op

import (
	"fmt"
	"hash/crc32"
)

// FileMagic begins every program file. Its first byte is not ASCII and the line ends
// inside expose a transfer that translated text.
const FileMagic = "\x89MZP\r\n\x1a\n"

// The binary form of a program, version 1, field by field in docs/workload.md.
const (
	fileVersion = 1

	// Frames, in this order: one header, tables, ops of the devices, the end.
	headerFrame = 'H'
	tableFrame  = 'T'
	opsFrame    = 'O'
	endFrame    = 'E'

	opsPerFrame   = 4096
	maxFrameBytes = 1 << 26 // of a payload, what the reader accepts
	crcBytes      = 4
)

// castagnoli is the table of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// FileSchema is what a header has as its schema.
const FileSchema = "mozart.program/1"

// File is a program and what a run of it has to know beside it.
type File struct {
	Program *Program
	About   About
}

// About is where a program comes from.
type About struct {
	// Experiment is the resolved experiment, YAML; a run takes it unless it is given
	// another. It may be empty.
	Experiment string `json:"experiment"`
	// Routing says where the routing comes from.
	Routing string `json:"routing"`
	// CopiesPerToken is the mean number of chiplets per token and layer, Uniform that of
	// a random layout; the imbalances are largest load over the mean.
	CopiesPerToken   float64 `json:"copies_per_token"`
	Uniform          float64 `json:"uniform"`
	ChipletImbalance float64 `json:"chiplet_imbalance"`
	GroupImbalance   float64 `json:"group_imbalance"`
	// Groups and Trunks are the machine that the program was made for: how many groups
	// the chiplets are in, and the link of the attention chiplet on the way to each.
	Groups int   `json:"groups"`
	Trunks []int `json:"trunks"`
}

// header is the JSON text of the first frame.
type header struct {
	Schema        string    `json:"schema"`
	Model         string    `json:"model"`
	Policy        string    `json:"policy"`
	Dispatch      string    `json:"dispatch"`
	Combine       string    `json:"combine"`
	TokenBytes    int64     `json:"token_bytes"`
	TokensPerStep int64     `json:"tokens_per_step"`
	Labels        []string  `json:"labels"`
	Tables        int       `json:"tables"`
	Ops           []int     `json:"ops"` // by device, the attention chiplet's first
	SRAMNeed      []int64   `json:"sram_need"`
	StackNeed     StackNeed `json:"stack_need"`
	About         About     `json:"about"`
}

var (
	dispatchNames = []string{"per-expert", "per-chiplet", "per-group"}
	combineNames  = []string{"root", "chiplet", "switch"}
)

// Name is the name used in configs and program files.
func (d Dispatch) Name() string { return nameOf(dispatchNames, int(d)) }

// Name is the name used in configs and program files.
func (m Combine) Name() string { return nameOf(combineNames, int(m)) }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

func newHeader(f File) header {
	p := f.Program
	h := header{
		Schema: FileSchema, Model: p.Model, Policy: p.Policy, Dispatch: p.Dispatch.Name(), Combine: p.Combine.Name(),
		TokenBytes: p.TokenBytes, TokensPerStep: p.TokensPerStep, Labels: p.Labels.names, Tables: len(p.Tables),
		SRAMNeed: p.SRAMNeed, StackNeed: p.StackNeed, About: f.About,
	}
	for d := range p.Devices {
		h.Ops = append(h.Ops, len(p.Devices[d].Ops))
	}
	return h
}

// FormatError says where a program file stops being what its reader expects.
type FormatError struct {
	// Offset counts the bytes of the file up to the compressed part, and from there on
	// those of what it holds: frames.
	Offset int64
	// Frame is the number of the frame, from 0; -1 before the first.
	Frame int
	// Field names what was being read.
	Field string
	// Found and Want describe the difference.
	Found, Want string
	// Err is the cause, or nil; io.ErrUnexpectedEOF for a truncated file.
	Err error
}

// Error gives the place, the field, what was found and what was expected.
func (e *FormatError) Error() string {
	where := fmt.Sprintf("offset %d", e.Offset)
	if e.Frame >= 0 {
		where = fmt.Sprintf("frame %d, uncompressed offset %d", e.Frame, e.Offset)
	}
	return fmt.Sprintf("program file: %s: %s: found %s, want %s", where, e.Field, e.Found, e.Want)
}

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }
