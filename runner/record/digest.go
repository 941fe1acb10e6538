package record

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// Digest is the SHA-256 of a sequence of named numbers and rows. The input of
// the hash is a canonical form: every record starts with a byte for its kind,
// strings and lists with their length, and numbers are 8 bytes, big-endian; a
// float is its IEEE 754 bits. So two sequences have the same input only if they
// are the same. Order matters.
//
// Only what is equal on every host and for any engine and thread count belongs
// in it.
type Digest struct {
	sum hash.Hash
	buf []byte
}

// The kinds of record.
const (
	intsKind     = 'i'
	floatsKind   = 'f'
	linkKind     = 'L'
	resourceKind = 'R'
	opKind       = 'O'
)

// NewDigest returns the digest of nothing.
func NewDigest() *Digest { return &Digest{sum: sha256.New()} }

// Add adds named integers.
func (d *Digest) Add(name string, values ...int64) {
	d.start(intsKind, name)
	d.ints(int64(len(values)))
	d.ints(values...)
	d.finish()
}

// AddFloats adds named floats. Two that compare equal but differ in their bits,
// 0 and -0, are different.
func (d *Digest) AddFloats(name string, values ...float64) {
	d.start(floatsKind, name)
	d.ints(int64(len(values)))
	for _, v := range values {
		d.float(v)
	}
	d.finish()
}

// AddLink adds what a link carried and how long it was held and stalled for credit,
// which is there however much links record.
func (d *Digest) AddLink(r LinkRow) {
	d.start(linkKind, r.Link, r.From, r.To, r.Level, r.Class)
	d.ints(r.BitsPerCycle, r.Packets, r.Bytes, r.BusyCycles, r.CreditStallCycles)
	d.float(r.Utilization)
	d.finish()
}

// AddResource adds every column of a row.
func (d *Digest) AddResource(r ResourceRow) {
	d.start(resourceKind, r.Component, r.Metric, r.Unit)
	d.float(r.Value)
	d.finish()
}

// AddOp adds every column of a row.
func (d *Digest) AddOp(r OpRow) {
	d.start(opKind, r.Component, r.Kind, r.Phase, r.Name)
	d.ints(r.ID, int64(r.Layer), int64(r.MicroBatch), int64(r.Expert), r.StartCycle, r.EndCycle,
		r.M, r.K, r.N, r.Count, r.Bytes, r.Tokens, r.Flops, r.StallCycles)
	d.finish()
}

// Sum is the digest so far, in 64 hexadecimal digits. More can be added after.
func (d *Digest) Sum() string { return hex.EncodeToString(d.sum.Sum(nil)) }

func (d *Digest) start(kind byte, names ...string) {
	d.buf = append(d.buf[:0], kind)
	for _, s := range names {
		d.ints(int64(len(s)))
		d.buf = append(d.buf, s...)
	}
}

func (d *Digest) ints(values ...int64) {
	for _, v := range values {
		d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(v))
	}
}

func (d *Digest) float(v float64) {
	d.buf = binary.BigEndian.AppendUint64(d.buf, math.Float64bits(v))
}

// finish gives the record to the hash, which never fails.
func (d *Digest) finish() { d.sum.Write(d.buf) }
