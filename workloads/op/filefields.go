package op

import (
	"encoding/binary"
	"fmt"
	"math"
)

// fields reads the payload of a frame. After the first error every value is 0.
type fields struct {
	d   *decoder
	b   []byte
	err error
}

func (f *fields) fail(field, found, want string) {
	if f.err != nil {
		return
	}
	// The decoder stands behind the frame and its checksum.
	e := &FormatError{Offset: f.d.offset - crcBytes - int64(len(f.b)), Frame: f.d.frame, Field: field, Found: found, Want: want}
	f.err = e
}

func (f *fields) uvarint(field string) uint64 {
	if f.err != nil {
		return 0
	}
	n, size := binary.Uvarint(f.b)
	if size <= 0 {
		f.fail(field, "the end of the frame", "a number")
		return 0
	}
	f.b = f.b[size:]
	return n
}

func (f *fields) varint(field string, bits int) int64 {
	if f.err != nil {
		return 0
	}
	n, size := binary.Varint(f.b)
	if size <= 0 {
		f.fail(field, "the end of the frame", "a number")
		return 0
	}
	if limit := int64(1)<<(bits-1) - 1; n > limit || n < -limit-1 {
		f.fail(field, fmt.Sprint(n), fmt.Sprintf("a number of %d bits", bits))
		return 0
	}
	f.b = f.b[size:]
	return n
}

func (f *fields) byte(field string) byte {
	if f.err != nil || len(f.b) == 0 {
		f.fail(field, "the end of the frame", "a byte")
		return 0
	}
	v := f.b[0]
	f.b = f.b[1:]
	return v
}

// count is the length of a list, whose members take at least so many bytes each.
func (f *fields) count(field string, memberBytes int) int {
	n := f.uvarint(field)
	if f.err == nil && n > uint64(len(f.b)/memberBytes) {
		f.fail(field, fmt.Sprint(n), fmt.Sprintf("at most the %d that the frame has room for", len(f.b)/memberBytes))
		return 0
	}
	return int(n)
}

// finish reports the first error, or bytes that are left.
func (f *fields) finish() error {
	if f.err == nil && len(f.b) > 0 {
		f.fail("end of the frame", fmt.Sprintf("%d more bytes", len(f.b)), "none")
	}
	return f.err
}

func (d *decoder) readTable(payload []byte) error {
	f := fields{d: d, b: payload}
	t := Table{
		Layer: LayerID(f.varint("layer", 32)), MicroBatch: int16(f.varint("micro_batch", 16)),
		Tokens: int(f.varint("tokens", 32)), PerToken: int(f.varint("per_token", 32)),
	}
	for _, list := range [...]*[]int32{&t.Assignments, &t.Copied} {
		*list = make([]int32, f.count("chiplets", 1))
		for i := range *list {
			(*list)[i] = int32(f.varint("assignments", 32))
		}
	}
	t.Copies = make([]Copy, f.count("copies", 4))
	last := int64(0)
	for i := range t.Copies {
		last += f.varint("token", 32)
		chiplet := f.uvarint("chiplet")
		if last > math.MaxInt32 || last < math.MinInt32 || chiplet > math.MaxUint16 {
			f.fail("copy", fmt.Sprintf("token %d, chiplet %d", last, chiplet), "numbers of 32 and 16 bits")
		}
		t.Copies[i] = Copy{Token: TokenID(last), Chiplet: uint16(chiplet), Contributions: f.byte("contributions"), FanIn: f.byte("fan_in")}
		if f.err != nil {
			return f.err
		}
	}
	// Check makes room for every token.
	if room := int64(len(t.Copies)); f.err == nil && int64(t.Tokens) > room {
		f.fail("tokens", fmt.Sprint(t.Tokens), fmt.Sprintf("at most the %d copies", room))
	}
	d.file.Program.Tables = append(d.file.Program.Tables, t)
	return f.finish()
}

// readOps reads ops of a device that has so many in all.
func (d *decoder) readOps(payload []byte, device, ops int) error {
	f := fields{d: d, b: payload}
	dev := &d.file.Program.Devices[device]
	if got := f.uvarint("device"); f.err == nil && got != uint64(device) {
		f.fail("device", fmt.Sprint(got), fmt.Sprint(device))
	}
	if got := f.uvarint("first op"); f.err == nil && got != uint64(len(dev.Ops)) {
		f.fail("first op", fmt.Sprint(got), fmt.Sprint(len(dev.Ops)))
	}
	n := f.count("ops", 4+NumNumbers+2)
	if left := ops - len(dev.Ops); f.err == nil && (n < 1 || n > left) {
		f.fail("ops", fmt.Sprint(n), fmt.Sprintf("1 to the %d that are left", left))
	}
	for range n {
		if f.err != nil {
			break
		}
		f.op(dev)
	}
	return f.finish()
}

// op reads one op.
func (f *fields) op(dev *Device) {
	o := Op{Kind: Kind(f.byte("kind")), Phase: Phase(f.byte("phase")), Label: Label(f.byte("label")), Class: DataClass(f.byte("class"))}
	if f.err == nil && o.Class > Activations {
		f.fail("class", fmt.Sprint(o.Class), "0 or 1")
	}
	var numbers [NumNumbers]int64
	for i := range numbers {
		numbers[i] = f.varint(NumberNames[i], NumberBits[i])
	}
	o.SetNumbers(numbers)
	index := int64(len(dev.Ops))
	o.deps = span{int32(len(dev.deps)), int32(f.count("dependencies", 1))}
	for range o.deps.len {
		dep := index - f.varint("dependency", 32)
		if dep < 0 || dep >= index {
			f.fail("dependency", fmt.Sprintf("op %d of op %d", dep, index), "an earlier one")
			return
		}
		dev.deps = append(dev.deps, int32(dep))
	}
	o.peers = span{int32(len(dev.peers)), int32(f.count("peers", 2))}
	for range o.peers.len {
		dev.peers = append(dev.peers, Peer{Device: int32(f.varint("peer", 32)), Op: int32(f.varint("peer", 32))})
	}
	if len(dev.deps) > math.MaxInt32 || len(dev.peers) > math.MaxInt32 {
		f.fail("dependencies", "more than 2147483647", "fewer")
	}
	dev.Ops = append(dev.Ops, o)
}
