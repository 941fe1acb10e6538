package op

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// NumNumbers is how many numbers an op has, beside its kind, phase, label and class.
const NumNumbers = 14

// NumberNames are those of an op's numbers, as files have them.
var NumberNames = [NumNumbers]string{
	"micro_batch", "layer", "expert", "m", "k", "n", "count", "bytes", "tokens", "priority", "table", "signals", "allocate", "release",
}

// NumberBits are the widths of an op's numbers, sign included.
var NumberBits = [NumNumbers]int{16, 32, 32, 64, 64, 64, 64, 64, 64, 32, 32, 32, 64, 64}

// Numbers are the fields of an op that are numbers, in the order of NumberNames.
func (o *Op) Numbers() [NumNumbers]int64 {
	return [...]int64{
		int64(o.MicroBatch), int64(o.Layer), int64(o.Expert), o.M, o.K, o.N, o.Count, o.Bytes, o.Tokens,
		int64(o.Priority), int64(o.Table), int64(o.Signals), o.Allocate, o.Release,
	}
}

// SetNumbers is the inverse of Numbers. What exceeds NumberBits is cut off.
func (o *Op) SetNumbers(n [NumNumbers]int64) {
	o.MicroBatch, o.Layer, o.Expert = int16(n[0]), LayerID(n[1]), ExpertID(n[2])
	o.M, o.K, o.N, o.Count, o.Bytes, o.Tokens = n[3], n[4], n[5], n[6], n[7], n[8]
	o.Priority, o.Table, o.Signals, o.Allocate, o.Release = int32(n[9]), int32(n[10]), int32(n[11]), n[12], n[13]
}

// AppendBinary appends the table as program files have it.
func (t *Table) AppendBinary(b []byte) ([]byte, error) { return appendTable(b, t), nil }

// UnmarshalBinary reads what AppendBinary wrote. An error is a *FormatError.
func (t *Table) UnmarshalBinary(data []byte) error {
	d := decoder{offset: int64(len(data)) + crcBytes, file: File{Program: &Program{}}}
	if err := d.readTable(data); err != nil {
		return err
	}
	*t = d.file.Program.Tables[0]
	return nil
}

// HeaderText is the JSON text of a file's header: everything but ops and tables.
func HeaderText(f File) ([]byte, error) {
	text, err := json.Marshal(newHeader(f))
	if err != nil {
		return nil, fmt.Errorf("program header: %w", err)
	}
	return text, nil
}

// FromHeader is a file with the header of HeaderText: a program without ops and
// tables. ops are how many each device has to get. An error is a *FormatError.
func FromHeader(text []byte) (f File, ops []int, err error) {
	d := decoder{}
	if err := d.readHeader(bytes.TrimSpace(text)); err != nil {
		return File{}, nil, err
	}
	return d.file, d.header.Ops, nil
}
