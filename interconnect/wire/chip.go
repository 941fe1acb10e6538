package wire

import "github.com/sarchlab/akita/v4/sim"

// Unit is a functional unit of a tile array.
type Unit uint8

// The functional units.
const (
	UnitMatrix Unit = iota // the systolic arrays: GEMM
	UnitVector             // the vector unit: element-wise work
)

// Compute asks a tile array for one piece of work, and, with Reply set, is the
// answer on the way back. The same message makes the round trip.
type Compute struct {
	sim.MsgMeta
	Op   int32
	Unit Unit
	// M, K, N are the sizes of each GEMM (M x K times K x N); Count is how many
	// of them run as one batch.
	M, K, N, Count int64
	// Elements and OpsPerElement describe vector work; StreamBytes is what it
	// moves between SRAM and the lanes.
	Elements, OpsPerElement, StreamBytes int64
	// Reply marks the answer. ComputeCycles is the time the arrays or lanes
	// worked, StallCycles the time they waited for SRAM.
	Reply                      bool
	ComputeCycles, StallCycles int64
}

// Meta implements sim.Msg.
func (c *Compute) Meta() *sim.MsgMeta { return &c.MsgMeta }

// Clone implements sim.Msg.
func (c *Compute) Clone() sim.Msg {
	d := *c
	d.ID = sim.GetIDGenerator().Generate()
	return &d
}

// VC implements port.Message: on-chip messages have one channel.
func (c *Compute) VC() int { return 0 }

// SizeBytes implements port.Message: a command, no data.
func (c *Compute) SizeBytes() int { return 0 }

// Access asks an SRAM to move Bytes through its ports, and, with Reply set, is
// the answer on the way back.
type Access struct {
	sim.MsgMeta
	Op    int32
	Bytes int64
	Write bool
	// Allocate is the number of bytes that become occupied with this access,
	// Release the number that become free.
	Allocate, Release int64
	Reply             bool
}

// Meta implements sim.Msg.
func (a *Access) Meta() *sim.MsgMeta { return &a.MsgMeta }

// Clone implements sim.Msg.
func (a *Access) Clone() sim.Msg {
	b := *a
	b.ID = sim.GetIDGenerator().Generate()
	return &b
}

// VC implements port.Message.
func (a *Access) VC() int { return 0 }

// SizeBytes implements port.Message.
func (a *Access) SizeBytes() int { return 0 }
